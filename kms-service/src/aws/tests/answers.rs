//! Every answer against AWS's model: what the service answers, with everything in it that can be.

use shape::model::compare_answers;

use super::World;

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../../tests/model/kms-answers.txt");

/// What answers never have, and what is below it.
const ABSENT: &[&str] = &[
    // Keys whose material is not this service's own.
    ".ValidTo",
    ".ExpirationModel",
    ".CustomKeyStoreId",
    ".CloudHsmClusterId",
    ".XksKeyConfiguration",
    // Asymmetric keys.
    ".SigningAlgorithms",
    ".KeyAgreementAlgorithms",
    ".EncapsulationAlgorithms",
    // Multi-Region keys, which alone wait for their replicas.
    ".MultiRegionConfiguration",
    ".PendingDeletionWindowInDays",
    // Enclaves.
    ".CiphertextForRecipient",
    // Grants to services by name are in the member for principals.
    ".SourceArn",
    ".GranteeServicePrincipal",
    ".RetiringServicePrincipal",
    // A new key does not wait for its deletion.
    "CreateKey.KeyMetadata.DeletionDate",
    // Key material from elsewhere, and rotations that take a while.
    ".KeyMaterialDescription",
    ".ImportState",
    ".OnDemandRotationStartDate",
    // There is one.
    "ListKeyPolicies.NextMarker",
];

/// A world with one of everything, and the answers of every operation that has one.
async fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let world = World::new().await;
    let mut answers = Vec::new();
    let mut ask = async |operation: &'static str, request: String| {
        let (status, body) = world.ask(operation, &request).await;
        assert_eq!(status, 200, "{operation} {request}: {body}");
        let json = serde_json::from_str(&body).unwrap_or(serde_json::Value::Null);
        if !body.is_empty() {
            answers.push((operation, body.into_bytes()));
        }
        json
    };
    let text = |json: &serde_json::Value| json.as_str().unwrap().to_owned();
    let key = text(&ask("CreateKey", "{}".to_owned()).await["KeyMetadata"]["Arn"]);
    let named = format!(r#"{{"KeyId":"{key}"}}"#);
    for alias in ["a", "b"] {
        ask("CreateAlias", format!(r#"{{"AliasName":"alias/{alias}","TargetKeyId":"{key}"}}"#)).await;
    }
    let sealed = ask("Encrypt", format!(r#"{{"KeyId":"{key}","Plaintext":"AA=="}}"#)).await;
    let blob = text(&sealed["CiphertextBlob"]);
    ask("Decrypt", format!(r#"{{"CiphertextBlob":"{blob}"}}"#)).await;
    ask("ReEncrypt", format!(r#"{{"CiphertextBlob":"{blob}","DestinationKeyId":"{key}"}}"#)).await;
    for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        ask(operation, format!(r#"{{"KeyId":"{key}","KeySpec":"AES_256"}}"#)).await;
    }
    ask("GenerateRandom", r#"{"NumberOfBytes":5}"#.to_owned()).await;
    for constraint in ["EncryptionContextSubset", "EncryptionContextEquals"] {
        let who = "arn:aws:iam::111122223333:user/bob";
        let grant = format!(
            r#"{{"KeyId":"{key}","GranteePrincipal":"{who}","RetiringPrincipal":"{who}","Name":"n",
                "Operations":["Decrypt"],"Constraints":{{"{constraint}":{{"a":"b"}}}}}}"#
        );
        ask("CreateGrant", grant).await;
    }
    ask(
        "ListRetirableGrants",
        r#"{"RetiringPrincipal":"arn:aws:iam::111122223333:user/bob","Limit":1}"#.to_owned(),
    )
    .await;
    ask("ListGrants", named.clone()).await;
    ask("ListGrants", format!(r#"{{"KeyId":"{key}","Limit":1}}"#)).await;
    ask("ListAliases", format!(r#"{{"KeyId":"{key}","Limit":1}}"#)).await;
    ask("RotateKeyOnDemand", named.clone()).await;
    ask("EnableKeyRotation", named.clone()).await;
    ask("GetKeyRotationStatus", named.clone()).await;
    ask("ListKeyRotations", named.clone()).await;
    ask(
        "ListKeyRotations",
        format!(r#"{{"KeyId":"{key}","IncludeKeyMaterial":"ALL_KEY_MATERIAL","Limit":1}}"#),
    )
    .await;
    for tag in ["a", "b"] {
        let tags = format!(r#"{{"KeyId":"{key}","Tags":[{{"TagKey":"{tag}","TagValue":""}}]}}"#);
        ask("TagResource", tags).await;
    }
    ask("ListResourceTags", format!(r#"{{"KeyId":"{key}","Limit":1}}"#)).await;
    ask("GetKeyPolicy", named.clone()).await;
    ask("ListKeyPolicies", named.clone()).await;
    let hmac = r#"{"KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC"}"#.to_owned();
    let hmac = text(&ask("CreateKey", hmac).await["KeyMetadata"]["KeyId"]);
    ask("DescribeKey", format!(r#"{{"KeyId":"{hmac}"}}"#)).await;
    let message = format!(r#""KeyId":"{hmac}","Message":"AA==","MacAlgorithm":"HMAC_SHA_256""#);
    let code = text(&ask("GenerateMac", format!("{{{message}}}")).await["Mac"]);
    ask("VerifyMac", format!(r#"{{{message},"Mac":"{code}"}}"#)).await;
    ask("ListKeys", r#"{"Limit":1}"#.to_owned()).await;
    ask("ScheduleKeyDeletion", named.clone()).await;
    ask("DescribeKey", named.clone()).await;
    ask("CancelKeyDeletion", named).await;
    answers
}

#[tokio::test]
async fn every_member_of_every_answer_is_the_models() {
    assert_eq!(compare_answers(MODEL, &answers().await, ABSENT), [""; 0]);
}

#[tokio::test]
async fn moments_are_seconds_with_a_fraction() {
    let world = World::new().await;
    let key = world.done("CreateKey", "{}").await;
    assert_eq!(key["KeyMetadata"]["CreationDate"].to_string(), "1700000000.123");
}
