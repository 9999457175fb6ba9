//! Effaceable storage: a place for small secrets that can really be destroyed.
//!
//! A log-structured store keeps what was deleted until it reuses the space, and backs it up, and nobody can say when it
//! is gone. So whoever must be able to destroy a record seals it under a key that also needs a secret kept here. A secret
//! here is overwritten in place, so that afterwards no copy of the record opens, wherever it lies.
//!
//! What this cannot reach: copies that the owner made of the whole directory, blocks that a copy-on-write file system or
//! a flash drive has set aside. Callers: the two cores, one secret for each KMS key and each table.

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::StoreError;

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 32;

/// The name of a secret. Zeros name none.
pub type SecretId = [u8; 16];

/// A secret, overwritten in memory when it is dropped.
pub type Secret = Zeroizing<[u8; SECRET_BYTES]>;

/// Secrets by id, each of which can be destroyed.
///
/// It is a second, much smaller promise beside [`Store`](crate::Store), and the two share no commit. The order that
/// keeps them together: keep the secret, then commit what needs it; commit the end of what needs it, then efface. A crash in
/// between leaves a secret that nothing needs, and whoever starts next effaces it.
#[async_trait]
pub trait Effaceable: Send + Sync + 'static {
    /// Keeps `secret` under `id`, instead of any other; durable when this returns. After a failure it is kept or not.
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError>;

    /// The secret of `id`.
    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError>;

    /// Overwrites the secret of `id`; gone for good when this returns. There need not be one.
    async fn efface(&self, id: SecretId) -> Result<(), StoreError>;

    /// The ids of all secrets, in no order.
    fn secrets(&self) -> Vec<SecretId>;
}
