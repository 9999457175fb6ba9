//! The `table-service` binary: reads the command line, runs the service until SIGTERM or ctrl-C.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
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
    service_kit::main(Some("serve"), execute).await
}

async fn execute(cli: Cli) -> Result<(), Box<dyn Error>> {
    match cli.command {
        Command::Serve(args) if args.common.config.check_config => {
            args.check()?;
            Ok(service_kit::say("the configuration is good")?)
        }
        Command::Serve(args) => {
            service_kit::telemetry::init(&args.common.log)?;
            let stop = service_kit::shutdown_signal()?;
            let service = table_service::start((*args).try_into()?).await?;
            Ok(service.serve(stop).await?)
        }
    }
}
