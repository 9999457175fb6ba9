//! What requests said before there were expressions, which means the same.

use serde_json::{Value, json};

use crate::conditions::{FAILED, FAILED_TEXT};
use crate::items::{INVALID, fill, key, sort_keys};
use crate::{Api, api_suite, with};

async fn item(api: &Api) -> Value {
    api.tables("GetItem", json!({ "TableName": "Items", "Key": key("a", 1) })).await["Item"].clone()
}

api_suite! {
    /// `AttributeUpdates` puts, adds and deletes.
    update(api) {
        api.make_table("Items").await;
        fill(api, "a", 1).await;
        let request = json!({
            "TableName": "Items", "Key": key("a", 1), "ReturnValues": "ALL_NEW",
            "AttributeUpdates": {
                "text": { "Action": "DELETE" }, "n": { "Action": "ADD", "Value": { "N": "2" } },
                "s": { "Value": { "S": "put" } }, "set": { "Action": "ADD", "Value": { "SS": ["a"] } },
            },
        });
        let updated = api.tables("UpdateItem", request).await;
        let wanted = with(key("a", 1), json!({ "n": { "N": "2" }, "s": { "S": "put" }, "set": { "SS": ["a"] } }));
        assert_eq!((&updated["Attributes"], &item(api).await), (&wanted, &wanted));
    }

    /// `Expected` is a condition, in its short form and in its long one.
    expect(api) {
        api.make_table("Items").await;
        fill(api, "a", 1).await;
        let put = |expected: Value| {
            let item = with(key("a", 1), json!({ "text": { "S": "item 1" } }));
            with(json!({ "TableName": "Items", "Item": item }), expected)
        };
        for (expected, does) in [
            (json!({ "text": { "Value": { "S": "item 1" } } }), true),
            (json!({ "text": { "Value": { "S": "item 2" } } }), false),
            (json!({ "absent": { "Exists": false } }), true),
            (json!({ "text": { "Exists": false } }), false),
            (json!({ "text": { "ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{ "S": "item" }] } }), true),
            (json!({ "text": { "ComparisonOperator": "NOT_NULL" } }), true),
            (json!({ "text": { "ComparisonOperator": "NULL" } }), false),
            (json!({ "sk": { "ComparisonOperator": "BETWEEN", "AttributeValueList": [{ "N": "0" }, { "N": "2" }] } }), true),
            (json!({ "sk": { "ComparisonOperator": "IN", "AttributeValueList": [{ "N": "3" }, { "N": "2" }] } }), false),
            (json!({ "absent": { "ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [{ "S": "x" }] } }), false),
        ] {
            let request = put(json!({ "Expected": expected }));
            if does {
                api.tables("PutItem", request).await;
            } else {
                api.tables_refuse("PutItem", request, FAILED, FAILED_TEXT).await;
            }
        }
        let two = json!({ "text": { "Value": { "S": "item 1" } }, "absent": { "Value": { "S": "x" } } });
        let both = put(json!({ "Expected": two, "ConditionalOperator": "AND" }));
        api.tables_refuse("PutItem", both, FAILED, "").await;
        api.tables("PutItem", put(json!({ "Expected": two, "ConditionalOperator": "OR" }))).await;
    }

    /// `KeyConditions`, `QueryFilter`, `ScanFilter` and `AttributesToGet` find and cut.
    find(api) {
        api.make_table("Items").await;
        fill(api, "a", 5).await;
        let partition = json!({ "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "a" }] });
        let range = json!({ "ComparisonOperator": "GE", "AttributeValueList": [{ "N": "3" }] });
        let query = json!({ "TableName": "Items", "KeyConditions": { "pk": partition, "sk": range } });
        assert_eq!(sort_keys(&api.tables("Query", query.clone()).await), [3, 4, 5]);
        let filter = json!({ "text": { "ComparisonOperator": "NE", "AttributeValueList": [{ "S": "item 4" }] } });
        let filtered = with(query, json!({ "QueryFilter": filter }));
        let page = api.tables("Query", filtered).await;
        assert_eq!((sort_keys(&page), &page["ScannedCount"]), (vec![3, 5], &json!(3)));
        let scan = json!({ "TableName": "Items", "ScanFilter": filter, "AttributesToGet": ["sk"] });
        let page = api.tables("Scan", scan).await;
        assert_eq!(sort_keys(&page), [1, 2, 3, 5]);
        assert!(page["Items"][0].get("text").is_none(), "{page}");
        let get = json!({ "TableName": "Items", "Key": key("a", 1), "AttributesToGet": ["text", "absent"] });
        assert_eq!(api.tables("GetItem", get).await["Item"], json!({ "text": { "S": "item 1" } }));
    }

    /// Old and new do not mix.
    do_not_mix_with_expressions(api) {
        api.make_table("Items").await;
        let both = json!({
            "TableName": "Items", "Item": key("a", 1), "ConditionExpression": "attribute_exists(pk)",
            "Expected": { "pk": { "Exists": false } },
        });
        let text = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
             {Expected} Expression parameters: {ConditionExpression}";
        api.tables_refuse("PutItem", both, INVALID, text).await;
        let both = json!({
            "TableName": "Items", "Key": key("a", 1), "AttributesToGet": ["pk"], "ProjectionExpression": "pk",
        });
        let text = "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}";
        api.tables_refuse("GetItem", both, INVALID, text).await;
    }
}
