//! Who is calling, how it was proved, and what the caller's own policy says.
//!
//! A [`Directory`] holds every principal a service knows, read from the principals file or made for development. It
//! turns an access key id and a secret, or the names of a certificate, into a [`Principal`], in constant time and with
//! one answer for every failure.
//! A [`Caller`] is a principal together with the service it comes through. A [`PolicyDocument`] answers what a
//! principal's own IAM policy says of an action on a resource; what else decides (key policies, grants) is each
//! service's own business; a [`ResourcePolicy`] only reads what such a policy says.
//!
//! Nothing here knows a transport or a store. Secrets have no `Debug`, no `Clone`, no equality but a constant-time
//! one, and are zeroized on drop.

mod credential;
mod development;
mod directory;
mod name;
mod pattern;
mod policy;
mod principal;
mod principals_file;
mod private_file;

pub use credential::{Credential, CredentialError, SecretKey};
pub use development::{ROOT_CREDENTIAL_FILE, SERVICE_CREDENTIAL_FILE};
pub use directory::{AuthError, Directory, DirectoryError};
pub use name::{AccessKeyId, AccountId, CertificateSan, NameError, PrincipalArn, Region, ServiceName};
pub use pattern::{Case, matches};
pub use policy::{
    Named, PolicyCondition, PolicyDocument, PolicyError, PolicyPrincipal, ResourcePolicy,
    ResourcePolicyError, ResourceStatement, Verdict,
};
pub use principal::{Caller, Principal, PrincipalKind};
pub use private_file::{FileError, read_rules, read_secret};
