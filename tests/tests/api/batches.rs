//! Batches: many items at once, each by itself.

use serde_json::{Value, json};

use crate::api_suite;
use crate::items::{INVALID, fill, key};

fn put(number: u32) -> Value {
    json!({ "PutRequest": { "Item": key("b", number) } })
}

fn delete(number: u32) -> Value {
    json!({ "DeleteRequest": { "Key": key("b", number) } })
}

fn write(requests: Vec<Value>) -> Value {
    json!({ "RequestItems": { "Items": requests } })
}

fn read(keys: Vec<Value>) -> Value {
    json!({ "RequestItems": { "Items": { "Keys": keys } } })
}

api_suite! {
    /// As many as AWS takes, and not one more.
    have_their_limits(api) {
        api.make_table("Items").await;
        let text = "at 'RequestItems.Items.member' failed to satisfy constraint: Member must have length less than or equal to 25";
        api.tables_refuse("BatchWriteItem", write((1..=26).map(put).collect()), INVALID, text).await;
        for part in [1..=25, 26..=50, 51..=75, 76..=100] {
            api.tables("BatchWriteItem", write(part.map(put).collect())).await;
        }
        let keys = |count: u32| (1..=count).map(|number| key("b", number)).collect();
        let found = api.tables("BatchGetItem", read(keys(100))).await;
        assert_eq!(found["Responses"]["Items"].as_array().unwrap().len(), 100);
        let text = "at 'RequestItems.Items.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100";
        api.tables_refuse("BatchGetItem", read(keys(101)), INVALID, text).await;
    }

    /// Puts and deletes of one batch, and what is left.
    put_and_delete(api) {
        api.make_table("Items").await;
        fill(api, "a", 1).await;
        api.tables("BatchWriteItem", write(vec![put(1), put(2)])).await;
        api.tables("BatchWriteItem", write(vec![delete(1), put(3), delete(9)])).await;
        let scanned = api.tables("Scan", json!({ "TableName": "Items" })).await;
        assert_eq!(scanned["Count"], 3);
        let found = api.tables("BatchGetItem", read(vec![key("b", 1), key("b", 2), key("b", 3)])).await;
        assert_eq!(found["Responses"]["Items"].as_array().unwrap().len(), 2);
    }

    /// One wrong request and none of them is done.
    are_refused_whole(api) {
        api.make_table("Items").await;
        let wrong = [
            (json!({ "PutRequest": { "Item": { "pk": { "S": "b" } } } }), "The provided key element does not match the schema"),
            (json!({ "DeleteRequest": { "Key": { "pk": { "S": "b" } } } }), "The provided key element does not match the schema"),
            (put(1), "Provided list of item keys contains duplicates"),
        ];
        for (request, text) in wrong {
            api.tables_refuse("BatchWriteItem", write(vec![put(1), request]), INVALID, text).await;
        }
        let absent = json!({ "RequestItems": { "Items": [put(1)], "Absent": [put(1)] } });
        api.tables_refuse("BatchWriteItem", absent, "ResourceNotFoundException", "Requested resource not found").await;
        assert_eq!(api.tables("Scan", json!({ "TableName": "Items" })).await["Count"], 0);
        let twice = read(vec![key("b", 1), key("b", 1)]);
        api.tables_refuse("BatchGetItem", twice, INVALID, "Provided list of item keys contains duplicates").await;
    }
}
