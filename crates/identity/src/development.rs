//! Development on one machine: credentials that are made on first start and stay the same from then on.

use crate::{AccountId, Credential, Directory, DirectoryError, ServiceName};
use std::path::Path;

/// Where the account root's credential is kept in a data directory.
pub const ROOT_CREDENTIAL_FILE: &str = "root-credential.toml";
/// Where the credential of the service that may act for others is kept in a data directory.
pub const SERVICE_CREDENTIAL_FILE: &str = "service-credential.toml";

impl Directory {
    /// The development directory whose credentials are kept in `data_dir` (which must exist), mode 0600, made on first
    /// use. With `service`, that service is a principal that may act for others.
    pub fn development_in(
        data_dir: &Path,
        account: &AccountId,
        service: Option<ServiceName>,
    ) -> Result<Self, DirectoryError> {
        let root = Credential::read_or_create(&data_dir.join(ROOT_CREDENTIAL_FILE))?;
        let service = match service {
            Some(name) => Some((name, Credential::read_or_create(&data_dir.join(SERVICE_CREDENTIAL_FILE))?)),
            None => None,
        };
        Self::development(account.clone(), root, service)
    }
}
