//! The `kms-service` binary: reads the command line, and starts the service, asks it whether it is ready, or makes a root key.

use std::process::ExitCode;

use kms_service::cli::{self, Cli, Command};

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::main(Some(cli::SERVE), execute).await
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) if args.common.config.check_config => {
            args.check()?;
            Ok(service_kit::say("the configuration is good")?)
        }
        Command::Serve(args) => {
            let common = &args.common;
            let _traces = service_kit::telemetry::init(&common.log, &common.traces, "kms-service")?;
            let stop = service_kit::shutdown_signal()?;
            Ok(kms_service::run((*args).try_into()?, stop).await?)
        }
        Command::Healthcheck(args) => Ok(args.run().await?),
        Command::InitRootKey { out } => {
            Ok(kms_service::root_key::create(&out, &envelope::OsEntropy).map(drop)?)
        }
    }
}
