//! A running server that carries a small service, and clients to call it with.
//!
//! The carried service answers two methods of the KMS: `GenerateRandom` says who called, fails, or waits, depending on
//! the number of bytes asked for; `WatchKeys` is a stream on which nothing ever happens.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic")]

use base64::{Engine, engine::general_purpose::STANDARD};
use fault::{Fault, Kind};
use identity::Directory;
use proto::kms::{
    GenerateRandomRequest, GenerateRandomResponse, WatchKeysRequest, WatchKeysResponse,
    key_management_service_client::KeyManagementServiceClient,
};
use service_kit::{Bound, CancellationToken, Readiness, Server, caller, request_id, status};
use std::{
    borrow::Cow,
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
    task::JoinHandle,
};
use tokio_stream::Stream;
use tonic::{
    Request, Response, Status, body::Body, metadata::MetadataMap, server::NamedService, transport::Channel,
};
use tonic_prost::ProstCodec;

pub(crate) const ALICE: &str = "arn:aws:iam::000000000000:user/alice";
pub(crate) const TABLES: &str = "arn:aws:iam::000000000000:role/tables";
pub(crate) const ALICE_BASIC: (&str, &str) = ("AKIAALICEALICEALICE1", "CanarySecretOfAlice/1");
pub(crate) const TABLES_BASIC: (&str, &str) = ("AKIATABLESTABLES0001", "CanarySecretOfTables/1");

/// What `GenerateRandom` does, by `number_of_bytes`.
pub(crate) const SAY_WHO: i32 = 0;
pub(crate) const FAIL: i32 = 1;
pub(crate) const WAIT: i32 = 2;
pub(crate) const REFUSE: i32 = 3;
pub(crate) const PANIC: i32 = 4;
pub(crate) const SAY_MUCH: i32 = 5;
/// What the answer to that has, and a little more.
pub(crate) const MUCH_BYTES: usize = 100_000;

/// Tells the waiting handlers that they may finish, and the test that they wait.
#[derive(Clone)]
pub(crate) struct Carried {
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) go: Arc<Semaphore>,
}

impl NamedService for Carried {
    const NAME: &'static str = "keystead.kms.v1.KeyManagementService";
}

impl tower::Service<http::Request<Body>> for Carried {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let carried = self.clone();
        Box::pin(async move {
            if request.uri().path().ends_with("/WatchKeys") {
                let codec: ProstCodec<WatchKeysResponse, WatchKeysRequest> = ProstCodec::default();
                let watch = tower::service_fn(|_: Request<WatchKeysRequest>| async {
                    let events: Pin<Box<dyn Stream<Item = Result<WatchKeysResponse, Status>> + Send>> =
                        Box::pin(tokio_stream::pending());
                    Ok(Response::new(events))
                });
                return Ok(tonic::server::Grpc::new(codec).server_streaming(watch, request).await);
            }
            let codec: ProstCodec<GenerateRandomResponse, GenerateRandomRequest> = ProstCodec::default();
            let answer = tower::service_fn(|request| carried.clone().answer(request));
            Ok(tonic::server::Grpc::new(codec).unary(answer, request).await)
        })
    }
}

impl Carried {
    async fn answer(
        self,
        request: Request<GenerateRandomRequest>,
    ) -> Result<Response<GenerateRandomResponse>, Status> {
        let id = request_id(&request);
        tokio::task::yield_now().await;
        tracing::debug!(target: "carried", %id, "handling");
        let caller = caller(&request)?;
        match request.get_ref().number_of_bytes() {
            FAIL => return Err(status(&Refused(Kind::Internal), "kms.keystead", &id)),
            PANIC => panic!("CanaryPanic"),
            SAY_MUCH => {
                return Ok(Response::new(GenerateRandomResponse { plaintext: vec![b'x'; MUCH_BYTES] }));
            }
            REFUSE => return Err(status(&Refused(Kind::NotFound), "kms.keystead", &id)),
            WAIT => {
                self.waiting.add_permits(1);
                self.go.acquire().await.unwrap().forget();
            }
            _ => {}
        }
        let via = caller.via.map(|service| format!(" via {service}")).unwrap_or_default();
        let plaintext = format!("{}{via}", caller.principal.arn).into_bytes();
        Ok(Response::new(GenerateRandomResponse { plaintext }))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("CanaryDetail of {0:?}")]
struct Refused(Kind);

impl Fault for Refused {
    fn kind(&self) -> Kind {
        self.0
    }

    fn reason(&self) -> &'static str {
        "NotFoundException"
    }

    fn public_message(&self) -> Cow<'_, str> {
        "Key 'x' does not exist".into()
    }
}

/// Alice, who is ordinary, and the table service.
pub(crate) fn principals() -> Directory {
    let entry = |arn: &str, (id, secret): (&str, &str), rest: &str| {
        format!(
            "[[principal]]\narn = '{arn}'\naccess_key_id = '{id}'\nsecret_access_key = '{secret}'\n{rest}\n"
        )
    };
    let text = entry(ALICE, ALICE_BASIC, "")
        + &entry(TABLES, TABLES_BASIC, "service = 'dynamodb.us-east-1.amazonaws.com'");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("principals.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Directory::load(&path).unwrap()
}

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) admin_address: SocketAddr,
    pub(crate) readiness: Readiness,
    pub(crate) stop: CancellationToken,
    pub(crate) carried: Carried,
    pub(crate) served: JoinHandle<io::Result<()>>,
}

pub(crate) fn carried() -> Carried {
    Carried { waiting: Arc::new(Semaphore::new(0)), go: Arc::new(Semaphore::new(0)) }
}

pub(crate) fn server(directory: Directory, carried: Carried) -> Server {
    Server::new("kms.keystead", Arc::new(directory)).service(carried).descriptors(proto::DESCRIPTORS)
}

pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Starts a server with `principals`, changed by `change`.
pub(crate) async fn start(change: impl FnOnce(Server) -> Server) -> Running {
    start_with(principals(), change).await
}

pub(crate) async fn start_with(directory: Directory, change: impl FnOnce(Server) -> Server) -> Running {
    let carried = carried();
    let bound: Bound = change(server(directory, carried.clone())).bind(loopback(), loopback()).await.unwrap();
    let stop = CancellationToken::new();
    Running {
        address: bound.address(),
        admin_address: bound.admin_address(),
        readiness: bound.readiness(),
        carried,
        served: tokio::spawn(bound.serve(stop.clone())),
        stop,
    }
}

impl Running {
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = format!("http://{}", self.address);
        tonic::transport::Endpoint::from_shared(endpoint).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn client(&self) -> KeyManagementServiceClient<Channel> {
        KeyManagementServiceClient::new(self.channel().await)
    }

    /// Calls `GenerateRandom` with the given headers; the answer as text.
    pub(crate) async fn call(&self, headers: &[(&'static str, &str)], what: i32) -> Result<String, Status> {
        let mut client = self.client().await;
        let response = client.generate_random(with_headers(headers, what)).await?;
        Ok(String::from_utf8(response.into_inner().plaintext).unwrap())
    }

    /// GET on the admin port: status and body.
    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let mut stream = tokio::net::TcpStream::connect(self.admin_address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.served.await.unwrap().unwrap();
    }
}

pub(crate) fn with_headers(headers: &[(&'static str, &str)], what: i32) -> Request<GenerateRandomRequest> {
    let mut request = Request::new(GenerateRandomRequest { number_of_bytes: Some(what) });
    put_headers(request.metadata_mut(), headers);
    request
}

pub(crate) fn put_headers(metadata: &mut MetadataMap, headers: &[(&'static str, &str)]) {
    for (name, value) in headers {
        metadata.append(*name, value.parse().unwrap());
    }
}

pub(crate) fn basic((id, secret): (&str, &str)) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}
