//! What is answered to what, from the tables of cases in `tests/cases/kms`: each file is a story of its own, told to an empty
//! service from its first line to its last.
//!
//! The account's root asks, unless somebody else is named behind the operation: `Encrypt@bob`. `Wait {"Days":7}` is nobody's
//! request: time passes, and what is due is done. It comes late in a story: what is before it is told to a real service too
//! (`tests/tests/stories.rs`), whose clock nobody moves.

use aws_json::KMS;

use super::{World, caller};

async fn check(story: &str) {
    let world = World::new().await;
    let ask = async |operation: &str, request: &str| match operation.split_once('@') {
        Some((operation, name)) => stories::ask(&world.door, caller(name), operation, request).await,
        None if operation == "Wait" => {
            world.wait(request).await;
            (200, String::new())
        }
        None => world.ask(operation, request).await,
    };
    let wrong = stories::tell(&KMS, story, ask).await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

impl World {
    async fn wait(&self, request: &str) {
        let spans: serde_json::Value = serde_json::from_str(request).unwrap();
        let span = |unit: &str| spans[unit].as_u64().unwrap_or_default();
        self.clock.advance_millis(((span("Days") * 24 + span("Hours")) * 60 + span("Minutes")) * 60 * 1000);
        self.kms.run_upkeep().await.unwrap();
    }
}

macro_rules! files {
    ($($name:ident)+) => {
        $(#[tokio::test]
        async fn $name() {
            check(include_str!(concat!("../../../../tests/cases/kms/", stringify!($name), ".txt"))).await;
        })+
    };
}

files! {
    aliases blobs contexts deletion dry_runs grants identifiers keys macs not_offered pages policies retirable rotations
    serialization tags
}
