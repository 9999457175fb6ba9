//! Keys: their life, what they do, and who may.

use serde_json::{Value, json};

use crate::items::INVALID;
use crate::{Api, api_suite, with};

/// A fresh key; its ARN.
pub(crate) async fn make_key(api: &Api) -> String {
    make_key_with(api, json!({})).await
}

/// A fresh key with these members; its ARN.
pub(crate) async fn make_key_with(api: &Api, members: Value) -> String {
    let made = api.keys("CreateKey", members).await;
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

/// The text about one member that breaks a rule of the model; `value` is what it shows of that.
pub(crate) fn broken(value: &str, member: &str, rule: &str) -> String {
    format!(
        "1 validation error detected: {value} at '{member}' failed to satisfy constraint: Member must {rule}"
    )
}

/// Has an operation that manages keys refuse what names none, in a request that is right otherwise.
pub(crate) async fn refuse_names(api: &Api, operation: &str, request: Value) {
    const ARN: &str = "arn:aws:kms:us-east-1:000000000000";
    let absent = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let no_alias = "The key must be named by its key ID or key ARN, not by an alias.";
    let empty = broken("Value ''", "keyId", "have length greater than or equal to 1");
    for (name, code, text) in [
        (absent, "NotFoundException", &*format!("Key '{ARN}:key/{absent}' does not exist")),
        ("alias/app", "NotFoundException", "Invalid keyId 'alias/app'"),
        (&*format!("{ARN}:alias/app"), INVALID, no_alias),
        ("", INVALID, &*empty),
    ] {
        let named = with(request.clone(), json!({ "KeyId": name }));
        api.keys_refuse_in_words(operation, named, code, text).await;
    }
}

/// Bytes as JSON has them: `secret`.
pub(crate) const SECRET: &str = "c2VjcmV0";

api_suite! {
    /// What a key encrypted it decrypts, with the very same context.
    encrypt_and_decrypt(api) {
        let key = make_key(api).await;
        let context = json!({ "tenant": "a", "b": "" });
        let sealed = api.keys("Encrypt", json!({ "KeyId": key, "Plaintext": SECRET, "EncryptionContext": context })).await;
        assert_eq!((&sealed["KeyId"], &sealed["EncryptionAlgorithm"]), (&json!(key), &json!("SYMMETRIC_DEFAULT")));
        let open = |context: Value| json!({ "CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context });
        let opened = api.keys("Decrypt", open(context)).await;
        assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&json!(SECRET), &json!(key)));
        for other in [json!({}), json!({ "Tenant": "a", "b": "" }), json!({ "tenant": "a" }), json!({ "tenant": "ab" })] {
            api.keys_refuse("Decrypt", open(other), "InvalidCiphertextException", "").await;
        }
    }

    /// A data key comes plain and wrapped, and the wrapped one opens to the plain one.
    make_data_keys(api) {
        let key = make_key(api).await;
        let made = api.keys("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
        let opened = api.keys("Decrypt", json!({ "CiphertextBlob": made["CiphertextBlob"] })).await;
        assert_eq!(opened["Plaintext"], made["Plaintext"]);
        let wrapped = api.keys("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "NumberOfBytes": 64 })).await;
        assert!(wrapped.get("Plaintext").is_none(), "only the wrapped key");
        let both = json!({ "KeyId": key, "KeySpec": "AES_128", "NumberOfBytes": 16 });
        api.keys_refuse("GenerateDataKey", both, "ValidationException", "").await;
        api.keys_refuse(
            "GenerateDataKey",
            json!({ "KeyId": key, "KeySpec": "AES_256", "DryRun": true }),
            "DryRunOperationException",
            "",
        ).await;
    }

    /// Random bytes are as many as were asked for, and others each time.
    make_random_bytes(api) {
        for (number, characters) in [(1, 4), (3, 4), (32, 44), (1024, 1368)] {
            let made = api.keys("GenerateRandom", json!({ "NumberOfBytes": number })).await;
            assert_eq!(made, json!({ "Plaintext": made["Plaintext"] }));
            assert_eq!(made["Plaintext"].as_str().unwrap().len(), characters, "{number}");
        }
        let many = json!({ "NumberOfBytes": 32 });
        assert_ne!(api.keys("GenerateRandom", many.clone()).await, api.keys("GenerateRandom", many).await);
        for (request, text) in [
            (json!({}), "NumberOfBytes is required."),
            (
                json!({ "NumberOfBytes": 0 }),
                &*broken("Value '0'", "numberOfBytes", "have value greater than or equal to 1"),
            ),
            (
                json!({ "NumberOfBytes": 1025 }),
                &*broken("Value '1025'", "numberOfBytes", "have value less than or equal to 1024"),
            ),
        ] {
            api.keys_refuse_in_words("GenerateRandom", request, INVALID, text).await;
        }
    }

    /// A key's state decides what it does.
    are_disabled_and_deleted(api) {
        let key = make_key(api).await;
        let name = json!({ "KeyId": key });
        let encrypt = json!({ "KeyId": key, "Plaintext": SECRET });
        api.keys("DisableKey", name.clone()).await;
        api.keys_refuse("Encrypt", encrypt.clone(), "DisabledException", &format!("{key} is disabled.")).await;
        api.keys("EnableKey", name.clone()).await;
        api.keys("Encrypt", encrypt.clone()).await;
        let scheduled = api.keys("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
        assert_eq!((&scheduled["KeyState"], &scheduled["PendingWindowInDays"]), (&json!("PendingDeletion"), &json!(7)));
        api.keys_refuse("Encrypt", encrypt, "KMSInvalidStateException", &format!("{key} is pending deletion.")).await;
        api.keys("CancelKeyDeletion", name.clone()).await;
        let described = api.keys("DescribeKey", name).await;
        assert_eq!(described["KeyMetadata"]["KeyState"], "Disabled");
    }

    /// A dry run may leave out the ciphertext, but not the key.
    run_dry_without_ciphertext(api) {
        let key = make_key(api).await;
        let request = json!({ "KeyId": key, "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"] });
        let text = "The request would have succeeded, but the DryRun option is set.";
        api.keys_refuse("Decrypt", request.clone(), "DryRunOperationException", text).await;
        let nobodys = json!({ "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"] });
        api.keys_refuse("Decrypt", nobodys, "ValidationException", "").await;
        let real = json!({ "KeyId": key, "CiphertextBlob": "AA==", "DryRunModifiers": ["IGNORE_CIPHERTEXT"] });
        api.keys_refuse("Decrypt", real, "ValidationException", "").await;
        let moved = json!({ "SourceKeyId": key, "DestinationKeyId": key, "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"] });
        api.keys_refuse("ReEncrypt", moved, "DryRunOperationException", text).await;
        api.keys("DisableKey", json!({ "KeyId": key })).await;
        api.keys_refuse("Decrypt", request, "DisabledException", &format!("{key} is disabled.")).await;
    }

    /// A key is described anew until it waits for its deletion; an empty description is none.
    are_described_anew(api) {
        let key = make_key_with(api, json!({ "Description": "for books" })).await;
        let describe = |text: &str| json!({ "KeyId": key, "Description": text });
        let description = async || {
            let described = api.keys("DescribeKey", json!({ "KeyId": key })).await;
            described["KeyMetadata"].get("Description").cloned().unwrap_or_else(|| json!(""))
        };
        assert_eq!(description().await, "for books");
        for text in ["for music", ""] {
            api.keys("UpdateKeyDescription", describe(text)).await;
            assert_eq!(description().await, text);
        }
        refuse_names(api, "UpdateKeyDescription", describe("x")).await;
        let text = broken("Value", "description", "have length less than or equal to 8192");
        api.keys_refuse_in_words("UpdateKeyDescription", describe(&"d".repeat(8193)), INVALID, &text).await;
        api.keys("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
        let text = format!("{key} is pending deletion.");
        api.keys_refuse_in_words("UpdateKeyDescription", describe("x"), "KMSInvalidStateException", &text).await;
        assert_eq!(description().await, "");
    }

    /// An alias is another name of a key, and can be pointed at another one.
    have_aliases(api) {
        let (one, two) = (make_key(api).await, make_key(api).await);
        let alias = json!({ "AliasName": "alias/app", "TargetKeyId": one });
        api.keys("CreateAlias", alias.clone()).await;
        api.keys_refuse("CreateAlias", alias, "AlreadyExistsException", "").await;
        let described = api.keys("DescribeKey", json!({ "KeyId": "alias/app" })).await;
        assert_eq!(described["KeyMetadata"]["Arn"], json!(one));
        api.keys("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": two })).await;
        let described = api.keys("DescribeKey", json!({ "KeyId": "alias/app" })).await;
        assert_eq!(described["KeyMetadata"]["Arn"], json!(two));
        let listed = api.keys("ListAliases", json!({})).await;
        let names: Vec<_> = listed["Aliases"].as_array().unwrap().iter().map(|alias| &alias["AliasName"]).collect();
        assert!(names.contains(&&json!("alias/app")), "{listed}");
        api.keys("DeleteAlias", json!({ "AliasName": "alias/app" })).await;
        api.keys_refuse("DescribeKey", json!({ "KeyId": "alias/app" }), "NotFoundException", "alias/app is not found.").await;
    }

    /// The managed key comes into being with its first use, and nobody manages it.
    are_managed(api) {
        let listed = api.keys("ListAliases", json!({})).await;
        let managed = |listed: &Value| {
            let aliases = listed["Aliases"].as_array().unwrap();
            aliases.iter().find(|alias| alias["AliasName"] == "alias/aws/dynamodb").unwrap().clone()
        };
        assert!(managed(&listed).get("TargetKeyId").is_none(), "{listed}");
        let mut request = crate::table("Music");
        request["SSESpecification"] = json!({ "Enabled": true });
        let made = api.tables("CreateTable", request).await;
        let described = api.keys("DescribeKey", json!({ "KeyId": "alias/aws/dynamodb" })).await;
        let described = &described["KeyMetadata"];
        assert_eq!((&described["KeyManager"], &described["KeyState"]), (&json!("AWS"), &json!("Enabled")));
        assert_eq!(described["Arn"], made["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"]);
        let denied = "AccessDeniedException";
        api.keys_refuse("DisableKey", json!({ "KeyId": described["KeyId"] }), denied, "").await;
        api.keys_refuse("Encrypt", json!({ "KeyId": "alias/aws/dynamodb", "Plaintext": SECRET }), denied, "").await;
    }

    /// A table's key has two grants of the table service, which go with the table.
    are_granted_to_tables(api) {
        let key = make_key(api).await;
        let mut request = crate::table("Music");
        request["SSESpecification"] = json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": key });
        api.tables("CreateTable", request).await;
        let grants = api.keys("ListGrants", json!({ "KeyId": key })).await;
        let grants = grants["Grants"].as_array().unwrap();
        assert!(!grants.is_empty());
        for grant in grants {
            assert_eq!(grant["GranteePrincipal"], "dynamodb.us-east-1.amazonaws.com");
            let context = json!({ "aws:dynamodb:tableName": "Music", "aws:dynamodb:subscriberId": "000000000000" });
            assert_eq!(grant["Constraints"]["EncryptionContextSubset"], context);
        }
        api.tables("DeleteTable", json!({ "TableName": "Music" })).await;
        for _ in 0..500 {
            let left = api.keys("ListGrants", json!({ "KeyId": key })).await;
            if left.get("Grants").is_none_or(|grants| grants == &json!([])) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the grants are still there");
    }

    /// Keys come in pages, each once.
    are_listed_in_pages(api) {
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(make_key(api).await);
        }
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let mut request = json!({ "Limit": 2 });
            if let Some(marker) = marker {
                request["Marker"] = marker;
            }
            let page = api.keys("ListKeys", request).await;
            let keys = page["Keys"].as_array().unwrap();
            seen.extend(keys.iter().map(|key| key["KeyArn"].as_str().unwrap().to_owned()));
            if page["Truncated"] != json!(true) {
                break;
            }
            marker = Some(page["NextMarker"].clone());
        }
        seen.sort();
        made.sort();
        assert_eq!(seen, made);
    }

    /// What names no key is refused, each kind of name in its words.
    are_not_found(api) {
        let wrong = [
            ("alias/absent", "Alias arn:aws:kms:us-east-1:000000000000:alias/absent is not found."),
            (
                "1234abcd-12ab-34cd-56ef-1234567890ab",
                "Key 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab' does not exist",
            ),
            ("nonsense", "Invalid keyId 'nonsense'"),
        ];
        for (name, text) in wrong {
            api.keys_refuse("DescribeKey", json!({ "KeyId": name }), "NotFoundException", text).await;
        }
    }
}
