//! The `kms-service` binary: reads the command line, and starts the service or makes a root key.

use std::{io::Write as _, process::ExitCode};

use kms_service::cli::{self, Cli, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = match service_kit::parse_args(Some(cli::SERVE), std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, and none to whoever asked for them.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(service_kit::EXIT_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match execute(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "kms-service: {error}");
            service_kit::exit_code(error.as_ref())
        }
    }
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => {
            service_kit::telemetry::init(&args.common.log)?;
            let stop = service_kit::shutdown_signal()?;
            Ok(kms_service::run((*args).try_into()?, stop).await?)
        }
        Command::InitRootKey { out } => {
            Ok(kms_service::root_key::create(&out, &envelope::OsEntropy).map(drop)?)
        }
    }
}
