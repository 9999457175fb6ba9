//! Tables: their life, their settings and their encryption.

use serde_json::{Value, json};

use crate::{api_suite, table, with};

/// The code of most refusals.
const INVALID: &str = "ValidationException";

api_suite! {
    /// A table is there from its creation to its deletion, under one name once.
    lives_and_dies(api) {
        let made = api.tables("CreateTable", table("Music")).await;
        assert_eq!(made["TableDescription"]["TableStatus"], "CREATING");
        api.tables_refuse("CreateTable", table("Music"), "ResourceInUseException", "Table already exists: Music").await;
        let described = api.tables("DescribeTable", json!({ "TableName": "Music" })).await;
        let described = &described["Table"];
        assert_eq!(described["TableArn"], "arn:aws:dynamodb:us-east-1:000000000000:table/Music");
        assert_eq!(described["TableStatus"], "ACTIVE");
        assert_eq!(described["KeySchema"], table("Music")["KeySchema"]);
        assert_eq!(described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
        assert_eq!(described["ItemCount"], 0);
        assert!(described.get("SSEDescription").is_none(), "{described}");
        let deleted = api.tables("DeleteTable", json!({ "TableName": "Music" })).await;
        assert_eq!(deleted["TableDescription"]["TableStatus"], "DELETING");
        let gone = "Requested resource not found: Table: Music not found";
        api.tables_refuse("DescribeTable", json!({ "TableName": "Music" }), "ResourceNotFoundException", gone).await;
    }

    /// Names come in pages, in order, and each once.
    are_listed_in_pages(api) {
        for name in ["ccc", "aaa", "bbb"] {
            api.make_table(name).await;
        }
        let page = api.tables("ListTables", json!({ "Limit": 2 })).await;
        assert_eq!((&page["TableNames"], &page["LastEvaluatedTableName"]), (&json!(["aaa", "bbb"]), &json!("bbb")));
        let rest = api.tables("ListTables", json!({ "Limit": 2, "ExclusiveStartTableName": "bbb" })).await;
        assert_eq!(rest["TableNames"], json!(["ccc"]));
        assert!(rest.get("LastEvaluatedTableName").is_none(), "{rest}");
    }

    /// What of the encryption choices contradicts itself is refused in AWS's words.
    refuse_contradictory_encryption(api) {
        let one = "One or more parameter values were invalid: ";
        let wrong = [
            (json!({ "Enabled": true, "KMSMasterKeyId": "x" }), "SSEType KMS is required if KMSMasterKeyId is specified"),
            (json!({ "Enabled": false, "SSEType": "KMS" }), "SSEType can not be specified if Enabled is false"),
            (json!({ "Enabled": false, "KMSMasterKeyId": "x" }), "KMSMasterKeyId can not be specified if Enabled is false"),
            (json!({ "Enabled": true, "SSEType": "AES256" }), "SSEType AES256 is not supported"),
        ];
        for (specification, text) in wrong {
            let mut request = table("Music");
            request["SSESpecification"] = specification;
            api.tables_refuse("CreateTable", request, INVALID, &format!("{one}{text}")).await;
        }
    }

    /// A table is under the key that it was given, and can be moved to every other kind of key.
    change_their_key(api) {
        let made = api.keys("CreateKey", json!({ "Description": "a table's" })).await;
        let arn = &made["KeyMetadata"]["Arn"];
        let mut request = table("Music");
        request["SSESpecification"] = json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn });
        let made = api.tables("CreateTable", request).await;
        let sse = &made["TableDescription"]["SSEDescription"];
        assert_eq!((&sse["Status"], &sse["SSEType"], &sse["KMSMasterKeyArn"]), (&json!("ENABLED"), &json!("KMS"), arn));
        let again = json!({
            "TableName": "Music",
            "SSESpecification": { "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn },
        });
        api.tables_refuse("UpdateTable", again, INVALID, "Table is already encrypted with given KMSMasterKeyId.").await;
        let owned = json!({ "TableName": "Music", "SSESpecification": { "Enabled": false } });
        let updated = api.tables("UpdateTable", owned.clone()).await;
        assert_eq!(updated["TableDescription"]["TableStatus"], "ACTIVE");
        let mut described = json!(null);
        for _ in 0..500 {
            described = api.tables("DescribeTable", json!({ "TableName": "Music" })).await;
            if described["Table"].get("SSEDescription").is_none() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(described["Table"].get("SSEDescription").is_none(), "{described}");
        api.tables_refuse("UpdateTable", owned, INVALID, "Table is already encrypted by default").await;
    }

    /// Tags are added, replaced and taken away.
    have_tags(api) {
        api.make_table("Music").await;
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";
        let tags = json!([{ "Key": "team", "Value": "a" }, { "Key": "stage", "Value": "" }]);
        api.tables("TagResource", json!({ "ResourceArn": arn, "Tags": tags })).await;
        let again = json!([{ "Key": "team", "Value": "b" }]);
        api.tables("TagResource", json!({ "ResourceArn": arn, "Tags": again })).await;
        api.tables("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["stage", "absent"] })).await;
        let listed = api.tables("ListTagsOfResource", json!({ "ResourceArn": arn })).await;
        assert_eq!(listed["Tags"], again);
    }

    /// A protected table is not deleted.
    are_protected(api) {
        let mut request = table("Music");
        request["DeletionProtectionEnabled"] = json!(true);
        api.tables("CreateTable", request).await;
        let name = json!({ "TableName": "Music" });
        api.tables_refuse("DeleteTable", name.clone(), INVALID, "protected against deletion").await;
        api.tables("UpdateTable", json!({ "TableName": "Music", "DeletionProtectionEnabled": false })).await;
        api.tables("DeleteTable", name).await;
    }

    /// Billing changes both ways, and throughput belongs to one of the modes.
    change_their_billing(api) {
        let mut request = table("Music");
        let throughput = json!({ "ReadCapacityUnits": 10, "WriteCapacityUnits": 5 });
        request["ProvisionedThroughput"] = throughput.clone();
        api.tables_refuse("CreateTable", request, INVALID, "PAY_PER_REQUEST").await;
        api.make_table("Music").await;
        let provisioned =
            json!({ "TableName": "Music", "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput });
        api.tables("UpdateTable", provisioned).await;
        let described = api.tables("DescribeTable", json!({ "TableName": "Music" })).await;
        let units = &described["Table"]["ProvisionedThroughput"];
        assert_eq!((&units["ReadCapacityUnits"], &units["WriteCapacityUnits"]), (&json!(10), &json!(5)));
    }

    /// What is not offered yet is refused, and not ignored.
    refuse_what_is_not_offered(api) {
        let mut request = table("Music");
        request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
        api.tables_refuse("CreateTable", request, "UnsupportedOperationException", "StreamSpecification is not supported").await;
    }

    /// A table answers to its ARN as to its name, and a new one of the same name is another one.
    have_two_names(api) {
        let made = api.tables("CreateTable", table("Music")).await;
        let arn = &made["TableDescription"]["TableArn"];
        let described = api.tables("DescribeTable", json!({ "TableName": arn })).await;
        let first = &described["Table"]["TableId"];
        assert_eq!(*first, made["TableDescription"]["TableId"]);
        let item = json!({ "pk": { "S": "a" }, "sk": { "N": "1" } });
        api.tables("PutItem", json!({ "TableName": arn, "Item": item })).await;
        api.tables("DeleteTable", json!({ "TableName": arn })).await;
        let again = api.tables("CreateTable", table("Music")).await;
        assert_eq!(again["TableDescription"]["TableArn"], *arn);
        assert_ne!(again["TableDescription"]["TableId"], *first);
        let found = api.tables("GetItem", json!({ "TableName": "Music", "Key": item })).await;
        assert!(found.get("Item").is_none(), "{found}");
    }

    /// One request changes one thing, and it must be a change.
    change_one_thing_at_a_time(api) {
        api.make_table("Music").await;
        let update = |more: Value| with(json!({ "TableName": "Music" }), more);
        let two = update(json!({ "BillingMode": "PAY_PER_REQUEST", "SSESpecification": { "Enabled": true } }));
        let text = "Server-Side Encryption modification must be the only operation in the request";
        api.tables_refuse("UpdateTable", two, INVALID, text).await;
        let nothing = update(json!({ "SSESpecification": { "Enabled": false } }));
        api.tables_refuse("UpdateTable", nothing, INVALID, "Table is already encrypted by default").await;
        api.tables_refuse("UpdateTable", update(json!({})), INVALID, "At least one of").await;
        let class = update(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" }));
        api.tables("UpdateTable", class).await;
        let described = api.tables("DescribeTable", json!({ "TableName": "Music" })).await;
        assert_eq!(described["Table"]["TableClassSummary"]["TableClass"], "STANDARD_INFREQUENT_ACCESS");
        let absent = json!({ "TableName": "Absent", "DeletionProtectionEnabled": true });
        let text = "Requested resource not found: Table: Absent not found";
        api.tables_refuse("UpdateTable", absent, "ResourceNotFoundException", text).await;
    }

    /// What a table has not got yet is told as switched off.
    tell_what_they_have_not(api) {
        api.make_table("Music").await;
        let name = json!({ "TableName": "Music" });
        let ttl = api.tables("DescribeTimeToLive", name.clone()).await;
        assert_eq!(ttl["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED");
        let backups = api.tables("DescribeContinuousBackups", name).await;
        let backups = &backups["ContinuousBackupsDescription"];
        let recovery = &backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"];
        assert_eq!((&backups["ContinuousBackupsStatus"], recovery), (&json!("DISABLED"), &json!("DISABLED")));
        let limits = api.tables("DescribeLimits", json!({})).await;
        assert_eq!((&limits["AccountMaxReadCapacityUnits"], &limits["TableMaxReadCapacityUnits"]), (&json!(80_000), &json!(40_000)));
    }

    /// The endpoint is the one that was called.
    are_where_they_were_called(api) {
        let endpoints = api.tables("DescribeEndpoints", json!({})).await;
        let [endpoint] = endpoints["Endpoints"].as_array().unwrap().as_slice() else { panic!("{endpoints}") };
        let address = endpoint["Address"].as_str().unwrap();
        assert!(address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()), "{address}");
        assert_eq!(endpoint["CachePeriodInMinutes"], 1440);
    }

    /// What no table can be, in AWS's words.
    are_refused_in_words(api) {
        let with = |member: &str, value: Value| with(table("Music"), json!({ member: value }));
        let attributes = json!([{ "AttributeName": "pk", "AttributeType": "S" }]);
        let range = json!([{ "AttributeName": "pk", "KeyType": "RANGE" }]);
        for (request, text) in [
            (with("TableName", json!("ab")), "Member must have length greater than or equal to 3"),
            (with("TableName", json!("a b")), "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
            (with("KeySchema", range), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
            (with("AttributeDefinitions", attributes), "Invalid KeySchema: Some index key attribute have no definition"),
            (with("BillingMode", json!("PROVISIONED")), "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
        ] {
            let refusal = api.try_tables("CreateTable", request.clone()).await.unwrap_err();
            assert!(refusal.code == INVALID && refusal.message.contains(text), "{request}: {refusal:?}");
        }
    }
}
