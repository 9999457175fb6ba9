//! CreateTable: binds the table to its key first, so that a key that cannot be used leaves no table behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use identity::Caller;
use shape::{Decode, Member, Request, Violations};
use store::{Batch, CommitError};

use super::billing::{self, BillingMode, Throughput};
use super::describe_table::{TableDescription, TableStatus};
use super::indexes::{Indexes, StreamSpecification};
use crate::authorize::{Granted, Op};
use crate::binding::{rejected, spent};
use crate::engine::{Inner, Tables, whole};
use crate::error::TableError;
use crate::keyring::Keyring;
use crate::kms::Actor;
use crate::layout;
use crate::quota::SseChanges;
use crate::record::{Billing, ChosenClass, Definition, KeyBinding, TableClass, TableRecord};
use crate::schema::{AttributeDefinition, KeySchema, KeySchemaElement};
use crate::sse::{Choice, SseSpecification};
use crate::table::{Committed, Table};
use crate::tags::{self, Tag};
use crate::validate;

/// A CreateTable request.
#[derive(Debug, Default, Decode)]
#[shape(later("VectorIndexes", "WarmThroughput", "OnDemandThroughput", "ResourcePolicy"))]
#[shape(later("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"))]
pub struct CreateTable {
    /// 3 to 255 of `[a-zA-Z0-9_.-]`.
    #[shape(required)]
    pub table_name: String,
    /// Exactly the key attributes.
    pub attribute_definitions: Option<Vec<AttributeDefinition>>,
    /// Partition key, then perhaps sort key.
    pub key_schema: Option<Vec<KeySchemaElement>>,
    /// Absent is provisioned.
    pub billing_mode: Member<BillingMode>,
    /// Read and write capacity units.
    #[shape(via = Throughput)]
    pub provisioned_throughput: Option<(i64, i64)>,
    /// Absent is the owned key.
    #[shape(rename = "SSESpecification")]
    pub sse_specification: Option<SseSpecification>,
    /// Whether DeleteTable shall be refused.
    #[shape(rename = "DeletionProtectionEnabled")]
    pub deletion_protection: bool,
    /// How the storage is paid for.
    pub table_class: Member<TableClass>,
    /// At most 50.
    pub tags: Vec<Tag>,
    /// None yet.
    #[shape(flatten)]
    pub indexes: Indexes,
    /// None yet; it may say so.
    pub stream_specification: Option<StreamSpecification>,
}

impl Tables {
    /// Makes a table. It is durable and in use when this returns, although the answer, as AWS's, says CREATING.
    ///
    /// # Errors
    /// Validation, an existing table of that name, denial by policy, a key that cannot be used, outage of KMS.
    pub async fn create_table(
        &self,
        caller: &Caller,
        request: CreateTable,
    ) -> Result<TableDescription, TableError> {
        let (tables, caller) = (self.clone(), caller.clone());
        whole(async move { tables.do_create_table(&caller, request).await }).await
    }

    async fn do_create_table(
        &self,
        caller: &Caller,
        request: CreateTable,
    ) -> Result<TableDescription, TableError> {
        let inner = &self.inner;
        request.check()?;
        let granted = inner.authorize(caller, Op::CreateTable, &inner.arn(&request.table_name))?;
        let (schema, choice, billing) = check(&request)?;
        if inner.has(&request.table_name) {
            return Err(TableError::TableExists { table: request.table_name });
        }
        let definition = Definition {
            id: inner.new_table_id(),
            name: request.table_name,
            account: inner.config.account.to_string(),
            attributes: attributes(request.attribute_definitions.as_deref().unwrap_or_default()),
            schema,
        };
        let tags = tags::merged(&BTreeMap::new(), request.tags)?;
        let key = inner.bind(&actor(&granted), &choice, &definition.context()).await?;
        let now_ms = inner.clock.unix_ms();
        let record = TableRecord {
            definition,
            created_ms: now_ms,
            billing,
            billing_history: billing::history(None, billing, now_ms),
            table_class: request
                .table_class
                .known()
                .map(|class| ChosenClass { class: *class, changed_ms: None }),
            deletion_protection: request.deletion_protection,
            tags,
            key,
            sse_changes: SseChanges::default(),
            pending: None,
            inaccessible_ms: None,
            spent: Vec::new(),
        };
        let table = inner.create(record).await?;
        let description = inner.describe(&table, &table.committed().record);
        Ok(TableDescription { status: TableStatus::Creating, ..description })
    }
}

/// The principal in whose name keys are asked for.
pub(super) fn actor(granted: &Granted) -> Actor {
    Actor::OnBehalfOf(Arc::clone(granted.principal()))
}

impl Request for CreateTable {
    fn constraints(&self, violations: &mut Violations) {
        validate::new_table_name(&self.table_name, violations);
        KeySchema::constraints(self.attribute_definitions.as_deref(), self.key_schema.as_deref(), violations);
        billing::constraints(&self.billing_mode, self.provisioned_throughput, violations);
        self.indexes.constraints(violations);
        if let Some(stream) = &self.stream_specification {
            violations.one_of("streamSpecification.streamViewType", &stream.stream_view_type);
        }
        if let Some(sse) = &self.sse_specification {
            sse.constraints(violations);
        }
        billing::class_constraints(&self.table_class, violations);
        tags::constraints(&self.tags, violations);
    }
}

fn check(request: &CreateTable) -> Result<(KeySchema, Choice, Billing), TableError> {
    tags::check(&request.tags)?;
    let billing = billing::billing(None, &request.billing_mode, request.provisioned_throughput)?;
    billing::check_bounds(request.provisioned_throughput)?;
    let definitions = request.attribute_definitions.as_deref().unwrap_or_default();
    let elements = request.key_schema.as_deref().unwrap_or_default();
    let schema = KeySchema::for_new_table(definitions, elements, request.indexes.are_sent())?;
    let choice = request.sse_specification.as_ref().map_or(Ok(Choice::Owned), SseSpecification::choice)?;
    request.indexes.check(definitions, &schema, billing)?;
    if let Some(stream) = &request.stream_specification {
        stream.check()?;
    }
    Ok((schema, choice, billing))
}

fn attributes(definitions: &[AttributeDefinition]) -> Vec<(String, crate::schema::ScalarType)> {
    let known = |definition: &AttributeDefinition| Some((definition.name.clone(), *definition.kind.known()?));
    definitions.iter().filter_map(known).collect()
}

impl Inner {
    /// Makes the keys and commits the table. If that fails, the grants are given back; but not if the store failed, because
    /// then the table may be there after a restart.
    async fn create(self: &Arc<Self>, record: TableRecord) -> Result<Arc<Table>, TableError> {
        let grants = spent(&record.key.key_arn, record.key.grants.clone());
        let made = self.try_create(record).await;
        if made
            .as_ref()
            .is_err_and(|error| !matches!(error, TableError::Store(error) if !error.changed_nothing()))
        {
            self.give_back(&grants).await;
        }
        made
    }

    async fn try_create(self: &Arc<Self>, record: TableRecord) -> Result<Arc<Table>, TableError> {
        let context = record.definition.context();
        let fresh = self.kms.generate_table_key(&record.key.key_arn, &context).await.map_err(rejected)?;
        let record = TableRecord { key: KeyBinding { key_arn: fresh.key_arn, ..record.key }, ..record };
        let (name, id) = (record.definition.name.clone(), record.definition.id);
        self.keep_secret(id).await?;
        let bound = self.bound(id, &fresh.key)?;
        let ring = Keyring::create(&record, &bound, fresh.wrapped, self.entropy.as_ref())?;
        let generation =
            ring.newest().ok_or(TableError::Internal { what: "a new keyring without a data key" })?;
        let committed = Committed::new(record, ring)?;
        let mut batch = Batch::new();
        batch.expect_absent(layout::table(&name));
        batch.put(layout::table(&name), committed.record_bytes.clone());
        batch.put(layout::keyring(id), committed.ring_bytes.clone());
        batch.put(layout::fence(id), generation.to_be_bytes().to_vec());
        if let Err(error) = self.store.commit(batch).await {
            if error.changed_nothing() {
                // It protects nothing. If it cannot be destroyed now, the next start does it.
                let _ = self.shred(id).await;
            }
            return Err(match error {
                CommitError::Conflict => TableError::TableExists { table: name },
                CommitError::Store(error) => error.into(),
            });
        }
        let table = Arc::new(Table::new(committed, self.config.leases));
        self.enter(Arc::clone(&table));
        Ok(table)
    }
}
