//! The principals file of a test: who may do what, with which credentials.

use std::fmt::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::client::Credentials;
use crate::{ACCOUNT, REGION};

/// A policy that allows everything.
pub const PERMISSIVE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// One principal with its credentials.
#[derive(Clone)]
pub struct Person {
    /// The principal's ARN.
    pub arn: String,
    /// What it proves itself with.
    pub credentials: Credentials,
    /// The name in its certificate.
    pub san: String,
    policy: Option<String>,
    service: Option<String>,
}

/// The content of a principals file: the account root, the table service, and whoever a test adds.
#[derive(Clone)]
pub struct Principals {
    people: Vec<Person>,
}

impl Principals {
    /// The account root and the table service's principal.
    pub fn new() -> Self {
        let service = format!("dynamodb.{REGION}.amazonaws.com");
        let mut new = Self { people: Vec::new() };
        new.add(format!("arn:aws:iam::{ACCOUNT}:root"), None, None);
        new.add(format!("arn:aws:iam::{ACCOUNT}:user/table-service"), None, Some(service));
        new
    }

    fn add(&mut self, arn: String, policy: Option<String>, service: Option<String>) {
        let name = arn.rsplit([':', '/']).next().unwrap_or_default();
        let account = arn.split(':').nth(4).unwrap_or_default();
        // One kind of name for some and the other for others, so that both are used.
        let san = if service.is_some() {
            format!("spiffe://keystead/{name}")
        } else {
            format!("{name}.{account}.keystead")
        };
        self.people.push(Person { arn, credentials: fresh_credentials(), san, policy, service });
    }

    /// Adds the user `name` with `policy`.
    #[must_use]
    pub fn with(mut self, name: &str, policy: &str) -> Self {
        self.add(format!("arn:aws:iam::{ACCOUNT}:user/{name}"), Some(policy.to_owned()), None);
        self
    }

    /// Adds the user `name` of another account with `policy`.
    #[must_use]
    pub fn with_foreigner(mut self, account: &str, name: &str, policy: &str) -> Self {
        self.add(format!("arn:aws:iam::{account}:user/{name}"), Some(policy.to_owned()), None);
        self
    }

    /// Adds the root of another account.
    #[must_use]
    pub fn with_foreign_root(mut self, account: &str) -> Self {
        self.add(format!("arn:aws:iam::{account}:root"), None, None);
        self
    }

    /// The account root.
    pub fn root(&self) -> &Person {
        &self.people[0]
    }

    /// The table service's own principal.
    pub fn service(&self) -> &Person {
        &self.people[1]
    }

    /// The user called `name`.
    pub fn user(&self, name: &str) -> &Person {
        let ending = format!(":user/{name}");
        self.people.iter().find(|person| person.arn.ends_with(&ending)).expect("the user was added")
    }

    /// The root of the other account.
    pub fn foreign_root(&self) -> &Person {
        let mut others = self.people.iter().skip(1);
        others.find(|person| person.arn.ends_with(":root")).expect("the root was added")
    }

    /// Every secret in the file: none may be seen in a log.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.people.iter().map(|person| person.credentials.secret.as_str())
    }

    /// Writes the file, readable only by its owner.
    pub(crate) fn write(&self, path: &Path) {
        let mut text = String::new();
        for person in &self.people {
            text.push_str("[[principal]]\n");
            let Credentials { access_key_id, secret } = &person.credentials;
            let mut line = |key: &str, value: &str| {
                writeln!(text, "{key} = '''{value}'''").expect("a string grows");
            };
            line("arn", &person.arn);
            line("access_key_id", access_key_id);
            line("secret_access_key", secret);
            line("certificate_san", &person.san);
            if let Some(policy) = &person.policy {
                line("policy", policy);
            }
            if let Some(service) = &person.service {
                line("service", service);
            }
        }
        write_private(path, &text);
    }

    /// Writes the file from which the table service reads its own credential.
    pub(crate) fn write_service_credential(&self, path: &Path) {
        let Credentials { access_key_id, secret } = &self.service().credentials;
        write_private(path, &format!("access_key_id = '{access_key_id}'\nsecret_access_key = '{secret}'\n"));
    }
}

impl Default for Principals {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes a file of mode 0600.
pub(crate) fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .expect("the directory is writable");
    file.write_all(text.as_bytes()).expect("the file is writable");
}

fn fresh_credentials() -> Credentials {
    let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
    Credentials::new(format!("AKIA{}", &id[..16]), uuid::Uuid::new_v4().simple().to_string())
}
