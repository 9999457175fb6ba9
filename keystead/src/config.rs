//! The flags of `keystead`, and what each service is told because of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use identity::{AccountId, Credential, Directory, Region};
use service_kit::{
    ClientIdentity, CommonArgs, ConfigArgs, LimitArgs, LogArgs, Neighbour, StartError, TlsArgs, TraceArgs,
    Upstream, UsageError,
};
use table_service::{QuotaArgs, TimeArgs};
use tempfile::TempDir;

/// Where everything is kept, if nothing else is said.
const DATA_DIR: &str = "./keystead-data";

/// Encrypted tables and the keys for them, in one process.
#[derive(Parser, Clone, Debug)]
#[command(name = "keystead", version)]
pub(crate) struct Cli {
    /// Where everything is kept: ./keystead-data, unless told otherwise
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// Keep everything in a temporary directory that is removed at the end
    #[arg(long)]
    ephemeral: bool,
    /// Address of the table service; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    table_listen: SocketAddr,
    /// Address of the key-management service
    #[arg(long, default_value = "127.0.0.1:8001", value_name = "ADDRESS")]
    kms_listen: SocketAddr,
    /// Address of the table service's admin port (/metrics, /livez, /readyz)
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS")]
    table_admin_listen: SocketAddr,
    /// Address of the key-management service's admin port
    #[arg(long, default_value = "127.0.0.1:9001", value_name = "ADDRESS")]
    kms_admin_listen: SocketAddr,
    /// The AWS account that both speak for
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    pub(crate) account: AccountId,
    /// The AWS Region that both speak for
    #[arg(long, default_value = "us-east-1", value_name = "NAME")]
    pub(crate) region: Region,
    /// Take requests over AWS JSON that are signed with an access key which is nobody's for the account root's, without
    /// looking at the signature
    #[arg(long)]
    accept_any_credentials: bool,
    /// How long proven rights count.
    #[command(flatten)]
    times: TimeArgs,
    /// Which of AWS's quotas are kept.
    #[command(flatten)]
    quotas: QuotaArgs,
    /// How much each service takes on.
    #[command(flatten)]
    limits: LimitArgs,
    /// What to log, and how.
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// Where traces go.
    #[command(flatten)]
    pub(crate) traces: TraceArgs,
    /// Where options come from.
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// The data directory, which may be temporary: then it is removed when this is dropped.
pub(crate) enum DataDir {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl DataDir {
    pub(crate) fn open(cli: &Cli) -> anyhow::Result<Self> {
        match cli.kept()? {
            Some(path) => {
                let kept = cli.common(path, cli.table_listen, cli.table_admin_listen);
                Ok(Self::Kept(kept.create_data_dir()?.to_owned()))
            }
            None => Ok(Self::Temporary(tempfile::Builder::new().prefix("keystead-").tempdir()?)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

impl Cli {
    /// Finds what would stop a start, without making or binding anything.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let path = self.kept()?.unwrap_or_default();
        self.common(path.clone(), self.kms_listen, self.kms_admin_listen).check()?;
        self.common(path, self.table_listen, self.table_admin_listen).check()
    }

    /// What the key-management service is told. Its root key is made on first start.
    pub(crate) fn kms(
        &self,
        data: &DataDir,
        directory: Arc<Directory>,
        tables: Neighbour,
    ) -> kms_service::Config {
        let common = self.common(data.path().join("kms"), self.kms_listen, self.kms_admin_listen);
        kms_service::Config { common, directory, root_key: None, tables: Some(tables) }
    }

    /// What the table service is told.
    pub(crate) fn tables(
        &self,
        data: &DataDir,
        directory: Arc<Directory>,
        kms: SocketAddr,
        credential: &Credential,
    ) -> anyhow::Result<table_service::Config> {
        Ok(table_service::Config {
            common: self.tables_common(data),
            directory,
            kms: plain(kms, ClientIdentity::basic(credential)?)?,
            times: self.times.clone(),
            quotas: self.quotas.clone(),
        })
    }

    /// What the table service is told that both services are told.
    pub(crate) fn tables_common(&self, data: &DataDir) -> CommonArgs {
        self.common(data.path().join("tables"), self.table_listen, self.table_admin_listen)
    }

    /// Where everything is kept, unless it is not to be kept. Both at once would lose what somebody meant to keep.
    fn kept(&self) -> Result<Option<PathBuf>, UsageError> {
        match (&self.data_dir, self.ephemeral) {
            (Some(_), true) => Err(UsageError::new("--data-dir and --ephemeral exclude each other")),
            (None, true) => Ok(None),
            (given, false) => Ok(Some(given.clone().unwrap_or_else(|| DATA_DIR.into()))),
        }
    }

    fn common(&self, data_dir: PathBuf, listen: SocketAddr, admin_listen: SocketAddr) -> CommonArgs {
        CommonArgs {
            listen,
            admin_listen,
            data_dir,
            account: self.account.clone(),
            region: self.region.clone(),
            principals: None,
            accept_any_credentials: self.accept_any_credentials,
            insecure_dev: false,
            tls: TlsArgs::default(),
            limits: self.limits.clone(),
            log: self.log.clone(),
            traces: self.traces.clone(),
            config: self.config.clone(),
        }
    }
}

/// A service of this process.
pub(crate) fn plain(address: SocketAddr, identity: ClientIdentity) -> anyhow::Result<Upstream> {
    Ok(Upstream::plain(format!("http://{address}").parse()?, identity, false)?)
}
