//! Promise: what the door answers is what comes out of the port. The stories that DynamoDB's door is told by itself, from a
//! function call to its answer, are told here to the real service: signed, over HTTP, to the same answers byte by byte.

use aws_json::DYNAMODB;
use tests::{Protocol, Stack};

async fn check(story: &str) {
    let stack = Stack::together().await;
    let tables = stack.json(Protocol::DynamoDb);
    let ask = async |operation: &str, request: &str| {
        let request = tables.signer().request(operation, request.as_bytes());
        let answer = tables.exchange(&request).await.expect("an answer");
        (answer.status, String::from_utf8(answer.body).expect("an answer is text"))
    };
    let wrong = stories::tell(&DYNAMODB, story, ask).await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident)+) => {
        $(#[tokio::test]
        async fn $name() {
            check(include_str!(concat!("../cases/", stringify!($name), ".txt"))).await;
        })+
    };
}

// Without `encryption`, whose keys are those of a KMS that is not real, and `others`, which names its host.
files! { batches conditions constraints items not_offered order pages reads serialization tables tags updates values }
