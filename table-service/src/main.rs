//! The `table-service` binary: reads the command line, runs the service until SIGTERM or ctrl-C.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service_kit::{exit_code, exit_for_args, parse_args, shutdown_signal, telemetry};
use table_service::ServeArgs;

/// Encrypted tables.
#[derive(Parser)]
#[command(name = "table-service", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves tables until it is told to stop
    Serve(Box<ServeArgs>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = match parse_args(Some("serve"), std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return exit_for_args(&error),
    };
    let Command::Serve(args) = cli.command;
    match serve(*args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            exit_code(error.as_ref())
        }
    }
}

async fn serve(args: ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    telemetry::init(&args.common.log)?;
    let stop = shutdown_signal()?;
    let service = table_service::start(args.try_into()?).await?;
    Ok(service.serve(stop).await?)
}
