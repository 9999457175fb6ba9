//! What is stored of a table besides its items: its record (definition, key binding, status) in clear, because it must
//! be readable while KMS is not, and its stored form.
//!
//! The definition and the key binding are bound into the sealing of every data key (see [`crate::keyring`]), so an altered
//! one opens nothing, and a pending switch carries a proof. Stored form: one version byte, then postcard.

use std::collections::BTreeMap;

use envelope::EncryptionContext;
use serde::{Deserialize, Serialize};
use shape::choices;

use crate::error::TableError;
use crate::quota::SseChanges;
use crate::schema::{KeySchema, ScalarType};

const VERSION: u8 = 1;

/// A table's identity: random, never used twice, part of every store key and of every seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableId([u8; 16]);

impl TableId {
    pub(crate) fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Display for TableId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", uuid::Uuid::from_bytes(self.0))
    }
}

/// The three kinds of key a table can be under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// Owned by the service, invisible to users.
    Owned,
    /// In the user's account, managed by the service.
    Managed,
    /// The user's own.
    Customer,
}

/// Which key a table is under, and what the service holds to use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBinding {
    /// The kind of key.
    pub kind: KeyKind,
    /// The key's ARN. The owned key's ARN is never shown to a user.
    pub key_arn: String,
    /// Ids of the grants that let the service use the key; none for the owned key.
    pub grants: Vec<String>,
}

/// A switch that was asked for and authorized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSwitch {
    /// The key to switch to.
    pub key: KeyBinding,
    /// The same, sealed under the present table key: proof that this service wrote it.
    pub proof: Vec<u8>,
}

/// A grant that is no longer needed and has still to be given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentGrant {
    /// The key it is on.
    pub key_arn: String,
    /// Its id.
    pub grant_id: String,
}

/// How a table is paid for. Recorded and described, not enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Billing {
    /// A stated throughput.
    Provisioned {
        /// Read capacity units.
        read: i64,
        /// Write capacity units.
        write: i64,
    },
    /// On demand.
    PayPerRequest,
}

impl Billing {
    /// Read and write capacity units; none on demand.
    pub const fn units(self) -> (i64, i64) {
        match self {
            Self::Provisioned { read, write } => (read, write),
            Self::PayPerRequest => (0, 0),
        }
    }
}

/// What was done to a table's billing since it was made, as its description tells it. Dates are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingHistory {
    /// When the table was last put on demand.
    pub on_demand_ms: Option<i64>,
    /// When a unit of throughput was last raised.
    pub increase_ms: Option<i64>,
    /// When a unit of throughput was last lowered.
    pub decrease_ms: Option<i64>,
    /// How often that was done on the day (UTC) of the last time.
    pub decreases: i64,
}

/// How a table's storage is paid for. Recorded and described: there is one kind of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableClass {
    /// The usual one.
    Standard,
    /// For tables that are rarely read.
    StandardInfrequentAccess,
}

choices!(TableClass { Standard = "STANDARD", StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS" });

/// A table class that somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenClass {
    /// Which.
    pub class: TableClass,
    /// When it was changed; none if it was chosen when the table was made.
    pub changed_ms: Option<i64>,
}

/// What is fixed when a table is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The table's identity.
    pub id: TableId,
    /// Its name, unique in the account and Region.
    pub name: String,
    /// The account it belongs to.
    pub account: String,
    /// Attribute definitions in the order given.
    pub attributes: Vec<(String, ScalarType)>,
    /// Its primary key.
    pub schema: KeySchema,
}

impl Definition {
    /// The encryption context of every KMS call for this table.
    pub fn context(&self) -> EncryptionContext {
        context(&self.name, &self.account)
    }
}

/// The encryption context of a table. Source: AWS, DynamoDB encryption at rest, "encryption context".
pub fn context(table: &str, account: &str) -> EncryptionContext {
    [("aws:dynamodb:tableName", table), ("aws:dynamodb:subscriberId", account)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Everything that is stored of a table in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRecord {
    /// What never changes.
    pub definition: Definition,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// Billing mode and throughput.
    pub billing: Billing,
    /// What was done to it since.
    pub billing_history: BillingHistory,
    /// The table class; none if nobody ever chose one.
    pub table_class: Option<ChosenClass>,
    /// Whether DeleteTable is refused.
    pub deletion_protection: bool,
    /// Tags, by key.
    pub tags: BTreeMap<String, String>,
    /// The key it is under.
    pub key: KeyBinding,
    /// How often that was changed lately.
    pub sse_changes: SseChanges,
    /// The key it is being switched to.
    pub pending: Option<PendingSwitch>,
    /// Since when its key cannot be used, milliseconds since 1970.
    pub inaccessible_ms: Option<i64>,
    /// Grants to give back.
    pub spent: Vec<SpentGrant>,
}

/// A deleted table: what is still to be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remains {
    pub(crate) id: TableId,
    pub(crate) spent: Vec<SpentGrant>,
}

/// Encodes a record for the store.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, TableError> {
    postcard::to_extend(record, vec![VERSION])
        .map_err(|_| TableError::Internal { what: "a record that does not encode" })
}

/// Decodes a stored record.
pub(crate) fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, TableError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => match postcard::take_from_bytes(rest) {
            Ok((record, [])) => Ok(record),
            _ => Err(TableError::DataLoss { record: "table" }),
        },
        _ => Err(TableError::DataLoss { record: "table" }),
    }
}
