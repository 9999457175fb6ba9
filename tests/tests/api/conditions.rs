//! Conditions: what holds of an item decides whether it is written, which items are found, and what is said when it does not.

use serde_json::{Value, json};

use crate::items::{INVALID, fill, key, sort_keys};
use crate::{Api, api_suite, with};

pub(crate) const FAILED: &str = "ConditionalCheckFailedException";
pub(crate) const FAILED_TEXT: &str = "The conditional request failed";

/// An item that has something of everything.
fn everything() -> Value {
    let mut item = key("a", 1);
    item["n"] = json!({ "N": "5" });
    item["s"] = json!({ "S": "hello" });
    item["b"] = json!({ "B": "AAEC" });
    item["t"] = json!({ "BOOL": true });
    item["z"] = json!({ "NULL": true });
    item["ss"] = json!({ "SS": ["a", "b"] });
    item["l"] = json!({ "L": [{ "N": "1" }, { "M": { "x": { "S": "deep" } } }] });
    item["m"] = json!({ "M": { "a.b": { "N": "7" }, "kernel": { "L": [] } } });
    item
}

/// What the conditions name: all values that any of them uses are too many for one request, so each brings its own.
fn request(condition: &str, names: &Value, values: &Value) -> Value {
    let mut request = json!({
        "TableName": "Items", "Key": key("a", 1), "UpdateExpression": "SET touched = :touched",
        "ConditionExpression": condition, "ExpressionAttributeValues": { ":touched": { "BOOL": true } },
    });
    for (name, value) in values.as_object().into_iter().flatten() {
        request["ExpressionAttributeValues"][name] = value.clone();
    }
    if names.as_object().is_some_and(|names| !names.is_empty()) {
        request["ExpressionAttributeNames"] = names.clone();
    }
    request
}

async fn holds(api: &Api, condition: &str, names: Value, values: Value, does: bool) {
    let request = request(condition, &names, &values);
    if does {
        api.tables("UpdateItem", request).await;
    } else {
        api.tables_refuse("UpdateItem", request, FAILED, FAILED_TEXT).await;
    }
}

api_suite! {
    /// Comparisons compare what is of one type, and what is of two types is only ever unequal.
    compare(api) {
        api.make_table("Items").await;
        api.tables("PutItem", json!({ "TableName": "Items", "Item": everything() })).await;
        for (condition, value, does) in [
            ("n = :v", json!({ "N": "5.0" }), true),
            ("n = :v", json!({ "S": "5" }), false),
            ("n <> :v", json!({ "S": "5" }), true),
            ("absent <> :v", json!({ "S": "5" }), true),
            ("absent = :v", json!({ "S": "5" }), false),
            ("n < :v", json!({ "N": "10" }), true),
            ("n < :v", json!({ "N": "5" }), false),
            ("n <= :v", json!({ "N": "5" }), true),
            ("n > :v", json!({ "N": "-6" }), true),
            ("n >= :v", json!({ "N": "5.01" }), false),
            ("s > :v", json!({ "S": "hell" }), true),
            ("s < :v", json!({ "N": "1" }), false),
            ("b >= :v", json!({ "B": "AAEC" }), true),
            ("t = :v", json!({ "BOOL": true }), true),
            ("z = :v", json!({ "NULL": true }), true),
            ("ss = :v", json!({ "SS": ["b", "a"] }), true),
            ("l[1].x = :v", json!({ "S": "deep" }), true),
            ("l[2] = :v", json!({ "S": "deep" }), false),
            ("n BETWEEN :v AND :v", json!({ "N": "5" }), true),
            ("n IN (:v, n)", json!({ "N": "1" }), true),
            ("NOT n = :v", json!({ "N": "1" }), true),
        ] {
            holds(api, condition, json!({}), json!({ ":v": value }), does).await;
        }
    }

    /// Functions look at what is there, at its type, at its size and into it.
    call_functions(api) {
        api.make_table("Items").await;
        api.tables("PutItem", json!({ "TableName": "Items", "Item": everything() })).await;
        for (condition, values, does) in [
            ("attribute_exists(m.kernel)", json!({}), true),
            ("attribute_exists(m.kernels)", json!({}), false),
            ("attribute_not_exists(l[7])", json!({}), true),
            ("attribute_type(l, :v)", json!({ ":v": { "S": "L" } }), true),
            ("attribute_type(z, :v)", json!({ ":v": { "S": "NULL" } }), true),
            ("attribute_type(n, :v)", json!({ ":v": { "S": "S" } }), false),
            ("begins_with(s, :v)", json!({ ":v": { "S": "hel" } }), true),
            ("begins_with(b, :v)", json!({ ":v": { "B": "AAE=" } }), true),
            ("begins_with(s, :v)", json!({ ":v": { "S": "help" } }), false),
            ("contains(s, :v)", json!({ ":v": { "S": "ell" } }), true),
            ("contains(ss, :v)", json!({ ":v": { "S": "b" } }), true),
            ("contains(l, :v)", json!({ ":v": { "N": "1.0" } }), true),
            ("contains(ss, :v)", json!({ ":v": { "S": "c" } }), false),
            ("size(s) = :v", json!({ ":v": { "N": "5" } }), true),
            ("size(b) = :v AND size(ss) < :v AND size(l) < :v", json!({ ":v": { "N": "3" } }), true),
            ("size(absent) = :v", json!({ ":v": { "N": "0" } }), false),
            ("size(n) = :v", json!({ ":v": { "N": "1" } }), false),
        ] {
            holds(api, condition, json!({}), values, does).await;
        }
        let names = json!({ "#odd": "a.b" });
        holds(api, "m.#odd = :v", names, json!({ ":v": { "N": "7" } }), true).await;
    }

    /// AND binds more closely than OR, NOT more closely than both, and parentheses decide.
    combine(api) {
        api.make_table("Items").await;
        api.tables("PutItem", json!({ "TableName": "Items", "Item": everything() })).await;
        let (yes, no) = ("n = :five", "s = :five");
        for (condition, does) in [
            (format!("{yes} OR {yes} AND {no}"), true),
            (format!("({yes} OR {yes}) AND {no}"), false),
            (format!("NOT {no} AND {yes}"), true),
            (format!("NOT ({no} OR {yes})"), false),
            (format!("{no} OR NOT {no} AND {yes}"), true),
        ] {
            holds(api, &condition, json!({}), json!({ ":five": { "N": "5" } }), does).await;
        }
    }

    /// Each kind of write takes a condition, and one that fails changes nothing.
    guard_every_write(api) {
        api.make_table("Items").await;
        let put = |more: Value| with(json!({ "TableName": "Items", "Item": key("a", 1) }), more);
        let fresh = json!({ "ConditionExpression": "attribute_not_exists(pk)" });
        api.tables("PutItem", put(fresh.clone())).await;
        api.tables_refuse("PutItem", put(fresh), FAILED, FAILED_TEXT).await;
        let absent = json!({
            "TableName": "Items", "Key": key("b", 1), "ConditionExpression": "attribute_exists(pk)",
        });
        api.tables_refuse("DeleteItem", absent.clone(), FAILED, FAILED_TEXT).await;
        let mut update = absent;
        update["UpdateExpression"] = json!("SET v = pk");
        api.tables_refuse("UpdateItem", update, FAILED, FAILED_TEXT).await;
        let found = api.tables("Scan", json!({ "TableName": "Items" })).await;
        assert_eq!(found["Items"], json!([key("a", 1)]));
        let delete = json!({
            "TableName": "Items", "Key": key("a", 1), "ConditionExpression": "sk = :one",
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        });
        api.tables("DeleteItem", delete).await;
        assert_eq!(api.tables("Scan", json!({ "TableName": "Items" })).await["Count"], 0);
    }

    /// Whoever asks is shown the item that did not meet the condition, if there is one.
    show_the_item(api) {
        api.make_table("Items").await;
        fill(api, "a", 1).await;
        let there = with(key("a", 1), json!({ "text": { "S": "item 1" } }));
        for (operation, request) in [
            ("PutItem", json!({ "Item": key("a", 1) })),
            ("UpdateItem", json!({ "Key": key("a", 1), "UpdateExpression": "REMOVE v" })),
            ("DeleteItem", json!({ "Key": key("a", 1) })),
        ] {
            let failing = json!({ "TableName": "Items", "ConditionExpression": "attribute_exists(absent)" });
            let silent = with(request, failing);
            let asking = with(silent.clone(), json!({ "ReturnValuesOnConditionCheckFailure": "ALL_OLD" }));
            for (request, item) in [(silent, None), (asking, Some(&there))] {
                let refusal = api.try_tables(operation, request).await.unwrap_err();
                assert_eq!((&*refusal.code, refusal.item.as_ref()), (FAILED, item), "{operation}");
            }
        }
        let absent = json!({
            "TableName": "Items", "Key": key("b", 1), "ConditionExpression": "attribute_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        assert_eq!(api.try_tables("DeleteItem", absent).await.unwrap_err().item, None);
    }

    /// Answers say what AWS would have counted, if they are asked.
    count_capacity(api) {
        api.make_table("Items").await;
        fill(api, "a", 3).await;
        for (operation, request, units) in [
            ("PutItem", json!({ "TableName": "Items", "Item": key("b", 1) }), 1.0),
            ("UpdateItem", json!({ "TableName": "Items", "Key": key("b", 1) }), 1.0),
            ("GetItem", json!({ "TableName": "Items", "Key": key("b", 1) }), 0.5),
            ("GetItem", json!({ "TableName": "Items", "Key": key("b", 1), "ConsistentRead": true }), 1.0),
            ("Scan", json!({ "TableName": "Items" }), 0.5),
            ("DeleteItem", json!({ "TableName": "Items", "Key": key("b", 1) }), 1.0),
        ] {
            let silent = api.tables(operation, request.clone()).await;
            assert!(silent.get("ConsumedCapacity").is_none(), "{silent}");
            let total = with(request, json!({ "ReturnConsumedCapacity": "TOTAL" }));
            let counted = api.tables(operation, total.clone()).await;
            assert_eq!(counted["ConsumedCapacity"], json!({ "TableName": "Items", "CapacityUnits": units }), "{operation}");
            let indexes = with(total, json!({ "ReturnConsumedCapacity": "INDEXES" }));
            let counted = api.tables(operation, indexes).await;
            assert_eq!(counted["ConsumedCapacity"]["Table"]["CapacityUnits"], json!(units), "{operation}");
        }
        let batch = json!({
            "RequestItems": { "Items": { "Keys": [key("a", 1), key("a", 2)] } }, "ReturnConsumedCapacity": "TOTAL",
        });
        let read = api.tables("BatchGetItem", batch).await;
        assert_eq!(read["ConsumedCapacity"], json!([{ "TableName": "Items", "CapacityUnits": 1.0 }]));
    }

    /// A filter is a condition of what is found: it counts what was looked at, and the limit does too.
    filter(api) {
        api.make_table("Items").await;
        fill(api, "a", 6).await;
        let values = json!({ ":two": { "S": "item 2" }, ":five": { "S": "item 5" } });
        let scan = json!({
            "TableName": "Items", "FilterExpression": "#t IN (:two, :five)",
            "ExpressionAttributeNames": { "#t": "text" }, "ExpressionAttributeValues": values,
        });
        let query = with(scan.clone(), json!({
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": with(values, json!({ ":p": { "S": "a" } })),
        }));
        for (operation, request) in [("Query", query), ("Scan", scan)] {
            let page = api.tables(operation, request.clone()).await;
            assert_eq!(sort_keys(&page), [2, 5], "{operation}");
            assert_eq!((&page["Count"], &page["ScannedCount"]), (&json!(2), &json!(6)));
            let page = api.tables(operation, with(request, json!({ "Limit": 3 }))).await;
            assert_eq!((sort_keys(&page), &page["ScannedCount"]), (vec![2], &json!(3)));
            assert_eq!(page["LastEvaluatedKey"], key("a", 3));
        }
        let of_the_key = json!({
            "TableName": "Items", "KeyConditionExpression": "pk = :p", "FilterExpression": "sk = :p",
            "ExpressionAttributeValues": { ":p": { "S": "a" } },
        });
        let text = "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk";
        api.tables_refuse("Query", of_the_key, INVALID, text).await;
    }

    /// A projection gives the parts of items that it names, in their places.
    project(api) {
        api.make_table("Items").await;
        api.tables("PutItem", json!({ "TableName": "Items", "Item": everything() })).await;
        let projection = json!({
            "ProjectionExpression": "#n, m.#odd, l[1].x, absent",
            "ExpressionAttributeNames": { "#n": "n", "#odd": "a.b" },
        });
        let with = |request: Value| with(request, projection.clone());
        let wanted = json!({
            "n": { "N": "5" }, "m": { "M": { "a.b": { "N": "7" } } }, "l": { "L": [{ "M": { "x": { "S": "deep" } } }] },
        });
        let got = api.tables("GetItem", with(json!({ "TableName": "Items", "Key": key("a", 1) }))).await;
        assert_eq!(got["Item"], wanted);
        let query = with(json!({
            "TableName": "Items", "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": { ":p": { "S": "a" } },
        }));
        assert_eq!(api.tables("Query", query).await["Items"], json!([wanted]));
        assert_eq!(api.tables("Scan", with(json!({ "TableName": "Items" }))).await["Items"], json!([wanted]));
        let batch = json!({ "RequestItems": { "Items": with(json!({ "Keys": [key("a", 1)] })) } });
        assert_eq!(api.tables("BatchGetItem", batch).await["Responses"]["Items"], json!([wanted]));
        let nothing = json!({ "TableName": "Items", "Key": key("a", 1), "ProjectionExpression": "absent" });
        assert_eq!(api.tables("GetItem", nothing).await, json!({ "Item": {} }), "the item is there");
    }

    /// What is no expression is refused before anything is read, in AWS's words.
    are_refused_in_words(api) {
        let wrong = [
            ("n = ", json!({}), json!({}), "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"= \""),
            (
                "#n = :v",
                json!({}),
                json!({ ":v": { "N": "1" } }),
                "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #n",
            ),
            (
                "n = :w",
                json!({}),
                json!({}),
                "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :w",
            ),
            (
                "n = :v",
                json!({ "#unused": "x" }),
                json!({ ":v": { "N": "1" } }),
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {#unused}",
            ),
            (
                "n = :v",
                json!({}),
                json!({ ":v": { "N": "1" }, ":unused": { "N": "1" } }),
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {:unused}",
            ),
            (
                "status = :v",
                json!({}),
                json!({ ":v": { "N": "1" } }),
                "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: status",
            ),
            (
                "attribute_exist(n)",
                json!({}),
                json!({}),
                "Invalid ConditionExpression: Invalid function name; function: attribute_exist",
            ),
            (
                "begins_with(n, :v)",
                json!({}),
                json!({ ":v": { "N": "1" } }),
                "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
            ),
            (
                "n = n",
                json!({}),
                json!({}),
                "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]",
            ),
            (
                "(n = :v) AND ((n = :v))",
                json!({}),
                json!({ ":v": { "N": "1" } }),
                "Invalid ConditionExpression: The expression has redundant parentheses;",
            ),
        ];
        // No table is needed to refuse them.
        for (condition, names, values, text) in wrong {
            api.tables_refuse("UpdateItem", request(condition, &names, &values), INVALID, text).await;
        }
    }
}
