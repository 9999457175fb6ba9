//! The domain of the table service: what a table, an item and a key are, and every rule about them.
//!
//! Nothing here knows a transport or a storage engine. Two halves: the *values* (numbers, attribute values, schemas,
//! expressions, encryption choices, errors) are synchronous and do no I/O; the *engine* (catalogue, keyrings, leases,
//! the sealed sort index, operations) works through two ports, a [`store::Store`] and a [`kms::KeyService`].

pub mod clock;
pub mod codec;
pub mod error;
pub mod expr;
pub mod index;
pub mod keycond;
pub mod kms;
pub mod lease;
pub mod limits;
pub mod number;
pub mod ops;
pub mod quota;
pub mod record;
pub mod request;
pub mod schema;
mod shred;
pub mod sse;
pub mod tags;
pub mod validate;
pub mod value;

mod access;
mod authorize;
mod binding;
mod count;
mod engine;
mod health;
mod items;
mod keyring;
mod layout;
mod sweep;
mod switch;
mod table;

pub use authorize::Op;
pub use engine::{Config, Counters, Ports, Tables};
