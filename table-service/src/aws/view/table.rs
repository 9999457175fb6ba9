//! A table, as every operation on tables answers with it.

use aws_json::Millis;
use serde::Serialize;
use shape::Choice as _;
use table_core::ops::{self, BillingMode, SseStatus, TableStatus};
use table_core::record::{Billing, BillingHistory, ChosenClass};
use table_core::schema::{KeyAttribute, KeyRole};
use table_core::sse::SseType;

/// DescribeTable's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribedTable {
    table: TableDescription,
}

impl From<ops::TableDescription> for DescribedTable {
    fn from(table: ops::TableDescription) -> Self {
        Self { table: table.into() }
    }
}

/// CreateTable's and UpdateTable's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangedTable {
    table_description: TableDescription,
}

impl From<ops::TableDescription> for ChangedTable {
    fn from(table: ops::TableDescription) -> Self {
        Self { table_description: table.into() }
    }
}

/// DeleteTable's: AWS leaves out what the table was made with.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletedTable {
    table_description: TableDescription,
}

impl From<ops::TableDescription> for DeletedTable {
    fn from(table: ops::TableDescription) -> Self {
        let whole = TableDescription::from(table);
        Self {
            table_description: TableDescription {
                attribute_definitions: None,
                key_schema: None,
                creation_date_time: None,
                ..whole
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TableDescription {
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute_definitions: Option<Vec<AttributeDefinition>>,
    table_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_schema: Option<Vec<KeySchemaElement>>,
    table_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date_time: Option<Millis>,
    provisioned_throughput: ProvisionedThroughput,
    table_size_bytes: u64,
    item_count: u64,
    table_arn: String,
    table_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_mode_summary: Option<BillingModeSummary>,
    #[serde(rename = "SSEDescription", skip_serializing_if = "Option::is_none")]
    sse_description: Option<SseDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table_class_summary: Option<TableClassSummary>,
    deletion_protection_enabled: bool,
}

impl From<ops::TableDescription> for TableDescription {
    fn from(table: ops::TableDescription) -> Self {
        let definitions = table.attributes.into_iter().map(|(attribute_name, kind)| AttributeDefinition {
            attribute_name,
            attribute_type: kind.name(),
        });
        let element = |role: KeyRole| {
            move |key: KeyAttribute| KeySchemaElement { attribute_name: key.name, key_type: role.name() }
        };
        let hash = Some(table.schema.hash).map(element(KeyRole::Hash));
        let range = table.schema.range.map(element(KeyRole::Range));
        Self {
            attribute_definitions: Some(definitions.collect()),
            table_name: table.name,
            key_schema: Some(hash.into_iter().chain(range).collect()),
            table_status: match table.status {
                TableStatus::Creating => "CREATING",
                TableStatus::Active => "ACTIVE",
                TableStatus::Updating => "UPDATING",
                TableStatus::Deleting => "DELETING",
                TableStatus::Inaccessible => "INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            },
            creation_date_time: Some(moment(table.created_ms)),
            provisioned_throughput: throughput(table.billing, table.billing_history, table.decreases_today),
            table_size_bytes: table.size_bytes,
            item_count: table.item_count,
            table_arn: table.arn,
            table_id: table.id,
            billing_mode_summary: billing_mode(table.billing, table.billing_history),
            sse_description: table.sse.map(SseDescription::from),
            table_class_summary: table.table_class.map(TableClassSummary::from),
            deletion_protection_enabled: table.deletion_protection,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeDefinition {
    attribute_name: String,
    attribute_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeySchemaElement {
    attribute_name: String,
    key_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProvisionedThroughput {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_increase_date_time: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_decrease_date_time: Option<Millis>,
    number_of_decreases_today: i64,
    read_capacity_units: i64,
    write_capacity_units: i64,
}

fn throughput(billing: Billing, history: BillingHistory, decreases_today: i64) -> ProvisionedThroughput {
    let (read_capacity_units, write_capacity_units) = billing.units();
    ProvisionedThroughput {
        last_increase_date_time: history.increase_ms.map(moment),
        last_decrease_date_time: history.decrease_ms.map(moment),
        number_of_decreases_today: decreases_today,
        read_capacity_units,
        write_capacity_units,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BillingModeSummary {
    billing_mode: &'static str,
    last_update_to_pay_per_request_date_time: Millis,
}

/// There is one as soon as the table has been on demand.
fn billing_mode(billing: Billing, history: BillingHistory) -> Option<BillingModeSummary> {
    let mode = match billing {
        Billing::Provisioned { .. } => BillingMode::Provisioned,
        Billing::PayPerRequest => BillingMode::PayPerRequest,
    };
    history.on_demand_ms.map(|at| BillingModeSummary {
        billing_mode: mode.name(),
        last_update_to_pay_per_request_date_time: moment(at),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TableClassSummary {
    table_class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_date_time: Option<Millis>,
}

impl From<ChosenClass> for TableClassSummary {
    fn from(chosen: ChosenClass) -> Self {
        Self { table_class: chosen.class.name(), last_update_date_time: chosen.changed_ms.map(moment) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SseDescription {
    status: &'static str,
    #[serde(rename = "SSEType", skip_serializing_if = "Option::is_none")]
    sse_type: Option<&'static str>,
    #[serde(rename = "KMSMasterKeyArn", skip_serializing_if = "Option::is_none")]
    kms_master_key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inaccessible_encryption_date_time: Option<Millis>,
}

impl From<ops::SseDescription> for SseDescription {
    fn from(sse: ops::SseDescription) -> Self {
        Self {
            status: match sse.status {
                SseStatus::Enabled => "ENABLED",
                SseStatus::Updating => "UPDATING",
            },
            sse_type: sse.key_arn.is_some().then(|| SseType::Kms.name()),
            kms_master_key_arn: sse.key_arn,
            inaccessible_encryption_date_time: sse.inaccessible_ms.map(moment),
        }
    }
}

/// Moments are not before 1970.
fn moment(millis: i64) -> Millis {
    Millis(u64::try_from(millis).unwrap_or_default())
}
