//! The listener: takes connections, proves who is at the other end, and hands them to HTTP.
//!
//! A connection has its place among the [`Peers`](crate::peers) before anything is read of it, and keeps it until it is
//! closed. What its client certificate proves is found out once, when it begins.

use crate::{
    Limits,
    log_lines::ACCESS,
    peers::{Certified, Peer, Peers, Place},
    reload::Reloaded,
    tls::names,
};
use identity::Directory;
use rustls::ServerConfig;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Length of what every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;
/// After an error that concerns more than one connection: no files left, no memory.
const PAUSE: Duration = Duration::from_millis(50);
/// Connections that are ready and not taken over yet.
const READY: usize = 16;

/// What is needed to take a connection.
pub(crate) struct Listener {
    pub(crate) tcp: TcpListener,
    /// Nothing for plain HTTP.
    pub(crate) tls: Option<Reloaded<ServerConfig>>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) limits: Limits,
}

impl Listener {
    /// The connections, until `stop`; from then on the port is closed. What has to be done for them runs in `tasks`.
    pub(crate) fn incoming(
        self,
        stop: CancellationToken,
        tasks: &mut JoinSet<()>,
    ) -> ReceiverStream<io::Result<Connection>> {
        let (sender, receiver) = mpsc::channel(READY);
        tasks.spawn(Arc::clone(&self.peers).supervise());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.take_all(sender) => {}
            }
        });
        ReceiverStream::new(receiver)
    }

    async fn take_all(self, ready: mpsc::Sender<io::Result<Connection>>) {
        let mut beginning = JoinSet::new();
        loop {
            let taken = tokio::select! {
                taken = self.tcp.accept() => taken,
                Some(_) = beginning.join_next() => continue,
            };
            match taken {
                Ok((stream, _)) => {
                    let place = self.peers.place().await;
                    let begun = begin(stream, place, self.tls.clone(), Arc::clone(&self.directory));
                    let (ready, limit) = (ready.clone(), self.limits.handshake);
                    beginning.spawn(async move {
                        match tokio::time::timeout(limit, begun).await {
                            Ok(Ok(connection)) => drop(ready.send(Ok(connection)).await),
                            Ok(Err(error)) => tracing::info!(target: ACCESS, %error, "connection refused"),
                            Err(_) => {
                                tracing::info!(target: ACCESS, error = "too slow", "connection refused")
                            }
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn begin(
    tcp: TcpStream,
    place: Place,
    tls: Option<Reloaded<ServerConfig>>,
    directory: Arc<Directory>,
) -> io::Result<Connection> {
    tcp.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Connection::new(Transport::Plain(tcp), place, Ok(None))) };
    let stream = TlsAcceptor::from(tls.current()).accept(tcp).await?;
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let names = certificate.map(names).unwrap_or_default();
    let certified = directory.certified(names.iter().map(String::as_str));
    Ok(Connection::new(Transport::Tls(Box::new(stream)), place, certified))
}

/// A connection that has its place and has proved what it can.
pub(crate) struct Connection {
    transport: Transport,
    place: Place,
    peer: Peer,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    heard_bytes: usize,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    fn new(transport: Transport, place: Place, certified: Certified) -> Self {
        let peer = place.peer(certified);
        let cut = Box::pin(place.cut().cancelled_owned());
        Self { transport, place, peer, cut, heard_bytes: 0 }
    }

    /// Who is at the other end.
    pub(crate) fn peer(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buffer.filled().len();
        ready!(match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        })?;
        if self.heard_bytes < PREFACE_BYTES {
            self.heard_bytes = self.heard_bytes.saturating_add(buffer.filled().len().saturating_sub(before));
            if self.heard_bytes >= PREFACE_BYTES {
                self.place.speaks();
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Each method of `AsyncWrite` is the one of the transport.
macro_rules! forward {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().transport {
            Transport::Plain($stream) => $call,
            Transport::Tls($stream) => $call,
        }
    };
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self, stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
