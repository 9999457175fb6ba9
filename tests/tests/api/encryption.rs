//! Keys of tables: every kind, every way from one to another, and what happens when one cannot be used.

use std::time::Duration;

use serde_json::{Value, json};

use crate::items::{INVALID, fill, key};
use crate::keys::make_key;
use crate::{Api, api_suite, table};

const OWNED: &str = "owned";
const MANAGED: &str = "alias/aws/dynamodb";

/// How a request says that a table is to be under the owned key, the managed key, or the key of this name.
fn specification(kind: &str) -> Value {
    match kind {
        OWNED => json!({ "Enabled": false }),
        MANAGED => json!({ "Enabled": true, "SSEType": "KMS" }),
        key => json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": key }),
    }
}

fn switch(kind: &str) -> Value {
    json!({ "TableName": "Items", "SSESpecification": specification(kind) })
}

async fn make_table_under(api: &Api, kind: &str) {
    let mut request = table("Items");
    if kind != OWNED {
        request["SSESpecification"] = specification(kind);
    }
    api.tables("CreateTable", request).await;
}

/// Asks until `done` with the table's description; fails the test when that takes far too long.
async fn described(api: &Api, what: &str, done: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..2_000 {
        last = api.tables("DescribeTable", json!({ "TableName": "Items" })).await["Table"].clone();
        if done(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: {last}")
}

/// The ARN of the key that the table is under, once no switch is under way; none is the owned key's.
async fn settled(api: &Api) -> Option<String> {
    let table =
        described(api, "the switch is done", |table| table["SSEDescription"]["Status"] != "UPDATING").await;
    assert_eq!(table["TableStatus"], "ACTIVE");
    table["SSEDescription"]["KMSMasterKeyArn"].as_str().map(str::to_owned)
}

async fn arn_of(api: &Api, name: &str) -> String {
    let described = api.keys("DescribeKey", json!({ "KeyId": name })).await;
    described["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn get() -> Value {
    json!({ "TableName": "Items", "Key": key("a", 1) })
}

/// Reads until that is refused; the text of the refusal.
async fn refused(api: &Api) -> String {
    for _ in 0..2_000 {
        if let Err(refusal) = api.try_tables("GetItem", get()).await {
            assert_eq!(refusal.code, INVALID, "{refusal:?}");
            return refusal.message;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the table is read without its key");
}

api_suite! {
    /// A table moves from each kind of key to each other while its items stay where they are.
    move_in_all_directions(api) {
        let (one, two) = (make_key(api).await, make_key(api).await);
        make_table_under(api, OWNED).await;
        fill(api, "a", 3).await;
        let mut number = 3;
        for kind in [MANAGED, OWNED, &*one, MANAGED, &*two, &*one, OWNED] {
            let updated = api.tables("UpdateTable", switch(kind)).await;
            let sse = &updated["TableDescription"]["SSEDescription"];
            assert_eq!((&updated["TableDescription"]["TableStatus"], &sse["Status"]), (&json!("ACTIVE"), &json!("UPDATING")));
            // What is written meanwhile is under the old key or the new one, and is read either way.
            number += 1;
            fill(api, "a", number).await;
            let found = settled(api).await;
            match kind {
                OWNED => assert_eq!(found, None),
                MANAGED => assert_eq!(found, Some(arn_of(api, MANAGED).await)),
                key => assert_eq!(found.as_deref(), Some(key)),
            }
            let all = api.tables("Scan", json!({ "TableName": "Items" })).await;
            assert_eq!(all["Count"], number);
        }
    }

    /// Every name of a key means the key, whose ARN is what a table remembers.
    know_keys_by_each_name(api) {
        let arn = make_key(api).await;
        api.keys("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": arn })).await;
        let id = arn.rsplit('/').next().unwrap();
        for name in [&*arn, id, "alias/mine", "arn:aws:kms:us-east-1:000000000000:alias/mine"] {
            make_table_under(api, name).await;
            assert_eq!(settled(api).await.as_ref(), Some(&arn), "{name}");
            api.tables("DeleteTable", json!({ "TableName": "Items" })).await;
        }
        // The same key by another name is a switch, to itself; by its ARN it is none.
        make_table_under(api, &arn).await;
        let text = "Table is already encrypted with given KMSMasterKeyId.";
        api.tables_refuse("UpdateTable", switch(&arn), INVALID, text).await;
        api.tables("UpdateTable", switch("alias/mine")).await;
        assert_eq!(settled(api).await, Some(arn));
    }

    /// A table whose key is disabled says why, shows it, can be deleted, and heals.
    tell_that_the_key_is_disabled(api) {
        let arn = make_key(api).await;
        make_table_under(api, &arn).await;
        fill(api, "a", 1).await;
        api.keys("DisableKey", json!({ "KeyId": arn })).await;
        let text = refused(api).await;
        let wanted = format!("KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {arn} is disabled. (");
        assert!(text.starts_with(&wanted), "{text}");
        let marked = |table: &Value| table["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS";
        let table = described(api, "the status tells", marked).await;
        assert_eq!(table["SSEDescription"]["KMSMasterKeyArn"], json!(arn));
        assert!(table["SSEDescription"].get("InaccessibleEncryptionDateTime").is_some(), "{table}");
        for operation in ["Scan", "UpdateTable"] {
            let request = if operation == "Scan" { json!({ "TableName": "Items" }) } else { switch(MANAGED) };
            api.tables_refuse(operation, request, INVALID, "KMS key disabled error: ").await;
        }
        api.keys("EnableKey", json!({ "KeyId": arn })).await;
        let healed = described(api, "the status heals", |table| table["TableStatus"] == "ACTIVE").await;
        assert!(healed["SSEDescription"].get("InaccessibleEncryptionDateTime").is_none(), "{healed}");
        assert!(api.tables("GetItem", get()).await.get("Item").is_some());
        api.keys("DisableKey", json!({ "KeyId": arn })).await;
        refused(api).await;
        api.tables("DeleteTable", json!({ "TableName": "Items" })).await;
    }

    /// A key that waits for its deletion is as good as none, and once a table has left its key that may go.
    tell_that_the_key_is_pending_deletion(api) {
        let (old, new) = (make_key(api).await, make_key(api).await);
        make_table_under(api, &old).await;
        fill(api, "a", 1).await;
        api.keys("ScheduleKeyDeletion", json!({ "KeyId": old, "PendingWindowInDays": 7 })).await;
        let text = refused(api).await;
        let part = format!("com.amazonaws.services.kms.model.KMSInvalidStateException: {old} is pending deletion. (");
        assert!(text.contains(&part), "{text}");
        api.keys("CancelKeyDeletion", json!({ "KeyId": old })).await;
        api.keys("EnableKey", json!({ "KeyId": old })).await;
        described(api, "the status heals", |table| table["TableStatus"] == "ACTIVE").await;
        api.tables("UpdateTable", switch(&new)).await;
        assert_eq!(settled(api).await.as_ref(), Some(&new));
        api.keys("ScheduleKeyDeletion", json!({ "KeyId": old })).await;
        assert!(api.tables("GetItem", get()).await.get("Item").is_some());
    }

    /// A key that cannot be used takes no table, and leaves nothing behind.
    refuse_keys_that_cannot_be_used(api) {
        let disabled = make_key(api).await;
        api.keys("DisableKey", json!({ "KeyId": disabled })).await;
        let absent = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        make_table_under(api, OWNED).await;
        for (key, text) in [(&*disabled, "disabled"), (absent, "does not exist"), ("alias/absent", "not found")] {
            let mut create = table("Other");
            create["SSESpecification"] = specification(key);
            api.tables_refuse("CreateTable", create, INVALID, text).await;
            api.tables_refuse("UpdateTable", switch(key), INVALID, text).await;
        }
        assert_eq!(api.tables("ListTables", json!({})).await["TableNames"], json!(["Items"]));
        assert_eq!(settled(api).await, None);
    }
}
