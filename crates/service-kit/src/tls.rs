//! TLS between services and towards clients: which files, which protocol, which names.
//!
//! TLS 1.3 alone: both sides of every connection are of today. One provider, named here, with the hybrid post-quantum key
//! exchange first. No session is resumed, so that every connection proves its certificate against the authority of its
//! day. A private key is read only from a file that nobody but its owner may read; certificates from files that nobody
//! but their owner may write.

use crate::{UsageError, reload::Reloaded};
use clap::Args;
use identity::{FileError, read_rules, read_secret};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    version::TLS13,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// HTTP/2 (RFC 9113, section 3.2): all that gRPC speaks.
const HTTP_2: &[u8] = b"h2";
/// HTTP/1.1 (RFC 7301, section 6): what most of AWS's clients speak.
pub(crate) const HTTP_1: &[u8] = b"http/1.1";

/// What a service shows, and whom it believes.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsArgs {
    /// The certificate chain that the service shows (PEM). With it, the service speaks TLS 1.3 only. The files of all
    /// certificates and keys are read again when they change
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM, mode 0600)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// The authority whose client certificates are accepted (PEM). A certificate is a principal's by its
    /// certificate_san. Whoever shows no certificate can still prove itself with HTTP Basic
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// The files, if there are any; half of them is a usage error.
    pub(crate) fn files(&self) -> Result<Option<ServerFiles>, UsageError> {
        match (&self.tls_cert, &self.tls_key, &self.tls_client_ca) {
            (None, None, None) => Ok(None),
            (Some(cert), Some(key), ca) => {
                let own = KeyPair { cert: cert.clone(), key: key.clone() };
                Ok(Some(ServerFiles { own, client_ca: ca.clone() }))
            }
            (_, _, Some(_)) => Err(UsageError::new("--tls-client-ca needs --tls-cert and --tls-key")),
            _ => Err(UsageError::new("--tls-cert and --tls-key belong together")),
        }
    }
}

/// A certificate chain and its private key.
#[derive(Clone, Debug)]
pub(crate) struct KeyPair {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// The files of a server.
#[derive(Clone, Debug)]
pub(crate) struct ServerFiles {
    own: KeyPair,
    client_ca: Option<PathBuf>,
}

/// The files of a client.
#[derive(Clone, Debug)]
pub(crate) struct ClientFiles {
    /// Whose servers it believes.
    pub(crate) ca: PathBuf,
    /// What it shows.
    pub(crate) own: Option<KeyPair>,
}

impl ServerFiles {
    pub(crate) fn load(&self) -> Result<ServerConfig, UsageError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable("TLS"))?;
        let builder = match &self.client_ca {
            Some(path) => {
                let roots = Arc::new(authorities(path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
                let verifier = verifier.allow_unauthenticated().build().map_err(unusable(path.display()))?;
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let (chain, key) = self.own.read()?;
        let mut config = builder.with_single_cert(chain, key).map_err(unusable(self.own.cert.display()))?;
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    pub(crate) fn follow(self) -> Result<Reloaded<ServerConfig>, UsageError> {
        let mut files = self.own.files();
        files.extend(self.client_ca.clone());
        Reloaded::start(files, move || self.load())
    }
}

impl ClientFiles {
    pub(crate) fn load(&self) -> Result<ClientConfig, UsageError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable("TLS"))?
            .with_root_certificates(authorities(&self.ca)?);
        let mut config = match &self.own {
            Some(own) => {
                let (chain, key) = own.read()?;
                builder.with_client_auth_cert(chain, key).map_err(unusable(own.cert.display()))?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    pub(crate) fn follow(self) -> Result<Reloaded<ClientConfig>, UsageError> {
        let mut files = vec![self.ca.clone()];
        files.extend(self.own.iter().flat_map(KeyPair::files));
        Reloaded::start(files, move || self.load())
    }
}

impl KeyPair {
    fn files(&self) -> Vec<PathBuf> {
        vec![self.cert.clone(), self.key.clone()]
    }

    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), UsageError> {
        let pem = read_secret(&self.key).map_err(refused)?;
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| UsageError::new(format!("{} holds no private key in PEM", self.key.display())))?;
        Ok((certificates(&self.cert)?, key))
    }
}

/// The names of a certificate that can be a principal's: DNS names, and URIs, which have a colon and so are never taken
/// for one. The certificate was verified before; one that does not parse has none.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else { return Vec::new() };
    let uris = certificate.valid_uri_names().filter(|uri| uri.contains(':'));
    certificate.valid_dns_names().chain(uris).map(str::to_owned).collect()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn authorities(path: &Path) -> Result<RootCertStore, UsageError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(unusable(path.display()))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, UsageError> {
    let pem = read_rules(path).map_err(refused)?;
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match parsed {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(UsageError::new(format!("{} holds no certificate in PEM", path.display()))),
    }
}

fn refused(error: FileError) -> UsageError {
    UsageError::new(error.to_string())
}

fn unusable<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> UsageError {
    move |error| UsageError::new(format!("{what}: {error}"))
}
