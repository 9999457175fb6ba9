//! Updates: what each clause does, what is given back, and what is refused.

use serde_json::{Value, json};

use crate::items::{INVALID, key};
use crate::{Api, api_suite, with};

/// A request that updates the item `a` 1.
fn update(expression: &str, values: Value) -> Value {
    let mut request = json!({ "TableName": "Items", "Key": key("a", 1), "UpdateExpression": expression });
    if values.as_object().is_some_and(|values| !values.is_empty()) {
        request["ExpressionAttributeValues"] = values;
    }
    request
}

async fn put(api: &Api, more: Value) {
    api.tables("PutItem", json!({ "TableName": "Items", "Item": with(key("a", 1), more) })).await;
}

/// What the item has beside its key.
async fn item(api: &Api) -> Value {
    let found = api.tables("GetItem", json!({ "TableName": "Items", "Key": key("a", 1) })).await;
    let mut item = found["Item"].as_object().unwrap_or_else(|| panic!("{found}")).clone();
    item.retain(|name, _| !["pk", "sk"].contains(&name.as_str()));
    Value::Object(item)
}

api_suite! {
    /// SET writes values, sums, lists and what is there already, all from the item as it was.
    set(api) {
        api.make_table("Items").await;
        put(api, json!({ "a": { "N": "1" }, "b": { "N": "2" }, "l": { "L": [{ "S": "x" }] }, "m": { "M": {} } })).await;
        let expression = "SET a = b, b = a, c = a + b, d = b - :ten, e = if_not_exists(e, :ten), f = if_not_exists(a, :ten), \
             l = list_append(l, :l), m.deep = :ten";
        let values = json!({ ":ten": { "N": "10" }, ":l": { "L": [{ "N": "1" }] } });
        api.tables("UpdateItem", update(expression, values)).await;
        let wanted = json!({
            "a": { "N": "2" }, "b": { "N": "1" }, "c": { "N": "3" }, "d": { "N": "-8" }, "e": { "N": "10" }, "f": { "N": "1" },
            "l": { "L": [{ "S": "x" }, { "N": "1" }] }, "m": { "M": { "deep": { "N": "10" } } },
        });
        assert_eq!(item(api).await, wanted);
        let lists = "SET l[0] = :v, l[9] = :w, front = list_append(:l, l)";
        let values = json!({ ":v": { "S": "y" }, ":w": { "S": "end" }, ":l": { "L": [{ "S": "first" }] } });
        api.tables("UpdateItem", update(lists, values)).await;
        let found = item(api).await;
        assert_eq!(found["l"], json!({ "L": [{ "S": "y" }, { "N": "1" }, { "S": "end" }] }));
        assert_eq!(found["front"], json!({ "L": [{ "S": "first" }, { "S": "x" }, { "N": "1" }] }));
    }

    /// REMOVE, ADD and DELETE take away, count, and change sets.
    remove_add_and_delete(api) {
        api.make_table("Items").await;
        put(api, json!({
            "gone": { "S": "x" }, "l": { "L": [{ "N": "0" }, { "N": "1" }, { "N": "2" }] }, "n": { "N": "1.5" },
            "ss": { "SS": ["a", "b"] }, "ended": { "NS": ["1"] },
        })).await;
        let expression = "REMOVE gone, l[0], l[2], absent ADD n :n, fresh :n, ss :s, more :s DELETE ended :last, nothing :s";
        let values = json!({ ":n": { "N": "0.5" }, ":s": { "SS": ["b", "c"] }, ":last": { "NS": ["1.0"] } });
        api.tables("UpdateItem", update(expression, values)).await;
        let wanted = json!({
            "l": { "L": [{ "N": "1" }] }, "n": { "N": "2" }, "fresh": { "N": "0.5" }, "ss": { "SS": ["a", "b", "c"] },
            "more": { "SS": ["b", "c"] },
        });
        assert_eq!(item(api).await, wanted);
    }

    /// An item that is not there is made, with its key; and an update without an expression makes nothing else.
    make_items(api) {
        api.make_table("Items").await;
        let request = json!({ "TableName": "Items", "Key": key("a", 1), "ReturnValues": "ALL_NEW" });
        let made = api.tables("UpdateItem", request).await;
        assert_eq!(made["Attributes"], key("a", 1));
        // What is read is the item as it was: of one that was not there, not even the key.
        let mut other = update("SET v = sk", json!({}));
        other["Key"] = key("b", 2);
        let text = "The provided expression refers to an attribute that does not exist in the item";
        api.tables_refuse("UpdateItem", other, INVALID, text).await;
    }

    /// Five ways to say what is given back.
    give_values_back(api) {
        api.make_table("Items").await;
        let asking = |what: &str, number: u32| {
            let mut request = update("SET v = :v", json!({ ":v": { "N": number.to_string() } }));
            request["ReturnValues"] = json!(what);
            request
        };
        let first = api.tables("UpdateItem", asking("UPDATED_OLD", 1)).await;
        assert!(first.get("Attributes").is_none_or(|old| old == &json!({})), "{first}");
        put(api, json!({ "v": { "N": "1" }, "w": { "S": "stays" } })).await;
        let mut number = 1;
        let mut whole = key("a", 1);
        whole["w"] = json!({ "S": "stays" });
        for (what, all, new) in
            [("ALL_OLD", true, false), ("ALL_NEW", true, true), ("UPDATED_OLD", false, false), ("UPDATED_NEW", false, true)]
        {
            number += 1;
            let answer = api.tables("UpdateItem", asking(what, number)).await;
            let mut wanted = if all { whole.clone() } else { json!({}) };
            wanted["v"] = json!({ "N": (if new { number } else { number - 1 }).to_string() });
            assert_eq!(answer["Attributes"], wanted, "{what}");
        }
        let nothing = api.tables("UpdateItem", asking("NONE", 9)).await;
        assert!(nothing.get("Attributes").is_none(), "{nothing}");
    }

    /// Numbers are exact to 38 digits, and what does not fit is refused.
    calculate_exactly(api) {
        api.make_table("Items").await;
        put(api, json!({ "n": { "N": "0.1" }, "big": { "N": "99999999999999999999999999999999999999" }, "top": { "N": "9E125" } })).await;
        let sum = update("SET n = n + :v, big = big - :one", json!({ ":v": { "N": "0.2" }, ":one": { "N": "1" } }));
        api.tables("UpdateItem", sum).await;
        let found = item(api).await;
        assert_eq!(found["n"], json!({ "N": "0.3" }));
        assert_eq!(found["big"], json!({ "N": "99999999999999999999999999999999999998" }));
        let over = update("ADD top :v", json!({ ":v": { "N": "9E125" } }));
        let text = "Number overflow. Attempting to store a number with magnitude larger than supported range";
        api.tables_refuse("UpdateItem", over, INVALID, text).await;
        assert_eq!(item(api).await, found, "nothing was changed");
    }

    /// What an update must not be, in AWS's words.
    are_refused_in_words(api) {
        api.make_table("Items").await;
        put(api, json!({ "s": { "S": "x" }, "l": { "L": [] } })).await;
        let before = item(api).await;
        let one = json!({ ":v": { "N": "1" } });
        let wrong = [
            ("SET pk = :v", &one, "Cannot update attribute pk. This attribute is part of the key"),
            ("SET s = s + :v", &one, "An operand in the update expression has an incorrect data type"),
            ("ADD s :v", &one, "An operand in the update expression has an incorrect data type"),
            ("SET n = absent + :v", &one, "The provided expression refers to an attribute that does not exist in the item"),
            ("SET absent.x = :v", &one, "The document path provided in the update expression is invalid for update"),
            ("SET s.x = :v", &one, "The document path provided in the update expression is invalid for update"),
            (
                "SET a = :v, a = :v",
                &one,
                "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
            ),
            (
                "SET a = :v SET b = :v",
                &one,
                "Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;",
            ),
            (
                "DELETE s :v",
                &one,
                "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER",
            ),
            ("SET a = ", &json!({}), "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"= \""),
        ];
        for (expression, values, text) in wrong {
            api.tables_refuse("UpdateItem", update(expression, values.clone()), INVALID, text).await;
        }
        assert_eq!(item(api).await, before, "nothing was changed");
    }

    /// An update is one step: counters count every one of those that come at once.
    are_atomic(api) {
        api.make_table("Items").await;
        let add = || api.tables("UpdateItem", update("ADD n :one", json!({ ":one": { "N": "1" } })));
        for _ in 0..5 {
            tokio::join!(add(), add(), add(), add(), add(), add(), add(), add());
        }
        assert_eq!(item(api).await["n"], json!({ "N": "40" }));
    }
}
