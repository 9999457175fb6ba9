//! `keystead-init`: makes, once, what two services and their operator need to trust each other: the root key, an
//! authority with certificates, and the principals. It runs before the services, in a container without a shell.
//!
//! Three directories, so that whoever mounts one has nothing of the others:
//!
//! | directory | for | holds |
//! |---|---|---|
//! | `kms`   | kms-service   | root key, server certificate, principals |
//! | `table` | table-service | server certificate, its own certificate at kms-service, principals |
//! | `admin` | the operator  | the authority's private key, the account root's certificate and credential |
//!
//! It never overwrites: what is there stays, and what a run that was killed did not come to is made by the next. Once all of
//! it was made, nothing is: what is lost later is for its operator to notice, who may have taken the authority's key away.
//! Only `--renew-certificates` replaces something: certificates and their keys, never the authority, the root key or a
//! credential. Everything belongs to the user that it runs as; what is secret has mode 0600.

mod authority;
mod files;
mod principals;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use authority::{Authority, Purpose};
use clap::Parser;
use identity::{AccountId, Credential, Region};
use kms_service::root_key::{self, RootKeyError};

/// The names under which the services reach each other and are reached from their own machine.
const KMS_NAMES: [&str; 4] = ["kms-service", "localhost", "127.0.0.1", "::1"];
const TABLE_NAMES: [&str; 4] = ["table-service", "localhost", "127.0.0.1", "::1"];

/// Makes the root key, the certificates and the principals of a deployment. Never overwrites what is there.
#[derive(Parser)]
#[command(name = "keystead-init", version)]
struct Cli {
    /// Where the directories kms, table and admin are
    #[arg(long, default_value = "/secrets", value_name = "PATH")]
    out: PathBuf,
    /// The AWS account that the services speak for
    #[arg(long, default_value = "000000000000", value_name = "DIGITS")]
    account: AccountId,
    /// The AWS region that the services speak for
    #[arg(long, default_value = "us-east-1", value_name = "NAME")]
    region: Region,
    /// Further DNS names and IP addresses by which clients reach the services, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    server_names: Vec<String>,
    /// Replace all certificates and their private keys by new ones of the same authority
    #[arg(long)]
    renew_certificates: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    service_kit::main(None, async |cli: Cli| run(&cli, SystemTime::now())).await
}

fn run(cli: &Cli, now: SystemTime) -> anyhow::Result<()> {
    let [kms, table, admin] = ["kms", "table", "admin"].map(|name| cli.out.join(name));
    for directory in [&kms, &table, &admin] {
        files::make_directory(directory)?;
    }
    let made = Deployment { cli, kms: &kms, table: &table, admin: &admin, now }.complete()?;
    Ok(service_kit::say(made)?)
}

/// The directories of a deployment, and what is to be made in them.
struct Deployment<'a> {
    cli: &'a Cli,
    kms: &'a Path,
    table: &'a Path,
    admin: &'a Path,
    now: SystemTime,
}

impl Deployment<'_> {
    /// What the operator needs first, what the services need last: once a service can start, nothing is missing.
    fn complete(&self) -> anyhow::Result<&'static str> {
        if self.is_complete() && !self.cli.renew_certificates {
            return Ok("everything is there; nothing was made");
        }
        let authority = self.authority()?;
        let credential = Credential::read_or_create(&self.admin.join("credential.toml"))?;
        let issue = |directory: &Path, name: &str, names: &[&str], purpose| {
            authority
                .issue(&directory.join(name), names, purpose, self.now, self.cli.renew_certificates)
                .with_context(|| format!("certificate {name} in {}", directory.display()))
        };
        issue(self.admin, "admin", &[principals::ROOT_SAN], Purpose::Client)?;
        issue(self.table, "kms-client", &[principals::SERVICE_SAN], Purpose::Client)?;
        issue(self.kms, "server", &self.names(&KMS_NAMES), Purpose::Server)?;
        issue(self.table, "server", &self.names(&TABLE_NAMES), Purpose::Server)?;
        match root_key::create(&self.kms.join("root.key"), &envelope::OsEntropy) {
            Ok(_) | Err(RootKeyError::Exists(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let root = principals::root(&self.cli.account, &credential);
        let service = principals::service(&self.cli.account, &self.cli.region);
        let both = zeroize::Zeroizing::new([root.as_str(), &service].concat());
        files::write_new(&self.kms.join("principals.toml"), &both, files::SECRET)?;
        files::write_new(&self.table.join("principals.toml"), &root, files::SECRET)?;
        Ok(if self.cli.renew_certificates { "the certificates are new" } else { "what was missing was made" })
    }

    /// The last files that are made: with them there, none before them is missing.
    fn is_complete(&self) -> bool {
        [self.kms, self.table].iter().all(|directory| directory.join("principals.toml").exists())
    }

    fn authority(&self) -> anyhow::Result<Authority> {
        let copies = [self.kms.join("ca.pem"), self.table.join("ca.pem")];
        let key = self.admin.join("ca.key");
        if !key.exists() && copies.iter().any(|copy| copy.exists()) {
            anyhow::bail!("{} is not there: only whoever has it can make certificates", key.display());
        }
        let authority = Authority::read_or_create(&self.admin.join("ca"), self.now)?;
        for copy in &copies {
            files::write_new(copy, authority.pem(), files::PUBLIC)?;
        }
        Ok(authority)
    }

    fn names<'a>(&'a self, own: &[&'a str]) -> Vec<&'a str> {
        own.iter().copied().chain(self.cli.server_names.iter().map(String::as_str)).collect()
    }
}

#[cfg(test)]
mod tests;
