//! What is answered to what, from the tables of cases in `tests/cases`: each file is a story of its own, told to an empty
//! service from its first line to its last.

use aws_json::DYNAMODB;

use super::{answer, door, root};

async fn check(story: &str) {
    let door = door().await;
    let ask = async |operation: &str, request: &str| answer(&door, root(), operation, request).await;
    let wrong = stories::tell(&DYNAMODB, story, ask).await;
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident)+) => {
        $(#[tokio::test]
        async fn $name() {
            check(include_str!(concat!("../../../../tests/cases/", stringify!($name), ".txt"))).await;
        })+
    };
}

files! { batches conditions constraints encryption items not_offered order others pages reads serialization tables tags updates values }
