//! The command line of the `kms-service` binary.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Parser, Subcommand};
use identity::ServiceName;
use service_kit::{CommonArgs, StartError};

use crate::{Config, RootKeySource};

/// The name of the subcommand that has the flags of the service.
pub const SERVE: &str = "serve";

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
    /// Make a root key: a new file that only its owner can read. Never overwrites one
    InitRootKey {
        /// The file to make
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
}

/// The flags of the service.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Those that every service has.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where the root key is. Without it, a root key is kept beside the data and made on first start, which protects
    /// backups of nothing: for development
    #[arg(long, env = "KEYSTEAD_ROOT_KEY", value_name = "file:PATH")]
    pub root_key: Option<RootKeySource>,
}

impl TryFrom<ServeArgs> for Config {
    type Error = StartError;

    /// Reads the principals, or makes the credentials of a development directory.
    fn try_from(args: ServeArgs) -> Result<Self, StartError> {
        let dynamodb = ServiceName::dynamodb(&args.common.region);
        let directory = Arc::new(args.common.directory(Some(dynamodb))?);
        Ok(Self { common: args.common, directory, root_key: args.root_key })
    }
}
