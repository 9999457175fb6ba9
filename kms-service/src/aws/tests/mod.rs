//! The door, called as the server calls it, over keys whose store is memory and whose clock a story can move.

mod answers;
mod cases;
mod records;
mod states;

use std::sync::{Arc, Mutex};

use envelope::{OsEntropy, RootKey};
use identity::{AccountId, Caller, PolicyDocument, Principal, PrincipalArn};
use kms_core::{Audit, AuditRecord, Kms, ManualClock, Ports, Timestamp};
use store::MemoryStore;

use super::Door;

const ACCOUNT: &str = "111122223333";
const OTHER_ACCOUNT: &str = "444455556666";

/// A door to no keys, and what is around them.
struct World {
    door: Door,
    kms: Kms,
    clock: Arc<ManualClock>,
    audit: Arc<Recorder>,
}

impl World {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_123)));
        let audit = Arc::new(Recorder::default());
        let ports = Ports {
            store: store.clone(),
            effaceable: store,
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            audit: audit.clone(),
        };
        let root = RootKey::generate(&OsEntropy);
        let kms = Kms::open("us-east-1".parse().unwrap(), root, ports).await.unwrap();
        Self { door: Door::new(kms.clone()), kms, clock, audit }
    }

    /// What the account's root is answered.
    async fn ask(&self, operation: &str, request: &str) -> (u16, String) {
        stories::ask(&self.door, caller("root"), operation, request).await
    }

    /// The answer, as JSON; it must be one.
    async fn done(&self, operation: &str, request: &str) -> serde_json::Value {
        let (status, body) = self.ask(operation, request).await;
        assert_eq!(status, 200, "{operation} {request}: {body}");
        if body.is_empty() { serde_json::Value::Null } else { serde_json::from_str(&body).unwrap() }
    }

    /// A new key's ARN.
    async fn key(&self) -> String {
        self.done("CreateKey", "{}").await["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }
}

/// Keeps every audit record.
#[derive(Default)]
struct Recorder(Mutex<Vec<AuditRecord>>);

impl Audit for Recorder {
    fn record(&self, record: &AuditRecord) {
        self.0.lock().unwrap().push(record.clone());
    }
}

/// The people of the stories: `root`, `stranger` (root of another account), `bob` (who is allowed everything) and `eve`
/// (who is allowed nothing).
fn caller(name: &str) -> Caller {
    let root = |account: &str| Principal::root(account.parse::<AccountId>().unwrap());
    let user = |policy| {
        let arn: PrincipalArn = format!("arn:aws:iam::{ACCOUNT}:user/{name}").parse().unwrap();
        Principal::user(arn, policy)
    };
    Caller::direct(Arc::new(match name {
        "root" => root(ACCOUNT),
        "stranger" => root(OTHER_ACCOUNT),
        "bob" => user(PolicyDocument::allow_all()),
        "eve" => user(PolicyDocument::default()),
        other => panic!("nobody is called {other}"),
    }))
}

/// A policy of a kind that is not evaluated yet, as a text in JSON.
macro_rules! denying {
    () => {
        r#""{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}]}""#
    };
}
const LIMITED: &[stories::compatibility::Limited] = &[
    ("CreateKey", "KeySpec", r#"{"KeySpec":"RSA_2048","KeyUsage":"ENCRYPT_DECRYPT"}"#),
    (
        "CreateKey",
        "CustomerMasterKeySpec",
        r#"{"CustomerMasterKeySpec":"RSA_2048","KeyUsage":"ENCRYPT_DECRYPT"}"#,
    ),
    ("CreateKey", "KeyUsage", r#"{"KeyUsage":"SIGN_VERIFY"}"#),
    ("CreateKey", "MultiRegion", r#"{"MultiRegion":true}"#),
    ("CreateKey", "Origin", r#"{"Origin":"EXTERNAL"}"#),
    ("CreateKey", "Policy", concat!(r#"{"Policy":"#, denying!(), "}")),
    ("PutKeyPolicy", "Policy", concat!(r#"{"KeyId":"$key","Policy":"#, denying!(), "}")),
];

#[tokio::test]
async fn the_readme_says_of_each_operation_what_is_offered() {
    let readme = include_str!("../../../../README.md");
    let operations = (super::operations::SERVED, super::operations::NAMES);
    let wrong = stories::compatibility::compare(readme, "KMS", operations.0, LIMITED, operations.1);
    assert_eq!(wrong, [""; 0]);
    let world = World::new().await;
    let key = world.key().await;
    for (operation, member, request) in LIMITED {
        let (status, body) = world.ask(operation, &request.replace("$key", &key)).await;
        assert!(
            status == 400 && body.contains("UnsupportedOperationException"),
            "{operation}.{member}: {body}"
        );
    }
}
