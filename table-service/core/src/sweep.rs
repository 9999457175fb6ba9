//! What is left of deleted tables. Their keys are destroyed first, if they are not yet, so what is swept here opens for
//! nobody; sweeping only gives the space back. It resumes where it stopped.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use store::{Batch, Direction, KeyRange};

use crate::engine::{Inner, WALK_STEP, walk};
use crate::error::TableError;
use crate::layout;
use crate::record::{Remains, decode, encode};

const RETRY: Duration = Duration::from_secs(5);

impl Inner {
    /// Starts sweeping every deleted table.
    pub(crate) async fn sweep_all_deleted(self: &Arc<Self>) -> Result<(), TableError> {
        let mut found = Vec::new();
        walk(self.store.as_ref(), layout::all_deleted(), |key, value| {
            found.push((key.clone(), value));
            ControlFlow::Continue(())
        })
        .await?;
        for (key, bytes) in found {
            match decode(&bytes) {
                Ok(remains) => self.sweep_deleted(remains),
                // What it leaves behind opens for nobody; the tables that exist matter more than the space.
                Err(_) => {
                    tracing::error!(store_key = %key.escape_ascii(), "the record of a deleted table is damaged")
                }
            }
        }
        Ok(())
    }

    /// Sweeps one deleted table in the background.
    pub(crate) fn sweep_deleted(self: &Arc<Self>, remains: Remains) {
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let mut remains = remains;
            while let Err(error) = inner.sweep(&mut remains).await {
                tracing::error!(table = %remains.id, %error, "sweeping a deleted table stopped");
                if inner.store.check().is_err() {
                    // The next start goes on.
                    break;
                }
                tokio::time::sleep(RETRY).await;
            }
        });
    }

    async fn sweep(&self, remains: &mut Remains) -> Result<(), TableError> {
        self.shred(remains.id).await?;
        for prefix in [layout::items(remains.id), layout::index_records(remains.id)] {
            self.sweep_prefix(prefix).await?;
        }
        let key = layout::deleted(remains.id);
        loop {
            let left = self.give_back(&remains.spent).await;
            let mut batch = Batch::new();
            if left.is_empty() {
                batch.delete(key);
                self.store.commit(batch).await?;
                return Ok(());
            }
            if left != remains.spent {
                remains.spent = left;
                batch.put(key.clone(), encode(&remains)?);
                self.store.commit(batch).await?;
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn sweep_prefix(&self, prefix: Vec<u8>) -> Result<(), TableError> {
        loop {
            let step =
                self.store.scan(KeyRange::prefix(prefix.clone()), WALK_STEP, Direction::Forward).await?;
            if step.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            for entry in step {
                batch.delete(entry.key);
            }
            self.store.commit(batch).await?;
            // Requests come first.
            tokio::task::yield_now().await;
        }
    }
}
