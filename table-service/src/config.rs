//! What the table service is told at start, as flags and as values.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use identity::{Credential, Directory};
use service_kit::{ClientIdentity, CommonArgs, StartError, Upstream, UsageError};
use tonic::transport::Uri;

/// Shorter times would only make work.
const MIN_TIME: Duration = Duration::from_millis(100);
/// Longer times are mistakes, and might not fit the clock.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// Where the admin port is, if nothing else is said.
pub const ADMIN_LISTEN: &str = "127.0.0.1:9000";

/// The flags of `table-service serve`.
#[derive(Args, Clone, Debug)]
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8000")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value(ADMIN_LISTEN)))]
pub struct ServeArgs {
    /// The flags that both services have.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where the key-management service is, and who this service is there.
    #[command(flatten)]
    pub kms: KmsArgs,
    /// When a write is acknowledged: `sync`, once it is on the disk
    #[arg(long, default_value = "sync", value_parser = durability, value_name = "sync")]
    pub durability: Durability,
    /// How long proven rights count.
    #[command(flatten)]
    pub times: TimeArgs,
    /// Which of AWS's quotas are kept.
    #[command(flatten)]
    pub quotas: QuotaArgs,
}

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug)]
pub enum Durability {
    /// Once it is on the disk.
    Sync,
}

/// Where the key-management service is, and who this service is there: by client certificate, by credential, or by both
/// if they are the same principal's.
#[derive(Args, Clone, Debug)]
pub struct KmsArgs {
    /// Where the key-management service is
    #[arg(long, default_value = "http://127.0.0.1:8001", value_parser = url, value_name = "URL")]
    pub kms: Uri,
    /// The authority of the key-management service's certificate (PEM), for an https URL
    #[arg(long, value_name = "FILE")]
    pub kms_ca: Option<PathBuf>,
    /// The client certificate that this service shows to the key-management service (PEM)
    #[arg(long, value_name = "FILE")]
    pub kms_cert: Option<PathBuf>,
    /// The private key of --kms-cert (PEM, mode 0600)
    #[arg(long, value_name = "FILE")]
    pub kms_key: Option<PathBuf>,
    /// The credential of this service at the key-management service (TOML, mode 0600), if it has no certificate
    #[arg(long, value_name = "FILE")]
    pub kms_credentials: Option<PathBuf>,
}

/// How long what the key-management service said counts.
#[derive(Args, Clone, Debug)]
pub struct TimeArgs {
    /// How long a principal's proven right to a table's key lasts
    #[arg(long, default_value = "300s", value_parser = time, value_name = "TIME")]
    pub key_lease: Duration,
    /// How long tables in use go on when the key-management service does not answer
    #[arg(long, default_value = "3600s", value_parser = time_or_none, value_name = "TIME")]
    pub outage_grace: Duration,
    /// How often each table's key is checked without being asked
    #[arg(long, default_value = "60s", value_parser = time, value_name = "TIME")]
    pub key_check_interval: Duration,
}

/// Which of AWS's quotas are kept, though nothing here needs them.
#[derive(Args, Clone, Debug)]
pub struct QuotaArgs {
    /// Whether a table's key can be changed only as often as AWS allows: four times in 24 hours, then once in six hours, and to
    /// the owned key always
    #[arg(long, default_value = "off", value_enum, value_name = "on|off")]
    pub sse_change_quota: Kept,
}

/// Whether a quota is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Everything the service needs to start.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, where to keep data, for which account and Region.
    pub common: CommonArgs,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// The key-management service.
    pub kms: Upstream,
    /// How long proven rights count.
    pub times: TimeArgs,
    /// Which of AWS's quotas are kept.
    pub quotas: QuotaArgs,
}

impl ServeArgs {
    /// Finds what would stop a start, without making or binding anything.
    ///
    /// # Errors
    /// What is wrong; a usage error.
    pub fn check(&self) -> Result<(), StartError> {
        self.common.check()?;
        self.kms.upstream(self.common.insecure_dev).map(drop)
    }
}

impl KmsArgs {
    fn upstream(&self, insecure_dev: bool) -> Result<Upstream, StartError> {
        let own = match (&self.kms_cert, &self.kms_key) {
            (Some(cert), Some(key)) => Some((cert.clone(), key.clone())),
            (None, None) => None,
            _ => return Err(UsageError::new("--kms-cert and --kms-key belong together").into()),
        };
        let identity = match &self.kms_credentials {
            Some(path) => basic(path).map_err(|problem| usage("--kms-credentials", problem))?,
            None if own.is_some() => ClientIdentity::certificate(),
            None => return Err(UsageError::new("either --kms-cert or --kms-credentials is needed").into()),
        };
        let upstream = match (&self.kms_ca, own) {
            (Some(ca), own) => Upstream::over_tls(self.kms.clone(), identity, ca.clone(), own),
            (None, None) => Upstream::plain(self.kms.clone(), identity, insecure_dev),
            (None, Some(_)) => return Err(UsageError::new("--kms-cert needs --kms-ca").into()),
        };
        Ok(upstream.map_err(|problem| usage("--kms", problem))?)
    }
}

fn basic(path: &Path) -> Result<ClientIdentity, String> {
    let credential = Credential::read(path).map_err(|error| error.to_string())?;
    ClientIdentity::basic(&credential).map_err(|error| error.to_string())
}

fn usage(option: &str, problem: impl Display) -> UsageError {
    UsageError::new(format!("{option}: {problem}"))
}

impl TryFrom<ServeArgs> for Config {
    type Error = StartError;

    /// Reads the files that the flags name. No port is bound yet. Needs a runtime.
    fn try_from(args: ServeArgs) -> Result<Self, StartError> {
        let kms = args.kms.upstream(args.common.insecure_dev)?;
        let directory = Arc::new(args.common.directory(None)?);
        Ok(Self { common: args.common, directory, kms, times: args.times, quotas: args.quotas })
    }
}

fn url(text: &str) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match (url.scheme_str(), url.authority(), url.path()) {
        (Some("http" | "https"), Some(_), "" | "/") => Ok(url),
        _ => Err("a URL is http://HOST:PORT or https://HOST:PORT".to_owned()),
    }
}

/// Why not, in short.
const NO_INTERVAL: &str = "not offered: grants and secrets are given up on the strength of commits, and one that a power \
                           cut took back could leave a table whose key cannot be had any more";

/// `interval` (acknowledge first, write to the disk a moment later) is understood and refused: grants of the old key are
/// retired and secrets of deleted tables are overwritten on the strength of commits. A power cut that took such a commit
/// back would leave a table whose key cannot be had any more.
fn durability(text: &str) -> Result<Durability, String> {
    match text {
        "sync" => Ok(Durability::Sync),
        "interval" => Err(NO_INTERVAL.to_owned()),
        _ => Err("sync is the one choice".to_owned()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    match time_or_none(text)? {
        short if short < MIN_TIME => Err(format!("must be at least {MIN_TIME:?}")),
        time => Ok(time),
    }
}

fn time_or_none(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text).map_err(|error| error.to_string())? {
        long if long > MAX_TIME => Err("must be at most 365 days".to_owned()),
        time => Ok(time),
    }
}
