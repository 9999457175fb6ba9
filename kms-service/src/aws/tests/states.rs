//! The state table: every operation on a key in every state that a key can be in.

use super::World;

const STATES: [&str; 3] = ["Enabled", "Disabled", "PendingDeletion"];

/// What an operation is answered.
#[derive(Clone, Copy, Debug)]
enum Cell {
    Done,
    Disabled,
    Pending,
    NotPending,
}

use Cell::{Disabled, Done, NotPending, Pending};

/// Operation, request, and what it is answered in each state. `KEY` is the key, `OTHER` an enabled one; each has a blob, and
/// the key has a grant and an alias. `HMAC` is another key in that state, which has computed a code.
const TABLE: &[(&str, &str, [Cell; 3])] = &[
    ("CancelKeyDeletion", r#"{"KeyId":"KEY"}"#, [NotPending, NotPending, Done]),
    ("CreateAlias", r#"{"AliasName":"alias/new","TargetKeyId":"KEY"}"#, MANAGE),
    ("CreateGrant", r#"{"KeyId":"KEY","GranteePrincipal":"WHO","Operations":["Decrypt"]}"#, USE),
    ("Decrypt", r#"{"CiphertextBlob":"BLOB"}"#, USE),
    ("Decrypt", r#"{"CiphertextBlob":"BLOB","KeyId":"alias/key"}"#, USE),
    ("DeleteAlias", r#"{"AliasName":"alias/key"}"#, ALWAYS),
    ("DescribeKey", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("DisableKeyRotation", r#"{"KeyId":"KEY"}"#, USE),
    ("EnableKeyRotation", r#"{"KeyId":"KEY"}"#, USE),
    ("GetKeyPolicy", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("GetKeyRotationStatus", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("ListKeyPolicies", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("ListKeyRotations", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("ListResourceTags", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("PutKeyPolicy", r#"{"KeyId":"KEY","Policy":"POLICY"}"#, ALWAYS),
    ("TagResource", r#"{"KeyId":"KEY","Tags":[{"TagKey":"k","TagValue":"v"}]}"#, MANAGE),
    ("UntagResource", r#"{"KeyId":"KEY","TagKeys":["k"]}"#, MANAGE),
    ("UpdateKeyDescription", r#"{"KeyId":"KEY","Description":"d"}"#, MANAGE),
    ("GenerateMac", r#"{"KeyId":"HMAC","Message":"AA==","MacAlgorithm":"HMAC_SHA_256"}"#, USE),
    ("VerifyMac", r#"{"KeyId":"HMAC","Message":"AA==","MacAlgorithm":"HMAC_SHA_256","Mac":"CODE"}"#, USE),
    ("DescribeKey", r#"{"KeyId":"alias/key"}"#, ALWAYS),
    ("DisableKey", r#"{"KeyId":"KEY"}"#, MANAGE),
    ("EnableKey", r#"{"KeyId":"KEY"}"#, MANAGE),
    ("Encrypt", r#"{"KeyId":"KEY","Plaintext":"AA=="}"#, USE),
    ("Encrypt", r#"{"KeyId":"alias/key","Plaintext":"AA=="}"#, USE),
    ("GenerateDataKey", r#"{"KeyId":"KEY","KeySpec":"AES_256"}"#, USE),
    ("GenerateDataKeyWithoutPlaintext", r#"{"KeyId":"KEY","NumberOfBytes":5}"#, USE),
    ("ListAliases", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("ListGrants", r#"{"KeyId":"KEY"}"#, ALWAYS),
    ("ReEncrypt", r#"{"CiphertextBlob":"BLOB","DestinationKeyId":"OTHER"}"#, USE),
    ("ReEncrypt", r#"{"CiphertextBlob":"OTHER_B","DestinationKeyId":"KEY"}"#, USE),
    ("RetireGrant", r#"{"KeyId":"KEY","GrantId":"GRANT"}"#, ALWAYS),
    ("RevokeGrant", r#"{"KeyId":"KEY","GrantId":"GRANT"}"#, ALWAYS),
    ("RotateKeyOnDemand", r#"{"KeyId":"KEY"}"#, USE),
    ("ScheduleKeyDeletion", r#"{"KeyId":"KEY"}"#, MANAGE),
    ("UpdateAlias", r#"{"AliasName":"alias/other","TargetKeyId":"KEY"}"#, MANAGE),
    ("UpdateAlias", r#"{"AliasName":"alias/key","TargetKeyId":"OTHER"}"#, ALWAYS),
];

const USE: [Cell; 3] = [Done, Disabled, Pending];
const MANAGE: [Cell; 3] = [Done, Done, Pending];
const ALWAYS: [Cell; 3] = [Done, Done, Done];

/// The operations that name no key.
const KEYLESS: &[&str] = &["CreateKey", "GenerateRandom", "ListKeys", "ListRetirableGrants"];

#[test]
fn every_operation_is_in_the_table() {
    for operation in kms_core::Operation::ALL.iter().map(|operation| operation.as_str()) {
        let listed = TABLE.iter().any(|(name, ..)| *name == operation);
        assert!(listed || KEYLESS.contains(&operation) || operation == "WatchKeys", "{operation}");
    }
}

/// A key of which everything is there, in a state.
struct Stage {
    world: World,
    key: String,
    hmac: String,
    words: Vec<(&'static str, String)>,
}

impl Stage {
    async fn set(state: &str) -> Self {
        let world = World::new().await;
        let (key, other) = (world.key().await, world.key().await);
        let mut blobs = Vec::new();
        for (alias, target) in [("alias/key", &key), ("alias/other", &other)] {
            world
                .done("CreateAlias", &format!(r#"{{"AliasName":"{alias}","TargetKeyId":"{target}"}}"#))
                .await;
            let sealed =
                world.done("Encrypt", &format!(r#"{{"KeyId":"{target}","Plaintext":"AA=="}}"#)).await;
            blobs.push(sealed["CiphertextBlob"].as_str().unwrap().to_owned());
        }
        let who = "arn:aws:iam::111122223333:user/bob";
        let grant = format!(r#"{{"KeyId":"{key}","GranteePrincipal":"{who}","Operations":["Decrypt"]}}"#);
        let grant = world.done("CreateGrant", &grant).await["GrantId"].as_str().unwrap().to_owned();
        let hmac =
            world.done("CreateKey", r#"{"KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC"}"#).await;
        let hmac = hmac["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        let code = format!(r#"{{"KeyId":"{hmac}","Message":"AA==","MacAlgorithm":"HMAC_SHA_256"}}"#);
        let code = world.done("GenerateMac", &code).await["Mac"].as_str().unwrap().to_owned();
        for key in [&key, &hmac] {
            let named = format!(r#"{{"KeyId":"{key}"}}"#);
            match state {
                "Enabled" => {}
                "Disabled" => drop(world.done("DisableKey", &named).await),
                _ => drop(world.done("ScheduleKeyDeletion", &named).await),
            }
            assert_eq!(world.done("DescribeKey", &named).await["KeyMetadata"]["KeyState"], state);
        }
        let policy = concat!(
            r#"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"#,
            r#"\"Action\":\"kms:*\",\"Resource\":\"*\"}}"#
        );
        let [blob, other_blob] = blobs.try_into().unwrap();
        let words = vec![
            ("OTHER_B", other_blob),
            ("OTHER", other),
            ("KEY", key.clone()),
            ("BLOB", blob),
            ("GRANT", grant),
            ("WHO", who.to_owned()),
            ("HMAC", hmac.clone()),
            ("CODE", code),
            ("POLICY", policy.to_owned()),
        ];
        Self { world, key, hmac, words }
    }

    async fn ask(&self, operation: &str, request: &str) -> (u16, String) {
        let fill = |request: String, (word, meant): &(&str, String)| {
            request.replace(&format!("\"{word}\""), &format!("\"{meant}\""))
        };
        self.world.ask(operation, &self.words.iter().fold(request.to_owned(), fill)).await
    }
}

#[tokio::test]
async fn every_operation_in_every_state() {
    for (operation, request, cells) in TABLE {
        for (state, cell) in STATES.iter().zip(cells) {
            let stage = Stage::set(state).await;
            let (status, body) = stage.ask(operation, request).await;
            let key = if request.contains("HMAC") { &stage.hmac } else { &stage.key };
            let refused = |code: &str, text: &str| {
                (400, format!(r#"{{"__type":"{code}","message":"{key} is {text}."}}"#))
            };
            let wanted = match cell {
                Done => (200, body.clone()),
                Disabled => refused("DisabledException", "disabled"),
                Pending => refused("KMSInvalidStateException", "pending deletion"),
                NotPending => refused("KMSInvalidStateException", "not pending deletion"),
            };
            assert_eq!((status, body), wanted, "{operation} {request} of a key that is {state}");
        }
    }
}

/// What is enabled again works again, and what was scheduled for deletion is disabled first.
#[tokio::test]
async fn states_follow_one_another() {
    let world = World::new().await;
    let key = world.key().await;
    let named = format!(r#"{{"KeyId":"{key}"}}"#);
    let state = async || {
        let metadata = world.done("DescribeKey", &named).await["KeyMetadata"].clone();
        let deletion = metadata.get("DeletionDate").is_some();
        (metadata["KeyState"].as_str().unwrap().to_owned(), metadata["Enabled"].as_bool().unwrap(), deletion)
    };
    for (operation, expected) in [
        ("EnableKey", ("Enabled", true, false)),
        ("DisableKey", ("Disabled", false, false)),
        ("DisableKey", ("Disabled", false, false)),
        ("EnableKey", ("Enabled", true, false)),
        ("ScheduleKeyDeletion", ("PendingDeletion", false, true)),
        ("CancelKeyDeletion", ("Disabled", false, false)),
        ("ScheduleKeyDeletion", ("PendingDeletion", false, true)),
        ("CancelKeyDeletion", ("Disabled", false, false)),
        ("EnableKey", ("Enabled", true, false)),
    ] {
        world.done(operation, &named).await;
        let (name, enabled, deletion) = expected;
        assert_eq!(state().await, (name.to_owned(), enabled, deletion), "after {operation}");
    }
}
