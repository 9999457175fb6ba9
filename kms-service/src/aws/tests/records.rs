//! What the audit log has of requests that came through this door, and what is left of the plaintext that goes out.

use std::collections::BTreeSet;

use kms_core::Operation;

use super::{World, caller};
use crate::aws::operations::NAMES;

impl World {
    /// The last record: who, what, and the code of the refusal.
    fn last(&self) -> (String, Operation, Option<&'static str>) {
        let records = self.audit.0.lock().unwrap();
        let record = records.last().unwrap();
        (record.principal.to_string(), record.operation, record.refusal)
    }

    fn records(&self) -> usize {
        self.audit.0.lock().unwrap().len()
    }
}

#[test]
fn every_operation_is_named_once_and_every_one_of_the_domain_is_served() {
    let distinct: BTreeSet<_> = NAMES.iter().collect();
    assert_eq!(distinct.len(), NAMES.len());
    for operation in Operation::ALL.iter().filter(|operation| **operation != Operation::WatchKeys) {
        assert!(NAMES.contains(&operation.as_str()), "{operation:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_translated_is_on_record_all_the_same() {
    let world = World::new().await;
    for (request, code) in [
        ("{", "SerializationException"),
        (r#"{"KeyId":[]}"#, "SerializationException"),
        ("{}", "ValidationException"),
        (
            r#"{"KeyId":"k","Plaintext":"AA==","EncryptionAlgorithm":"SM2PKE"}"#,
            "UnsupportedOperationException",
        ),
        (r#"{"KeyId":"k","Plaintext":"AA=="}"#, "NotFoundException"),
    ] {
        let before = world.records();
        let (status, body) = stories::ask(&world.door, caller("eve"), "Encrypt", request).await;
        assert!(status == 400 && body.contains(code), "{request}: {body}");
        assert_eq!(world.records(), before + 1, "{request}");
        let eve = "arn:aws:iam::111122223333:user/eve".to_owned();
        assert_eq!(world.last(), (eve, Operation::Encrypt, Some(code)), "{request}");
    }
}

#[tokio::test]
async fn every_operation_is_on_record_under_its_own_name() {
    let world = World::new().await;
    for operation in Operation::ALL.iter().filter(|operation| **operation != Operation::WatchKeys) {
        world.ask(operation.as_str(), "[]").await;
        assert_eq!((world.last().1, world.last().2), (*operation, Some("SerializationException")));
        world.ask(operation.as_str(), "{}").await;
        assert_eq!(world.last().1, *operation);
    }
}

/// A buffer that had grown would have left plaintext behind.
#[tokio::test]
async fn a_body_is_as_long_as_its_buffer() {
    use service_kit::{Call, JsonApi as _, RequestId};
    let world = World::new().await;
    let key = world.key().await;
    let made = world.done("GenerateDataKey", &format!(r#"{{"KeyId":"{key}","NumberOfBytes":1024}}"#)).await;
    let blob = made["CiphertextBlob"].as_str().unwrap();
    let requests = [
        ("Decrypt", format!(r#"{{"CiphertextBlob":"{blob}"}}"#)),
        ("GenerateDataKey", format!(r#"{{"KeyId":"{key}","KeySpec":"AES_256"}}"#)),
        ("GenerateRandom", r#"{"NumberOfBytes":1000}"#.to_owned()),
        ("ListKeys", "{}".to_owned()),
    ];
    for (operation, request) in requests {
        let call = Call {
            operation,
            body: request.into(),
            caller: caller("root"),
            request_id: RequestId::generate(),
            trace_parent: None,
            host: "service.example".to_owned(),
        };
        let body = world.door.call(call).await.unwrap();
        assert_eq!(body.len(), body.capacity(), "{operation}");
    }
}
