//! The black-box harness: starts the real binaries on loopback ports of their own choosing and talks to them as any
//! client would. The tests that use it are in `tests/tests`, one file per promise.
//!
//! - [`Stack`] runs the services, together in one `keystead` or apart, stops, kills and restarts them, and cleans up.
//! - [`Kms`] and [`Tables`] are typed clients, through either [`Door`]; a refusal is a [`Refused`] with the AWS error code.
//! - [`Json`] calls either service over AWS's JSON protocols, signed.
//! - [`Operation`] turns messages into AWS's JSON and back; [`through_each_door!`] runs a test once for each door.
//! - [`item`] builds items, [`Dice`] is the seeded randomness, [`Fleet`] the load that knows what it must read back.
//! - [`canary`] finds planted strings, [`metrics`] reads the admin port.
//!
//! Nothing here waits for a fixed time: everything waits for a signal, with an upper bound after which the test fails.

mod binaries;
pub mod canary;
mod certificates;
mod client;
mod dice;
mod disk;
pub mod item;
mod json;
mod load;
mod messages;
pub mod metrics;
mod principals;
mod process;
mod refused;
mod scenario;
mod stack;
mod wait;

pub use binaries::path as binary;
pub use certificates::{Authority, Certificate};
pub use client::{Credentials, Door, Headers, Kms, Tables, channel};
pub use dice::Dice;
pub use disk::Disk;
pub use json::{Answer, Connection, Json, JsonRefused, Protocol, Signer};
pub use load::{Client, Fleet, Weight};
pub use messages::{Operation, message_json};
pub use principals::{PERMISSIVE, Person, Principals};
pub use refused::{Refusal, Refused};
pub use scenario::{Encryption, music, partition_only, table};
pub use stack::{Settings, Stack, Stopped, root_credentials, run_in, run_to_end};
pub use wait::{eventually, within};

/// The account of every test.
pub const ACCOUNT: &str = "000000000000";
/// The Region of every test.
pub const REGION: &str = "us-east-1";

/// Runs each of these `async fn(Door)` as a test for each door.
#[macro_export]
macro_rules! through_each_door {
    ($($promise:ident)+) => {
        mod grpc {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise($crate::Door::Grpc).await;
            })+
        }

        mod aws_json {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise($crate::Door::AwsJson).await;
            })+
        }
    };
}
