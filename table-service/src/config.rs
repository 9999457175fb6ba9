//! What the table service is told at start, as flags and as values.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use identity::{Credential, Directory};
use service_kit::{ClientIdentity, CommonArgs, StartError, UsageError};

/// Shorter times would only make work.
const MIN_TIME: Duration = Duration::from_millis(100);
/// Longer times are mistakes, and might not fit the clock.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// The flags of `table-service serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// The flags that both services have.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where the key-management service is
    #[arg(long, env = "KEYSTEAD_KMS", default_value = "http://127.0.0.1:8001", value_name = "URL")]
    pub kms: String,
    /// The credential of this service at the key-management service (TOML, mode 0600)
    #[arg(long, env = "KEYSTEAD_KMS_CREDENTIALS", value_name = "FILE")]
    pub kms_credentials: PathBuf,
    /// How long a principal's proven right to a table's key lasts
    #[arg(long, env = "KEYSTEAD_KEY_LEASE", default_value = "300s", value_parser = humantime::parse_duration)]
    pub key_lease: Duration,
    /// How long tables in use go on when the key-management service does not answer
    #[arg(long, env = "KEYSTEAD_OUTAGE_GRACE", default_value = "3600s", value_parser = humantime::parse_duration)]
    pub outage_grace: Duration,
    /// How often each table's key is checked without being asked
    #[arg(long, env = "KEYSTEAD_KEY_CHECK_INTERVAL", default_value = "60s", value_parser = humantime::parse_duration)]
    pub key_check_interval: Duration,
}

/// Everything the service needs to start.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, where to keep data, for which account and Region.
    pub common: CommonArgs,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// URL of the key-management service.
    pub kms: String,
    /// This service's identity there.
    pub kms_identity: ClientIdentity,
    /// How long a principal's proven right lasts.
    pub key_lease: Duration,
    /// How long tables in use go on when KMS does not answer.
    pub outage_grace: Duration,
    /// How often each table's key is checked without being asked.
    pub key_check_interval: Duration,
}

impl Config {
    /// The usual times.
    pub fn new(
        common: CommonArgs,
        directory: Arc<Directory>,
        kms: String,
        kms_identity: ClientIdentity,
    ) -> Self {
        Self {
            common,
            directory,
            kms,
            kms_identity,
            key_lease: Duration::from_secs(300),
            outage_grace: Duration::from_secs(3600),
            key_check_interval: Duration::from_secs(60),
        }
    }

    /// Refuses times that cannot be.
    ///
    /// # Errors
    /// [`StartError::Usage`].
    pub fn checked(self) -> Result<Self, StartError> {
        let times = [
            ("--key-lease", self.key_lease, MIN_TIME),
            ("--outage-grace", self.outage_grace, Duration::ZERO),
            ("--key-check-interval", self.key_check_interval, MIN_TIME),
        ];
        for (flag, value, least) in times {
            if value < least || value > MAX_TIME {
                let problem = format!("{flag} must be between {least:?} and 365 days");
                return Err(UsageError::new(problem).into());
            }
        }
        Ok(self)
    }
}

impl TryFrom<ServeArgs> for Config {
    type Error = StartError;

    /// Reads the files that the flags name. No port is bound yet.
    fn try_from(args: ServeArgs) -> Result<Self, StartError> {
        let usage = |problem: String| UsageError::new(format!("--kms-credentials: {problem}"));
        let credential = Credential::read(&args.kms_credentials).map_err(|error| usage(error.to_string()))?;
        let kms_identity = ClientIdentity::basic(&credential).map_err(|error| usage(error.to_string()))?;
        let directory = Arc::new(args.common.directory(None)?);
        Self {
            key_lease: args.key_lease,
            outage_grace: args.outage_grace,
            key_check_interval: args.key_check_interval,
            ..Self::new(args.common, directory, args.kms, kms_identity)
        }
        .checked()
    }
}
