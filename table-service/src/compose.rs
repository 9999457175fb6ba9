//! Puts the service together and runs it. The only place that names every part.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_json::KMS as KMS_PROTOCOL;
use envelope::OsEntropy;
use identity::ServiceName;
use service_kit::{Bound, CancellationToken, CommonArgs, Neighbour, Readiness, Registry, Server, StartError};
use store::{SledStore, Store as _, StoreError};
use table_core::clock::SystemClock;
use table_core::error::TableError;
use table_core::lease::LeaseTerms;
use table_core::{Config as Settings, Ports, Tables};
use tokio::time::Instant;

use crate::aws::Door;
use crate::config::{Config, Kept};
use crate::grpc;
use crate::kms_client::KmsClient;
use crate::metrics::{self, KmsCalls};

/// How often readiness and the store are looked at.
const SUPERVISION_INTERVAL: Duration = Duration::from_millis(50);
/// The part of the readiness that says whether keys can be had.
const KMS: &str = "kms";
const STORE: &str = "store";
const NOT_REACHED: &str = "not reached yet";

/// Why the service did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Wrong settings, or a port that cannot be bound. (Not transparent, so that the exit code sees which.)
    #[error("{0}")]
    Start(#[from] StartError),
    /// The store cannot be opened.
    #[error("the store: {0}")]
    OpenStore(#[from] store::OpenError),
    /// The catalogue cannot be read.
    #[error("the tables: {0}")]
    Tables(#[from] TableError),
    /// The store failed while the service ran; only a new start can tell what is on disk.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The server failed.
    #[error("the server failed: {0}")]
    Serve(#[from] io::Error),
}

/// The service, with its ports, about to serve.
pub struct Service {
    bound: Bound,
    tables: Tables,
    kms: KmsClient,
    store: Arc<SledStore>,
    outage_grace: Duration,
}

/// The service's store, open.
pub struct OpenStore(Arc<SledStore>);

/// Opens the store. Most of that is waiting for the disk, in which whoever starts more than this service can do so.
///
/// # Errors
/// The data directory cannot be made, or the store cannot be opened.
pub async fn open(common: &CommonArgs) -> Result<OpenStore, ServiceError> {
    let data_dir = common.create_data_dir()?;
    Ok(OpenStore(SledStore::open_in(data_dir, common.limits.store_cache_bytes()).await?))
}

/// Puts the service together over its store, and takes the ports. KMS need not be there.
///
/// # Errors
/// [`ServiceError`]; nothing listens then.
pub async fn start(config: Config, OpenStore(store): OpenStore) -> Result<Service, ServiceError> {
    if !envelope::ENCRYPTS {
        tracing::error!("THIS BUILD ENCRYPTS NOTHING: it was made to be measured, not to be used");
    }
    let Config { common, directory, .. } = config;
    let mut registry = Registry::default();
    let calls = KmsCalls::register(&mut registry);
    let service_principal = ServiceName::dynamodb(&common.region).to_string();
    let neighbour = Neighbour::at(&config.kms);
    let kms = KmsClient::new(config.kms, service_principal, calls);
    let leases = LeaseTerms { length: config.times.key_lease, outage_grace: config.times.outage_grace };
    let settings = Settings {
        account: common.account.clone(),
        region: common.region.clone(),
        leases,
        key_check: config.times.key_check_interval,
        has_sse_change_quota: config.quotas.sse_change_quota == Kept::On,
    };
    let ports = Ports {
        store: store.clone(),
        effaceable: store.clone(),
        kms: Arc::new(kms.clone()),
        entropy: Arc::new(OsEntropy),
        clock: Arc::new(SystemClock),
    };
    let tables = Tables::open(settings, ports).await?;
    metrics::register(&mut registry, &tables);
    store::metrics::register(&mut registry, &store);
    let server = Server::new(grpc::DOMAIN, directory)
        .service(grpc::service(tables.clone()))
        .json(common.region.clone(), Door::new(tables.clone()))
        .neighbour(&KMS_PROTOCOL, neighbour)
        .descriptors(proto::DESCRIPTORS)
        .registry(registry)
        .configure(&common);
    server.readiness().not_ready(KMS, NOT_REACHED);
    let bound = server.bind(common.listen, common.admin_listen).await?;
    Ok(Service { bound, tables, kms, store, outage_grace: config.times.outage_grace })
}

impl Service {
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

    /// Serves until `stop` is cancelled, and drains what is in work.
    ///
    /// # Errors
    /// A store that failed ends the service too: what it holds is unknown until it is opened again.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), ServiceError> {
        let stop = stop.child_token();
        self.tables.start().await?;
        let watch = tokio::spawn(self.kms.watch(self.tables.clone()));
        let supervisor = tokio::spawn(supervise(
            self.bound.readiness(),
            self.tables,
            self.store,
            self.outage_grace,
            stop.clone(),
        ));
        let served = self.bound.serve(stop.clone()).await;
        stop.cancel();
        watch.abort();
        let supervised = supervisor.await.map_err(io::Error::other)?;
        served?;
        Ok(supervised?)
    }
}

/// Keeps the readiness true: KMS answers or has answered within the outage grace, and the store works. Ends with the
/// service, and ends the service if the store fails.
async fn supervise(
    readiness: Readiness,
    tables: Tables,
    store: Arc<SledStore>,
    grace: Duration,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    let _stop_all = stop.clone().drop_guard();
    let mut last_contact: Option<Instant> = None;
    let mut ticks = tokio::time::interval(SUPERVISION_INTERVAL);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if tables.is_watching() {
            last_contact = Some(Instant::now());
        }
        match last_contact {
            Some(at) if at.elapsed() <= grace => readiness.ready(KMS),
            Some(_) => readiness.not_ready(KMS, "no answer for longer than the outage grace"),
            None => readiness.not_ready(KMS, NOT_REACHED),
        }
        store.check().inspect_err(|_| readiness.not_ready(STORE, "the store failed"))?;
    }
}
