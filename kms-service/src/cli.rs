//! The command line of the `kms-service` binary.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Parser, Subcommand};
use http::Uri;
use identity::ServiceName;
use service_kit::{ClientIdentity, CommonArgs, HealthcheckArgs, Neighbour, StartError, Upstream, UsageError};

use crate::{
    Config,
    root_key::{self, RootKeySource},
};

/// The name of the subcommand that has the flags of the service.
pub const SERVE: &str = "serve";

/// Where the admin port is, if nothing else is said.
const ADMIN_LISTEN: &str = "127.0.0.1:9001";

/// Keystead's key-management service.
#[derive(Debug, Parser)]
#[command(name = "kms-service", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service
    Serve(Box<ServeArgs>),
    /// Ask the service on this machine whether it is ready: exit code 0, or 1 with what it lacks
    #[command(mut_arg("admin_listen", |arg| arg.default_value(ADMIN_LISTEN)))]
    Healthcheck(HealthcheckArgs),
    /// Make a root key: a new file that only its owner can read. Never overwrites one
    InitRootKey {
        /// The file to make
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
}

/// The flags of the service.
#[derive(Args, Clone, Debug)]
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8001")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value(ADMIN_LISTEN)))]
pub struct ServeArgs {
    /// Those that every service has.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where the root key is. Without it, a root key is kept beside the data and made on first start, which protects
    /// backups of nothing: for development
    #[arg(long, value_name = "file:PATH")]
    pub root_key: Option<RootKeySource>,
    /// The table service, for requests over AWS JSON that are DynamoDB's: they are passed on to it as they came
    #[arg(long, value_name = "URL")]
    pub tables: Option<Uri>,
    /// The authority of the table service's certificate (PEM), for an https URL
    #[arg(long, value_name = "FILE")]
    pub tables_ca: Option<PathBuf>,
}

impl ServeArgs {
    /// Finds what would stop a start, without making or binding anything.
    ///
    /// # Errors
    /// What is wrong; a usage error.
    pub fn check(&self) -> Result<(), StartError> {
        self.common.check()?;
        self.neighbour()?;
        match &self.root_key {
            Some(source) => {
                root_key::open(source).map(drop).map_err(|error| UsageError::new(error.to_string()).into())
            }
            None => Ok(()),
        }
    }

    /// The table service, if it is known. It finds out itself who calls.
    fn neighbour(&self) -> Result<Option<Neighbour>, UsageError> {
        let upstream = match (&self.tables, &self.tables_ca) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(UsageError::new("--tables-ca needs --tables")),
            (Some(url), Some(ca)) => {
                Upstream::over_tls(url.clone(), ClientIdentity::certificate(), ca.clone(), None)
            }
            (Some(url), None) => {
                Upstream::plain(url.clone(), ClientIdentity::certificate(), self.common.insecure_dev)
            }
        };
        let upstream = upstream.map_err(|problem| UsageError::new(format!("--tables: {problem}")))?;
        Ok(Some(Neighbour::at(&upstream)))
    }
}

impl TryFrom<ServeArgs> for Config {
    type Error = StartError;

    /// Reads the principals, or makes the credentials of a development directory.
    fn try_from(args: ServeArgs) -> Result<Self, StartError> {
        let dynamodb = ServiceName::dynamodb(&args.common.region);
        let directory = Arc::new(args.common.directory(Some(dynamodb))?);
        let tables = args.neighbour()?;
        Ok(Self { common: args.common, directory, root_key: args.root_key, tables })
    }
}
