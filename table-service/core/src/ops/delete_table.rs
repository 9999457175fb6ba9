//! DeleteTable: deletes the table's keyring in the commit that deletes the table and destroys its secret, so that nothing
//! of it opens from then on; its records are swept afterwards.

use identity::Caller;
use store::Batch;

use super::describe_table::{TableDescription, TableStatus};
use crate::authorize::Op;
use crate::binding::spent;
use crate::engine::{Tables, whole};
use crate::error::TableError;
use crate::layout;
use crate::record::{Remains, encode};

impl Tables {
    /// Deletes a table, with a switch that waits; works whatever state its key is in, and without KMS. The name can be
    /// used again at once. The grants of both keys are given back as soon as KMS answers.
    ///
    /// # Errors
    /// The table's absence, deletion protection, denial by policy.
    pub async fn delete_table(
        &self,
        caller: &Caller,
        table_name: &str,
    ) -> Result<TableDescription, TableError> {
        let (tables, caller, name) = (self.clone(), caller.clone(), table_name.to_owned());
        whole(async move { tables.do_delete_table(&caller, &name).await }).await
    }

    async fn do_delete_table(
        &self,
        caller: &Caller,
        table_name: &str,
    ) -> Result<TableDescription, TableError> {
        let inner = &self.inner;
        let name = inner.control_table_name(table_name)?;
        inner.authorize(caller, Op::DeleteTable, &inner.arn(&name))?;
        let table = inner.named_table(&name)?;
        let _control = table.control.lock().await;
        if table.is_closed() {
            return Err(TableError::TableNotFound { table: name });
        }
        let committed = table.committed();
        let record = &committed.record;
        if record.deletion_protection {
            return Err(TableError::DeletionProtected);
        }
        let id = record.definition.id;
        let mut grants = record.spent.clone();
        // A switch that has not happened yet never will: it waits for a KMS that nobody needs to delete a table.
        for key in std::iter::once(&record.key).chain(record.pending.as_ref().map(|pending| &pending.key)) {
            grants.extend(spent(&key.key_arn, key.grants.clone()));
        }
        let remains = Remains { id, spent: grants };
        let mut batch = Batch::new();
        batch.expect_value(layout::table(&name), committed.record_bytes.clone());
        batch.delete(layout::table(&name));
        batch.delete(layout::keyring(id));
        batch.delete(layout::fence(id));
        batch.put(layout::deleted(id), encode(&remains)?);
        inner.store.commit(batch).await?;
        table.close();
        inner.remove(&name, &table);
        if let Err(error) = inner.shred(id).await {
            tracing::error!(table = %id, %error, "a deleted table's secret is not destroyed yet; it is tried again");
        }
        inner.sweep_deleted(remains);
        Ok(TableDescription { status: TableStatus::Deleting, ..inner.describe(&table, record) })
    }
}
