//! Orders, ranges and pages.

use serde_json::{Value, json};

use crate::items::{INVALID, fill, key};
use crate::{Api, api_suite, with};

/// Makes the table `Sorted` whose sort key is of this type.
async fn make_sorted(api: &Api, kind: &str) {
    let mut request = crate::table("Sorted");
    request["AttributeDefinitions"][1]["AttributeType"] = json!(kind);
    api.tables("CreateTable", request).await;
}

/// Puts an item under each sort key, in this order.
async fn put_all(api: &Api, kind: &str, values: &[&str]) {
    for value in values {
        let item = json!({ "pk": { "S": "p" }, "sk": { kind: value } });
        api.tables("PutItem", json!({ "TableName": "Sorted", "Item": item })).await;
    }
}

/// The sort keys that a query finds; with a further condition, and the values that it names.
async fn found(api: &Api, kind: &str, condition: &str, values: &[(&str, &str)]) -> Vec<String> {
    let mut request = json!({
        "TableName": "Sorted", "KeyConditionExpression": format!("pk = :p{condition}"),
        "ExpressionAttributeValues": { ":p": { "S": "p" } },
    });
    for (name, value) in values {
        request["ExpressionAttributeValues"][name] = json!({ kind: value });
    }
    let page = api.tables("Query", request).await;
    let items = page["Items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item["sk"][kind].as_str().unwrap().to_owned()).collect()
}

api_suite! {
    /// Texts are in the order of their bytes.
    of_texts(api) {
        make_sorted(api, "S").await;
        put_all(api, "S", &["b", "a", "ab", "B", "ä", "z", "a\u{0}", "\u{10000}", "\u{ffff}"]).await;
        let all = ["B", "a", "a\u{0}", "ab", "b", "z", "ä", "\u{ffff}", "\u{10000}"];
        assert_eq!(found(api, "S", "", &[]).await, all);
        assert_eq!(found(api, "S", " AND begins_with(sk, :v)", &[(":v", "a")]).await, ["a", "a\u{0}", "ab"]);
        assert_eq!(found(api, "S", " AND sk > :v", &[(":v", "b")]).await, ["z", "ä", "\u{ffff}", "\u{10000}"]);
        assert_eq!(found(api, "S", " AND sk BETWEEN :v AND :w", &[(":v", "a"), (":w", "ab")]).await, ["a", "a\u{0}", "ab"]);
        assert_eq!(found(api, "S", " AND sk = :v", &[(":v", "ab")]).await, ["ab"]);
    }

    /// Numbers are in the order of their values, however they were written.
    of_numbers(api) {
        make_sorted(api, "N").await;
        put_all(api, "N", &["10", "9", "-1", "0", "1E2", "0.5", "-1E-130", "-20", "9.5", "1e125"]).await;
        let all = ["-20", "-1", "-0.", "0", "0.5", "9", "9.5", "10", "100", "1"];
        let sorted = found(api, "N", "", &[]).await;
        assert_eq!(sorted.len(), all.len());
        assert!(sorted.iter().zip(all).all(|(found, begins)| found.starts_with(begins)), "{sorted:?}");
        assert_eq!(found(api, "N", " AND sk < :v", &[(":v", "0")]).await.len(), 3);
        assert_eq!(found(api, "N", " AND sk >= :v", &[(":v", "9.50")]).await[..2], ["9.5", "10"]);
        assert_eq!(found(api, "N", " AND sk = :v", &[(":v", "100.0")]).await, ["100"]);
    }

    /// Bytes are in the order of their values, unsigned.
    of_bytes(api) {
        make_sorted(api, "B").await;
        put_all(api, "B", &["/w==", "AA==", "AAA=", "fw==", "gA=="]).await;
        assert_eq!(found(api, "B", "", &[]).await, ["AA==", "AAA=", "fw==", "gA==", "/w=="]);
        assert_eq!(found(api, "B", " AND begins_with(sk, :v)", &[(":v", "AA==")]).await, ["AA==", "AAA="]);
        assert_eq!(found(api, "B", " AND sk >= :v", &[(":v", "gA==")]).await, ["gA==", "/w=="]);
    }

    /// A page holds a megabyte, for queries and scans, and the pages join to the whole.
    hold_a_megabyte(api) {
        api.make_table("Items").await;
        let text = "x".repeat(300_000);
        for number in 1..=7 {
            let mut item = key("a", number);
            item["text"] = json!({ "S": text });
            api.tables("PutItem", json!({ "TableName": "Items", "Item": item })).await;
        }
        let query = json!({
            "TableName": "Items", "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": { ":p": { "S": "a" } },
        });
        for (operation, mut request) in [("Query", query), ("Scan", json!({ "TableName": "Items" }))] {
            let mut counts = Vec::new();
            loop {
                let page = api.tables(operation, request.clone()).await;
                counts.push(page["Count"].as_u64().unwrap());
                let Some(last) = page.get("LastEvaluatedKey") else { break };
                request["ExclusiveStartKey"] = last.clone();
            }
            // The item that goes over the megabyte is still of the page.
            assert_eq!(counts, [4, 3], "{operation}");
        }
    }

    /// What a page must not be asked for.
    are_refused_in_words(api) {
        api.make_table("Items").await;
        fill(api, "a", 2).await;
        let query = |condition: &str, value: Value| json!({
            "TableName": "Items", "KeyConditionExpression": condition, "ExpressionAttributeValues": { ":p": { "S": "a" }, ":v": value },
        });
        let one = json!({ "N": "1" });
        for (condition, value, text) in [
            ("pk = :p OR sk = :v", &one, "Invalid operator used in KeyConditionExpression: OR"),
            ("pk > :p AND sk = :v", &one, "Query key condition not supported"),
            ("pk = :p AND sk <> :v", &one, "Invalid operator used in KeyConditionExpression"),
            ("pk = :p AND words = :v", &one, "Query condition missed key schema element: sk"),
            ("pk = :p AND sk = :v", &json!({ "S": "1" }), "One or more parameter values were invalid: Condition parameter type does not match schema type"),
            ("pk = :p AND pk = :v", &json!({ "S": "1" }), "KeyConditionExpressions must only contain one condition per key"),
        ] {
            let refusal = api.try_tables("Query", query(condition, value.clone())).await.unwrap_err();
            assert!(refusal.code == INVALID && refusal.message.contains(text), "{condition}: {refusal:?}");
        }
        let scan = |more: Value| with(json!({ "TableName": "Items" }), more);
        for (more, text) in [
            (json!({ "Segment": 3, "TotalSegments": 3 }), "The Segment parameter is zero-based and must be less than parameter TotalSegments"),
            (json!({ "Segment": 3 }), "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"),
            (json!({ "Limit": 0 }), "Member must have value greater than or equal to 1"),
            (json!({ "ExclusiveStartKey": { "pk": { "S": "a" } } }), "The provided starting key is "),
        ] {
            let refusal = api.try_tables("Scan", scan(more.clone())).await.unwrap_err();
            assert!(refusal.code == INVALID && refusal.message.contains(text), "{more}: {refusal:?}");
        }
    }
}
