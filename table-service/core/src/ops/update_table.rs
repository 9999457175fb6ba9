//! UpdateTable: starts a key switch, or changes billing or deletion protection. A switch answers UPDATING at once; the
//! rest of it happens in [`crate::switch`], and reads and writes go on.

use std::sync::Arc;

use envelope::TableKey;
use identity::Caller;
use shape::{Decode, Member, Request, Violations};

use super::billing::{self, BillingMode, Throughput};
use super::create_table::actor;
use super::describe_table::{TableDescription, TableStatus};
use super::indexes::StreamSpecification;
use crate::authorize::{Granted, Op};
use crate::binding::{rejected, spent};
use crate::engine::{Inner, Tables, whole};
use crate::error::{Invalid, Plane, TableError};
use crate::keyring;
use crate::kms::{Actor, KmsFailure};
use crate::record::{ChosenClass, KeyKind, TableClass, TableRecord};
use crate::sse::{Choice, SseSpecification};
use crate::table::{Committed, Table};
use crate::validate;

/// An UpdateTable request. A switch must be the only change in it, and so must deletion protection and table class.
#[derive(Debug, Default, Decode)]
#[shape(later("AttributeDefinitions", "GlobalSecondaryIndexUpdates", "VectorIndexUpdates"))]
#[shape(later("WarmThroughput", "OnDemandThroughput", "DisassociationProtectionEnabled"))]
#[shape(later("ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates"))]
#[shape(later("GlobalTableSettingsReplicationMode"))]
pub struct UpdateTable {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The key to switch to.
    #[shape(rename = "SSESpecification")]
    pub sse_specification: Option<SseSpecification>,
    /// New billing mode.
    pub billing_mode: Member<BillingMode>,
    /// New read and write capacity units.
    #[shape(via = Throughput)]
    pub provisioned_throughput: Option<(i64, i64)>,
    /// Whether DeleteTable shall be refused.
    #[shape(rename = "DeletionProtectionEnabled")]
    pub deletion_protection: Option<bool>,
    /// How the storage is paid for; must be the only change.
    pub table_class: Member<TableClass>,
    /// None yet, and none can be ended.
    pub stream_specification: Option<StreamSpecification>,
}

impl Tables {
    /// Changes a table.
    ///
    /// # Errors
    /// Validation in AWS's order, the table's absence, a switch that is running, denial by policy, a key that the caller
    /// may not use or that cannot be used (the new one, or the old one, which has to be opened), outage of KMS.
    pub async fn update_table(
        &self,
        caller: &Caller,
        request: UpdateTable,
    ) -> Result<TableDescription, TableError> {
        let (tables, caller) = (self.clone(), caller.clone());
        whole(async move { tables.do_update_table(&caller, request).await }).await
    }

    async fn do_update_table(
        &self,
        caller: &Caller,
        request: UpdateTable,
    ) -> Result<TableDescription, TableError> {
        let inner = &self.inner;
        request.check()?;
        let name = inner.control_table_name(&request.table_name)?;
        let granted = inner.authorize(caller, Op::UpdateTable, &inner.arn(&name))?;
        let choice = check(&request)?;
        let table = inner.named_table(&name)?;
        let control = table.control.lock().await;
        if table.is_closed() {
            return Err(TableError::TableNotFound { table: name });
        }
        let before = table.committed();
        let changed = match choice {
            Some(choice) => inner.start_switch(&table, &granted, choice, &request).await,
            None => inner.change_settings(&table, &request).await,
        };
        drop(control);
        // Also after an error: the attempt may have left grants to give back.
        inner.take_up(&table);
        let now = inner.describe(&table, &changed?);
        if !request.changes_billing() && request.table_class == Member::Absent {
            return Ok(now);
        }
        // As AWS's does, the answer shows what is being changed as it was, though it is changed already.
        Ok(TableDescription { status: TableStatus::Updating, ..inner.describe(&table, &before.record) })
    }
}

impl Request for UpdateTable {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Control, violations);
        billing::constraints(&self.billing_mode, self.provisioned_throughput, violations);
        if let Some(sse) = &self.sse_specification {
            sse.constraints(violations);
        }
        billing::class_constraints(&self.table_class, violations);
        if let Some(stream) = &self.stream_specification {
            violations.one_of("streamSpecification.streamViewType", &stream.stream_view_type);
        }
    }
}

fn check(request: &UpdateTable) -> Result<Option<Choice>, TableError> {
    if request.sse_specification.is_none() && !request.changes_settings() {
        return Err(Invalid::NothingToUpdate.into());
    }
    billing::check_bounds(request.provisioned_throughput)?;
    Ok(request.sse_specification.as_ref().map(SseSpecification::choice).transpose()?)
}

impl UpdateTable {
    fn changes_billing(&self) -> bool {
        self.billing_mode != Member::Absent || self.provisioned_throughput.is_some()
    }

    /// What a change of a stream comes to, as long as there is none.
    fn no_stream(&self, stream: &StreamSpecification, table: String) -> TableError {
        let is_provisioned = self.billing_mode.known() == Some(&BillingMode::Provisioned);
        if is_provisioned || self.provisioned_throughput.is_some() {
            return Invalid::StreamAndThroughput.into();
        }
        match stream.stream_enabled {
            true => TableError::NotOffered { feature: "StreamSpecification" },
            false => Invalid::NoStream { table }.into(),
        }
    }

    fn changes_others(&self) -> bool {
        self.stream_specification.is_some()
    }

    fn changes_settings(&self) -> bool {
        self.changes_others()
            || self.changes_billing()
            || self.deletion_protection.is_some()
            || self.table_class != Member::Absent
    }
}

impl Inner {
    /// Commits the intention to switch. The caller holds the control lock.
    async fn start_switch(
        &self,
        table: &Arc<Table>,
        granted: &Granted,
        choice: Choice,
        request: &UpdateTable,
    ) -> Result<TableRecord, TableError> {
        let committed = table.committed();
        let record = &committed.record;
        if record.pending.is_some() {
            return Err(TableError::SwitchRunning { table: record.definition.name.clone() });
        }
        let current = (record.key.kind != KeyKind::Owned).then_some(record.key.key_arn.as_str());
        let choice = choice.against(current)?;
        if request.changes_settings() {
            return Err(Invalid::SseNotAlone.into());
        }
        let now_ms = self.clock.unix_ms();
        if self.config.has_sse_change_quota && choice != Choice::Owned {
            record.sse_changes.allow(now_ms).map_err(TableError::SwitchQuota)?;
        }
        let actor = actor(granted);
        let epoch = table.epoch();
        self.prove_right(&actor, &committed).await?;
        let (table_key, mut repaired) = self.reopen(&actor, &committed).await?;
        let target = match self.bind(&actor, &choice, &record.definition.context()).await {
            Ok(target) => target,
            Err(error) => return Err(self.give_up(table, &committed, repaired, error).await),
        };
        // If a change of a key was reported meanwhile, the proof may be worth nothing any more.
        if table.epoch() != epoch
            && let Err(error) = self.prove_right(&actor, &committed).await
        {
            repaired.spent.extend(spent(&target.key_arn, target.grants));
            return Err(self.give_up(table, &committed, repaired, error).await);
        }
        let bound = self.bound(record.definition.id, &table_key)?;
        let pending = keyring::pending(&repaired, &bound, target, self.entropy.as_ref())?;
        drop((table_key, bound));
        let sse_changes = repaired.sse_changes.and(now_ms);
        let record = TableRecord { sse_changes, pending: Some(pending), ..repaired };
        table.show(self.replace(&committed, record.clone(), None).await?);
        Ok(record)
    }

    /// Ends an attempt that starts no switch. What it did at KMS is kept: grants on the present key that it repaired, and
    /// those on the other key, which are to be given back.
    async fn give_up(
        &self,
        table: &Table,
        committed: &Committed,
        left: TableRecord,
        why: TableError,
    ) -> TableError {
        if left != committed.record {
            match self.replace(committed, left, None).await {
                Ok(now) => table.show(now),
                Err(error) => return error,
            }
        }
        why
    }

    /// Asks KMS for the caller's own right to the present key: whoever may not read the table could otherwise move it to a
    /// key that lets them. No lease is taken for an answer.
    async fn prove_right(&self, actor: &Actor, committed: &Committed) -> Result<(), TableError> {
        let record = &committed.record;
        if record.key.kind == KeyKind::Owned {
            return Ok(());
        }
        let context = record.definition.context();
        self.kms.unwrap_table_key(actor, &committed.ring.wrapped, &context).await.map(drop).map_err(rejected)
    }

    /// Opens the table under its present key as the service, because a switch has to. If only the grants are gone (somebody
    /// revoked them), the caller's own rights make new ones. Returns the table key, and the record with the grants it has.
    async fn reopen(
        &self,
        actor: &Actor,
        committed: &Committed,
    ) -> Result<(TableKey, TableRecord), TableError> {
        let record = &committed.record;
        let context = record.definition.context();
        let unwrap = || self.kms.unwrap_table_key(&Actor::Service, &committed.ring.wrapped, &context);
        match unwrap().await {
            Ok(table_key) => Ok((table_key, record.clone())),
            Err(KmsFailure::Refused(refusal))
                if refusal.code == "AccessDeniedException" && record.key.kind != KeyKind::Owned =>
            {
                let grants = self.obtain_grants(actor, &record.key.key_arn, &context).await?;
                let mut repaired = record.clone();
                let old = std::mem::replace(&mut repaired.key.grants, grants);
                repaired.spent.extend(spent(&record.key.key_arn, old));
                Ok((unwrap().await.map_err(rejected)?, repaired))
            }
            Err(error) => Err(rejected(error)),
        }
    }

    /// Changes what is recorded and not enforced. The caller holds the control lock.
    async fn change_settings(
        &self,
        table: &Arc<Table>,
        request: &UpdateTable,
    ) -> Result<TableRecord, TableError> {
        let committed = table.committed();
        let mut record = committed.record.clone();
        if let Some(class) = request.table_class.known() {
            if request.changes_billing() || request.changes_others() || request.deletion_protection.is_some()
            {
                return Err(Invalid::TableClassNotAlone.into());
            }
            record.table_class = Some(ChosenClass { class: *class, changed_ms: Some(self.clock.unix_ms()) });
        }
        if let Some(protection) = request.deletion_protection {
            if request.changes_billing() || request.changes_others() {
                return Err(Invalid::ProtectionNotAlone.into());
            }
            record.deletion_protection = protection;
        }
        if let Some(stream) = &request.stream_specification {
            return Err(request.no_stream(stream, record.definition.name));
        }
        let (was, stated) = (record.billing, request.provisioned_throughput);
        record.billing = billing::billing(Some(was), &request.billing_mode, stated)?;
        record.billing_history =
            billing::history(Some((was, record.billing_history)), record.billing, self.clock.unix_ms());
        table.show(self.replace(&committed, record.clone(), None).await?);
        Ok(record)
    }
}
