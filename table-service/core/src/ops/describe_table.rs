//! DescribeTable, and the description that every table operation answers with. Needs no key, and works without KMS.

use identity::Caller;
use shape::{Decode, Request};

use super::billing;
use crate::authorize::Op;
use crate::engine::{Inner, Tables};
use crate::error::TableError;
use crate::record::{Billing, BillingHistory, ChosenClass, KeyBinding, KeyKind, TableRecord};
use crate::schema::{KeySchema, ScalarType};
use crate::table::Table;

/// A request that only names a table: DescribeTable, DeleteTable, DescribeTimeToLive, DescribeContinuousBackups.
#[derive(Debug, Default, Decode)]
pub struct OneTable {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
}

impl Request for OneTable {}

/// What a table looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// Attribute definitions, as given at creation.
    pub attributes: Vec<(String, ScalarType)>,
    /// Name.
    pub name: String,
    /// Primary key.
    pub schema: KeySchema,
    /// Status.
    pub status: TableStatus,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// Billing mode and throughput.
    pub billing: Billing,
    /// What was done to it since the table was made.
    pub billing_history: BillingHistory,
    /// How often throughput was lowered today (UTC).
    pub decreases_today: i64,
    /// The table class; none if nobody ever chose one.
    pub table_class: Option<ChosenClass>,
    /// ARN.
    pub arn: String,
    /// Its identity, a UUID.
    pub id: String,
    /// None for a table under the owned key.
    pub sse: Option<SseDescription>,
    /// Whether DeleteTable is refused.
    pub deletion_protection: bool,
    /// Items, when they were last counted.
    pub item_count: u64,
    /// Bytes of the items, when they were last counted.
    pub size_bytes: u64,
}

/// The states of a table that are ever shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableStatus {
    /// In the answer to CreateTable alone.
    Creating,
    /// In use.
    Active,
    /// In the answer to UpdateTable alone.
    Updating,
    /// In the answer to DeleteTable alone.
    Deleting,
    /// Its key cannot be used.
    Inaccessible,
}

/// The encryption of a table under a KMS key, or on its way to or from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseDescription {
    /// Whether a switch is running.
    pub status: SseStatus,
    /// The key ARN; none while a table under the owned key is being switched.
    pub key_arn: Option<String>,
    /// Since when the key cannot be used, milliseconds since 1970.
    pub inaccessible_ms: Option<i64>,
}

/// The two states that AWS shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseStatus {
    /// Settled.
    Enabled,
    /// A switch is running.
    Updating,
}

impl Tables {
    /// Describes a table.
    ///
    /// # Errors
    /// The table's absence, denial by policy.
    pub fn describe_table(&self, caller: &Caller, table_name: &str) -> Result<TableDescription, TableError> {
        let name = self.inner.control_table_name(table_name)?;
        self.inner.authorize(caller, Op::DescribeTable, &self.inner.arn(&name))?;
        let table = self.inner.named_table(&name)?;
        Ok(self.inner.describe(&table, &table.committed().record))
    }
}

impl Inner {
    pub(crate) fn describe(&self, table: &Table, record: &TableRecord) -> TableDescription {
        let definition = &record.definition;
        let status =
            if record.inaccessible_ms.is_some() { TableStatus::Inaccessible } else { TableStatus::Active };
        let (item_count, size_bytes) = table.counted();
        TableDescription {
            attributes: definition.attributes.clone(),
            name: definition.name.clone(),
            schema: definition.schema.clone(),
            status,
            created_ms: record.created_ms,
            billing: record.billing,
            billing_history: record.billing_history,
            decreases_today: billing::decreases_today(&record.billing_history, self.clock.unix_ms()),
            table_class: record.table_class,
            arn: self.arn(&definition.name),
            id: definition.id.to_string(),
            sse: describe_sse(record),
            deletion_protection: record.deletion_protection,
            item_count,
            size_bytes,
        }
    }
}

/// While a switch runs, the old key is shown: it is the one that still has to work.
fn describe_sse(record: &TableRecord) -> Option<SseDescription> {
    let key_arn = shown_arn(&record.key);
    let status = if record.pending.is_some() { SseStatus::Updating } else { SseStatus::Enabled };
    if status == SseStatus::Enabled && key_arn.is_none() {
        return None;
    }
    Some(SseDescription { status, key_arn, inaccessible_ms: record.inaccessible_ms })
}

fn shown_arn(key: &KeyBinding) -> Option<String> {
    match key.kind {
        KeyKind::Owned => None,
        KeyKind::Managed | KeyKind::Customer => Some(key.key_arn.clone()),
    }
}
