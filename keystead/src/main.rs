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
use config::{Cli, DataDir, plain};
use identity::{Directory, ROOT_CREDENTIAL_FILE, SERVICE_CREDENTIAL_FILE, ServiceName};
use service_kit::{CancellationToken, ClientIdentity, Neighbour, shutdown_signal, telemetry};
use tokio::task::JoinHandle;

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::main(None, run).await
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if cli.config.check_config {
        cli.check()?;
        return Ok(service_kit::say("the configuration is good")?);
    }
    let _traces = telemetry::init(&cli.log, &cli.traces, "keystead")?;
    let stop = shutdown_signal()?;
    let data = DataDir::open(&cli)?;
    let region = cli.region.clone();
    let service_name = ServiceName::dynamodb(&region);
    let directory = Arc::new(Directory::development_in(data.path(), &cli.account, Some(service_name))?);

    // Each passes on what is the other's; where the table service is, is known only once it listens.
    let tables = Neighbour::default();
    // Opening a store is waiting for the disk: let the two wait together, and both to the end, whatever becomes of either.
    let tables_common = cli.tables_common(&data);
    let (kms, store) = tokio::join!(
        kms_service::start(cli.kms(&data, Arc::clone(&directory), tables.clone())),
        table_service::open(&tables_common)
    );
    let (kms, store) = (kms.context(KMS)?, store.context(TABLE)?);
    let kms_address = kms.address();
    let kms_stop = CancellationToken::new();
    let kms_serving = tokio::spawn(kms.serve(kms_stop.clone()));

    let service_credential = identity::Credential::read(&data.path().join(SERVICE_CREDENTIAL_FILE))?;
    let config = cli.tables(&data, directory, kms_address, &service_credential)?;
    let table = table_service::start(config, store).await.context(TABLE)?;
    let table_address = table.address();
    tables.is(&plain(table_address, ClientIdentity::certificate())?);
    let readiness = table.readiness();
    let table_stop = CancellationToken::new();
    let table_serving = tokio::spawn(table.serve(table_stop.clone()));

    let mut services = Services { kms: Some(kms_serving), table: Some(table_serving) };
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
    let table_ended = end(&mut services.table).await.context(TABLE);
    kms_stop.cancel();
    ended.and(table_ended).and(end(&mut services.kms).await.context(KMS))
}

const KMS: &str = "key-management service";
const TABLE: &str = "table service";

/// A service at work; none once it has ended and how it ended has been told.
type Serving<E> = Option<JoinHandle<Result<(), E>>>;

/// The two services.
struct Services {
    kms: Serving<kms_service::ServiceError>,
    table: Serving<table_service::ServiceError>,
}

impl Services {
    /// Waits until one ends by itself, which neither should: it is an error however it ended.
    async fn first_end(&mut self) -> anyhow::Result<()> {
        let (service, ended) = tokio::select! {
            ended = end(&mut self.kms) => (KMS, ended),
            ended = end(&mut self.table) => (TABLE, ended),
        };
        ended.context(service)?;
        anyhow::bail!("{service}: ended by itself")
    }
}

/// Waits until a service has ended and tells how, once.
async fn end<E: std::error::Error + Send + Sync + 'static>(serving: &mut Serving<E>) -> anyhow::Result<()> {
    let Some(handle) = serving else { return Ok(()) };
    let ended = handle.await;
    *serving = None;
    Ok(ended??)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: a service that failed in the same instant in which it was told to stop was taken for one whose end
    /// had been told, and its error was lost.
    #[tokio::test]
    async fn a_failure_that_nobody_has_been_told_of_is_told_once() {
        let failed = tokio::spawn(async { Err(std::io::Error::other("the disk is gone")) });
        while !failed.is_finished() {
            tokio::task::yield_now().await;
        }
        let mut serving = Some(failed);
        assert_eq!(end(&mut serving).await.unwrap_err().to_string(), "the disk is gone");
        assert!(end(&mut serving).await.is_ok());
    }
}
