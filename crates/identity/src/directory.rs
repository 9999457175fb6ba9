//! Every principal a service knows, and the one place where a secret is checked.
//!
//! A directory is made once at start and never changes: what is not in it is refused. It comes from the principals
//! file ([`Directory::load`], in `principals_file`) or is made for development ([`Directory::development`]).

use crate::{
    AccessKeyId, AccountId, CertificateSan, Credential, CredentialError, FileError, PolicyDocument,
    PolicyError, Principal, PrincipalArn, SecretKey, ServiceName, principals_file,
};
use fault::{Fault, Kind};
use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Principals by ARN, by access key id and by the name in their certificate. `Debug` shows how many, nothing else.
pub struct Directory {
    by_arn: HashMap<String, Arc<Principal>>,
    by_key: HashMap<String, Key>,
    by_san: HashMap<String, Arc<Principal>>,
    anonymous: Option<Arc<Principal>>,
    /// Compared in place of the secret of an access key id that does not exist, so that both take the same time.
    decoy: SecretKey,
}

struct Key {
    secret: SecretKey,
    principal: Arc<Principal>,
}

/// The access key id is not known, or the secret is not its secret: there is one answer for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The security token included in the request is invalid.")]
pub struct AuthError;

impl Fault for AuthError {
    fn kind(&self) -> Kind {
        Kind::Unauthenticated
    }

    fn reason(&self) -> &'static str {
        "UnrecognizedClientException"
    }

    fn public_message(&self) -> Cow<'_, str> {
        "The security token included in the request is invalid.".into()
    }
}

/// Why there is no directory. The texts name principals and places, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The principals file is not TOML of the documented form.
    #[error("{path}, line {line}: {message}")]
    Malformed {
        /// The principals file.
        path: PathBuf,
        /// Where, from 1; 0 if it concerns the file as a whole.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The file names no principal, so that nobody could ever call.
    #[error("{0} names no principal")]
    Nobody(PathBuf),
    /// A principal's policy cannot be honoured.
    #[error("policy of {arn}: {source}")]
    Policy {
        /// Whose policy it is.
        arn: PrincipalArn,
        /// What is wrong with it.
        source: PolicyError,
    },
    /// A principal's policy file cannot be read.
    #[error("policy of {arn}: {source}")]
    PolicyFile {
        /// Whose policy it is.
        arn: PrincipalArn,
        /// What is wrong with it.
        source: FileError,
    },
    /// A principal's entry contradicts itself.
    #[error("{arn}: {problem}")]
    Contradiction {
        /// Whose entry it is.
        arn: PrincipalArn,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two principals have the same ARN.
    #[error("{0} is named twice")]
    DuplicateArn(PrincipalArn),
    /// Two principals have the same access key id.
    #[error("access key id {0} is named twice")]
    DuplicateKey(AccessKeyId),
    /// Two principals have the same certificate name.
    #[error("certificate_san {0} is named twice")]
    DuplicateSan(CertificateSan),
    /// A credential could not be made, read or written.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl Directory {
    /// Reads a principals file: TOML, mode 0600, with one table `[[principal]]` for each principal:
    ///
    /// ```toml
    /// [[principal]]
    /// arn = "arn:aws:iam::000000000000:user/alice"
    /// access_key_id = "AKIAIOSFODNN7EXAMPLE"
    /// secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    /// policy = '{"Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}}'
    /// ```
    ///
    /// - `arn`: required. `arn:aws:iam::ACCOUNT:root` is the account's root; it may do everything and takes no policy.
    /// - `access_key_id` with `secret_access_key`: both or neither. Without them and without a `certificate_san` the
    ///   principal cannot call by itself, but a service may act on its behalf.
    /// - `certificate_san`: a DNS name or a URI. Whoever shows a client certificate of the service's own authority with
    ///   exactly this name in its subjectAltName is this principal.
    /// - `policy` (JSON text) or `policy_file` (a path, relative to the principals file, that only its owner may
    ///   write): at most one. Without it the principal has what key policies and grants give it.
    /// - `service`: the service that this principal is, such as `dynamodb.us-east-1.amazonaws.com`.
    ///
    /// An unknown key, a duplicate or a policy that cannot be honoured in full refuses the whole file.
    pub fn load(path: &Path) -> Result<Self, DirectoryError> {
        principals_file::load(path)
    }

    /// For development on one machine: the root of `account`, who is also whoever does not say who calls, and the
    /// service that may act for others, if one is given.
    pub fn development(
        account: AccountId,
        root: Credential,
        service: Option<(ServiceName, Credential)>,
    ) -> Result<Self, DirectoryError> {
        let mut directory = Self::nobody()?;
        let anonymous = directory.add(Principal::root(account.clone()), Some(root), None)?;
        directory.anonymous = Some(anonymous);
        if let Some((name, credential)) = service {
            let arn = PrincipalArn::of_service(&account, &name);
            directory.add(
                Principal::service(arn, name, PolicyDocument::default()),
                Some(credential),
                None,
            )?;
        }
        Ok(directory)
    }

    /// A directory that refuses everyone.
    pub fn nobody() -> Result<Self, DirectoryError> {
        Ok(Self {
            by_arn: HashMap::new(),
            by_key: HashMap::new(),
            by_san: HashMap::new(),
            anonymous: None,
            decoy: SecretKey::generate()?,
        })
    }

    /// Adds a principal, unless its ARN, its key id or its certificate name is taken. The account of the services has no
    /// other principals: it owns the keys that no user may know of.
    pub(crate) fn add(
        &mut self,
        principal: Principal,
        credential: Option<Credential>,
        san: Option<CertificateSan>,
    ) -> Result<Arc<Principal>, DirectoryError> {
        if principal.account == AccountId::of_services() && principal.as_service().is_none() {
            let problem = "the account belongs to the services, and has no root, users or roles";
            return Err(DirectoryError::Contradiction { arn: principal.arn, problem });
        }
        let principal = Arc::new(principal);
        if self.by_arn.insert(principal.arn.as_str().to_owned(), principal.clone()).is_some() {
            return Err(DirectoryError::DuplicateArn(principal.arn.clone()));
        }
        if let Some(Credential { access_key_id, secret }) = credential {
            let key = Key { secret, principal: principal.clone() };
            if self.by_key.insert(access_key_id.as_str().to_owned(), key).is_some() {
                return Err(DirectoryError::DuplicateKey(access_key_id));
            }
        }
        if let Some(san) = san
            && self.by_san.insert(san.as_str().to_owned(), principal.clone()).is_some()
        {
            return Err(DirectoryError::DuplicateSan(san));
        }
        Ok(principal)
    }

    /// Who holds a certificate with these names, which was found to be of the right authority. Nobody, if none of them is
    /// a principal's. Names of several principals prove none of them.
    pub fn certified<'a>(
        &self,
        sans: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<Arc<Principal>>, AuthError> {
        let mut known = sans.into_iter().filter_map(|san| self.by_san.get(san));
        let Some(first) = known.next() else { return Ok(None) };
        if known.all(|other| other.arn == first.arn) { Ok(Some(first.clone())) } else { Err(AuthError) }
    }

    /// Who proves with `secret` to hold the access key `access_key_id`. Takes the same time whether the id exists or
    /// not, and however much of the secret is right.
    pub fn authenticate(&self, access_key_id: &str, secret: &[u8]) -> Result<Arc<Principal>, AuthError> {
        let key = self.by_key.get(access_key_id);
        let is_right = key.map_or(&self.decoy, |key| &key.secret).is(secret);
        match key {
            Some(key) if bool::from(is_right) => Ok(key.principal.clone()),
            _ => Err(AuthError),
        }
    }

    /// Who holds the access key `access_key_id`, and whether `is_proven` says that its secret was used. It is asked of a
    /// secret whether the id exists or not, so that both take the same time.
    pub fn holder(
        &self,
        access_key_id: &str,
        is_proven: impl FnOnce(&SecretKey) -> bool,
    ) -> (Option<Arc<Principal>>, bool) {
        let key = self.by_key.get(access_key_id);
        let is_proven = is_proven(key.map_or(&self.decoy, |key| &key.secret));
        (key.map(|key| key.principal.clone()), is_proven)
    }

    /// Whether there is such an access key.
    pub fn has_key(&self, access_key_id: &str) -> bool {
        self.by_key.contains_key(access_key_id)
    }

    /// The principal with this ARN.
    pub fn by_arn(&self, arn: &str) -> Option<Arc<Principal>> {
        self.by_arn.get(arn).cloned()
    }

    /// Who calls without saying who: the account root in development, otherwise nobody.
    pub fn anonymous(&self) -> Option<Arc<Principal>> {
        self.anonymous.clone()
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory({} principals)", self.by_arn.len())
    }
}

#[cfg(test)]
mod tests;
