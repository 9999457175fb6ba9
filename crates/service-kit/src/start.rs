//! How a process starts, stops and says why it did not start.

use crate::options::parse_args;
use clap::{CommandFactory, FromArgMatches};
use identity::DirectoryError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code for wrong flags, configuration or files they name (`EX_USAGE` of sysexits.h). No port was bound.
pub const EXIT_USAGE: u8 = 64;

/// A flag, a variable or a configuration value that cannot be used. Services make their own with [`UsageError::new`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    /// Says what cannot be used and why. No secrets in it.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Wrong flags or configuration.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The principals cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The server would be reachable from other machines without the protection that needs.
    #[error("{listen} is reachable from other machines, and there {missing}; --insecure-dev allows it")]
    Exposed {
        /// Where it would listen.
        listen: SocketAddr,
        /// What is missing.
        missing: &'static str,
    },
    /// The data directory cannot be made.
    #[error("data directory {path}: {source}")]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address cannot be bound.
    #[error("listen on {listen}: {source}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A descriptor set does not decode, which is a defect of the build.
    #[error("descriptors: {0}")]
    Descriptors(Box<dyn Error + Send + Sync>),
}

impl StartError {
    fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Directory(_) | Self::Exposed { .. } => true,
            Self::DataDir { .. } | Self::Bind { .. } | Self::Descriptors(_) => false,
        }
    }
}

/// The whole of a `main`: reads the arguments with their environment and configuration file, lets `execute` do what they
/// say, and gives the exit code. `subcommand` is the one whose flags are the options; without it, the command itself has
/// them. What went wrong goes to the log, or to stderr if there is no log yet.
pub async fn main<P, F, E>(subcommand: Option<&str>, execute: impl FnOnce(P) -> F) -> ExitCode
where
    P: CommandFactory + FromArgMatches,
    F: Future<Output = Result<(), E>>,
    E: AsRef<dyn Error> + Display,
{
    let parsed = match parse_args(subcommand, std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(stop) => return stop.exit(),
    };
    raise_file_limit();
    let Err(error) = execute(parsed).await else { return ExitCode::SUCCESS };
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{error:#}");
    } else {
        // Nowhere to say it if even stderr is closed.
        let _ = writeln!(io::stderr(), "error: {error:#}");
    }
    exit_code(error.as_ref())
}

/// Lets the process have as many open files as it may: each connection is one, and the limit that a process begins with
/// is often 1,024. If that is refused, connections beyond the limit wait.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Says on stdout what was asked for.
pub fn say(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// The exit code for an error of `main`: 64 if it or any of its causes is a matter of usage, otherwise 1.
pub fn exit_code(error: &(dyn Error + 'static)) -> ExitCode {
    let mut next = Some(error);
    while let Some(error) = next {
        let is_usage = error.downcast_ref::<StartError>().is_some_and(StartError::is_usage)
            || error.is::<UsageError>()
            || error.is::<DirectoryError>();
        if is_usage {
            return ExitCode::from(EXIT_USAGE);
        }
        next = error.source();
    }
    ExitCode::FAILURE
}

/// A token that is cancelled on SIGTERM and on ctrl-C.
pub fn shutdown_signal() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("interrupt: stopping"),
        }
        stopped.cancel();
    });
    Ok(stop)
}
