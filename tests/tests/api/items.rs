//! Items: writing, reading, finding them, and what is refused.

use serde_json::{Value, json};

use crate::{Api, api_suite};

pub(crate) const INVALID: &str = "ValidationException";

pub(crate) fn key(partition: &str, sort: u32) -> Value {
    json!({ "pk": { "S": partition }, "sk": { "N": sort.to_string() } })
}

/// Writes items of `partition` with the sort keys 1 to `count`.
pub(crate) async fn fill(api: &Api, partition: &str, count: u32) {
    for number in 1..=count {
        let mut item = key(partition, number);
        item["text"] = json!({ "S": format!("item {number}") });
        api.tables("PutItem", json!({ "TableName": "Items", "Item": item })).await;
    }
}

/// The sort keys of an answer's items.
pub(crate) fn sort_keys(answer: &Value) -> Vec<u32> {
    let items = answer["Items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item["sk"]["N"].as_str().unwrap().parse().unwrap()).collect()
}

api_suite! {
    /// Every type is read back as it was written, numbers in their normal form.
    are_read_back(api) {
        api.make_table("Items").await;
        let mut item = key("a", 1);
        item["all"] = json!({ "M": {
            "s": { "S": "" }, "n": { "N": "-0.5" }, "b": { "B": "AAEC" }, "t": { "BOOL": false }, "z": { "NULL": true },
            "l": { "L": [{ "S": "x" }, { "L": [] }, { "M": {} }] },
            "ss": { "SS": ["a", "b"] }, "bs": { "BS": ["AA==", "AQ=="] }, "ns": { "NS": ["1"] },
        } });
        api.tables("PutItem", json!({ "TableName": "Items", "Item": item })).await;
        let found = api.tables("GetItem", json!({ "TableName": "Items", "Key": key("a", 1) })).await;
        assert_eq!(found["Item"], item);
        let mut odd = key("a", 2);
        odd["n"] = json!({ "N": "+0012.3400E1" });
        api.tables("PutItem", json!({ "TableName": "Items", "Item": odd })).await;
        let found = api.tables("GetItem", json!({ "TableName": "Items", "Key": key("a", 2) })).await;
        assert_eq!(found["Item"]["n"], json!({ "N": "123.4" }));
        let absent = api.tables("GetItem", json!({ "TableName": "Items", "Key": key("a", 3) })).await;
        assert!(absent.get("Item").is_none(), "{absent}");
    }

    /// A write says what was there before it, if it is asked.
    give_old_values(api) {
        api.make_table("Items").await;
        let put = |text: &str| {
            let mut item = key("a", 1);
            item["text"] = json!({ "S": text });
            json!({ "TableName": "Items", "Item": item, "ReturnValues": "ALL_OLD" })
        };
        let first = api.tables("PutItem", put("one")).await;
        assert!(first.get("Attributes").is_none(), "{first}");
        let second = api.tables("PutItem", put("two")).await;
        assert_eq!(second["Attributes"]["text"], json!({ "S": "one" }));
        let delete = json!({ "TableName": "Items", "Key": key("a", 1), "ReturnValues": "ALL_OLD" });
        let deleted = api.tables("DeleteItem", delete.clone()).await;
        assert_eq!(deleted["Attributes"]["text"], json!({ "S": "two" }));
        let again = api.tables("DeleteItem", delete).await;
        assert!(again.get("Attributes").is_none(), "{again}");
    }

    /// A partition is read in order, either way, in pages that join to the whole.
    are_queried(api) {
        api.make_table("Items").await;
        fill(api, "a", 7).await;
        fill(api, "b", 2).await;
        let query = |more: Value| {
            let mut request = json!({
                "TableName": "Items",
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": { ":p": { "S": "a" } },
            });
            for (name, value) in more.as_object().unwrap() {
                request[name] = value.clone();
            }
            request
        };
        let all = api.tables("Query", query(json!({}))).await;
        assert_eq!(sort_keys(&all), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!((&all["Count"], &all["ScannedCount"]), (&json!(7), &json!(7)));
        let back = api.tables("Query", query(json!({ "ScanIndexForward": false, "Limit": 3 }))).await;
        assert_eq!(sort_keys(&back), [7, 6, 5]);
        assert_eq!(back["LastEvaluatedKey"], key("a", 5));
        let mut joined = Vec::new();
        let mut start = None;
        loop {
            let mut request = query(json!({ "Limit": 2 }));
            if let Some(start) = start {
                request["ExclusiveStartKey"] = start;
            }
            let page = api.tables("Query", request).await;
            joined.extend(sort_keys(&page));
            let Some(last) = page.get("LastEvaluatedKey") else { break };
            start = Some(last.clone());
        }
        assert_eq!(joined, [1, 2, 3, 4, 5, 6, 7]);
        let range = json!({
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues":
                { ":p": { "S": "a" }, ":low": { "N": "2.5" }, ":high": { "N": "5" } },
        });
        assert_eq!(sort_keys(&api.tables("Query", query(range)).await), [3, 4, 5]);
        let count = api.tables("Query", query(json!({ "Select": "COUNT" }))).await;
        assert_eq!((&count["Count"], count.get("Items")), (&json!(7), None));
    }

    /// Every segment of a parallel scan has its part, and all parts are the table.
    are_scanned_in_parallel(api) {
        api.make_table("Items").await;
        for partition in ["a", "b", "c", "d", "e"] {
            fill(api, partition, 2).await;
        }
        let mut found = Vec::new();
        for segment in 0..3 {
            let request = json!({ "TableName": "Items", "Segment": segment, "TotalSegments": 3 });
            let page = api.tables("Scan", request).await;
            found.extend(page["Items"].as_array().map(Vec::as_slice).unwrap_or_default().to_vec());
        }
        let mut names: Vec<_> = found.iter().map(|item| format!("{}{}", item["pk"]["S"], item["sk"]["N"])).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 10);
    }

    /// Batches write and read many items of many tables.
    come_in_batches(api) {
        api.make_table("Items").await;
        api.make_table("Other").await;
        let put = |partition: &str| json!({ "PutRequest": { "Item": key(partition, 1) } });
        let written = api.tables("BatchWriteItem", json!({ "RequestItems": {
            "Items": [put("a"), put("b")], "Other": [put("c")],
        } })).await;
        assert!(written.get("UnprocessedItems").is_none_or(|left| left == &json!({})), "{written}");
        let read = api.tables("BatchGetItem", json!({ "RequestItems": {
            "Items": { "Keys": [key("a", 1), key("b", 1), key("absent", 1)] }, "Other": { "Keys": [key("c", 1)] },
        } })).await;
        assert_eq!(read["Responses"]["Items"].as_array().unwrap().len(), 2);
        assert_eq!(read["Responses"]["Other"], json!([key("c", 1)]));
        let twice = json!({ "RequestItems": { "Items": [put("a"), { "DeleteRequest": { "Key": key("a", 1) } }] } });
        api.tables_refuse("BatchWriteItem", twice, INVALID, "Provided list of item keys contains duplicates").await;
    }

    /// What is wrong with an item or a key is said in AWS's words.
    are_refused_in_words(api) {
        api.make_table("Items").await;
        let with = |name: &str, value: Value| {
            let mut item = key("a", 1);
            item[name] = value;
            json!({ "TableName": "Items", "Item": item })
        };
        let wrong = [
            (with("x", json!({ "N": "1e126" })), "Number overflow. Attempting to store a number with magnitude larger than supported range"),
            (with("x", json!({ "N": "one" })), "The parameter cannot be converted to a numeric value: one"),
            (with("x", json!({ "SS": [] })), "One or more parameter values were invalid: An string set  may not be empty"),
            (with("x", json!({ "SS": ["a", "a"] })), "contains duplicates"),
            (with("pk", json!({ "S": "" })), "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
            (with("sk", json!({ "S": "1" })), "One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S"),
            (json!({ "TableName": "Items", "Item": { "pk": { "S": "a" } } }), "One or more parameter values were invalid: Missing the key sk in the item"),
        ];
        for (request, text) in wrong {
            api.tables_refuse("PutItem", request, INVALID, text).await;
        }
        let extra = json!({ "TableName": "Items", "Key": { "pk": { "S": "a" }, "sk": { "N": "1" }, "x": { "S": "b" } } });
        api.tables_refuse("GetItem", extra, INVALID, "The provided key element does not match the schema").await;
        let missing = json!({ "TableName": "Absent", "Key": key("a", 1) });
        api.tables_refuse("GetItem", missing, "ResourceNotFoundException", "Requested resource not found").await;
    }

    /// An item has 400 KB and not a byte more.
    have_a_largest_size(api) {
        api.make_table("Items").await;
        // The names and values of the key and the name of the other attribute: 2 + 1, 2 + 2, and 1 byte.
        let largest = 409_600 - 8;
        let put = |bytes: usize| {
            let mut item = key("a", 1);
            item["x"] = json!({ "S": "x".repeat(bytes) });
            json!({ "TableName": "Items", "Item": item })
        };
        api.tables("PutItem", put(largest)).await;
        api.tables_refuse("PutItem", put(largest + 1), INVALID, "Item size has exceeded the maximum allowed size").await;
    }
}
