//! The answers that are neither of items nor of one table's description.

use serde::Serialize;
use table_core::{ops, tags};

/// ListTables'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TableNames {
    table_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_table_name: Option<String>,
}

impl From<ops::ListTablesOutput> for TableNames {
    fn from(page: ops::ListTablesOutput) -> Self {
        Self { table_names: page.table_names, last_evaluated_table_name: page.last_evaluated_table_name }
    }
}

/// ListTagsOfResource's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tags {
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

impl From<ops::ListTagsOfResourceOutput> for Tags {
    fn from(page: ops::ListTagsOfResourceOutput) -> Self {
        let tags = page.tags.into_iter().map(|tags::Tag { key, value }| Tag { key, value });
        Self { tags: tags.collect(), next_token: page.next_token }
    }
}

/// DescribeLimits'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Limits {
    account_max_read_capacity_units: i64,
    account_max_write_capacity_units: i64,
    table_max_read_capacity_units: i64,
    table_max_write_capacity_units: i64,
}

impl From<ops::Limits> for Limits {
    fn from(ops::Limits { account, table }: ops::Limits) -> Self {
        Self {
            account_max_read_capacity_units: account.0,
            account_max_write_capacity_units: account.1,
            table_max_read_capacity_units: table.0,
            table_max_write_capacity_units: table.1,
        }
    }
}

/// DescribeEndpoints'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Endpoints {
    endpoints: [Endpoint; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    address: String,
    cache_period_in_minutes: i64,
}

impl From<ops::Endpoint> for Endpoints {
    fn from(ops::Endpoint { address, cache_period_in_minutes }: ops::Endpoint) -> Self {
        Self { endpoints: [Endpoint { address, cache_period_in_minutes }] }
    }
}

/// DescribeTimeToLive's: no table has any.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TimeToLive {
    time_to_live_description: TimeToLiveDescription,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLiveDescription {
    time_to_live_status: &'static str,
}

impl From<()> for TimeToLive {
    fn from((): ()) -> Self {
        Self { time_to_live_description: TimeToLiveDescription { time_to_live_status: "DISABLED" } }
    }
}

/// DescribeContinuousBackups': no table has any.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ContinuousBackups {
    continuous_backups_description: ContinuousBackupsDescription,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ContinuousBackupsDescription {
    continuous_backups_status: &'static str,
    point_in_time_recovery_description: PointInTimeRecovery,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PointInTimeRecovery {
    point_in_time_recovery_status: &'static str,
}

impl From<()> for ContinuousBackups {
    fn from((): ()) -> Self {
        let recovery = PointInTimeRecovery { point_in_time_recovery_status: "DISABLED" };
        let description = ContinuousBackupsDescription {
            continuous_backups_status: "DISABLED",
            point_in_time_recovery_description: recovery,
        };
        Self { continuous_backups_description: description }
    }
}
