//! Promise: what the doors answer is what comes out of the port. The stories that each door is told by itself, from a function
//! call to its answer, are told here to the real services: signed, over HTTP, to the same answers byte by byte, dates aside.

use std::collections::HashMap;

use aws_json::{DYNAMODB, KMS};
use tests::{ACCOUNT, Json, PERMISSIVE, Principals, Protocol, Settings, Stack};

async fn check(story: &str) {
    let stack = Stack::together().await;
    let tables = stack.json(Protocol::DynamoDb);
    let ask = async |operation: &str, request: &str| ask(&tables, operation, request).await;
    nothing_is_wrong(&stories::tell(&DYNAMODB, story, ask).await);
}

async fn ask(service: &Json, operation: &str, request: &str) -> (u16, String) {
    let request = service.signer().request(operation, request.as_bytes());
    let answer = service.exchange(&request).await.expect("an answer");
    (answer.status, String::from_utf8(answer.body).expect("an answer is text"))
}

#[track_caller]
fn nothing_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! files {
    ($folder:literal: $($name:ident)+) => {
        $(#[tokio::test]
        async fn $name() {
            check(include_str!(concat!("../cases/", $folder, stringify!($name), ".txt"))).await;
        })+
    };
}

// Without `encryption`, whose keys are those of a KMS that is not real, and `others`, which names its host.
files! {
    "":
    batches conditions constraints items not_offered order pages reads serialization tables tags updates values
}

/// The stories of KMS, told to `kms-service` by itself.
mod kms {
    use super::*;

    /// The account of the stories' `root`, `bob` and `eve`, and that of `stranger`.
    const STORY_ACCOUNT: &str = "111122223333";
    const OTHER_ACCOUNT: &str = "444455556666";
    /// How each moment of the stories ends, whose clock stands.
    const STORY_MILLIS: &str = ".123";
    /// A policy that allows nothing.
    const SILENT: &str = r#"{"Statement":[]}"#;

    async fn check(story: &str) {
        let principals = Principals::new().with("bob", PERMISSIVE).with("eve", SILENT);
        let principals = principals.with_foreign_root(OTHER_ACCOUNT);
        let people = [
            ("root", principals.root()),
            ("stranger", principals.foreign_root()),
            ("bob", principals.user("bob")),
            ("eve", principals.user("eve")),
        ];
        let mut stack = Stack::apart_unstarted(Settings::knowing(principals.clone()));
        stack.start_kms().await;
        let client = |credentials| Json::new(Protocol::Kms, stack.kms_address(), credentials);
        let clients = HashMap::from(people.map(|(name, person)| (name, client(&person.credentials))));
        let ask = async |operation: &str, request: &str| {
            let (operation, name) = operation.split_once('@').unwrap_or((operation, "root"));
            let client = clients.get(name).unwrap_or_else(|| panic!("nobody is called {name}"));
            ask(client, operation, request).await
        };
        nothing_is_wrong(&stories::tell(&KMS, &real(story), ask).await);
    }

    /// As much of the story as can happen to a real service: in the account of these tests, at moments that nobody knows
    /// beforehand, and as far as no time passes, because nobody can move its clock.
    fn real(story: &str) -> String {
        let story = story.split("\nWait ").next().unwrap_or_default().replace(STORY_ACCOUNT, ACCOUNT);
        let any_moment = |part: &str| match part.strip_suffix(STORY_MILLIS) {
            Some(part) => part.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned() + "*",
            None => part.to_owned(),
        };
        story.split_inclusive(STORY_MILLIS).map(any_moment).collect()
    }

    // All of them. Only the ends of `aliases`, `deletion`, `keys` and `rotations` are left out: there time passes.
    files! {
        "kms/":
        aliases blobs contexts deletion dry_runs grants identifiers keys macs not_offered pages policies retirable
        rotations serialization tags
    }
}
