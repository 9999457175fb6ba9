//! Key material, sealing and opening: the one crate that touches cryptography, and the one to audit.
//!
//! Everything Keystead writes at rest is one of two formats, both drawn byte by byte in their module:
//!
//! - [`blob`]: what the key-management service hands out (a wrapped data key, an encrypted message);
//! - [`record`]: what a service writes into its own store (an item, an index leaf, a policy, backing material).
//!
//! Beside these, a [`MacKey`] authenticates messages for callers of KMS.
//!
//! What it guarantees:
//!
//! - AES-256-GCM-SIV (RFC 8452) with mandatory associated data. A blob or record that is changed in any byte, cut
//!   short, or moved to another place does not open, and [`Inauthentic`] says so without a cause.
//! - A blob opens under one key only: it commits to its key, and the commitment is compared in constant time before
//!   anything is decrypted.
//! - Key material and plaintext live in types without `Debug`, `Clone` or comparison. They are read through `expose`
//!   alone, so every access greps, and they are overwritten when dropped. Buffers that hold them never grow, so no
//!   freed copy stays behind on the heap. Copies that the compiler or a dependency leaves on the stack or in registers
//!   are outside what safe Rust can promise.
//! - Randomness is injected through [`Entropy`]; there is no hidden source.
//!
//! The crate knows no store, no transport and no runtime. Both service cores call it.

mod aead;
pub mod blob;
mod context;
mod derive;
mod entropy;
mod error;
mod keys;
pub mod labels;
mod locator;
mod mac;
mod plaintext;
pub mod record;

pub use aead::ENCRYPTS;
pub use blob::Blob;
pub use context::EncryptionContext;
pub use derive::material_id;
pub use entropy::{Entropy, NONCE_BYTES, OsEntropy, SeededEntropy};
pub use error::{Inauthentic, Malformed, WrongLength, WrongMacKeyLength};
pub use keys::{BackingKey, BoundKey, DataKey, EffaceableKey, KEY_BYTES, LocatorKey, RootKey, TableKey};
pub use locator::TOKEN_BYTES;
pub use mac::{MacHash, MacKey};
pub use plaintext::Plaintext;
