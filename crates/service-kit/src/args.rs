//! The flags that both services have, with the environment variable of each.

use crate::{StartError, telemetry::LogFormat};
use clap::Args;
use identity::{AccountId, Directory, Region, ServiceName};
use std::{
    fs::DirBuilder,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Where to listen, where to keep data, who may call.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// Address of the service; port 0 takes a free one [default: 127.0.0.1 and the service's port]
    #[arg(long, env = "KEYSTEAD_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Address of the admin port (/metrics, /livez, /readyz) [default: 127.0.0.1 and the service's admin port]
    #[arg(long, env = "KEYSTEAD_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,
    /// Where everything is kept
    #[arg(long, env = "KEYSTEAD_DATA_DIR", default_value = "./keystead-data", value_name = "PATH")]
    pub data_dir: PathBuf,
    /// The AWS account that the service speaks for
    #[arg(long, env = "KEYSTEAD_ACCOUNT", default_value = "000000000000", value_name = "DIGITS")]
    pub account: AccountId,
    /// The AWS region that the service speaks for
    #[arg(long, env = "KEYSTEAD_REGION", default_value = "us-east-1", value_name = "NAME")]
    pub region: Region,
    /// Who may call (TOML, mode 0600). Without it, whoever reaches the port is the account root
    #[arg(long, env = "KEYSTEAD_PRINCIPALS", value_name = "FILE")]
    pub principals: Option<PathBuf>,
    /// Listen to other machines although that is not safe
    #[arg(long, env = "KEYSTEAD_INSECURE_DEV")]
    pub insecure_dev: bool,
    /// A TOML file with any of these flags as keys; flags and environment win over it
    #[arg(long, env = "KEYSTEAD_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to log, and how.
    #[command(flatten)]
    pub log: LogArgs,
}

/// What to log, and how.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// What to log, as in `info,access=off` (`access` is the line for each request)
    #[arg(long, env = "KEYSTEAD_LOG_FILTER", default_value = "info", value_name = "FILTER")]
    pub log_filter: String,
    /// The form of the log
    #[arg(long, env = "KEYSTEAD_LOG_FORMAT", default_value = "text", value_enum, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

impl CommonArgs {
    /// Where to listen: what was asked for, or `port` on the loopback interface.
    pub fn listen_or(&self, port: u16) -> SocketAddr {
        self.listen.unwrap_or_else(|| loopback(port))
    }

    /// Where the admin port is: what was asked for, or `port` on the loopback interface.
    pub fn admin_listen_or(&self, port: u16) -> SocketAddr {
        self.admin_listen.unwrap_or_else(|| loopback(port))
    }

    /// Makes the data directory, for its owner only, if it is not there.
    pub fn create_data_dir(&self) -> Result<&Path, StartError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir);
        match made {
            Ok(()) => Ok(&self.data_dir),
            Err(source) => Err(StartError::DataDir { path: self.data_dir.clone(), source }),
        }
    }

    /// Who may call: the principals of `--principals`, or for development the account root, whose credential is kept
    /// in the data directory. With `service`, that service may act for others: its credential is kept there too.
    pub fn directory(&self, service: Option<ServiceName>) -> Result<Directory, StartError> {
        match &self.principals {
            Some(path) => Ok(Directory::load(path)?),
            None => Ok(Directory::development_in(self.create_data_dir()?, &self.account, service)?),
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
