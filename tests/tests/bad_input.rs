//! Promise: bad input never crashes anything and is answered with the AWS error code and a text that says what was wrong.
//! Texts are AWS's, word for word, mistakes included.

use std::collections::HashMap;

use proto::kms::{
    CreateAliasRequest, CreateKeyRequest, DataKeySpec, DecryptRequest, EnableKeyRotationRequest,
    EncryptRequest, GenerateDataKeyRequest, GenerateMacRequest, GenerateRandomRequest, KeySpec,
    ListResourceTagsRequest, MacAlgorithmSpec, PutKeyPolicyRequest, ScheduleKeyDeletionRequest, Tag,
    TagResourceRequest, VerifyMacRequest,
};
use proto::table::ScalarAttributeType::{N, S};
use proto::table::{
    AttributeDefinition, AttributeValue, BatchGetItemRequest, BatchWriteItemRequest, BillingMode,
    CreateTableRequest, KeysAndAttributes, ListTablesRequest, OnDemandThroughput, ProvisionedThroughput,
    QueryRequest, ReplicaUpdate, ScanRequest, SecondaryIndex, SecondaryIndexUpdate, SseSpecification,
    SseType, StreamSpecification, UpdateTableRequest, WarmThroughput, WriteRequest, WriteRequests,
};
use tests::item::{Attributes, attributes, b, l, listed, m, n, nested, ns, null, s, ss};
use tests::{ACCOUNT, Encryption, REGION, Refusal, Refused, Stack, Tables, music, table};
use tonic::Code;

const OOM: &str = "One or more parameter values were invalid: ";

#[track_caller]
fn assert_invalid(refused: &Refused, message: &str) {
    assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
    refused.assert_is("ValidationException", message);
    assert_eq!(refused.domain, "table.keystead");
}

/// After everything that was thrown at it, the service still serves.
async fn assert_alive(stack: &Stack) {
    let tables = stack.tables();
    let key = || attributes([("Artist", s("still")), ("SongTitle", s("here"))]);
    tables.put("Music", key()).await.expect("the service serves");
    assert_eq!(tables.get("Music", key()).await.expect("the service serves"), Some(key()));
    assert!(stack.table_readiness().await.0);
    assert!(stack.kms_readiness().await.0);
}

async fn with_music() -> (Stack, Tables) {
    let stack = Stack::together().await;
    let tables = stack.tables();
    tables.create(music(None), &Encryption::Owned).await;
    (stack, tables)
}

fn item(artist: AttributeValue, title: AttributeValue) -> Attributes {
    attributes([("Artist", artist), ("SongTitle", title)])
}

fn with(value: AttributeValue) -> Attributes {
    let mut item = item(s("a"), s("t"));
    item.insert("x".to_owned(), value);
    item
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sse_specification_is_accepted_or_refused_as_aws_does() {
    const E1: &str = "SSEType KMS is required if KMSMasterKeyId is specified";
    const E2: &str = "SSEType can not be specified if Enabled is false";
    const E3: &str = "KMSMasterKeyId can not be specified if Enabled is false";
    const E4: &str = "SSEType AES256 is not supported";
    let stack = Stack::together().await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let key = kms.customer_key().await;
    let managed = kms.describe("alias/aws/dynamodb").await.expect("made on first use").arn;
    let own = key.arn.as_str();

    // What the table is under afterwards: no key named, the managed key or the customer's; or the error.
    type Outcome<'a> = Result<Option<&'a str>, &'a str>;
    let table = |enabled: Option<bool>, sse_type: SseType, key: Option<&str>| -> Outcome<'_> {
        match (enabled, sse_type, key) {
            (Some(false), SseType::Kms | SseType::Aes256, _) => Err(E2),
            (Some(false), SseType::Unspecified, Some(_)) => Err(E3),
            (Some(false), SseType::Unspecified, None) => Ok(None),
            (_, SseType::Unspecified, Some(_)) => Err(E1),
            (_, SseType::Aes256, None) => Err(E4),
            // Both E1 and E4 would be right; AWS's order is not known.
            (_, SseType::Aes256, Some(_)) => Err(""),
            (None, SseType::Unspecified, None) => Ok(None),
            (Some(true), SseType::Unspecified, None) => Ok(Some("managed")),
            (_, SseType::Kms, None) => Ok(Some("managed")),
            (_, SseType::Kms, Some(_)) => Ok(Some("customer")),
        }
    };
    for enabled in [None, Some(false), Some(true)] {
        for sse_type in [SseType::Unspecified, SseType::Aes256, SseType::Kms] {
            for key_id in [None, Some(own)] {
                let specification = SseSpecification {
                    enabled,
                    sse_type: sse_type.into(),
                    kms_master_key_id: key_id.map(str::to_owned),
                };
                let what = format!("{specification:?}");
                let create =
                    CreateTableRequest { sse_specification: Some(specification.clone()), ..music(None) };
                let expected = table(enabled, sse_type, key_id);
                match (tables.create_table(create).await, expected) {
                    (Ok(_), Ok(kind)) => {
                        let description = tables.active("Music").await.sse_description;
                        let arn = description.map(|sse| sse.kms_master_key_arn);
                        let wanted = kind.map(|kind| if kind == "managed" { managed.as_str() } else { own });
                        assert_eq!(arn.as_deref(), wanted, "CreateTable with {what}");
                        tables.drop_table("Music").await;
                    }
                    (Err(refused), Err("")) => {
                        assert_eq!(refused.reason, "ValidationException", "CreateTable with {what}");
                    }
                    (Err(refused), Err(message)) => assert_invalid(&refused, &format!("{OOM}{message}")),
                    (got, expected) => panic!("CreateTable with {what}: {got:?} instead of {expected:?}"),
                }
                assert!(
                    tables
                        .list_tables(ListTablesRequest::default())
                        .await
                        .expect("listed")
                        .table_names
                        .is_empty()
                );

                // UpdateTable: the same errors, and before it is asked whether the table exists.
                let update = UpdateTableRequest {
                    table_name: "NoSuchTable".to_owned(),
                    sse_specification: Some(specification),
                    ..Default::default()
                };
                let refused = tables.update_table(update).await.refused();
                match expected {
                    Err("") => assert_eq!(refused.reason, "ValidationException", "UpdateTable with {what}"),
                    Err(message) => assert_invalid(&refused, &format!("{OOM}{message}")),
                    Ok(_) => refused.assert_is(
                        "ResourceNotFoundException",
                        "Requested resource not found: Table: NoSuchTable not found",
                    ),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sse_errors_that_depend_on_the_table() {
    let (stack, tables) = with_music().await;
    let key = stack.kms().customer_key().await;
    let update = |specification: SseSpecification| UpdateTableRequest {
        table_name: "Music".to_owned(),
        sse_specification: Some(specification),
        ..Default::default()
    };
    for specification in [SseSpecification::default(), Encryption::Owned.specification()] {
        let refused = tables.update_table(update(specification)).await.refused();
        assert_invalid(&refused, &format!("{OOM}Table is already encrypted by default"));
    }
    let refused = tables
        .update_table(update(SseSpecification {
            kms_master_key_id: Some(String::new()),
            ..Encryption::Managed.specification()
        }))
        .await
        .refused();
    assert_invalid(
        &refused,
        "1 validation error detected: Value '' at 'sSESpecification.kMSMasterKeyId' failed to satisfy constraint: Member \
         must have length greater than or equal to 1",
    );
    let unknown_type = SseSpecification { sse_type: 77, ..Encryption::Managed.specification() };
    tables.update_table(update(unknown_type)).await.refused().assert_says(
        "ValidationException",
        "at 'sSESpecification.sSEType' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]",
    );
    let both = UpdateTableRequest {
        billing_mode: BillingMode::PayPerRequest.into(),
        ..update(Encryption::Managed.specification())
    };
    assert_invalid(
        &tables.update_table(both).await.refused(),
        &format!("{OOM}Server-Side Encryption modification must be the only operation in the request"),
    );
    let nothing = UpdateTableRequest { table_name: "Music".to_owned(), ..Default::default() };
    tables.update_table(nothing).await.refused().assert_says("ValidationException", "At least one of ");

    tables.switch("Music", &Encryption::Customer(key.arn.clone())).await;
    assert_invalid(
        &tables.ask_switch("Music", &Encryption::Customer(key.arn)).await.refused(),
        &format!(
            "{OOM}Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to \
             change Master Key"
        ),
    );
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_used_refuses_the_table_and_makes_none() {
    let (stack, tables) = with_music().await;
    let kms = stack.kms();
    let arn = |id: &str| format!("arn:aws:kms:{REGION}:{ACCOUNT}:{id}");
    let unknown = "11111111-2222-4333-8444-555555555555";
    let disabled = kms.customer_key().await;
    kms.disable(&disabled.key_id).await;
    let doomed = kms.customer_key().await;
    kms.schedule_deletion(&doomed.key_id).await;
    let not_found = |text: &str| {
        format!(
            "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: {text} (Service: AWSKMS; Status \
                 Code: 400; Error Code: NotFoundException; Request ID: "
        )
    };
    let cases = [
        (unknown.to_owned(), not_found(&format!("Key '{}' does not exist", arn(&format!("key/{unknown}"))))),
        (
            arn(&format!("key/{unknown}")),
            not_found(&format!("Key '{}' does not exist", arn(&format!("key/{unknown}")))),
        ),
        ("alias/nobody".to_owned(), not_found(&format!("Alias {} is not found.", arn("alias/nobody")))),
        (arn("alias/nobody"), not_found(&format!("Alias {} is not found.", arn("alias/nobody")))),
        ("nonsense".to_owned(), not_found("Invalid keyId 'nonsense'")),
        (unknown.replace('-', ""), not_found(&format!("Invalid keyId '{}'", unknown.replace('-', "")))),
        (format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{unknown}"), not_found("Invalid arn eu-west-1")),
        (
            disabled.key_id.clone(),
            format!(
                "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {} is disabled. (",
                disabled.arn
            ),
        ),
        (
            doomed.arn.clone(),
            format!(
                "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: {} is pending deletion. (",
                doomed.arn
            ),
        ),
        // DynamoDB answers 500 here, and SDKs try again in vain.
        (
            kms.hmac_key().await.arn,
            "KMS internal error: com.amazonaws.services.kms.model.AWSKMSException: EncryptionContext is supported only \
             when creating a grant for a symmetric encryption KMS key. (Service: AWSKMS; Status Code: 400; Error Code: \
             ValidationException; Request ID: "
                .to_owned(),
        ),
    ];
    for (key, message) in cases {
        let choice = Encryption::Customer(key.clone());
        let mut request = music(Some(&choice));
        request.table_name = "Refused".to_owned();
        let created = tables.create_table(request).await.refused();
        let switched = tables.ask_switch("Music", &choice).await.refused();
        for refused in [created, switched] {
            refused.assert_says("ValidationException", &message);
        }
        tables
            .describe("Refused")
            .await
            .refused()
            .assert_says("ResourceNotFoundException", "Table: Refused not found");
        assert_eq!(tables.describe("Music").await.expect("described").sse_description, None, "{key}");
    }
    for malformed in
        ["arn:aws:kms", "arn:aws:s3:::bucket", "arn:aws:kms:us-east-1:000000000000:secret/x", "arn:"]
    {
        let refused = tables.ask_switch("Music", &Encryption::Customer(malformed.to_owned())).await.refused();
        refused.assert_says("ValidationException", "KMS validation error: ");
    }
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_tables() {
    let (stack, tables) = with_music().await;
    let name = "NoSuchTable";
    tables
        .describe(name)
        .await
        .refused()
        .assert_is("ResourceNotFoundException", "Requested resource not found: Table: NoSuchTable not found");
    let delete = proto::table::DeleteTableRequest { table_name: name.to_owned() };
    let deleted = tables.delete_table(delete).await.refused();
    deleted
        .assert_is("ResourceNotFoundException", "Requested resource not found: Table: NoSuchTable not found");
    assert_eq!(deleted.code, Code::NotFound);
    let key = || item(s("a"), s("t"));
    let query = QueryRequest {
        table_name: name.to_owned(),
        key_condition_expression: "Artist = :a".to_owned(),
        expression_attribute_values: attributes([(":a", s("a"))]),
        ..Default::default()
    };
    let keys = KeysAndAttributes { keys: vec![listed(key())], ..Default::default() };
    let batch =
        BatchGetItemRequest { request_items: HashMap::from([(name.to_owned(), keys)]), ..Default::default() };
    let outcomes = [
        tables.put(name, key()).await,
        tables.get(name, key()).await.map(drop),
        tables.delete(name, key()).await,
        tables.query(query).await.map(drop),
        tables.scan(ScanRequest { table_name: name.to_owned(), ..Default::default() }).await.map(drop),
        tables.batch_get_item(batch).await.map(drop),
        tables.put_batch(name, vec![key()]).await,
    ];
    for outcome in outcomes {
        let refused = outcome.refused();
        assert_eq!(refused.code, Code::NotFound);
        refused.assert_is("ResourceNotFoundException", "Requested resource not found");
    }
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_do_not_fit_the_table() {
    let (stack, tables) = with_music().await;
    let empty = |name: &str| {
        format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             string value. Key: {name}"
        )
    };
    let hash_too_long = format!("{OOM}Size of hashkey has exceeded the maximum size limit of2048 bytes");
    let range_too_long =
        format!("{OOM}Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    let put = [
        (item(n(1), s("t")), format!("{OOM}Type mismatch for key Artist expected: S actual: N")),
        (item(s("a"), b("t")), format!("{OOM}Type mismatch for key SongTitle expected: S actual: B")),
        (item(s("a"), null()), format!("{OOM}Type mismatch for key SongTitle expected: S actual: NULL")),
        (attributes([("Artist", s("a"))]), format!("{OOM}Missing the key SongTitle in the item")),
        (attributes([("SongTitle", s("t"))]), format!("{OOM}Missing the key Artist in the item")),
        (attributes([]), format!("{OOM}Missing the key Artist in the item")),
        (item(s(""), s("t")), empty("Artist")),
        (item(s("a"), s("")), empty("SongTitle")),
        (item(s("x".repeat(2_049)), s("t")), hash_too_long.clone()),
        (item(s("ä".repeat(1_025)), s("t")), hash_too_long.clone()),
        (item(s("a"), s("x".repeat(1_025))), range_too_long.clone()),
    ];
    for (item, message) in put {
        assert_invalid(&tables.put("Music", item).await.refused(), &message);
    }
    let mismatch = "The provided key element does not match the schema";
    let get = [
        (item(n(1), s("t")), mismatch.to_owned()),
        (attributes([("Artist", s("a"))]), mismatch.to_owned()),
        (attributes([("Artist", s("a")), ("SongTitle", s("t")), ("x", s("y"))]), mismatch.to_owned()),
        (attributes([("Artist", s("a")), ("Title", s("t"))]), mismatch.to_owned()),
        (item(s(""), s("t")), empty("Artist")),
        (item(s("x".repeat(2_049)), s("t")), hash_too_long),
        (item(s("a"), s("x".repeat(1_025))), range_too_long),
    ];
    for (key, message) in get {
        assert_invalid(&tables.get("Music", key.clone()).await.refused(), &message);
        assert_invalid(&tables.delete("Music", key).await.refused(), &message);
    }
    // The longest keys that are allowed.
    let longest = item(s("x".repeat(2_048)), s("y".repeat(1_024)));
    tables.put("Music", longest.clone()).await.expect("the limits themselves are allowed");
    assert_eq!(tables.get("Music", longest.clone()).await.expect("read"), Some(longest));
    assert_alive(&stack).await;
}

/// An item of exactly `size` bytes by AWS's counting: names and values.
fn sized(size: usize) -> Attributes {
    let used = "Artist".len() + 1 + "SongTitle".len() + 1 + "x".len();
    with(s("v".repeat(size - used)))
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_are_too_large_or_too_deep() {
    let (stack, tables) = with_music().await;
    let largest = sized(409_600);
    tables.put("Music", largest.clone()).await.expect("400 KB is allowed");
    assert_eq!(tables.get("Music", item(s("a"), s("t"))).await.expect("read"), Some(largest));
    for size in [409_601, 500_000, 1_000_000] {
        let message = "Item size has exceeded the maximum allowed size";
        assert_invalid(&tables.put("Music", sized(size)).await.refused(), message);
        let batch = tables.put_batch("Music", vec![sized(size)]).await.refused();
        batch.assert_says("ValidationException", "Item size has exceeded the maximum allowed size");
    }
    // Beyond what a message may hold: refused before anybody reads it, and the service goes on.
    let refused = tables.put("Music", sized(30_000_000)).await.refused();
    assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
    assert!(!refused.reason.is_empty(), "{refused:?}");

    // Small on the wire, and half a gigabyte once decoded.
    let list = proto::table::AttributeList { values: vec![AttributeValue::default(); 2_000_000] };
    let list = AttributeValue { value: Some(proto::table::attribute_value::Value::L(list)) };
    let refused = tables.put("Music", with(list)).await.refused();
    assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
    refused.assert_says("ValidationException", "larger than this service accepts");

    let deepest = with(nested(31, s("x")));
    tables.put("Music", deepest.clone()).await.expect("32 levels are allowed");
    tables.put_batch("Music", vec![deepest.clone()]).await.expect("32 levels are allowed in a batch too");
    assert_eq!(tables.get("Music", item(s("a"), s("t"))).await.expect("read"), Some(deepest));
    assert_invalid(
        &tables.put("Music", with(nested(32, s("x")))).await.refused(),
        "1 validation error detected: Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    );
    // Some of them deeper than a message is decoded.
    for depth in [32, 33, 60, 5_000] {
        for outcome in [
            tables.put("Music", with(nested(depth, s("x")))).await,
            tables.put_batch("Music", vec![with(nested(depth, s("x")))]).await,
        ] {
            let refused = outcome.refused();
            assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
            refused.assert_says("ValidationException", "Nesting Levels have exceeded supported limits");
        }
    }
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_none() {
    let (stack, tables) = with_music().await;
    let wrapped = |message: &str| format!("1 validation error detected: {message}");
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range";
    let underflow =
        "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    let digits = "Attempting to store more than 38 significant digits in a Number";
    let cases = [
        (n("123456789012345678901234567890123456789"), digits),
        (n("0.123456789012345678901234567890123456789"), digits),
        (n("1E126"), overflow),
        (n("-1E126"), overflow),
        (n("1E-131"), underflow),
        (n("0e126"), overflow),
        (n("abc"), "The parameter cannot be converted to a numeric value: abc"),
        (n("NaN"), "The parameter cannot be converted to a numeric value: NaN"),
        (n("Infinity"), "The parameter cannot be converted to a numeric value: Infinity"),
        (n("0x10"), "The parameter cannot be converted to a numeric value: 0x10"),
        (n("1 2"), "The parameter cannot be converted to a numeric value: 1 2"),
        (n(""), "The parameter cannot be converted to a numeric value: "),
        (
            n("1e99999999999999999999"),
            "The parameter cannot be converted to a numeric value: 1e99999999999999999999",
        ),
        (ns(["1", "abc"]), "The parameter cannot be converted to a numeric value: abc"),
    ];
    for (value, message) in cases {
        for value in [value.clone(), l([value.clone()]), m([("deep", value)])] {
            let refused = tables.put("Music", with(value)).await.refused();
            // AWS is moving its texts behind a common prefix, Region by Region.
            assert_eq!(refused.code, Code::InvalidArgument);
            assert_eq!(refused.reason, "ValidationException");
            assert!(
                [message.to_owned(), wrapped(message)].contains(&refused.message),
                "{refused:?} is not {message}"
            );
        }
    }
    let contains = [
        (
            AttributeValue { value: None },
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (ss([]), "An string set  may not be empty"),
        (ns([]), "An number set  may not be empty"),
        (tests::item::bs([]), "Binary sets should not be empty"),
        (ss(["a", "b", "b"]), "contains duplicates"),
        (ns(["1", "1.0"]), "Input collection contains duplicates"),
        (tests::item::bs([b"a", b"a"]), "contains duplicates"),
        (
            AttributeValue { value: Some(proto::table::attribute_value::Value::Null(false)) },
            "Null attribute value types must have the value of true",
        ),
    ];
    for (value, part) in contains {
        tables.put("Music", with(value.clone())).await.refused().assert_says("ValidationException", part);
        tables.put("Music", with(l([value]))).await.refused().assert_says("ValidationException", part);
    }
    for fine in [s(""), b(""), l([]), m([]), ss([""]), n("1E125"), n("1E-130"), n("0"), n("-0")] {
        tables.put("Music", with(fine)).await.expect("it is a value");
    }
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn table_definitions_that_are_none() {
    let (stack, tables) = with_music().await;
    let good = || table("New", ("pk", S), Some(("sk", N)));
    let change = |change: fn(&mut CreateTableRequest)| {
        let mut request = good();
        change(&mut request);
        request
    };
    let cases = [
        (change(|r| r.table_name = "ab".to_owned()), "length greater than or equal to 3"),
        (change(|r| r.table_name = "x".repeat(256)), "length less than or equal to 255"),
        (change(|r| r.table_name = "no spaces".to_owned()), "regular expression pattern: [a-zA-Z0-9_.-]+"),
        (change(|r| r.table_name = String::new()), "ableName"),
        (change(|r| r.key_schema.clear()), "keySchema"),
        (
            change(|r| r.key_schema.reverse()),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            change(|r| r.key_schema[1].attribute_name = "pk".to_owned()),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        (
            change(|r| r.attribute_definitions.truncate(1)),
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            change(|r| r.attribute_definitions[1].attribute_name = "other".to_owned()),
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, sk], AttributeDefinitions: [pk, \
             other]",
        ),
        (
            change(|r| {
                let mut extra = r.attribute_definitions[0].clone();
                extra.attribute_name = "extra".to_owned();
                r.attribute_definitions.push(extra);
            }),
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ),
        (
            change(|r| {
                let third = r.key_schema[1].clone();
                r.key_schema.push(third);
            }),
            "length less than or equal to 2",
        ),
        (
            change(|r| r.billing_mode = BillingMode::Provisioned.into()),
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            change(|r| {
                r.provisioned_throughput =
                    Some(ProvisionedThroughput { read_capacity_units: 1, write_capacity_units: 1 });
            }),
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
    ];
    for (request, part) in cases {
        let refused = tables.create_table(request).await.refused();
        assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
        refused.assert_says("ValidationException", part);
    }
    let refused = tables.create_table(music(None)).await.refused();
    assert_eq!(refused.code, Code::AlreadyExists);
    refused.assert_is("ResourceInUseException", "Table already exists: Music");
    for limit in [0, 101] {
        let request = ListTablesRequest { limit: Some(limit), ..Default::default() };
        tables.list_tables(request).await.refused().assert_says("ValidationException", "imit");
    }
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_are_none() {
    let (stack, tables) = with_music().await;
    let key = |number: usize| item(s("batch"), s(format!("{number}")));
    let get = |keys: Vec<Attributes>| BatchGetItemRequest {
        request_items: HashMap::from([(
            "Music".to_owned(),
            KeysAndAttributes { keys: keys.into_iter().map(listed).collect(), ..Default::default() },
        )]),
        ..Default::default()
    };
    let refused = tables.batch_get_item(get((0..101).map(key).collect())).await.refused();
    refused.assert_says("ValidationException", "Member must have length less than or equal to 100");
    let refused = tables.batch_get_item(get(vec![key(1), key(2), key(1)])).await.refused();
    assert_invalid(&refused, "Provided list of item keys contains duplicates");
    tables.batch_get_item(get(vec![])).await.refused().assert_says("ValidationException", "");
    tables
        .batch_get_item(BatchGetItemRequest::default())
        .await
        .refused()
        .assert_says("ValidationException", "");

    tables
        .put_batch("Music", (0..26).map(key).collect())
        .await
        .refused()
        .assert_says("ValidationException", "25");
    let refused = tables.put_batch("Music", vec![key(1), key(2), key(1)]).await.refused();
    assert_invalid(&refused, "Provided list of item keys contains duplicates");
    tables
        .batch_write_item(BatchWriteItemRequest::default())
        .await
        .refused()
        .assert_says("ValidationException", "");
    let neither = WriteRequests { requests: vec![WriteRequest { request: None }] };
    let request = BatchWriteItemRequest {
        request_items: HashMap::from([("Music".to_owned(), neither)]),
        ..Default::default()
    };
    tables.batch_write_item(request).await.refused().assert_says("ValidationException", "");

    // One bad item refuses the batch, and nothing of it is written.
    tables.put_batch("Music", vec![key(90), attributes([("Artist", s("batch"))])]).await.refused();
    assert_eq!(tables.get("Music", key(90)).await.expect("read"), None);
    assert_alive(&stack).await;
}

fn query(expression: &str, values: Attributes) -> QueryRequest {
    QueryRequest {
        table_name: "Music".to_owned(),
        key_condition_expression: expression.to_owned(),
        expression_attribute_values: values,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_conditions_that_are_none() {
    let (stack, tables) = with_music().await;
    let values = |pairs: &[(&str, AttributeValue)]| -> Attributes {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let a = || values(&[(":a", s("a"))]);
    let at = || values(&[(":a", s("a")), (":t", s("t"))]);
    let atu = || values(&[(":a", s("a")), (":t", s("t")), (":u", s("u"))]);
    let cases = [
        (
            query("", attributes([])),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        (query("SongTitle = :a", a()), "Query condition missed key schema element: Artist"),
        (query("Artist < :a", a()), "Query key condition not supported"),
        (
            query("Artist = :b", a()),
            "An expression attribute value used in expression is not defined; attribute value: :b",
        ),
        (
            query("#x = :a", a()),
            "An expression attribute name used in the document path is not defined; attribute name: #x",
        ),
        (query("Artist = :a OR SongTitle = :t", at()), "Invalid operator used in KeyConditionExpression: OR"),
        (
            query("Artist = :a AND Artist = :t", at()),
            "KeyConditionExpressions must only contain one condition per key",
        ),
        (query("Artist = :a AND Album = :t", at()), "Query condition missed key schema element: SongTitle"),
        (
            query("Artist = :a AND SongTitle.x = :t", at()),
            "KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            query("Artist = :a AND SongTitle <> :t", at()),
            "Invalid operator used in KeyConditionExpression: <>",
        ),
        (query("Artist = :a AND", a()), "Invalid KeyConditionExpression: Syntax error; token: "),
        (query("Artist == :a", a()), "Invalid KeyConditionExpression: Syntax error; token: "),
        (
            query("Artist = :a AND begin(SongTitle, :t)", at()),
            "Invalid KeyConditionExpression: Invalid function name; function: begin",
        ),
        (
            query("Artist = :a AND begins_with(SongTitle)", a()),
            "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
        ),
        (
            query("Artist = :a AND SongTitle BETWEEN :u AND :t", atu()),
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
        ),
        (
            query("Artist = :a", at()),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:t}",
        ),
        (
            query("Artist = :a", values(&[(":a", n(1))])),
            "Condition parameter type does not match schema type",
        ),
        (
            query("Artist = :a AND begins_with(SongTitle, :t)", values(&[(":a", s("a")), (":t", n(1))])),
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            query(&format!("Artist = :a{}", " ".repeat(4_096)), a()),
            "Expression size has exceeded the maximum allowed size",
        ),
        (QueryRequest { limit: Some(0), ..query("Artist = :a", a()) }, "greater than or equal to 1"),
        (QueryRequest { limit: Some(-1), ..query("Artist = :a", a()) }, "greater than or equal to 1"),
        (
            QueryRequest {
                exclusive_start_key: attributes([("Artist", s("other")), ("SongTitle", s("x"))]),
                ..query("Artist = :a", a())
            },
            "The provided starting key is",
        ),
        (
            QueryRequest {
                exclusive_start_key: attributes([("Artist", s("a"))]),
                ..query("Artist = :a", a())
            },
            "The provided starting key is invalid",
        ),
        (QueryRequest { select: "SOMETHING".to_owned(), ..query("Artist = :a", a()) }, "elect"),
        (
            QueryRequest {
                expression_attribute_names: HashMap::from([("#x".to_owned(), "SongTitle".to_owned())]),
                ..query("Artist = :a", a())
            },
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}",
        ),
    ];
    for (request, part) in cases {
        let expression = request.key_condition_expression.clone();
        let refused = tables.query(request).await.refused();
        assert_eq!(refused.code, Code::InvalidArgument, "{expression}: {refused:?}");
        assert_eq!(refused.reason, "ValidationException", "{expression}: {refused:?}");
        assert!(refused.message.contains(part), "{expression}: {refused:?} does not say {part:?}");
    }
    // A deeply nested expression is refused, not a stack overflow.
    let deep = format!("{}Artist = :a{}", "(".repeat(2_000), ")".repeat(2_000));
    tables.query(query(&deep, a())).await.refused().assert_says("ValidationException", "");
    // A reserved word needs a placeholder; none of Music's attributes is one, so this is about the word alone.
    let refused = tables.query(query("Artist = :a AND name = :t", at())).await.refused();
    refused
        .assert_says("ValidationException", "Attribute name is a reserved keyword; reserved keyword: name");

    let scan = |segment, total_segments| ScanRequest {
        table_name: "Music".to_owned(),
        segment,
        total_segments,
        ..Default::default()
    };
    for (segment, total) in [
        (Some(0), None),
        (None, Some(4)),
        (Some(4), Some(4)),
        (Some(-1), Some(4)),
        (Some(0), Some(0)),
        (Some(0), Some(1_000_001)),
    ] {
        tables.scan(scan(segment, total)).await.refused().assert_says("ValidationException", "egment");
    }
    assert_alive(&stack).await;
}

/// What is not there yet is refused, never ignored.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_is_refused_in_words() {
    let (stack, tables) = with_music().await;
    let name = || "Music".to_owned();
    fn index() -> Vec<SecondaryIndex> {
        vec![SecondaryIndex { index_name: "Index".to_owned() }]
    }
    fn stream(stream_enabled: bool) -> StreamSpecification {
        StreamSpecification { stream_enabled, ..Default::default() }
    }
    let create = |change: fn(&mut CreateTableRequest)| {
        let mut request = table("New", ("pk", S), Some(("sk", S)));
        change(&mut request);
        request
    };
    let creates: [(_, fn(&mut CreateTableRequest)); 8] = [
        ("LocalSecondaryIndexes", |r| r.local_secondary_indexes = index()),
        ("GlobalSecondaryIndexes", |r| r.global_secondary_indexes = index()),
        ("VectorIndexes", |r| r.vector_indexes = index()),
        ("StreamSpecification", |r| r.stream_specification = Some(stream(true))),
        ("OnDemandThroughput", |r| r.on_demand_throughput = Some(OnDemandThroughput::default())),
        ("WarmThroughput", |r| r.warm_throughput = Some(WarmThroughput::default())),
        ("ResourcePolicy", |r| r.resource_policy = "{}".to_owned()),
        ("GlobalTableSourceArn", |r| r.global_table_source_arn = "arn".to_owned()),
    ];
    let updates: [(_, fn(&mut UpdateTableRequest)); 7] = [
        ("AttributeDefinitions", |r| r.attribute_definitions = vec![AttributeDefinition::default()]),
        ("GlobalSecondaryIndexUpdates", |r| {
            r.global_secondary_index_updates = vec![SecondaryIndexUpdate::default()];
        }),
        ("VectorIndexUpdates", |r| r.vector_index_updates = vec![SecondaryIndexUpdate::default()]),
        ("StreamSpecification", |r| {
            // Protection would have to be the only change.
            r.deletion_protection_enabled = None;
            r.stream_specification = Some(stream(true));
        }),
        ("ReplicaUpdates", |r| r.replica_updates = vec![ReplicaUpdate::default()]),
        ("OnDemandThroughput", |r| r.on_demand_throughput = Some(OnDemandThroughput::default())),
        ("WarmThroughput", |r| r.warm_throughput = Some(WarmThroughput::default())),
    ];
    for (feature, change) in creates {
        let refused = tables.create_table(create(change)).await.refused();
        assert_eq!(refused.code, Code::Unimplemented, "{feature}: {refused:?}");
        refused.assert_says("UnsupportedOperationException", feature);
    }
    for (feature, change) in updates {
        // Beside a change that is offered, which must not be made alone.
        let mut request = UpdateTableRequest {
            table_name: name(),
            deletion_protection_enabled: Some(true),
            ..Default::default()
        };
        change(&mut request);
        let refused = tables.update_table(request).await.refused();
        assert_eq!(refused.code, Code::Unimplemented, "{feature}: {refused:?}");
        refused.assert_says("UnsupportedOperationException", feature);
    }
    assert!(!tables.describe("Music").await.expect("described").deletion_protection_enabled);
    // That there is no stream may be said, and none can be ended.
    let streamless = create(|r| r.stream_specification = Some(stream(false)));
    tables.create_table(streamless).await.expect("a table without a stream");
    let request = UpdateTableRequest {
        table_name: name(),
        stream_specification: Some(stream(false)),
        ..Default::default()
    };
    let refused = tables.update_table(request).await.refused();
    refused.assert_says("ValidationException", "Table has no stream to disable: TableName: Music");
    let query =
        QueryRequest { index_name: "Index".to_owned(), ..query("Artist = :a", attributes([(":a", s("a"))])) };
    let scan = ScanRequest { table_name: name(), index_name: "Index".to_owned(), ..Default::default() };
    let outcomes = [
        ("index query", tables.query(query).await.map(drop)),
        ("index scan", tables.scan(scan).await.map(drop)),
    ];
    for (what, outcome) in outcomes {
        let refused = outcome.refused();
        assert_eq!(refused.code, Code::InvalidArgument, "{what}: {refused:?}");
        refused.assert_says("ValidationException", "The table does not have the specified index: Index");
    }
    let kms = stack.kms();
    let denying = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}"#;
    for request in [
        CreateKeyRequest { policy: denying.to_owned(), ..Default::default() },
        CreateKeyRequest { key_spec: KeySpec::EccNistP256.into(), ..Default::default() },
        CreateKeyRequest { multi_region: true, ..Default::default() },
    ] {
        let refused = kms.create_key(request).await.refused();
        assert_eq!(refused.code, Code::Unimplemented, "{refused:?}");
    }
    let key_id = kms.customer_key().await.key_id;
    let request = PutKeyPolicyRequest { key_id, policy: denying.to_owned(), ..Default::default() };
    let refused = kms.put_key_policy(request).await.refused();
    assert_eq!(refused.code, Code::Unimplemented, "{refused:?}");
    refused.assert_says("UnsupportedOperationException", "a statement that denies");
    assert_alive(&stack).await;
}

/// Policies, tags, periods and messages that are none.
#[tokio::test(flavor = "multi_thread")]
async fn requests_about_a_key_that_are_none() {
    let (stack, _) = with_music().await;
    let kms = stack.kms();
    let (key, hmac) = (kms.customer_key().await, kms.hmac_key().await);
    let put = |policy: &str| PutKeyPolicyRequest {
        key_id: key.key_id.clone(),
        policy: policy.to_owned(),
        ..Default::default()
    };
    let long = "x".repeat(32_769);
    for (policy, reason) in [
        ("", "ValidationException"),
        ("\u{100}", "ValidationException"),
        ("{", "MalformedPolicyDocumentException"),
        ("{}", "MalformedPolicyDocumentException"),
        (&*"[".repeat(10_000), "MalformedPolicyDocumentException"),
        (&*long, "LimitExceededException"),
        (&*"x".repeat(131_073), "ValidationException"),
    ] {
        assert_eq!(kms.put_key_policy(put(policy)).await.refused().reason, reason, "{} bytes", policy.len());
    }
    let invalid =
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"bob"},"Action":"kms:*","Resource":"*"}}"#;
    kms.put_key_policy(put(invalid)).await.refused().assert_is(
        "MalformedPolicyDocumentException",
        "Policy contains a statement with one or more invalid principals.",
    );

    let tag = |key: &str| Tag { tag_key: key.to_owned(), tag_value: String::new() };
    let tagged = |tags: Vec<Tag>| TagResourceRequest { key_id: key.key_id.clone(), tags };
    for (tags, text) in [
        (vec![tag("a"), tag("a")], "Duplicate tag keys"),
        ((0..51).map(|number| tag(&number.to_string())).collect(), "Too many tags"),
        (vec![tag("AWS:a")], "Tags beginning with aws: are reserved"),
    ] {
        kms.tag_resource(tagged(tags)).await.refused().assert_is("TagException", text);
    }
    kms.tag_resource(tagged(vec![tag("")]))
        .await
        .refused()
        .assert_says("ValidationException", "tags.1.member.tagKey");
    let list = ListResourceTagsRequest { key_id: key.key_id.clone(), limit: Some(51), ..Default::default() };
    kms.list_resource_tags(list)
        .await
        .refused()
        .assert_says("ValidationException", "less than or equal to 50");
    for days in [89, 2_561, 0, i32::MIN] {
        let request =
            EnableKeyRotationRequest { key_id: key.key_id.clone(), rotation_period_in_days: Some(days) };
        kms.enable_key_rotation(request)
            .await
            .refused()
            .assert_says("ValidationException", "rotationPeriodInDays");
    }

    let generate = |message: Vec<u8>, mac_algorithm: i32| GenerateMacRequest {
        message,
        key_id: hmac.key_id.clone(),
        mac_algorithm,
        ..Default::default()
    };
    let sha_256 = MacAlgorithmSpec::HmacSha256.into();
    for length in [0, 4_097] {
        let refused = kms.generate_mac(generate(vec![0; length], sha_256)).await.refused();
        refused.assert_says("ValidationException", "'message'");
    }
    for number in [0, 77] {
        let refused = kms.generate_mac(generate(vec![0], number)).await.refused();
        refused.assert_says("ValidationException", "'macAlgorithm'");
    }
    let verify = |length| VerifyMacRequest {
        message: vec![1],
        key_id: hmac.key_id.clone(),
        mac_algorithm: sha_256,
        mac: vec![0; length],
        ..Default::default()
    };
    for length in [0, 6_145] {
        kms.verify_mac(verify(length)).await.refused().assert_says("ValidationException", "'mac'");
    }
    kms.verify_mac(verify(32)).await.refused().assert_is("KMSInvalidMacException", "");
    assert_alive(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kms_requests_that_are_none() {
    let (stack, _) = with_music().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let encrypt = |plaintext: Vec<u8>, context: HashMap<String, String>| EncryptRequest {
        key_id: key.key_id.clone(),
        plaintext,
        encryption_context: context,
        ..Default::default()
    };
    let none = HashMap::new;
    let refused = kms.encrypt(encrypt(vec![0; 4_097], none())).await.refused();
    assert_eq!(
        (refused.code, refused.domain.as_str()),
        (Code::InvalidArgument, "kms.keystead"),
        "{refused:?}"
    );
    refused.assert_says(
        "ValidationException",
        "at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
    kms.encrypt(encrypt(vec![], none())).await.refused().assert_says("ValidationException", "'plaintext'");
    kms.encrypt(encrypt(vec![0; 4_096], none())).await.expect("4096 bytes are allowed");
    let huge = HashMap::from([("k".to_owned(), "v".repeat(9_000))]);
    kms.encrypt(encrypt(vec![1], huge)).await.refused().assert_says("ValidationException", "ontext");

    let decrypt = |blob: Vec<u8>| DecryptRequest { ciphertext_blob: blob, ..Default::default() };
    kms.decrypt(decrypt(vec![])).await.refused().assert_says("ValidationException", "'ciphertextBlob'");
    kms.decrypt(decrypt(vec![0; 6_145]))
        .await
        .refused()
        .assert_says("ValidationException", "'ciphertextBlob'");
    let blob = kms.encrypt(encrypt(b"secret".to_vec(), none())).await.expect("it encrypts").ciphertext_blob;
    kms.decrypt(decrypt(blob[..blob.len() / 2].to_vec()))
        .await
        .refused()
        .assert_is("InvalidCiphertextException", "");
    let wrong = DecryptRequest {
        encryption_context: HashMap::from([("a".to_owned(), "b".to_owned())]),
        ..decrypt(blob)
    };
    kms.decrypt(wrong).await.refused().assert_is("InvalidCiphertextException", "");

    let missing = "11111111-2222-4333-8444-555555555555";
    let not_found = [
        (missing.to_owned(), format!("Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{missing}' does not exist")),
        ("nonsense".to_owned(), "Invalid keyId 'nonsense'".to_owned()),
        (
            "alias/nobody".to_owned(),
            format!("Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/nobody is not found."),
        ),
        (format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{missing}"), "Invalid arn eu-west-1".to_owned()),
    ];
    for (id, message) in not_found {
        let refused = kms.describe(&id).await.refused();
        assert_eq!(refused.code, Code::NotFound);
        refused.assert_is("NotFoundException", &message);
    }
    for malformed in ["arn:aws:kms", "arn:aws:s3:::bucket", "arn:aws:kms:us-east-1:000000000000:secret/x"] {
        let refused = kms.describe(malformed).await.refused();
        assert!(
            ["InvalidArnException", "NotFoundException"].contains(&refused.reason.as_str()),
            "{refused:?}"
        );
    }
    kms.describe("").await.refused().assert_says("ValidationException", "keyId");

    let generate = |key_spec: DataKeySpec, number_of_bytes| GenerateDataKeyRequest {
        key_id: key.key_id.clone(),
        key_spec: key_spec.into(),
        number_of_bytes,
        ..Default::default()
    };
    for request in [generate(DataKeySpec::Unspecified, None), generate(DataKeySpec::Aes256, Some(32))] {
        let refused = kms.generate_data_key(request).await.refused();
        refused.assert_is("ValidationException", "Please specify either number of bytes or key spec.");
    }
    for bytes in [0, 1_025, -1] {
        let refused = kms.generate_data_key(generate(DataKeySpec::Unspecified, Some(bytes))).await.refused();
        refused.assert_says("ValidationException", "'numberOfBytes'");
    }
    let random = |bytes| GenerateRandomRequest { number_of_bytes: bytes };
    kms.generate_random(random(None))
        .await
        .refused()
        .assert_is("ValidationException", "NumberOfBytes is required.");
    kms.generate_random(random(Some(0))).await.refused().assert_is(
        "ValidationException",
        "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value \
         greater than or equal to 1",
    );
    kms.generate_random(random(Some(1_025)))
        .await
        .refused()
        .assert_says("ValidationException", "less than or equal to 1024");

    for (days, text) in [
        (6, "must be between 7 and 30"),
        (31, "must be between 7 and 30"),
        (0, "greater than or equal to 1"),
        (-1, "greater than or equal to 1"),
    ] {
        let request =
            ScheduleKeyDeletionRequest { key_id: key.key_id.clone(), pending_window_in_days: Some(days) };
        let refused = kms.schedule_key_deletion(request).await.refused();
        refused.assert_says("ValidationException", text);
    }
    let asymmetric = CreateKeyRequest { key_spec: KeySpec::Rsa2048.into(), ..Default::default() };
    assert_ne!(kms.create_key(asymmetric).await.refused().code, Code::Internal);

    let alias = |name: &str, target: &str| CreateAliasRequest {
        alias_name: name.to_owned(),
        target_key_id: target.to_owned(),
    };
    let id = key.key_id.as_str();
    kms.create_alias(alias("music", id))
        .await
        .refused()
        .assert_says("ValidationException", "Alias must start with the prefix \"alias/\".");
    kms.create_alias(alias("alias/", id)).await.refused().assert_says("ValidationException", "");
    kms.create_alias(alias("alias/sp ace", id)).await.refused().assert_says("ValidationException", "");
    kms.create_alias(alias("alias/aws/mine", id)).await.refused();
    kms.create_alias(alias(&format!("alias/{}", "x".repeat(256)), id))
        .await
        .refused()
        .assert_says("ValidationException", "256");
    kms.create_alias(alias("alias/a", missing))
        .await
        .refused()
        .assert_says("NotFoundException", "does not exist");
    kms.alias("alias/a", id).await;
    kms.create_alias(alias("alias/b", "alias/a"))
        .await
        .refused()
        .assert_says("ValidationException", "Aliases must refer to keys. Not aliases");
    let refused = kms.create_alias(alias("alias/a", id)).await.refused();
    refused.assert_is(
        "AlreadyExistsException",
        &format!("An alias with the name arn:aws:kms:{REGION}:{ACCOUNT}:alias/a already exists"),
    );
    assert_alive(&stack).await;
}
