//! A server under load: one process on loopback, its addresses, its processor time and its memory.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tests::Authority;
use tonic::transport::Channel;

/// A server that is not up after this long is a failure.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the log is looked at while a server starts.
const LOOK: Duration = Duration::from_micros(200);

/// A running process. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Where its services listen, by their domains.
    listening: Vec<(String, SocketAddr)>,
    /// From the start of the process to the first moment that it could answer.
    pub(crate) ready_after: Duration,
}

/// How a server is reached.
pub(crate) enum Transport {
    /// HTTP/2 without TLS.
    Plain,
    /// TLS 1.3, with certificates of this authority.
    Tls(Box<Authority>),
}

impl Transport {
    /// What figures of it are called.
    pub(crate) fn name(&self, of: &str) -> String {
        match self {
            Self::Plain => of.to_owned(),
            Self::Tls(_) => format!("{of}, TLS"),
        }
    }

    /// One connection, as a client of a service would hold it.
    pub(crate) fn connect(&self, address: SocketAddr) -> Channel {
        match self {
            Self::Plain => tests::channel(address),
            Self::Tls(authority) => authority.channel(address, None),
        }
    }

    /// Lets a server that lives in `home` be reached so.
    fn prepare(&self, command: &mut Command, home: &Home) {
        if let Self::Tls(authority) = self {
            authority.issue(&["127.0.0.1"]).write(home.0.path(), "server");
            command.arg("--tls-cert").arg(home.0.path().join("server.pem"));
            command.arg("--tls-key").arg(home.0.path().join("server.key"));
        }
    }

    /// Lets a table service that lives in `home` reach a key-management service so.
    fn prepare_client(&self, command: &mut Command, home: &Home, kms: SocketAddr) {
        match self {
            Self::Plain => command.args(["--kms", &format!("http://{kms}")]),
            Self::Tls(authority) => {
                let ca = home.0.path().join("ca.pem");
                authority.write(&ca);
                command.args(["--kms", &format!("https://{kms}")]).arg("--kms-ca").arg(ca)
            }
        };
    }
}

/// A data directory for one or more servers, one after the other.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(home.path().join("data")).expect("a directory");
        Self(home)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        bytes_below(&self.data())
    }
}

fn bytes_below(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_below(&entry.path()),
        // What is allocated, not what is addressed: the store's files may have holes.
        Ok(data) => std::os::unix::fs::MetadataExt::blocks(&data) * 512,
        Err(_) => 0,
    });
    sizes.sum()
}

impl Server {
    /// Both services in one process.
    pub(crate) async fn pair(binary: &Path, home: &Home) -> Self {
        let mut command = Command::new(binary);
        for flag in ["--table-listen", "--kms-listen", "--table-admin-listen", "--kms-admin-listen"] {
            command.args([flag, "127.0.0.1:0"]);
        }
        Self::start(command, home, Some("ready")).await
    }

    /// The yardstick.
    pub(crate) async fn echo(home: &Home, transport: &Transport) -> Self {
        let mut command = Command::new(tests::binary("echo"));
        listen_anywhere(&mut command);
        transport.prepare(&mut command, home);
        Self::start(command, home, None).await
    }

    /// The yardstick of AWS JSON. It needs none of the arguments.
    pub(crate) async fn json_echo(home: &Home) -> Self {
        Self::start(Command::new(tests::binary("json_echo")), home, None).await
    }

    /// The key-management service by itself.
    pub(crate) async fn kms(home: &Home, transport: &Transport) -> Self {
        let mut command = Command::new(tests::binary("kms-service"));
        command.arg("serve");
        listen_anywhere(&mut command);
        transport.prepare(&mut command, home);
        Self::start(command, home, None).await
    }

    /// The table service by itself, with a key-management service that lives in `kms_home`.
    pub(crate) async fn table(home: &Home, transport: &Transport, kms: &Self, kms_home: &Home) -> Self {
        let mut command = Command::new(tests::binary("table-service"));
        command.arg("serve");
        listen_anywhere(&mut command);
        transport.prepare(&mut command, home);
        transport.prepare_client(&mut command, home, kms.address("kms.keystead"));
        command.arg("--kms-credentials").arg(kms_home.data().join("service-credential.toml"));
        Self::start(command, home, None).await
    }

    /// Without `greeting` on its output, a server is ready when it listens.
    async fn start(mut command: Command, home: &Home, greeting: Option<&str>) -> Self {
        let (log, out) = (home.0.path().join("log"), home.0.path().join("out"));
        command
            .arg("--data-dir")
            .arg(home.data())
            .args(["--log-format", "json"])
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&log).expect("a file"));
        let started = Instant::now();
        let mut server = Self {
            child: command.spawn().expect("the binary starts"),
            listening: Vec::new(),
            ready_after: Duration::ZERO,
        };
        loop {
            let greeted =
                greeting.is_none_or(|greeting| read(&out).lines().any(|line| line.starts_with(greeting)));
            server.listening = read(&log).lines().filter_map(listening).collect();
            if greeted && !server.listening.is_empty() {
                server.ready_after = started.elapsed();
                return server;
            }
            let ended = server.child.try_wait().expect("a child can be asked");
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "not ready ({ended:?}):\n{}",
                read(&log)
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Where the service of this domain listens.
    pub(crate) fn address(&self, domain: &str) -> SocketAddr {
        let found = self.listening.iter().find(|(name, _)| name == domain);
        found.unwrap_or_else(|| panic!("no {domain} in {:?}", self.listening)).1
    }

    /// Processor time since the start, of all threads.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = read(&PathBuf::from(format!("/proc/{}/stat", self.child.id())));
        // The name may contain anything, so count from its closing parenthesis: user and system time are 11 and 12 behind.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks: u64 = [11, 12].into_iter().filter_map(|at| fields.get(at)?.parse::<u64>().ok()).sum();
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = read(&PathBuf::from(format!("/proc/{}/status", self.child.id())));
        let kilobytes =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        kilobytes.and_then(|text| text.parse::<u64>().ok()).expect("Linux says how much memory a process has")
            * 1024
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(mut self) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.expect("a child has an id"), rustix::process::Signal::TERM)
            .expect("an own child takes signals");
        assert!(self.child.wait().expect("a child ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen_anywhere(command: &mut Command) {
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn listening(line: &str) -> Option<(String, SocketAddr)> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    if event.get("message")?.as_str()? != "listening" {
        return None;
    }
    Some((event.get("domain")?.as_str()?.to_owned(), event.get("address")?.as_str()?.parse().ok()?))
}
