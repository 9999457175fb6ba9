//! The `table-service` binary: reads the command line, and runs the service until SIGTERM or ctrl-C, or asks it whether
//! it is ready.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service_kit::HealthcheckArgs;
use table_service::{ADMIN_LISTEN, ServeArgs};

/// Encrypted tables.
#[derive(Parser)]
#[command(name = "table-service", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(Box<ServeArgs>),
    /// Ask the service on this machine whether it is ready: exit code 0, or 1 with what it lacks
    #[command(mut_arg("admin_listen", |arg| arg.default_value(ADMIN_LISTEN)))]
    Healthcheck(HealthcheckArgs),
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
            let common = &args.common;
            let _traces = service_kit::telemetry::init(&common.log, &common.traces, "table-service")?;
            let stop = service_kit::shutdown_signal()?;
            let config: table_service::Config = (*args).try_into()?;
            let store = table_service::open(&config.common).await?;
            let service = table_service::start(config, store).await?;
            Ok(service.serve(stop).await?)
        }
        Command::Healthcheck(args) => Ok(args.run().await?),
    }
}
