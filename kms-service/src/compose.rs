//! Puts the service together, the only place that knows every part, and runs it.
//!
//! Order of a start: directory of principals, root key, store, keys into memory, upkeep that is due, then the ports. So a
//! wrong flag or a wrong root key is answered before anything listens. Upkeep that fails keeps the service from being ready,
//! and from nothing else.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use aws_json::DYNAMODB;
use envelope::{OsEntropy, RootKey};
use identity::Directory;
use kms_core::{Kms, OpenError, Ports, SystemClock};
use proto::kms::key_management_service_server::KeyManagementServiceServer;
use service_kit::{
    Bound, CancellationToken, CommonArgs, Neighbour, Readiness, Registry, Server, StartError, UsageError,
};
use store::{Direction, KeyRange, Limit, SledStore, Store, StoreError};
use tokio::time::MissedTickBehavior;

use crate::{
    audit::Ledger,
    aws,
    grpc::{self, Door},
    root_key::{self, RootKeyError, RootKeySource},
};

/// How often the service looks for deletions that are due. Also the longest it takes to notice a broken store.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);
/// The part of the service's readiness that is the store's.
const STORE: &str = "store";
/// The root key's file in the data directory, if no other place is given.
const ROOT_KEY_FILE: &str = "root.key";

/// What the service is told.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, where to keep data, who may call.
    pub common: CommonArgs,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// Where the root key is. Without it, it is beside the data, and is made if the store is empty too.
    pub root_key: Option<RootKeySource>,
    /// The table service, for what is asked of it here; without it, there are no such operations.
    pub tables: Option<Neighbour>,
}

/// Why the service did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The surroundings are wrong. (Not transparent, so that the exit code sees which.)
    #[error("{0}")]
    Start(#[from] StartError),
    /// The root key that was named cannot be used.
    #[error("{0}")]
    RootKey(#[from] UsageError),
    /// The store cannot be opened.
    #[error("the store: {0}")]
    OpenStore(#[from] store::OpenError),
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] OpenError),
    /// The store failed while the service ran; only a new start can tell what is on disk.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The server failed.
    #[error("the server failed: {0}")]
    Serve(#[from] io::Error),
}

/// The service, with its ports, not serving yet.
pub struct Service {
    kms: Kms,
    store: Arc<SledStore>,
    bound: Bound,
}

/// Starts the service and serves until `stop` is cancelled.
///
/// # Errors
/// [`ServiceError`].
pub async fn run(config: Config, stop: CancellationToken) -> Result<(), ServiceError> {
    start(config).await?.serve(stop).await
}

/// Opens everything and takes the ports.
///
/// # Errors
/// [`ServiceError`]; nothing listens then.
pub async fn start(config: Config) -> Result<Service, ServiceError> {
    if !envelope::ENCRYPTS {
        tracing::error!("THIS BUILD ENCRYPTS NOTHING: it was made to be measured, not to be used");
    }
    let Config { common, directory, root_key, tables } = config;
    let data_dir = common.create_data_dir()?.to_owned();
    let given = root_key.as_ref().map(open_root_key).transpose()?;
    let store = SledStore::open_in(&data_dir, common.limits.store_cache_bytes()).await?;
    let root = match given {
        Some(root) => root,
        None => default_root_key(&data_dir, &*store).await?,
    };
    let mut registry = Registry::default();
    store::metrics::register(&mut registry, &store);
    let ports = Ports {
        store: store.clone(),
        effaceable: store.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        audit: Arc::new(Ledger::register(&mut registry)),
    };
    let kms = Kms::open(common.region.clone(), root, ports).await?;
    let door = KeyManagementServiceServer::new(Door::new(kms.clone()));
    let mut server = Server::new(grpc::DOMAIN, directory)
        .service(door.max_decoding_message_size(grpc::MESSAGE_BYTES_MAX))
        .json(common.region.clone(), aws::Door::new(kms.clone()))
        .descriptors(proto::DESCRIPTORS)
        .accept_on_behalf_of()
        .registry(registry)
        .configure(&common);
    if let Some(tables) = tables {
        server = server.neighbour(&DYNAMODB, tables);
    }
    do_upkeep(&kms, &server.readiness()).await;
    let bound = server.bind(common.listen, common.admin_listen).await?;
    Ok(Service { kms, store, bound })
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

    /// Serves until `stop` is cancelled, and drains what is in work.
    ///
    /// # Errors
    /// A store that failed ends the service too: what it holds is unknown until it is opened again.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), ServiceError> {
        let stop = stop.child_token();
        let upkeep = tokio::spawn(keep_up(self.kms, self.store, self.bound.readiness(), stop.clone()));
        let served = self.bound.serve(stop.clone()).await;
        stop.cancel();
        let kept = upkeep.await.map_err(io::Error::other)?;
        served?;
        Ok(kept?)
    }
}

/// Does what is due, again and again, until `stop` or until the store fails; then nothing can go on.
async fn keep_up(
    kms: Kms,
    store: Arc<SledStore>,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    let _stop_all = stop.clone().drop_guard();
    let mut ticks = tokio::time::interval(UPKEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        do_upkeep(&kms, &readiness).await;
        store.check().inspect_err(|_| readiness.not_ready(STORE, "the store failed"))?;
    }
}

/// Does what is due. One key that fails is no reason not to serve the others, but somebody must look.
async fn do_upkeep(kms: &Kms, readiness: &Readiness) {
    match kms.run_upkeep().await {
        Ok(_) => readiness.ready(STORE),
        Err(error) => {
            tracing::error!(%error, "upkeep failed; it is tried again");
            readiness.not_ready(STORE, "upkeep fails");
        }
    }
}

fn open_root_key(source: &RootKeySource) -> Result<RootKey, UsageError> {
    root_key::open(source).map_err(usage)
}

/// Beside the data. A store that holds something needs the key it was sealed with: a new one would open nothing.
async fn default_root_key(data_dir: &Path, store: &dyn Store) -> Result<RootKey, ServiceError> {
    let path = data_dir.join(ROOT_KEY_FILE);
    match root_key::open(&RootKeySource::File(path.clone())) {
        Err(RootKeyError::Missing(_)) if is_empty(store).await? => {
            tracing::warn!(
                path = %path.display(),
                "made a root key beside the data it protects; use --root-key to keep it elsewhere"
            );
            Ok(root_key::create(&path, &OsEntropy).map_err(usage)?)
        }
        opened => Ok(opened.map_err(usage)?),
    }
}

fn usage(error: RootKeyError) -> UsageError {
    UsageError::new(error.to_string())
}

async fn is_empty(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.scan(KeyRange::all(), Limit::entries(1), Direction::Forward).await?.is_empty())
}
