//! Certificates made at run time, and connections that use them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use crate::client::DEADLINE;
use crate::principals::write_private;

/// Whoever signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its private key, both in PEM.
#[derive(Clone)]
pub struct Certificate {
    chain: String,
    key: String,
}

impl Authority {
    /// A new one, which nobody believes yet.
    #[expect(
        clippy::new_without_default,
        reason = "a default would hide that every authority is another one"
    )]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// A certificate for these names: IP addresses, DNS names, and URIs (which have a `://`).
    pub fn issue(&self, names: &[&str]) -> Certificate {
        self.sign(params(names))
    }

    /// The same, of long ago.
    pub fn issue_expired(&self, names: &[&str]) -> Certificate {
        let mut params = params(names);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.0).expect("a certificate");
        Certificate { chain: signed.pem(), key: key.serialize_pem() }
    }

    /// Writes the authority's certificate.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.0.pem()).expect("the directory is writable");
    }

    /// A connection to `address` by somebody who believes this authority and shows `own`. It is made at the first call.
    pub fn channel(&self, address: SocketAddr, own: Option<&Certificate>) -> Channel {
        let config = Arc::new(self.client_config(own));
        let connector = tower::service_fn(move |_| {
            let connector = TlsConnector::from(Arc::clone(&config));
            async move {
                let tcp = TcpStream::connect(address).await?;
                // As every gRPC client does; otherwise a request waits 40 ms for the acknowledgement of the one before.
                tcp.set_nodelay(true)?;
                let stream = connector.connect(ServerName::from(address.ip()), tcp).await?;
                Ok::<_, std::io::Error>(TokioIo::new(stream))
            }
        });
        let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address is a URL");
        endpoint.timeout(DEADLINE).connect_with_connector_lazy(connector)
    }

    /// What such a client speaks.
    pub fn client_config(&self, own: Option<&Certificate>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("an authority");
        let builder =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the provider has them")
                .with_root_certificates(roots);
        let mut config = match own {
            Some(own) => {
                let chain = CertificateDer::from_pem_slice(own.chain.as_bytes()).expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("PEM");
                builder.with_client_auth_cert(vec![chain], key).expect("they belong together")
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

impl Certificate {
    /// Writes `NAME.pem` and `NAME.key`, whole at once each, as whoever rotates certificates does.
    pub fn write(&self, directory: &Path, name: &str) {
        for (ending, text) in [("pem", &self.chain), ("key", &self.key)] {
            let aside = directory.join(format!("{name}.{ending}.new"));
            write_private(&aside, text);
            std::fs::rename(aside, directory.join(format!("{name}.{ending}")))
                .expect("the directory is writable");
        }
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let (uris, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains("://"));
    let others = others.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut params = CertificateParams::new(others).expect("names");
    for uri in uris {
        params.subject_alt_names.push(SanType::URI(uri.try_into().expect("ASCII")));
    }
    params
}
