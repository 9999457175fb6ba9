//! `keystead`: both services in one process, for a team or a developer who wants them running with one command.
//!
//! The services are the same as when they run apart, and talk to each other over gRPC on loopback. Development mode:
//! whoever reaches the ports is the account root; its key pair is printed. Each has a directory of its own below
//! the data directory; beside them lie the credentials, which is all that they share.

mod config;
mod greeting;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use config::{Cli, DataDir};
use identity::{Directory, ROOT_CREDENTIAL_FILE, SERVICE_CREDENTIAL_FILE, ServiceName};
use service_kit::{CancellationToken, shutdown_signal, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::main(None, run).await
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if cli.config.check_config {
        cli.check()?;
        return Ok(service_kit::say("the configuration is good")?);
    }
    telemetry::init(&cli.log)?;
    let stop = shutdown_signal()?;
    let data = DataDir::open(&cli)?;
    let region = cli.region.clone();
    let service_name = ServiceName::dynamodb(&region);
    let directory = Arc::new(Directory::development_in(data.path(), &cli.account, Some(service_name))?);

    let kms =
        kms_service::start(cli.kms(&data, Arc::clone(&directory))).await.context("key-management service")?;
    let kms_address = kms.address();
    let kms_stop = CancellationToken::new();
    let kms_serving = tokio::spawn(kms.serve(kms_stop.clone()));

    let service_credential = identity::Credential::read(&data.path().join(SERVICE_CREDENTIAL_FILE))?;
    let table = table_service::start(cli.tables(&data, directory, kms_address, &service_credential)?)
        .await
        .context("table service")?;
    let table_address = table.address();
    let readiness = table.readiness();
    let table_stop = CancellationToken::new();
    let table_serving = tokio::spawn(table.serve(table_stop.clone()));

    let mut services = Services { kms: kms_serving, table: table_serving };
    let mut ended_early = None;
    tokio::select! {
        () = readiness.wait() => {
            let root = identity::Credential::read(&data.path().join(ROOT_CREDENTIAL_FILE))?;
            greeting::print(&mut std::io::stdout().lock(), table_address, kms_address, &region, &root)?;
            std::io::stdout().flush()?;
        }
        ended = services.first_end() => ended_early = Some(ended),
        () = stop.cancelled() => {}
    }
    let ended = match ended_early {
        Some(ended) => ended,
        None => tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = services.first_end() => ended,
        },
    };
    // The table service first: what it still has in work may need KMS.
    table_stop.cancel();
    let table_ended = services.table_end().await;
    kms_stop.cancel();
    ended.and(table_ended).and(services.kms_end().await)
}

/// The two services at work.
struct Services {
    kms: tokio::task::JoinHandle<Result<(), kms_service::ServiceError>>,
    table: tokio::task::JoinHandle<Result<(), table_service::ServiceError>>,
}

impl Services {
    /// Waits until one ends by itself, which neither should: it is an error however it ended.
    async fn first_end(&mut self) -> anyhow::Result<()> {
        let (service, ended) = tokio::select! {
            ended = &mut self.kms => ("key-management service", ended?.map_err(anyhow::Error::from)),
            ended = &mut self.table => ("table service", ended?.map_err(anyhow::Error::from)),
        };
        ended.context(service)?;
        anyhow::bail!("{service}: ended by itself")
    }

    async fn table_end(&mut self) -> anyhow::Result<()> {
        if self.table.is_finished() { Ok(()) } else { (&mut self.table).await?.context("table service") }
    }

    async fn kms_end(&mut self) -> anyhow::Result<()> {
        if self.kms.is_finished() { Ok(()) } else { (&mut self.kms).await?.context("key-management service") }
    }
}
