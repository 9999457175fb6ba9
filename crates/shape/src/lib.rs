//! The language in which AWS's API models speak of requests: structures with named members, closed sets of values,
//! constraints and the texts that name what breaks them. It knows no transport and no service.
//!
//! A core writes each request once, as a plain struct, and derives [`Decode`] on it. A door for AWS JSON then is
//! `shape::decode::<Request>(body)`, one domain call, and the answer.
//!
//! ```
//! use shape::{Decode, Member, Request, Violations, choices};
//!
//! #[derive(Clone, Copy, Debug, PartialEq)]
//! enum Mode { Fast, Safe }
//! // The names in the order in which AWS's text lists them. A plain `Mode` would do as a member too: then a value that is
//! // not of the set is a violation at once. A `Member<Mode>` keeps it for `constraints`, which every door runs.
//! choices!(Mode { Fast = "FAST", Safe = "SAFE" });
//!
//! #[derive(Debug, Default, Decode)]
//! // The name in AWS's model, if it is another than the type's.
//! #[shape(name = "PutThingInput")]
//! // AWS has it and we do not yet: a request that sets it is refused.
//! #[shape(later("StreamSpecification", "Tags"))]
//! // AWS has it and leaving it out of account is right; its type is checked all the same.
//! #[shape(ignored(ConsistentRead: bool = "every read is strongly consistent"))]
//! struct PutThing {
//!     #[shape(required)]
//!     thing_name: String,                  // ThingName
//!     #[shape(rename = "KMSKeyId")]
//!     kms_key_id: Option<String>,
//!     mode: Member<Mode>,
//!     limit: Option<i32>,
//!     // What is not there is the struct's default. Decoded as another type, and made into the member's by `From`, ...
//!     #[shape(via = String)]
//!     note: Note,
//!     // ... or by a function.
//!     #[shape(rename = "ScanForward", via = bool, by = |forward: bool| !forward)]
//!     backward: bool,
//!     // Members of a struct of its own that stand in this one.
//!     #[shape(flatten)]
//!     page: Page,
//! }
//!
//! #[derive(Debug, Default, Decode)]
//! struct Page { marker: Option<String> }
//!
//! #[derive(Debug, Default)]
//! struct Note(String);
//! impl From<String> for Note {
//!     fn from(text: String) -> Self { Self(text) }
//! }
//!
//! impl Request for PutThing {
//!     /// What the domain's operation checks as well, so that other doors have it.
//!     fn constraints(&self, violations: &mut Violations) {
//!         violations.one_of("mode", &self.mode);
//!         violations.range("limit", self.limit, 1..=100);
//!     }
//! }
//!
//! let put = shape::decode::<PutThing>(br#"{"ThingName": "t", "ScanForward": true, "Mode": "SAFE", "New": [1]}"#)?;
//! assert_eq!((put.thing_name.as_str(), put.mode, put.backward), ("t", Member::Known(Mode::Safe), false));
//!
//! let refused = shape::decode::<PutThing>(br#"{"Limit": 0}"#).unwrap_err();
//! assert_eq!(
//!     refused.public_text("com.amazonaws.dynamodb.v20120810").unwrap(),
//!     "2 validation errors detected: \
//!      Value null at 'thingName' failed to satisfy constraint: Member must not be null; \
//!      Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
//! );
//! # Ok::<(), shape::Refusal>(())
//! ```
//!
//! Members that AWS's model does not have are skipped, as AWS does; `null` is the same as absent. What AWS's model has and
//! a struct lacks is found by the test that compares both (the module `model`, with the feature of that name).
//!
//! A type whose rules are its own implements [`Decode`] by hand, with [`Reader::map`] and [`Reader::value`].

mod choice;
mod decode;
mod echo;
mod json;
#[cfg(feature = "model")]
pub mod model;
mod request;
mod scalar;
mod secret;
mod structure;
mod unreadable;
mod violation;

pub use choice::{Choice, Member};
pub use decode::{Decode, Place, Report, Shape};
pub use echo::Echo;
pub use json::{Kind, MAX_DEPTH, Reader};
pub use request::{Refusal, Request, decode};
pub use scalar::Millis;
pub use secret::Secret;
pub use shape_derive::Decode;
pub use structure::{Field, Standing, Structure, structure};
pub use unreadable::{Found, Unreadable};
pub use violation::{MAX_SHOWN_CHARS, MAX_VIOLATIONS, Rule, Shown, Violated, Violation, Violations};
