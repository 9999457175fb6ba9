//! How many items a table holds and how large they are: counted now and then by reading what is stored, as DynamoDB
//! refreshes its own figures "approximately every six hours". The figures need no key: sizes are visible.

use std::ops::ControlFlow;
use std::time::Duration;

use envelope::record::OVERHEAD_BYTES;

use crate::engine::{Inner, walk};
use crate::error::TableError;
use crate::layout;
use crate::table::Table;

const FIRST: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(6 * 3600);

impl Inner {
    pub(crate) async fn count_forever(&self) {
        tokio::time::sleep(FIRST).await;
        loop {
            for table in self.tables() {
                if let Err(error) = self.count(&table).await {
                    tracing::debug!(%error, "counting a table stopped");
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn count(&self, table: &Table) -> Result<(), TableError> {
        let (mut items, mut bytes) = (0u64, 0u64);
        walk(self.store.as_ref(), layout::items(table.committed().record.definition.id), |_, sealed| {
            items += 1;
            bytes += u64::try_from(sealed.len().saturating_sub(OVERHEAD_BYTES)).unwrap_or(u64::MAX);
            ControlFlow::Continue(())
        })
        .await?;
        table.count(items, bytes);
        Ok(())
    }
}
