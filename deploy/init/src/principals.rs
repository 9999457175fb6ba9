//! The principals of a new deployment: the account root, and the table service at the key-management service.
//!
//! Neither file is touched once it is there: whoever operates the services adds users to them.

use identity::{AccountId, Credential, PrincipalArn, Region, ServiceName};
use zeroize::Zeroizing;

/// The name in the account root's client certificate.
pub(crate) const ROOT_SAN: &str = "root.keystead.internal";
/// The name in the certificate that the table service shows to the key-management service.
pub(crate) const SERVICE_SAN: &str = "table-service.keystead.internal";

/// The account root, with a credential and a certificate.
pub(crate) fn root(account: &AccountId, credential: &Credential) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "# The root of the account: may do everything. Add users below; the services read this when they start.\n\
         [[principal]]\n\
         arn = 'arn:aws:iam::{account}:root'\n\
         access_key_id = '{}'\n\
         secret_access_key = '{}'\n\
         certificate_san = '{ROOT_SAN}'\n",
        credential.access_key_id,
        credential.secret.expose()
    ))
}

/// The table service, which proves itself with its certificate alone.
pub(crate) fn service(account: &AccountId, region: &Region) -> String {
    let name = ServiceName::dynamodb(region);
    format!(
        "\n[[principal]]\narn = '{}'\nservice = '{name}'\ncertificate_san = '{SERVICE_SAN}'\n",
        PrincipalArn::of_service(account, &name)
    )
}
