//! The options that both services have. An option is declared once, here or in a service's own `Args`: its name, its
//! default and its help text. The environment variable and the key of the configuration file follow from the name
//! (`options`).

use crate::{
    Limits, StartError, UsageError, exposure::Protection, telemetry::LogFormat, tls::TlsArgs,
    traces::TraceArgs,
};
use clap::{Args, value_parser};
use identity::{AccountId, Directory, Region, ServiceName};
use std::{
    fs::DirBuilder,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where to listen, where to keep data, who may call. The default of `listen` and `admin-listen` is the service's to
/// give, with `mut_arg`.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// Address of the service; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Address of the admin port: /metrics, /livez and /readyz over plain HTTP, without credentials
    #[arg(long, value_name = "ADDRESS")]
    pub admin_listen: SocketAddr,
    /// Where everything is kept
    #[arg(long, default_value = "./keystead-data", value_name = "PATH")]
    pub data_dir: PathBuf,
    /// The AWS account that the service speaks for
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    pub account: AccountId,
    /// The AWS region that the service speaks for
    #[arg(long, default_value = "us-east-1", value_name = "NAME")]
    pub region: Region,
    /// Who may call (TOML, mode 0600). Without it, whoever reaches the port is the account root
    #[arg(long, value_name = "FILE")]
    pub principals: Option<PathBuf>,
    /// Take requests over AWS JSON that are signed with an access key which is nobody's for the account root's, without
    /// looking at the signature. For development: not together with --principals
    #[arg(long)]
    pub accept_any_credentials: bool,
    /// Listen to other machines although that is not safe
    #[arg(long)]
    pub insecure_dev: bool,
    /// What the service shows, and whom it believes.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// How much to take on.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What to log, and how.
    #[command(flatten)]
    pub log: LogArgs,
    /// Where traces go.
    #[command(flatten)]
    pub traces: TraceArgs,
    /// Where options come from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How much one server takes on. What is not an option is in [`Limits`].
#[derive(Args, Clone, Debug)]
pub struct LimitArgs {
    /// Connections at the same time. When there are as many, the one that was of no use for the longest time is closed
    /// for one more
    #[arg(long, default_value = "4096", value_parser = at_least_one, value_name = "NUMBER")]
    pub max_connections: usize,
    /// Requests in work at the same time. One more is answered UNAVAILABLE, with when to try again
    #[arg(long, default_value = "4096", value_parser = at_least_one, value_name = "NUMBER")]
    pub max_requests: usize,
    /// How long a request may take, however long its caller would wait
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub request_timeout: Duration,
    /// Mebibytes of what is stored that are kept in memory, so as not to be read again
    #[arg(long, default_value = "128", value_parser = value_parser!(u64).range(8..=1_048_576), value_name = "NUMBER")]
    pub store_cache_mib: u64,
    /// After SIGTERM, how long requests in work may take to finish before they are cut off
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub drain_timeout: Duration,
}

impl LimitArgs {
    /// Bytes of what is stored that are kept in memory.
    pub fn store_cache_bytes(&self) -> u64 {
        self.store_cache_mib * 1024 * 1024
    }

    /// The usual limits, with what the options say.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            concurrent_requests: self.max_requests,
            request: self.request_timeout,
            drain: self.drain_timeout,
            ..Limits::default()
        }
    }
}

/// What to log, and how.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// What to log, as in `info,access=off` (`access` is the line for each request)
    #[arg(long, default_value = "info", value_name = "FILTER")]
    pub log_filter: String,
    /// The form of the log
    #[arg(long, default_value = "text", value_enum, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// Where options come from, and what to do with them.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigArgs {
    /// A TOML file with any of the options as keys; flags and environment win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Check every option and every file that one names, and exit: 0, or 64 with what is wrong. Makes nothing, binds nothing
    #[arg(long)]
    pub check_config: bool,
    /// Print a configuration file with every option, what it means and its default, and exit
    #[arg(long)]
    pub print_default_config: bool,
}

impl CommonArgs {
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
        self.check_credentials()?;
        match &self.principals {
            Some(path) => Ok(Directory::load(path)?),
            None => Ok(Directory::development_in(self.create_data_dir()?, &self.account, service)?),
        }
    }

    /// Finds what would stop a start, without making or binding anything.
    pub fn check(&self) -> Result<(), StartError> {
        self.log.filter()?;
        self.check_credentials()?;
        if let Some(path) = &self.principals {
            Directory::load(path)?;
        }
        let tls = self.tls.files()?;
        let protection = Protection {
            has_tls: tls.is_some(),
            has_principals: self.principals.is_some(),
            is_waived: self.insecure_dev,
        };
        protection.check(self.listen)?;
        Ok(tls.map_or(Ok(()), |files| files.load().map(drop))?)
    }

    /// Principals that nobody has to be would be no principals.
    fn check_credentials(&self) -> Result<(), UsageError> {
        match (&self.principals, self.accept_any_credentials) {
            (Some(_), true) => {
                Err(UsageError::new("--accept-any-credentials and --principals exclude each other"))
            }
            _ => Ok(()),
        }
    }
}

/// The most that a semaphore counts is far beyond any machine.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("a number from 1 to 1000000 is needed".to_owned()),
    }
}
