//! The domain of the table service: what a table, an item and a key are, and every rule about them.
//!
//! Nothing here knows a transport or a storage engine. The value half (numbers, attribute values, schemas, expressions,
//! encryption choices, errors) is synchronous and does no I/O.

pub mod codec;
pub mod error;
pub mod expr;
pub mod index;
pub mod keycond;
pub mod limits;
pub mod number;
pub mod schema;
pub mod sse;
pub mod validate;
pub mod value;
