//! What the table service is told at start, as flags and as values.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use identity::{Credential, Directory};
use service_kit::{ClientIdentity, CommonArgs, StartError, UsageError};
use tonic::transport::Uri;

/// Shorter times would only make work.
const MIN_TIME: Duration = Duration::from_millis(100);
/// Longer times are mistakes, and might not fit the clock.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// The flags of `table-service serve`.
#[derive(Args, Clone, Debug)]
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8000")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value("127.0.0.1:9000")))]
pub struct ServeArgs {
    /// The flags that both services have.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where the key-management service is
    #[arg(long, default_value = "http://127.0.0.1:8001", value_parser = url, value_name = "URL")]
    pub kms: Uri,
    /// The credential of this service at the key-management service (TOML, mode 0600)
    #[arg(long, value_name = "FILE")]
    pub kms_credentials: PathBuf,
    /// How long proven rights count.
    #[command(flatten)]
    pub times: TimeArgs,
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

/// Everything the service needs to start.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, where to keep data, for which account and Region.
    pub common: CommonArgs,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// Where the key-management service is.
    pub kms: Uri,
    /// This service's identity there.
    pub kms_identity: ClientIdentity,
    /// How long proven rights count.
    pub times: TimeArgs,
}

impl ServeArgs {
    /// Finds what would stop a start, without making or binding anything.
    ///
    /// # Errors
    /// What is wrong; a usage error.
    pub fn check(&self) -> Result<(), StartError> {
        self.common.check()?;
        self.kms_identity().map(drop)
    }

    fn kms_identity(&self) -> Result<ClientIdentity, StartError> {
        let usage = |problem: String| UsageError::new(format!("--kms-credentials: {problem}"));
        let credential = Credential::read(&self.kms_credentials).map_err(|error| usage(error.to_string()))?;
        Ok(ClientIdentity::basic(&credential).map_err(|error| usage(error.to_string()))?)
    }
}

impl TryFrom<ServeArgs> for Config {
    type Error = StartError;

    /// Reads the files that the flags name. No port is bound yet.
    fn try_from(args: ServeArgs) -> Result<Self, StartError> {
        let kms_identity = args.kms_identity()?;
        let directory = Arc::new(args.common.directory(None)?);
        Ok(Self { common: args.common, directory, kms: args.kms, kms_identity, times: args.times })
    }
}

fn url(text: &str) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match (url.scheme_str(), url.authority(), url.path()) {
        (Some("http" | "https"), Some(_), "" | "/") => Ok(url),
        _ => Err("a URL is http://HOST:PORT or https://HOST:PORT".to_owned()),
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
