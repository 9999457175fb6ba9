//! The key-management domain: keys, aliases and grants, who may use them, and what using them does.
//!
//! Rings, inward: [`kms`] runs the operations in `ops`, one file each; an operation resolves a key in the `ring`,
//! demands a proof from [`authorize`], and makes a `plan` of changes; the `vault` seals them for the store. Nothing here
//! knows a transport, an engine or a clock of its own: store, clock, entropy and audit are ports.

mod alias;
mod arn;
mod audit;
mod authorize;
mod background;
mod clock;
mod constraints;
mod error;
mod events;
mod first_use;
mod grant;
mod ids;
mod key;
mod kms;
pub mod limits;
mod metadata;
pub mod ops;
mod page;
mod plan;
mod policy;
mod realm;
mod ring;
mod rotation;
mod rows;
mod spec;
mod tags;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod vault;

pub use alias::AliasName;
pub use audit::{Audit, AuditRecord, Operation};
pub use authorize::Op;
pub use background::Upkeep;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use error::{Denial, DenialReason, KmsError, PolicyFault, Quota, Rule, TagRule, Unsupported};
pub use events::{KeyChange, Watch, WatchEvent};
pub use grant::{Constraints, GrantOperation, Grantee};
pub use ids::{GrantId, KeyId};
pub use key::{KeyKind, KeyState};
pub use kms::{Kms, Ports};
pub use metadata::KeyMetadata;
pub use page::{Page, PageRequest};
pub use rotation::RotationType;
pub use spec::{
    DataKeySize, DataKeySpec, EncryptionAlgorithm, KeySpec, KeyType, KeyUsage, MacAlgorithm, Origin,
};
pub use tags::Tag;
pub use vault::OpenError;
