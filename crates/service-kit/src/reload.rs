//! Something made from files, made again when they change.
//!
//! The files are looked at every second, and read when they have been the same for two looks: who replaces a certificate
//! and its key replaces one after the other. What cannot be made of new files is logged once and changes nothing.

use crate::UsageError;
use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::watch, time::MissedTickBehavior};

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A shared value that follows its files for as long as anybody holds it.
#[derive(Debug)]
pub(crate) struct Reloaded<T>(watch::Receiver<Arc<T>>);

impl<T> Clone for Reloaded<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + Sync + 'static> Reloaded<T> {
    /// Makes it with `load` from the `files` that `load` reads, now and whenever they change. Needs a runtime.
    pub(crate) fn start(
        files: Vec<PathBuf>,
        load: impl Fn() -> Result<T, UsageError> + Send + Sync + 'static,
    ) -> Result<Self, UsageError> {
        // Looked at before they are read: what changes in between is read again.
        let stamps = stamps(&files);
        let (sender, receiver) = watch::channel(Arc::new(load()?));
        tokio::spawn(follow(sender, files, stamps, Arc::new(load)));
        Ok(Self(receiver))
    }

    /// The latest that could be made.
    pub(crate) fn current(&self) -> Arc<T> {
        self.0.borrow().clone()
    }
}

async fn follow<T: Send + Sync + 'static>(
    sender: watch::Sender<Arc<T>>,
    files: Vec<PathBuf>,
    mut read: Vec<Stamp>,
    load: Arc<dyn Fn() -> Result<T, UsageError> + Send + Sync>,
) {
    let mut seen = read.clone();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = sender.closed() => return,
            _ = ticks.tick() => {}
        }
        let now = stamps(&files);
        if now == seen && now != read {
            read = now.clone();
            let load = Arc::clone(&load);
            match tokio::task::spawn_blocking(move || load()).await {
                Ok(Ok(made)) => {
                    sender.send_replace(Arc::new(made));
                    tracing::info!(files = ?files, "read again");
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "changed files cannot be used; the old ones still count")
                }
                Err(error) => {
                    tracing::error!(%error, "reading changed files failed; the old ones still count")
                }
            }
        }
        seen = now;
    }
}

/// What changes when a file is replaced or written: device, inode, size, and times of content and inode in nanoseconds.
type Stamp = Option<(u64, u64, u64, [i64; 4])>;

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let data = fs::metadata(file).ok()?;
        let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()];
        Some((data.dev(), data.ino(), data.size(), times))
    };
    files.iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file whose content must be a number.
    fn number(path: PathBuf) -> Reloaded<u32> {
        let file = path.clone();
        let load = move || {
            let text = fs::read_to_string(&file).map_err(|error| UsageError::new(error.to_string()))?;
            text.parse().map_err(|_| UsageError::new("not a number"))
        };
        Reloaded::start(vec![path], load).unwrap()
    }

    async fn becomes(reloaded: &Reloaded<u32>, value: u32) {
        let changed = async {
            while *reloaded.current() != value {
                tokio::time::sleep(LOOK_EVERY).await
            }
        };
        tokio::time::timeout(LOOK_EVERY * 1000, changed).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn it_follows_its_file_and_keeps_what_it_has_while_the_file_is_no_good() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "1").unwrap();
        let reloaded = number(path.clone());
        assert_eq!(*reloaded.current(), 1);
        fs::write(&path, "22").unwrap();
        becomes(&reloaded, 22).await;
        for wrong in ["", "x"] {
            fs::write(&path, wrong).unwrap();
            tokio::time::sleep(LOOK_EVERY * 5).await;
            assert_eq!(*reloaded.current(), 22);
        }
        fs::remove_file(&path).unwrap();
        tokio::time::sleep(LOOK_EVERY * 5).await;
        assert_eq!(*reloaded.current(), 22);
        // As Kubernetes does it: another file under the same name.
        fs::write(directory.path().join("new"), "333").unwrap();
        fs::rename(directory.path().join("new"), &path).unwrap();
        becomes(&reloaded, 333).await;
    }
}
