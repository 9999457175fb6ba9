//! Tables and their settings between the wire and the domain.

use prost_types::Timestamp;
use proto::table as wire;
use shape::Member;
use table_core::ops::{
    BillingMode, SseStatus, StreamSpecification, StreamViewType, TableDescription, TableStatus,
};
use table_core::record::{Billing, TableClass};
use table_core::schema::{AttributeDefinition, KeyRole, KeySchemaElement, ScalarType};
use table_core::sse::{SseSpecification, SseType};
use table_core::tags::Tag;

/// An enum member of a request: absent, known, or a number that this version does not know.
fn member<W: TryFrom<i32>, T>(number: i32, known: impl FnOnce(W) -> Option<T>) -> Member<T> {
    match (number, W::try_from(number)) {
        (0, _) => Member::Absent,
        (_, Ok(value)) => known(value).map_or(Member::Absent, Member::Known),
        (number, Err(_)) => Member::Other(number.to_string().into()),
    }
}

pub(super) fn definitions(definitions: Vec<wire::AttributeDefinition>) -> Option<Vec<AttributeDefinition>> {
    let definition = |definition: wire::AttributeDefinition| AttributeDefinition {
        kind: member(definition.attribute_type, |kind| match kind {
            wire::ScalarAttributeType::S => Some(ScalarType::S),
            wire::ScalarAttributeType::N => Some(ScalarType::N),
            wire::ScalarAttributeType::B => Some(ScalarType::B),
            wire::ScalarAttributeType::Unspecified => None,
        }),
        name: definition.attribute_name,
    };
    (!definitions.is_empty()).then(|| definitions.into_iter().map(definition).collect())
}

pub(super) fn key_schema(elements: Vec<wire::KeySchemaElement>) -> Option<Vec<KeySchemaElement>> {
    let element = |element: wire::KeySchemaElement| KeySchemaElement {
        role: member(element.key_type, |role| match role {
            wire::KeyType::Hash => Some(KeyRole::Hash),
            wire::KeyType::Range => Some(KeyRole::Range),
            wire::KeyType::Unspecified => None,
        }),
        name: element.attribute_name,
    };
    (!elements.is_empty()).then(|| elements.into_iter().map(element).collect())
}

pub(super) fn billing_mode(mode: i32) -> Member<BillingMode> {
    member(mode, |mode| match mode {
        wire::BillingMode::Provisioned => Some(BillingMode::Provisioned),
        wire::BillingMode::PayPerRequest => Some(BillingMode::PayPerRequest),
        wire::BillingMode::Unspecified => None,
    })
}

pub(super) fn table_class(class: i32) -> Member<TableClass> {
    member(class, |class| match class {
        wire::TableClass::Standard => Some(TableClass::Standard),
        wire::TableClass::StandardInfrequentAccess => Some(TableClass::StandardInfrequentAccess),
        wire::TableClass::Unspecified => None,
    })
}

pub(super) fn tags(tags: Vec<wire::Tag>) -> Vec<Tag> {
    tags.into_iter().map(|wire::Tag { key, value }| Tag { key, value }).collect()
}

pub(super) fn tags_out(tags: Vec<Tag>) -> Vec<wire::Tag> {
    tags.into_iter().map(|Tag { key, value }| wire::Tag { key, value }).collect()
}

pub(super) fn throughput(throughput: Option<wire::ProvisionedThroughput>) -> Option<(i64, i64)> {
    throughput.map(|throughput| (throughput.read_capacity_units, throughput.write_capacity_units))
}

pub(super) fn sse(specification: Option<wire::SseSpecification>) -> Option<SseSpecification> {
    specification.map(|specification| SseSpecification {
        enabled: specification.enabled,
        sse_type: member(specification.sse_type, |kind| match kind {
            wire::SseType::Aes256 => Some(SseType::Aes256),
            wire::SseType::Kms => Some(SseType::Kms),
            wire::SseType::Unspecified => None,
        }),
        kms_master_key_id: specification.kms_master_key_id,
    })
}

pub(super) fn stream(stream: Option<wire::StreamSpecification>) -> Option<StreamSpecification> {
    stream.map(|stream| StreamSpecification {
        stream_enabled: stream.stream_enabled,
        stream_view_type: member(stream.stream_view_type, |view| match view {
            wire::StreamViewType::KeysOnly => Some(StreamViewType::KeysOnly),
            wire::StreamViewType::NewImage => Some(StreamViewType::NewImage),
            wire::StreamViewType::OldImage => Some(StreamViewType::OldImage),
            wire::StreamViewType::NewAndOldImages => Some(StreamViewType::NewAndOldImages),
            wire::StreamViewType::Unspecified => None,
        }),
    })
}

/// A table as the answers show it.
pub(super) fn table(table: TableDescription) -> wire::TableDescription {
    let (read_capacity_units, write_capacity_units) = table.billing.units();
    let billing_mode = match table.billing {
        Billing::Provisioned { .. } => wire::BillingMode::Provisioned,
        Billing::PayPerRequest => wire::BillingMode::PayPerRequest,
    };
    let history = table.billing_history;
    let status = match table.status {
        TableStatus::Creating => wire::TableStatus::Creating,
        TableStatus::Active => wire::TableStatus::Active,
        TableStatus::Updating => wire::TableStatus::Updating,
        TableStatus::Deleting => wire::TableStatus::Deleting,
        TableStatus::Inaccessible => wire::TableStatus::InaccessibleEncryptionCredentials,
    };
    let schema = [(Some(table.schema.hash), wire::KeyType::Hash), (table.schema.range, wire::KeyType::Range)];
    let element = |(attribute, role): (Option<table_core::schema::KeyAttribute>, wire::KeyType)| {
        Some(wire::KeySchemaElement { attribute_name: attribute?.name, key_type: role.into() })
    };
    wire::TableDescription {
        attribute_definitions: table.attributes.into_iter().map(definition_out).collect(),
        table_name: table.name,
        key_schema: schema.into_iter().filter_map(element).collect(),
        table_status: status.into(),
        creation_date_time: Some(timestamp(table.created_ms)),
        provisioned_throughput: Some(wire::ProvisionedThroughputDescription {
            read_capacity_units,
            write_capacity_units,
            last_increase_date_time: history.increase_ms.map(timestamp),
            last_decrease_date_time: history.decrease_ms.map(timestamp),
            number_of_decreases_today: table.decreases_today,
        }),
        table_size_bytes: i64::try_from(table.size_bytes).unwrap_or(i64::MAX),
        item_count: i64::try_from(table.item_count).unwrap_or(i64::MAX),
        table_arn: table.arn,
        table_id: table.id,
        sse_description: table.sse.map(|sse| wire::SseDescription {
            status: match sse.status {
                SseStatus::Enabled => wire::SseStatus::Enabled,
                SseStatus::Updating => wire::SseStatus::Updating,
            }
            .into(),
            sse_type: if sse.key_arn.is_some() { wire::SseType::Kms } else { wire::SseType::Unspecified }
                .into(),
            kms_master_key_arn: sse.key_arn.unwrap_or_default(),
            inaccessible_encryption_date_time: sse.inaccessible_ms.map(timestamp),
        }),
        deletion_protection_enabled: table.deletion_protection,
        billing_mode_summary: history.on_demand_ms.map(|at| wire::BillingModeSummary {
            billing_mode: billing_mode.into(),
            last_update_to_pay_per_request_date_time: Some(timestamp(at)),
        }),
        table_class_summary: table.table_class.map(|chosen| wire::TableClassSummary {
            table_class: match chosen.class {
                TableClass::Standard => wire::TableClass::Standard,
                TableClass::StandardInfrequentAccess => wire::TableClass::StandardInfrequentAccess,
            }
            .into(),
            last_update_date_time: chosen.changed_ms.map(timestamp),
        }),
    }
}

fn definition_out((attribute_name, kind): (String, ScalarType)) -> wire::AttributeDefinition {
    let attribute_type = match kind {
        ScalarType::S => wire::ScalarAttributeType::S,
        ScalarType::N => wire::ScalarAttributeType::N,
        ScalarType::B => wire::ScalarAttributeType::B,
    };
    wire::AttributeDefinition { attribute_name, attribute_type: attribute_type.into() }
}

fn timestamp(unix_ms: i64) -> Timestamp {
    let nanos = i32::try_from(unix_ms.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: unix_ms.div_euclid(1000), nanos }
}
