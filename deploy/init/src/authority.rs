//! The authority of a deployment, and the certificates that it signs.
//!
//! A private key is written before the certificate that needs it, and a key without certificate gets one at the next run:
//! so a run that was killed anywhere is finished by the next. A client's certificate is of no use to a server, nor the
//! other way round.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use identity::read_secret;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use zeroize::Zeroizing;

use crate::files;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long the authority counts: longer than a deployment is likely to keep it.
const AUTHORITY_DAYS: u32 = 3650;
/// How long a certificate counts. Docs: `operations.md`, "Certificates".
const CERTIFICATE_DAYS: u32 = 730;

/// What a certificate may be used for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// To be called.
    Server,
    /// To call.
    Client,
}

/// Whoever signs the certificates of a deployment.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// The authority whose files are `path` with the endings `.key` and `.pem`, or a new one.
    pub(crate) fn read_or_create(path: &Path, now: SystemTime) -> anyhow::Result<Self> {
        let key = read_or_create_key(&with_ending(path, "key"))?;
        let params = authority_params(now)?;
        let certificate = with_ending(path, "pem");
        files::write_new(&certificate, &params.self_signed(&key)?.pem(), files::PUBLIC)?;
        let pem = std::fs::read_to_string(&certificate).context("the authority's certificate")?;
        // Its name and its key are all that a signature takes from an authority's certificate.
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The authority's certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Makes the certificate and the private key at `path` with the endings `.pem` and `.key`, unless they are there, or
    /// instead of those that are.
    pub(crate) fn issue(
        &self,
        path: &Path,
        names: &[&str],
        purpose: Purpose,
        now: SystemTime,
        renew: bool,
    ) -> anyhow::Result<()> {
        let (key, certificate) = (with_ending(path, "key"), with_ending(path, "pem"));
        let params = params(names, purpose, now)?;
        if renew {
            let new = KeyPair::generate()?;
            files::replace(&key, &Zeroizing::new(new.serialize_pem()), files::SECRET)?;
            files::replace(&certificate, &params.signed_by(&new, &self.issuer)?.pem(), files::PUBLIC)
        } else {
            let key = read_or_create_key(&key)?;
            files::write_new(&certificate, &params.signed_by(&key, &self.issuer)?.pem(), files::PUBLIC)
        }
    }
}

fn read_or_create_key(path: &Path) -> anyhow::Result<KeyPair> {
    if !path.exists() {
        files::write_new(path, &Zeroizing::new(KeyPair::generate()?.serialize_pem()), files::SECRET)?;
    }
    KeyPair::from_pem(&read_secret(path)?).with_context(|| path.display().to_string())
}

fn authority_params(now: SystemTime) -> anyhow::Result<CertificateParams> {
    let mut params = valid(now, AUTHORITY_DAYS)?;
    params.distinguished_name.push(DnType::CommonName, "Keystead deployment authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn params(names: &[&str], purpose: Purpose, now: SystemTime) -> anyhow::Result<CertificateParams> {
    let mut params = valid(now, CERTIFICATE_DAYS)?;
    params.subject_alt_names =
        CertificateParams::new(names.iter().copied().map(str::to_owned).collect::<Vec<_>>())?
            .subject_alt_names;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match purpose {
        Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    Ok(params)
}

/// Nameless, from a day ago, because the clocks of two machines may differ, and for `days`.
fn valid(now: SystemTime, days: u32) -> anyhow::Result<CertificateParams> {
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let now = date_time_ymd(1970, 1, 1) + since_epoch;
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - DAY;
    params.not_after = now + DAY * days;
    Ok(params)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    path.with_extension(ending)
}
