//! The flags of `keystead`, and what each service is told because of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use identity::{AccountId, Credential, Directory, Region};
use service_kit::{ClientIdentity, CommonArgs, LogArgs, StartError, UsageError};
use tempfile::TempDir;

/// Encrypted tables and the keys for them, in one process.
#[derive(Parser, Clone, Debug)]
#[command(name = "keystead", version)]
pub(crate) struct Cli {
    /// Where everything is kept
    #[arg(long, env = "KEYSTEAD_DATA_DIR", default_value = "./keystead-data", value_name = "PATH")]
    data_dir: PathBuf,
    /// Keep everything in a temporary directory that is removed at the end
    #[arg(long, env = "KEYSTEAD_EPHEMERAL", conflicts_with = "data_dir")]
    ephemeral: bool,
    /// Address of the table service; port 0 takes a free one
    #[arg(long, env = "KEYSTEAD_TABLE_LISTEN", default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    table_listen: SocketAddr,
    /// Address of the key-management service
    #[arg(long, env = "KEYSTEAD_KMS_LISTEN", default_value = "127.0.0.1:8001", value_name = "ADDRESS")]
    kms_listen: SocketAddr,
    /// Address of the table service's admin port (/metrics, /livez, /readyz)
    #[arg(
        long,
        env = "KEYSTEAD_TABLE_ADMIN_LISTEN",
        default_value = "127.0.0.1:9000",
        value_name = "ADDRESS"
    )]
    table_admin_listen: SocketAddr,
    /// Address of the key-management service's admin port
    #[arg(long, env = "KEYSTEAD_KMS_ADMIN_LISTEN", default_value = "127.0.0.1:9001", value_name = "ADDRESS")]
    kms_admin_listen: SocketAddr,
    /// The AWS account that both speak for
    #[arg(long, env = "KEYSTEAD_ACCOUNT", default_value = "000000000000", value_name = "DIGITS")]
    pub(crate) account: AccountId,
    /// The AWS Region that both speak for
    #[arg(long, env = "KEYSTEAD_REGION", default_value = "us-east-1", value_name = "NAME")]
    pub(crate) region: Region,
    /// How long a principal's proven right to a table's key lasts
    #[arg(long, env = "KEYSTEAD_KEY_LEASE", default_value = "300s", value_parser = humantime::parse_duration)]
    key_lease: Duration,
    /// How long tables in use go on when the key-management service does not answer
    #[arg(long, env = "KEYSTEAD_OUTAGE_GRACE", default_value = "3600s", value_parser = humantime::parse_duration)]
    outage_grace: Duration,
    /// A TOML file with any of these flags as keys; flags and environment win over it
    #[arg(long, env = "KEYSTEAD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to log, and how.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The data directory, which may be temporary: then it is removed when this is dropped.
pub(crate) enum DataDir {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl DataDir {
    pub(crate) fn open(cli: &Cli) -> anyhow::Result<Self> {
        if cli.ephemeral {
            return Ok(Self::Temporary(tempfile::Builder::new().prefix("keystead-").tempdir()?));
        }
        let kept = cli.common(cli.data_dir.clone(), cli.table_listen, cli.table_admin_listen);
        Ok(Self::Kept(kept.create_data_dir()?.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

impl Cli {
    /// What the key-management service is told. Its root key is made on first start.
    pub(crate) fn kms(&self, data: &DataDir, directory: Arc<Directory>) -> kms_service::Config {
        let common = self.common(data.path().join("kms"), self.kms_listen, self.kms_admin_listen);
        kms_service::Config { common, directory, root_key: None }
    }

    /// What the table service is told.
    pub(crate) fn tables(
        &self,
        data: &DataDir,
        directory: Arc<Directory>,
        kms: SocketAddr,
        credential: &Credential,
    ) -> Result<table_service::Config, StartError> {
        let common = self.common(data.path().join("tables"), self.table_listen, self.table_admin_listen);
        let kms_identity =
            ClientIdentity::basic(credential).map_err(|error| UsageError::new(error.to_string()))?;
        table_service::Config {
            key_lease: self.key_lease,
            outage_grace: self.outage_grace,
            ..table_service::Config::new(common, directory, format!("http://{kms}"), kms_identity)
        }
        .checked()
    }

    fn common(&self, data_dir: PathBuf, listen: SocketAddr, admin_listen: SocketAddr) -> CommonArgs {
        CommonArgs {
            listen: Some(listen),
            admin_listen: Some(admin_listen),
            data_dir,
            account: self.account.clone(),
            region: self.region.clone(),
            principals: None,
            insecure_dev: false,
            config: None,
            log: self.log.clone(),
        }
    }
}
