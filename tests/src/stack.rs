//! The two services, together in one `keystead` or apart, over one data directory that survives restarts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tonic::transport::Channel;

use crate::binaries;
use crate::canary::files;
use crate::certificates::Authority;
use crate::client::{Credentials, Door, Kms, Tables, channel};
use crate::json::{Json, Protocol};
use crate::metrics::{self, Metrics};
use crate::principals::Principals;
use crate::process::{Printed, Process};
use crate::wait::eventually;

/// Readiness that takes longer than this is a failure.
const READY_BOUND: Duration = Duration::from_secs(60);
/// A port of the system's choice on loopback.
const ANY_PORT: &str = "127.0.0.1:0";

/// How the services are run.
#[derive(Clone, Default)]
pub struct Settings {
    /// Who may call, for services that run apart; without it they run in development mode.
    pub principals: Option<Principals>,
    /// Further arguments for table-service, for example `["--key-lease", "2s"]`.
    pub table: Vec<String>,
    /// Further arguments for kms-service.
    pub kms: Vec<String>,
    /// Further arguments for `keystead`.
    pub together: Vec<String>,
    /// TLS everywhere, with certificates of this authority.
    pub authority: Option<Arc<Authority>>,
    /// Which door the clients of [`Stack::tables`] and its like ask through.
    pub door: Door,
    /// How much is logged, as `--log-filter` takes it; without it the services decide.
    pub logging: Option<&'static str>,
    /// Where the files of the services are, instead of where temporary files are.
    pub within: Option<PathBuf>,
    /// KB that a file of `keystead` can have at most; without it the disk decides.
    largest_file: Option<u32>,
}

impl Settings {
    /// Services that know `principals`.
    pub fn knowing(principals: Principals) -> Self {
        Self { principals: Some(principals), ..Self::default() }
    }

    /// Services that are asked through `door`.
    pub fn through(door: Door) -> Self {
        Self { door, ..Self::default() }
    }

    /// Asks the services through `door`.
    #[must_use]
    pub const fn asked_through(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// TLS between the services and towards clients; the table service's own credential is a certificate.
    #[must_use]
    pub fn over_tls(mut self) -> Self {
        self.authority = Some(Arc::new(Authority::new()));
        self
    }

    /// Sets how much is logged.
    #[must_use]
    pub fn logging(mut self, filter: &'static str) -> Self {
        self.logging = Some(filter);
        self
    }

    /// Puts all files below `directory`.
    #[must_use]
    pub fn within(mut self, directory: PathBuf) -> Self {
        self.within = Some(directory);
        self
    }

    /// Adds arguments for kms-service.
    #[must_use]
    pub fn kms_flags<const N: usize>(mut self, flags: [&str; N]) -> Self {
        self.kms.extend(flags.map(str::to_owned));
        self
    }

    /// Adds arguments for `keystead`.
    #[must_use]
    pub fn together_flags<const N: usize>(mut self, flags: [&str; N]) -> Self {
        self.together.extend(flags.map(str::to_owned));
        self
    }

    /// Lets no file of `keystead` become larger than so many KB: a disk that fails, and not one that is seen to be full.
    #[must_use]
    pub fn largest_file(mut self, kilobytes: u32) -> Self {
        self.largest_file = Some(kilobytes);
        self
    }

    /// Adds arguments for table-service.
    #[must_use]
    pub fn table_flags<const N: usize>(mut self, flags: [&str; N]) -> Self {
        self.table.extend(flags.map(str::to_owned));
        self
    }
}

/// Runs its arguments with a limit on the size of files, in units of 512 bytes, of which a write beyond it is told by an
/// error and not by a signal.
const LIMITED: &str = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";

impl Settings {
    fn command(&self, binary: &str) -> Command {
        let binary = binaries::path(binary);
        let Some(kilobytes) = self.largest_file else { return Command::new(binary) };
        let mut command = Command::new("sh");
        command.args(["-c", LIMITED, "sh", &(2 * kilobytes).to_string()]).arg(binary);
        command
    }
}

/// Where the services of a stack answer.
#[derive(Clone, Copy, Debug)]
struct Address {
    grpc: SocketAddr,
    admin: SocketAddr,
}

/// How the services are divided among processes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `keystead`: both in one.
    Together,
    /// `kms-service` and `table-service`, each in its own.
    Apart,
}

/// The services under test. Dropping it kills them and removes their files.
pub struct Stack {
    root: TempDir,
    settings: Settings,
    layout: Layout,
    /// `keystead`, or `table-service`.
    front: Option<Process>,
    /// `kms-service`, if it runs apart.
    back: Option<Process>,
    kms: Option<Address>,
    table: Option<Address>,
    credentials: Option<Credentials>,
    /// How many processes were started: numbers their logs.
    started: usize,
}

impl Stack {
    /// Starts `keystead` on an empty data directory.
    pub async fn together() -> Self {
        Self::together_with(Settings::default()).await
    }

    /// Starts `keystead` on an empty data directory, with `settings`.
    pub async fn together_with(settings: Settings) -> Self {
        let mut stack = Self::together_unstarted(settings);
        stack.start().await;
        stack
    }

    /// Both services in one `keystead` that is not started yet.
    pub fn together_unstarted(settings: Settings) -> Self {
        Self::new(settings, Layout::Together)
    }

    /// Starts `kms-service` and then `table-service` on empty data directories.
    pub async fn apart(settings: Settings) -> Self {
        let mut stack = Self::apart_unstarted(settings);
        stack.start().await;
        stack
    }

    /// Both services apart, none of them started yet.
    pub fn apart_unstarted(settings: Settings) -> Self {
        Self::new(settings, Layout::Apart)
    }

    fn new(settings: Settings, layout: Layout) -> Self {
        let root = match &settings.within {
            Some(directory) => tempfile::tempdir_in(directory),
            None => tempfile::tempdir(),
        };
        let root = root.expect("a temporary directory");
        std::fs::create_dir(root.path().join("logs")).expect("a directory");
        std::fs::create_dir(root.path().join("data")).expect("a directory");
        if let Some(principals) = &settings.principals {
            principals.write(&root.path().join("principals.toml"));
            principals.write_service_credential(&root.path().join("service-credential.toml"));
        }
        if let Some(authority) = &settings.authority {
            authority.write(&root.path().join("ca.pem"));
            authority.issue(&["127.0.0.1"]).write(root.path(), "server");
            let service = settings.principals.as_ref().expect("certificates are principals'").service();
            authority.issue(&[&service.san]).write(root.path(), "service");
        }
        Self {
            root,
            settings,
            layout,
            front: None,
            back: None,
            kms: None,
            table: None,
            credentials: None,
            started: 0,
        }
    }

    /// Everything the services store.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Everything the services printed, since the first start.
    pub fn logs(&self) -> PathBuf {
        self.root.path().join("logs")
    }

    /// A client of the table service that calls as the account root.
    pub fn tables(&self) -> Tables {
        self.tables_with(self.root_credentials())
    }

    /// A client of the key-management service that calls as the account root.
    pub fn kms(&self) -> Kms {
        self.kms_with(self.root_credentials())
    }

    /// A client of the service that speaks `protocol` over AWS JSON, which calls as the account root.
    pub fn json(&self, protocol: Protocol) -> Json {
        let address = match protocol {
            Protocol::DynamoDb => self.table_address(),
            Protocol::Kms => self.kms_address(),
        };
        Json::new(protocol, address, &self.signing())
    }

    /// What the account root signs requests with; services that run apart in development mode take anything.
    pub fn signing(&self) -> Credentials {
        self.root_credentials().cloned().unwrap_or_else(Credentials::anybody)
    }

    /// Where certificates and keys are.
    pub fn files(&self) -> &Path {
        self.root.path()
    }

    /// Who signs the certificates.
    pub fn authority(&self) -> &Authority {
        self.settings.authority.as_ref().expect("the stack was started over TLS")
    }

    /// A connection to one of the services, over TLS if they speak it.
    fn channel(&self, address: SocketAddr) -> Channel {
        match &self.settings.authority {
            Some(authority) => authority.channel(address, None),
            None => channel(address),
        }
    }

    /// A client of the table service that calls as the user `name` of the principals.
    pub fn tables_as(&self, name: &str) -> Tables {
        self.tables_with(Some(&self.principals().user(name).credentials))
    }

    /// A client of the key-management service that calls as the user `name` of the principals.
    pub fn kms_as(&self, name: &str) -> Kms {
        self.kms_with(Some(&self.principals().user(name).credentials))
    }

    fn tables_with(&self, credentials: Option<&Credentials>) -> Tables {
        match self.settings.door {
            Door::Grpc => Tables::over(self.channel(self.table_address()), credentials),
            Door::AwsJson => Tables::aws_json(self.table_address(), credentials),
        }
    }

    fn kms_with(&self, credentials: Option<&Credentials>) -> Kms {
        match self.settings.door {
            Door::Grpc => Kms::over(self.channel(self.kms_address()), credentials, None),
            Door::AwsJson => Kms::aws_json(self.kms_address(), credentials),
        }
    }

    /// The principals that the services know.
    pub fn principals(&self) -> &Principals {
        self.settings.principals.as_ref().expect("the stack was started with principals")
    }

    /// Where the table service answers.
    pub fn table_address(&self) -> SocketAddr {
        self.table.expect("table-service was started").grpc
    }

    /// Where the key-management service answers.
    pub fn kms_address(&self) -> SocketAddr {
        self.kms.expect("kms-service was started").grpc
    }

    /// The account root's credentials: from the principals, or as `keystead` printed them.
    pub fn root_credentials(&self) -> Option<&Credentials> {
        match &self.settings.principals {
            Some(principals) => Some(&principals.root().credentials),
            None => self.credentials.as_ref(),
        }
    }

    /// The table service's metrics.
    pub async fn table_metrics(&self) -> Metrics {
        metrics::read(self.table.expect("table-service was started").admin).await
    }

    /// The key-management service's metrics.
    pub async fn kms_metrics(&self) -> Metrics {
        metrics::read(self.kms.expect("kms-service was started").admin).await
    }

    /// The body of each service's `/metrics`, as it is.
    pub async fn metrics_bodies(&self) -> [String; 2] {
        let body = async |address: Option<Address>| {
            let admin = address.expect("both services were started").admin;
            let (status, body) = metrics::get(admin, "/metrics").await.expect("the admin port answers");
            assert_eq!(status, 200, "{body}");
            body
        };
        [body(self.table).await, body(self.kms).await]
    }

    /// What the table service's process holds in memory: resident bytes, as the system counts them.
    pub fn table_memory(&self) -> u64 {
        self.front.as_ref().expect("table-service is running").memory()
    }

    /// What the processes of both services hold in memory together.
    pub fn memory(&self) -> u64 {
        self.front.iter().chain(&self.back).map(Process::memory).sum()
    }

    /// Where the table service's admin port is.
    pub fn table_admin_address(&self) -> SocketAddr {
        self.table.expect("table-service was started").admin
    }

    /// What `/readyz` of the table service says: whether it is ready, and why not.
    pub async fn table_readiness(&self) -> (bool, String) {
        readiness(self.table.expect("table-service was started").admin).await
    }

    /// What `/readyz` of the key-management service says: whether it is ready, and why not.
    pub async fn kms_readiness(&self) -> (bool, String) {
        readiness(self.kms.expect("kms-service was started").admin).await
    }

    /// Waits until the table service is ready.
    pub async fn table_ready(&self) {
        eventually("table-service is ready", READY_BOUND, async || {
            self.table_readiness().await.0.then_some(())
        })
        .await;
    }

    /// Starts everything that is not running, and waits until it is ready.
    pub async fn start(&mut self) {
        if self.layout == Layout::Together {
            self.start_together().await;
        } else {
            self.start_kms().await;
            self.start_table().await;
            self.table_ready().await;
        }
    }

    /// Everything stands still and answers nothing any more, until it is killed.
    pub fn freeze(&self) {
        self.front.iter().chain(&self.back).for_each(Process::freeze);
    }

    /// SIGKILL for everything.
    pub async fn kill(&mut self) {
        for process in self.take_all() {
            process.kill().await;
        }
    }

    /// SIGTERM for everything; each must end by itself with success. The table service first, as a person would.
    pub async fn stop(mut self) -> Stopped {
        self.halt().await;
        Stopped(self)
    }

    /// SIGTERM for everything; each must end by itself with success.
    pub async fn halt(&mut self) {
        for process in self.take_all() {
            let status = process.stop().await;
            assert!(status.success(), "SIGTERM ends a service with success, not {status}");
        }
    }

    /// Waits until `keystead` has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        self.front.take().expect("keystead is running").wait().await
    }

    fn take_all(&mut self) -> Vec<Process> {
        self.front.take().into_iter().chain(self.back.take()).collect()
    }

    /// Starts `keystead` and kills it after `delay`, however far it has come.
    pub async fn start_and_kill(&mut self, delay: Duration) {
        let process = self.spawn_together();
        tokio::time::sleep(delay).await;
        process.kill().await;
    }

    async fn start_together(&mut self) {
        let mut process = self.spawn_together();
        // What goes to standard output and what goes to the log is read in no particular order.
        let (mut kms, mut table, mut ready) = (None, None, false);
        let (kms, table) = process
            .wait_for(|line| {
                match listening(line) {
                    Some((domain, address)) if domain == "kms.keystead" => kms = Some(address),
                    Some((_, address)) => table = Some(address),
                    None => ready |= matches!(line, Printed::Out(text) if text.starts_with("ready")),
                }
                if ready { kms.zip(table) } else { None }
            })
            .await;
        self.kms = Some(kms);
        self.table = Some(table);
        self.credentials = Some(root_credentials(&self.data()));
        self.front = Some(process);
    }

    fn spawn_together(&mut self) -> Process {
        let mut command = self.settings.command("keystead");
        command.arg("--data-dir").arg(self.data()).current_dir(self.root.path());
        for flag in ["--table-listen", "--kms-listen", "--table-admin-listen", "--kms-admin-listen"] {
            command.args([flag, ANY_PORT]);
        }
        command.args(&self.settings.together);
        self.spawn(command, "keystead")
    }

    /// Starts kms-service, at the address it had before if it was running before.
    pub async fn start_kms(&mut self) {
        let mut command = Command::new(binaries::path("kms-service"));
        serve(&mut command, &self.data().join("kms"), self.kms);
        command.args(&self.settings.kms);
        self.add_principals(&mut command);
        let mut process = self.spawn(command, "kms-service");
        self.kms = Some(process.wait_for(|line| listening(line).map(|(_, address)| address)).await);
        self.back = Some(process);
    }

    /// Starts table-service, at the address it had before if it was running before. Does not wait for readiness.
    pub async fn start_table(&mut self) {
        let kms = self.kms.map_or_else(unused_address, |kms| kms.grpc);
        let mut command = Command::new(binaries::path("table-service"));
        serve(&mut command, &self.data().join("table"), self.table);
        let scheme = if self.settings.authority.is_some() { "https" } else { "http" };
        command.args(["--kms", &format!("{scheme}://{kms}")]);
        let credential = match self.settings.principals {
            Some(_) => self.root.path().join("service-credential.toml"),
            None => self.data().join("kms/service-credential.toml"),
        };
        if self.settings.authority.is_some() {
            for (flag, file) in
                [("--kms-ca", "ca.pem"), ("--kms-cert", "service.pem"), ("--kms-key", "service.key")]
            {
                command.arg(flag).arg(self.root.path().join(file));
            }
        } else {
            command.arg("--kms-credentials").arg(credential);
        }
        command.args(&self.settings.table);
        self.add_principals(&mut command);
        let mut process = self.spawn(command, "table-service");
        self.table = Some(process.wait_for(|line| listening(line).map(|(_, address)| address)).await);
        self.front = Some(process);
    }

    /// SIGTERM for kms-service alone.
    pub async fn stop_kms(&mut self) {
        let status = self.back.take().expect("kms-service is running").stop().await;
        assert!(status.success(), "SIGTERM ends a service with success, not {status}");
    }

    /// SIGKILL for kms-service alone.
    pub async fn kill_kms(&mut self) {
        self.back.take().expect("kms-service is running").kill().await;
    }

    /// SIGKILL for table-service alone.
    pub async fn kill_table(&mut self) {
        self.front.take().expect("table-service is running").kill().await;
    }

    fn add_principals(&self, command: &mut Command) {
        if self.settings.principals.is_some() {
            command.arg("--principals").arg(self.root.path().join("principals.toml"));
        } else {
            command.arg("--accept-any-credentials");
        }
        if self.settings.authority.is_some() {
            for (flag, file) in
                [("--tls-cert", "server.pem"), ("--tls-key", "server.key"), ("--tls-client-ca", "ca.pem")]
            {
                command.arg(flag).arg(self.root.path().join(file));
            }
        }
    }

    fn spawn(&mut self, mut command: Command, name: &str) -> Process {
        self.started += 1;
        command.env("KEYSTEAD_LOG_FORMAT", "json");
        if let Some(filter) = self.settings.logging {
            command.env("KEYSTEAD_LOG_FILTER", filter);
        }
        Process::spawn(command, &format!("{name}-{}", self.started), &self.logs())
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.front.iter().chain(&self.back)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in self.processes() {
                println!("--- log ---\n{}", process.log_tail());
            }
        }
    }
}

/// A stack that was stopped; its files are still there.
pub struct Stopped(Stack);

impl Stopped {
    /// Everything the services stored.
    pub fn data(&self) -> PathBuf {
        self.0.data()
    }

    /// Everything the services printed.
    pub fn logs(&self) -> PathBuf {
        self.0.logs()
    }

    /// Starts the services again on the same data.
    pub async fn start(mut self) -> Stack {
        self.0.start().await;
        self.0
    }
}

/// Runs a binary with `arguments` until it ends by itself: its exit status and what it printed to standard error.
pub async fn run_to_end(binary: &str, arguments: &[&str], directory: &Path) -> (ExitStatus, String) {
    run_in(binary, arguments, &[], directory).await
}

/// As [`run_to_end`], with these environment variables.
pub async fn run_in(
    binary: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    directory: &Path,
) -> (ExitStatus, String) {
    let output = Command::new(binaries::path(binary))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(directory)
        .kill_on_drop(true)
        .output();
    let output =
        crate::wait::within("the binary ends by itself", READY_BOUND, output).await.expect("it starts");
    let printed = [output.stdout, output.stderr].concat();
    (output.status, String::from_utf8_lossy(&printed).into_owned())
}

fn serve(command: &mut Command, data: &Path, before: Option<Address>) {
    let address = |of: fn(Address) -> SocketAddr| before.map_or(ANY_PORT.to_owned(), |at| of(at).to_string());
    command.arg("serve").arg("--data-dir").arg(data);
    command.args(["--listen", &address(|at| at.grpc), "--admin-listen", &address(|at| at.admin)]);
}

/// An address at which nobody listens: bound for a moment and let go.
fn unused_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind(ANY_PORT).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address")
}

async fn readiness(admin: SocketAddr) -> (bool, String) {
    match metrics::get(admin, "/readyz").await {
        Some((status, body)) => (status == 200, body),
        None => (false, "nobody listens".to_owned()),
    }
}

/// Which service listens where, if that is what the line of a log says.
fn listening(line: &Printed) -> Option<(String, Address)> {
    let Printed::Log(line) = line else { return None };
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |field: &str| event.get(field)?.as_str();
    if text("message")? != "listening" {
        return None;
    }
    let address = |field: &str| text(field)?.parse().ok();
    Some((
        text("domain")?.to_owned(),
        Address { grpc: address("address")?, admin: address("admin_address")? },
    ))
}

/// The account root's credentials, which `keystead` makes at the first start and keeps below `data`.
pub fn root_credentials(data: &Path) -> Credentials {
    let file = files(data).into_iter().find(|file| file.ends_with("root-credential.toml"));
    let text =
        std::fs::read_to_string(file.expect("the root's credential is kept")).expect("the file is readable");
    let member = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect("the file has both members");
        line.split(['"', '\'']).nth(1).expect("values are quoted").to_owned()
    };
    Credentials::new(member("access_key_id"), member("secret_access_key"))
}
