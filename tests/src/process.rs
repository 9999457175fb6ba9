//! One running service: what it prints is read line by line for readiness signals, and kept in files that outlive it,
//! so that logs can be scanned.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A service that is not up, or not down, after this long is a failure. Generous: a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line that a process printed.
#[derive(Debug)]
pub(crate) enum Printed {
    /// To standard output.
    Out(String),
    /// To standard error.
    Log(String),
}

/// A child process. It is killed when this is dropped, by its own id.
pub(crate) struct Process {
    child: Child,
    printed: mpsc::UnboundedReceiver<Printed>,
    stderr: PathBuf,
}

impl Process {
    /// Starts `command` and writes what it prints to `NAME.stdout` and `NAME.stderr` in `logs`.
    pub(crate) fn spawn(mut command: Command, name: &str, logs: &Path) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let (sender, printed) = mpsc::unbounded_channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = logs.join(format!("{name}.stderr"));
        tokio::spawn(copy(stdout, logs.join(format!("{name}.stdout")), sender.clone(), Printed::Out));
        tokio::spawn(copy(stderr, log.clone(), sender, Printed::Log));
        Self { child, printed, stderr: log }
    }

    /// Reads lines until `pick` makes something of one. Fails the test, showing the log, when the process ends first.
    pub(crate) async fn wait_for<T>(&mut self, mut pick: impl FnMut(&Printed) -> Option<T>) -> T {
        let reading = async {
            while let Some(line) = self.printed.recv().await {
                if let Some(picked) = pick(&line) {
                    return Some(picked);
                }
            }
            None
        };
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Some(picked)) => picked,
            Ok(None) => {
                let status = self.child.wait().await;
                panic!("ended before it was ready ({status:?}); log:\n{}", self.log_tail())
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
        self.signal(rustix::process::Signal::TERM);
        self.wait().await
    }

    /// SIGSTOP: from now on it says nothing, as if its machine had no power.
    pub(crate) fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.child.id() {
            let pid = rustix::process::Pid::from_raw(i32::try_from(id).expect("a pid fits"))
                .expect("a pid is not 0");
            rustix::process::kill_process(pid, signal).expect("an own child takes signals");
        }
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.expect("a child can be waited for"),
            Err(_) => panic!("still running after {PATIENCE:?}; log:\n{}", self.log_tail()),
        }
    }

    /// Resident bytes, as the system counts them.
    pub(crate) fn memory(&self) -> u64 {
        let id = self.child.id().expect("it is running");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it is running");
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the system counts them");
        let kilobytes = line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number");
        kilobytes * 1024
    }

    /// The end of its log.
    pub(crate) fn log_tail(&self) -> String {
        let log = std::fs::read(&self.stderr).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// Copies lines to a file and to whoever waits for one.
async fn copy(
    from: impl AsyncRead + Unpin,
    to: PathBuf,
    waiting: mpsc::UnboundedSender<Printed>,
    kind: fn(String) -> Printed,
) {
    let mut file = tokio::fs::File::create(to).await.expect("the log directory is writable");
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // A test that ended no longer cares for the copy, and nobody waits once the service is ready.
        let _ = file.write_all(format!("{line}\n").as_bytes()).await;
        let _ = file.flush().await;
        let _ = waiting.send(kind(line));
    }
}
