//! Puts the service together and runs it. The only place that names every part.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use envelope::OsEntropy;
use identity::ServiceName;
use service_kit::{Bound, CancellationToken, Readiness, Registry, Server, StartError};
use store::{SledConfig, SledStore, Store};
use table_core::clock::SystemClock;
use table_core::error::TableError;
use table_core::{Config, Ports, Tables};
use tokio::time::Instant;

use crate::config::Settings;
use crate::grpc;
use crate::kms_client::KmsClient;
use crate::metrics;

/// How often readiness is looked at.
const READINESS_INTERVAL: Duration = Duration::from_millis(100);
/// The part of the readiness that says whether keys can be had.
const KMS: &str = "kms";
/// The part of the readiness that says whether the store works.
const STORE: &str = "store";

/// Why the service did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Wrong settings, or a port that cannot be bound.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(#[from] store::OpenError),
    /// The catalogue cannot be read.
    #[error("the tables cannot be read: {0}")]
    Tables(#[from] TableError),
    /// The server failed.
    #[error("the server failed: {0}")]
    Serve(#[from] io::Error),
}

/// The service, with its ports, about to serve.
pub struct TableService {
    bound: Bound,
    tables: Tables,
    kms: KmsClient,
    store: Arc<SledStore>,
    outage_grace: Duration,
}

impl TableService {
    /// Opens the store and takes the ports. KMS need not be there.
    pub async fn start(settings: Settings) -> Result<Self, RunError> {
        let store_config = SledConfig {
            cache_capacity: settings.cache_bytes,
            ..SledConfig::new(settings.data_dir.join("store"))
        };
        // Opening reads the log: not for a runtime thread.
        let opening = tokio::task::spawn_blocking(move || SledStore::open(&store_config));
        let store = Arc::new(opening.await.map_err(io::Error::other)??);
        let mut registry = Registry::default();
        let kms_calls = metrics::KmsCalls::register(&mut registry);
        let service_name = ServiceName::dynamodb(&settings.region).to_string();
        let kms = KmsClient::new(settings.kms, settings.kms_identity, service_name, kms_calls);
        let config = Config {
            account: settings.account.to_string(),
            region: settings.region.to_string(),
            leases: settings.leases,
            key_check: settings.key_check,
        };
        let ports = Ports {
            store: store.clone(),
            kms: Arc::new(kms.clone()),
            entropy: Arc::new(OsEntropy),
            clock: Arc::new(SystemClock),
        };
        let tables = Tables::open(config, ports).await?;
        metrics::register(&mut registry, &tables, &store);
        let server = Server::new(grpc::DOMAIN, settings.directory)
            .service(grpc::service(tables.clone()))
            .descriptors(proto::DESCRIPTORS)
            .registry(registry)
            .insecure_dev(settings.insecure_dev);
        server.readiness().not_ready(KMS, "not reached yet");
        let bound = server.bind(settings.listen, settings.admin_listen).await?;
        Ok(Self { bound, tables, kms, store, outage_grace: settings.leases.outage_grace })
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Where the admin port listens.
    pub fn admin_address(&self) -> SocketAddr {
        self.bound.admin_address()
    }

    /// Whether the service can do its work, and if not, why.
    pub fn readiness(&self) -> Readiness {
        self.bound.readiness()
    }

    /// Serves until `stop` is cancelled; then finishes the requests in work.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), RunError> {
        self.tables.start().await?;
        let watch = tokio::spawn(self.kms.watch(self.tables.clone()));
        let readiness = tokio::spawn(report(
            self.bound.readiness(),
            self.tables,
            Arc::clone(&self.store),
            self.outage_grace,
        ));
        let served = self.bound.serve(stop).await;
        watch.abort();
        readiness.abort();
        Ok(served?)
    }
}

/// Keeps the readiness true: the store works, and KMS answers or has answered within the outage grace.
async fn report(readiness: Readiness, tables: Tables, store: Arc<SledStore>, grace: Duration) {
    let mut last_contact: Option<Instant> = None;
    let mut ticks = tokio::time::interval(READINESS_INTERVAL);
    loop {
        ticks.tick().await;
        if tables.is_watching() {
            last_contact = Some(Instant::now());
        }
        match last_contact {
            Some(at) if at.elapsed() <= grace => readiness.ready(KMS),
            Some(_) => readiness.not_ready(KMS, "no answer since before the outage grace"),
            None => readiness.not_ready(KMS, "not reached yet"),
        }
        match store.check() {
            Ok(()) => readiness.ready(STORE),
            Err(error) => readiness.not_ready(STORE, error.to_string()),
        }
    }
}
