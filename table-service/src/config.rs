//! What the table service is told at start, as flags and as values.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use identity::{AccountId, Credential, Directory, Region};
use service_kit::{ClientIdentity, CommonArgs, StartError, UsageError};
use table_core::lease::LeaseTerms;
use tonic::transport::Endpoint;

/// The port of the service unless told otherwise.
const DEFAULT_PORT: u16 = 8000;
/// The admin port unless told otherwise.
const DEFAULT_ADMIN_PORT: u16 = 9000;

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
    /// Megabytes of store pages kept in memory
    #[arg(long, env = "KEYSTEAD_CACHE_MB", default_value_t = 128, value_name = "MB")]
    pub cache_mb: u64,
}

/// Everything the service needs to start.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the admin port is.
    pub admin_listen: SocketAddr,
    /// A directory of the service's own; it must exist.
    pub data_dir: PathBuf,
    /// The account that tables belong to.
    pub account: AccountId,
    /// The Region that ARNs name.
    pub region: Region,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// The key-management service.
    pub kms: Endpoint,
    /// This service's identity there.
    pub kms_identity: ClientIdentity,
    /// How long permissions last unproven.
    pub leases: LeaseTerms,
    /// How often each table's key is checked without being asked.
    pub key_check: Duration,
    /// Bytes of store pages kept in memory.
    pub cache_bytes: u64,
    /// Whether other machines may be served without protection.
    pub insecure_dev: bool,
}

impl ServeArgs {
    /// Reads the files that the flags name. No port is bound yet.
    pub fn settings(self) -> Result<Settings, StartError> {
        let usage = |problem: String| StartError::from(UsageError::new(problem));
        for (flag, value) in
            [("--key-lease", self.key_lease), ("--key-check-interval", self.key_check_interval)]
        {
            if value.is_zero() {
                return Err(usage(format!("{flag} must be longer than zero")));
            }
        }
        let kms = Endpoint::from_shared(self.kms.clone())
            .map_err(|error| usage(format!("--kms {}: {error}", self.kms)))?;
        let credential = Credential::read(&self.kms_credentials)
            .map_err(|error| usage(format!("--kms-credentials: {error}")))?;
        let kms_identity = ClientIdentity::basic(&credential)
            .map_err(|error| usage(format!("--kms-credentials: {error}")))?;
        let directory = Arc::new(self.common.directory(None)?);
        Ok(Settings {
            listen: self.common.listen_or(DEFAULT_PORT),
            admin_listen: self.common.admin_listen_or(DEFAULT_ADMIN_PORT),
            data_dir: self.common.create_data_dir()?.to_owned(),
            account: self.common.account,
            region: self.common.region,
            directory,
            kms,
            kms_identity,
            leases: LeaseTerms { length: self.key_lease, outage_grace: self.outage_grace },
            key_check: self.key_check_interval,
            cache_bytes: self.cache_mb.saturating_mul(1024 * 1024),
            insecure_dev: self.common.insecure_dev,
        })
    }
}
