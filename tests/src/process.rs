//! One running service: its standard output is read line by line for the readiness signal, and everything it prints is
//! kept in files that outlive it, so that logs can be scanned.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A service that is not up, or not down, after this long is a failure. Generous: a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child process. It is killed when this is dropped, by its own id.
pub(crate) struct Process {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    stderr: PathBuf,
}

impl Process {
    /// Starts `command` and writes what it prints to `NAME.stdout` and `NAME.stderr` in `logs`.
    pub(crate) fn spawn(mut command: Command, name: &str, logs: &Path) -> Self {
        let stderr = logs.join(format!("{name}.stderr"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).expect("the log directory is writable"))
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let copy = File::create(logs.join(format!("{name}.stdout"))).expect("the log directory is writable");
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut copy = tokio::fs::File::from_std(copy);
            let mut reader = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                // A test that ended no longer cares for the copy.
                let _ = copy.write_all(format!("{line}\n").as_bytes()).await;
                let _ = copy.flush().await;
                let _ = sender.send(line);
            }
        });
        Self { child, lines, stderr }
    }

    /// The lines printed up to and including the first one for which `last` is true.
    /// Fails the test, showing the log, when the process ends first.
    pub(crate) async fn lines_until(&mut self, last: impl Fn(&str) -> bool) -> Vec<String> {
        let reading = async {
            let mut seen = Vec::new();
            while let Some(line) = self.lines.recv().await {
                seen.push(line);
                if seen.last().is_some_and(|line| last(line)) {
                    return Ok(seen);
                }
            }
            Err(seen)
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(seen)) => {
                let status = self.child.wait().await;
                panic!(
                    "ended before it was ready ({status:?}), having printed {seen:?}; log:\n{}",
                    self.log_tail()
                )
            }
            Err(_) => panic!("not ready after {PATIENCE:?}; log:\n{}", self.log_tail()),
        }
    }

    /// SIGKILL, and waits until the process is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("an own child can be killed");
    }

    /// SIGTERM, and waits until the process has ended by itself.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        if let Some(id) = self.child.id() {
            let pid = rustix::process::Pid::from_raw(i32::try_from(id).expect("a pid fits"))
                .expect("a pid is not 0");
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)
                .expect("an own child takes signals");
        }
        self.wait().await
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.expect("a child can be waited for"),
            Err(_) => panic!("still running after {PATIENCE:?}; log:\n{}", self.log_tail()),
        }
    }

    /// The end of its log.
    pub(crate) fn log_tail(&self) -> String {
        let log = std::fs::read(&self.stderr).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}
