//! How a service reaches another one, and says there who it is.

use crate::{
    ON_BEHALF_OF_HEADER, REQUEST_ID_HEADER, UsageError,
    reload::Reloaded,
    tls::{ClientFiles, HTTP_1, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use identity::{Credential, PrincipalArn};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    fmt, io,
    net::IpAddr,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tonic::{
    metadata::{Ascii, MetadataValue, errors::InvalidMetadataValue},
    transport::{Channel, Endpoint},
};
use zeroize::Zeroizing;

/// Another service: where it is, how it proves that it is the right one, and how the caller proves who it is.
#[derive(Clone)]
pub struct Upstream {
    url: Uri,
    identity: ClientIdentity,
    /// Nothing for plain HTTP/2.
    tls: Option<Reloaded<ClientConfig>>,
}

impl Upstream {
    /// Over plain HTTP/2, which no credential may take to another machine unless that `is_waived`.
    pub fn plain(url: Uri, identity: ClientIdentity, is_waived: bool) -> Result<Self, UsageError> {
        if url.scheme_str() != Some("http") {
            return Err(UsageError::new(format!("{url} needs a certificate authority")));
        }
        if !is_waived && !is_loopback(&url) {
            let problem = format!("{url} is another machine, and credentials must not go there without TLS");
            return Err(UsageError::new(problem));
        }
        Ok(Self { url, identity, tls: None })
    }

    /// Over TLS. The other side's certificate must be of the authority `ca` and for the host of `url`; `own` is the
    /// certificate that this side shows, with its private key. The files are followed. Needs a runtime.
    pub fn over_tls(
        url: Uri,
        identity: ClientIdentity,
        ca: PathBuf,
        own: Option<(PathBuf, PathBuf)>,
    ) -> Result<Self, UsageError> {
        if url.scheme_str() != Some("https") {
            return Err(UsageError::new(format!("{url} has no TLS, so that no certificate is of use")));
        }
        let own = own.map(|(cert, key)| KeyPair { cert, key });
        Ok(Self { url, identity, tls: Some(ClientFiles { ca, own }.follow()?) })
    }

    /// A connection with the given settings, made at first use and again whenever it is lost.
    pub fn channel(&self, settings: impl FnOnce(Endpoint) -> Endpoint) -> Channel {
        let tls = self.tls.clone();
        let connector = tower::service_fn(move |url| {
            let tls = tls.as_ref().map(Reloaded::current);
            async move { connect(url, tls).await.map(TokioIo::new) }
        });
        settings(Endpoint::from(self.url.clone())).connect_with_connector_lazy(connector)
    }

    /// Connections of HTTP/1.1 to it.
    pub(crate) fn connector(&self) -> Connector {
        let tls = self.tls.clone();
        Connector(Arc::new(move || {
            let mut config = ClientConfig::clone(&*tls.as_ref()?.current());
            config.alpn_protocols = vec![HTTP_1.to_vec()];
            Some(Arc::new(config))
        }))
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    /// Who this side is.
    pub fn identity(&self) -> &ClientIdentity {
        &self.identity
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upstream({})", self.url)
    }
}

/// Both directions of a connection.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

async fn connect(url: Uri, tls: Option<Arc<ClientConfig>>) -> io::Result<Box<dyn Duplex>> {
    let host = host(&url);
    let port = url.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Box::new(tcp)) };
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(tls).connect(name, tcp).await?))
}

/// Makes connections for a pool of them. What it is given says, for each connection, what there is to know of TLS.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn() -> Option<Arc<ClientConfig>> + Send + Sync>);

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Pooled>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let tls = (self.0)();
        Box::pin(async move { Ok(TokioIo::new(Pooled(connect(url, tls).await?))) })
    }
}

/// A connection of a pool.
pub(crate) struct Pooled(Box<dyn Duplex>);

impl Connection for Pooled {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Pooled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pooled {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}

fn is_loopback(url: &Uri) -> bool {
    let host = host(url);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host, an IPv6 address without its brackets.
fn host(url: &Uri) -> &str {
    url.host().unwrap_or_default().trim_matches(['[', ']'])
}

/// The identity of a calling service, ready to be put on requests. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ClientIdentity {
    /// Nothing if the connection's certificate says it all.
    authorization: Option<MetadataValue<Ascii>>,
}

impl ClientIdentity {
    /// HTTP Basic with the access key id and the secret.
    pub fn basic(credential: &Credential) -> Result<Self, InvalidMetadataValue> {
        let pair = Zeroizing::new(format!("{}:{}", credential.access_key_id, credential.secret.expose()));
        let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut authorization: MetadataValue<Ascii> = header.parse()?;
        authorization.set_sensitive(true);
        Ok(Self { authorization: Some(authorization) })
    }

    /// The certificate that the connection shows.
    pub fn certificate() -> Self {
        Self { authorization: None }
    }

    /// Puts this identity on a request, and the principal it acts for, if any.
    pub fn sign<T>(
        &self,
        request: &mut tonic::Request<T>,
        on_behalf_of: Option<&PrincipalArn>,
    ) -> Result<(), InvalidMetadataValue> {
        let metadata = request.metadata_mut();
        if let Some(authorization) = &self.authorization {
            metadata.insert("authorization", authorization.clone());
        }
        if let Some(arn) = on_behalf_of {
            metadata.insert(ON_BEHALF_OF_HEADER, arn.as_str().parse()?);
        }
        Ok(())
    }

    /// Passes on the id of the request that caused this one, so that both services' logs speak of it by the same name.
    pub fn trace<T>(request: &mut tonic::Request<T>, id: &str) -> Result<(), InvalidMetadataValue> {
        request.metadata_mut().insert(REQUEST_ID_HEADER, id.parse()?);
        Ok(())
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity")
    }
}
