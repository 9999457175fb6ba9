//! A server: it is put together, bound, and then serves until it is told to stop.

use crate::{
    CommonArgs, JsonApi, Limits, Neighbour, Readiness, StartError, admin,
    auth::Gate,
    budget::Budget,
    connections,
    exposure::Protection,
    json::Doors,
    listener::Listener,
    metrics::RpcMetrics,
    paths::Paths,
    peers::Peers,
    reload::Reloaded,
    stack::{self, Stack},
    tls::{ServerFiles, TlsArgs},
    traces,
    unproven::Unproven,
};
use aws_json::Protocol;
use axum::{Router, middleware::from_fn_with_state, response::IntoResponse};
use identity::{Directory, Region};
use prometheus_client::registry::Registry;
use rustls::ServerConfig;
use std::{convert::Infallible, error::Error, io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{
    server::NamedService,
    service::{Routes, RoutesBuilder},
};
use tonic_health::{ServingStatus, server::HealthReporter};

/// The part of a service's readiness that is the server's own.
const SERVER: &str = "server";
/// The name under which the health service speaks for the whole server.
const WHOLE_SERVER: &str = "";

/// A server that is being put together. See the crate's header for what is around every route.
pub struct Server {
    domain: &'static str,
    gate: Gate,
    routes: RoutesBuilder,
    doors: Doors,
    services: Vec<&'static str>,
    descriptors: Vec<&'static [u8]>,
    registry: Registry,
    readiness: Readiness,
    limits: Limits,
    tls: TlsArgs,
    insecure_dev: bool,
}

impl Server {
    /// A server without services. `domain` names it in errors and logs, such as `kms.keystead`.
    pub fn new(domain: &'static str, directory: Arc<Directory>) -> Self {
        let readiness = Readiness::new();
        readiness.not_ready(SERVER, "starting");
        Self {
            domain,
            gate: Gate { directory, accepts_on_behalf_of: false, accepts_any_key: false },
            routes: RoutesBuilder::default(),
            doors: Doors::default(),
            services: Vec::new(),
            descriptors: vec![
                tonic_health::pb::FILE_DESCRIPTOR_SET,
                tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
                tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
            ],
            registry: Registry::default(),
            readiness,
            limits: Limits::default(),
            tls: TlsArgs::default(),
            insecure_dev: false,
        }
    }

    /// Adds a generated tonic service. Its message sizes are set on it, with `max_decoding_message_size`.
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: tower::Service<http::Request<tonic::body::Body>, Error = Infallible> + NamedService,
        S: Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.services.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    /// Serves an API over AWS JSON too, on the same port, to whoever signs for `region`.
    pub fn json(mut self, region: Region, api: impl JsonApi) -> Self {
        self.doors.serve(region, Arc::new(api));
        self
    }

    /// Passes requests of `protocol` on to the service that they are for.
    pub fn neighbour(mut self, protocol: &'static Protocol, neighbour: Neighbour) -> Self {
        self.doors.pass_on(protocol, neighbour);
        self
    }

    /// Adds an encoded descriptor set, for reflection and for the names in metrics.
    pub fn descriptors(mut self, set: &'static [u8]) -> Self {
        self.descriptors.push(set);
        self
    }

    /// Lets services name the principal they act for.
    pub fn accept_on_behalf_of(mut self) -> Self {
        self.gate.accepts_on_behalf_of = true;
        self
    }

    /// The registry with the service's own metrics, served on the admin port together with the server's.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Takes over what the options say of the server itself.
    pub fn configure(mut self, common: &CommonArgs) -> Self {
        self.limits = common.limits.limits();
        self.tls = common.tls.clone();
        self.insecure_dev = common.insecure_dev;
        self.gate.accepts_any_key = common.accept_any_credentials;
        self
    }

    /// Other limits than the usual ones.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the server listen to other machines without the protection that needs. It is logged as a warning.
    pub fn insecure_dev(mut self, allowed: bool) -> Self {
        self.insecure_dev = allowed;
        self
    }

    /// Where parts of the service say whether they work. Not ready until [`Bound::serve`] runs.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Checks everything, then takes the ports. Port 0 takes a free one.
    pub async fn bind(mut self, listen: SocketAddr, admin: SocketAddr) -> Result<Bound, StartError> {
        let tls = self.tls.files()?;
        self.check_exposure(listen, tls.is_some())?;
        let tls = tls.map(ServerFiles::follow).transpose()?;
        let directory = Arc::clone(&self.gate.directory);
        let paths = Paths::from_descriptors(&self.descriptors).map_err(defect)?;
        let metrics = RpcMetrics::register(&mut self.registry);
        traces::register(&mut self.registry);
        let stop = CancellationToken::new();
        let (reporter, routes) = self.all_routes().map_err(defect)?;
        let stack = Stack {
            gate: self.gate,
            paths,
            doors: self.doors,
            metrics,
            permits: Arc::new(Semaphore::new(self.limits.concurrent_requests)),
            public_permits: Arc::new(Semaphore::new(self.limits.concurrent_public_requests)),
            public_streams: Arc::new(Semaphore::new(self.limits.concurrent_public_streams)),
            unproven: Unproven::new(self.limits.concurrent_unproven_requests, self.limits.unproven_bytes),
            passing_permits: Arc::new(Semaphore::new(self.limits.concurrent_passed_requests)),
            uploads: Budget::new(self.limits.body_bytes),
            answers: Budget::new(self.limits.answer_bytes),
            longest: self.limits.request,
            domain: self.domain,
            stop: stop.clone(),
        };
        let stack = Arc::new(stack);
        let layer = from_fn_with_state(Arc::clone(&stack), stack::grpc);
        let (listener, address) = bind(listen).await?;
        let (admin_listener, admin_address) = bind(admin).await?;
        tracing::info!(domain = self.domain, %address, %admin_address, "listening");
        Ok(Bound {
            routes: routes.into_axum_router().layer(layer),
            stack,
            services: self.services,
            reporter,
            listener,
            tls,
            directory,
            address,
            admin_router: admin::router(Arc::new(self.registry), self.readiness.clone()),
            admin_listener,
            admin_address,
            readiness: self.readiness,
            limits: self.limits,
            stop,
        })
    }

    fn check_exposure(&self, listen: SocketAddr, has_tls: bool) -> Result<(), StartError> {
        let has_principals = self.gate.directory.anonymous().is_none();
        let protection = Protection { has_tls, has_principals, is_waived: self.insecure_dev };
        if let Some(missing) = protection.check(listen)? {
            tracing::warn!(%listen, missing, "insecure: reachable from other machines because of --insecure-dev");
        }
        Ok(())
    }

    /// The service's routes with health and reflection.
    fn all_routes(&mut self) -> Result<(HealthReporter, Routes), tonic_reflection::server::Error> {
        let (reporter, health) = tonic_health::server::health_reporter();
        let mut routes = std::mem::take(&mut self.routes);
        routes.add_service(health);
        routes.add_service(self.reflection().build_v1()?);
        routes.add_service(self.reflection().build_v1alpha()?);
        Ok((reporter, routes.routes()))
    }

    /// Reflection over what this server serves, even if the descriptor sets hold more.
    fn reflection(&self) -> tonic_reflection::server::Builder<'static> {
        let builder = tonic_reflection::server::Builder::configure().include_reflection_service(false);
        let builder = self
            .descriptors
            .iter()
            .fold(builder, |builder, set| builder.register_encoded_file_descriptor_set(set));
        let common = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
        let names = self.services.iter().copied().chain(common);
        names.fold(builder, |builder, name| builder.with_service_name(name))
    }
}

/// A server that has its ports and does not serve yet.
pub struct Bound {
    stack: Arc<Stack>,
    routes: Router,
    services: Vec<&'static str>,
    reporter: HealthReporter,
    listener: TcpListener,
    tls: Option<Reloaded<ServerConfig>>,
    directory: Arc<Directory>,
    address: SocketAddr,
    admin_router: Router,
    admin_listener: TcpListener,
    admin_address: SocketAddr,
    readiness: Readiness,
    limits: Limits,
    /// Ends what would wait for ever.
    stop: CancellationToken,
}

impl Bound {
    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the admin port listens.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Where parts of the service say whether they work.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until `stop` is cancelled; then takes no more connections, lets requests that are in work finish for as
    /// long as the limits say, and returns. Streams that wait for something to happen are ended.
    pub async fn serve(self, stop: CancellationToken) -> io::Result<()> {
        // Dropped at the end, and with it whatever still runs.
        let mut background = JoinSet::new();
        let listener = Listener {
            tcp: self.listener,
            tls: self.tls,
            directory: Arc::clone(&self.directory),
            peers: Peers::new(self.limits),
            limits: self.limits,
        };
        let incoming = listener.incoming(stop.clone(), &mut background);
        let admin = Listener {
            tcp: self.admin_listener,
            tls: None,
            directory: Arc::clone(&self.directory),
            peers: Peers::new(Limits { connections: admin::CONNECTIONS, ..self.limits }),
            limits: self.limits,
        };
        let admin = admin::Connections(admin.incoming(CancellationToken::new(), &mut background));
        let admin = axum::serve(admin, self.admin_router);
        background.spawn(async move {
            if let Err(error) = admin.await {
                tracing::error!(%error, "the admin port failed");
            }
        });
        background.spawn(report(self.readiness.clone(), self.reporter, self.services));
        self.readiness.ready(SERVER);

        let serving = connections::serve(self.stack, self.routes, incoming, &self.limits);
        let late = async {
            stop.cancelled().await;
            self.readiness.not_ready(SERVER, "stopping");
            self.stop.cancel();
            tokio::time::sleep(self.limits.drain).await;
        };
        tokio::select! {
            () = serving => Ok(()),
            () = late => {
                tracing::warn!(seconds = self.limits.drain.as_secs(), "requests in work were cut off");
                Ok(())
            }
        }
    }
}

/// Keeps the health service at what the service's readiness says.
async fn report(readiness: Readiness, reporter: HealthReporter, services: Vec<&'static str>) {
    let mut changes = readiness.changes();
    loop {
        let is_ready = changes.borrow_and_update().is_empty();
        let status = if is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in services.iter().copied().chain([WHOLE_SERVER]) {
            reporter.set_service_status(service, status).await;
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn defect(error: impl Error + Send + Sync + 'static) -> StartError {
    StartError::Descriptors(Box::new(error))
}
