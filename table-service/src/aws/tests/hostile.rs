//! What nobody sends who means well, through the door and on a small stack: expressions and values that are deep, long, unfinished
//! or beyond every limit. Each is refused in words, and soon.

use super::{answer, door, root};

const CREATE: &str = r#"{"TableName":"Table","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],
    "BillingMode":"PAY_PER_REQUEST"}"#;

/// Every operation that takes expressions, each with `*` where the expression stands.
const EXPRESSIONS: [(&str, &str); 14] = [
    ("PutItem", r#"{"TableName":"Table","Item":{"pk":{"S":"a"},"sk":{"N":"1"}},"ConditionExpression":"*"}"#),
    (
        "DeleteItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"ConditionExpression":"*"}"#,
    ),
    (
        "UpdateItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"ConditionExpression":"*"}"#,
    ),
    ("UpdateItem", r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"*"}"#),
    (
        "UpdateItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET a = *"}"#,
    ),
    (
        "UpdateItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE *"}"#,
    ),
    ("GetItem", r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"ProjectionExpression":"*"}"#),
    (
        "BatchGetItem",
        r#"{"RequestItems":{"Table":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"ProjectionExpression":"*"}}}"#,
    ),
    ("Query", r#"{"TableName":"Table","KeyConditionExpression":"*"}"#),
    (
        "Query",
        r#"{"TableName":"Table","KeyConditionExpression":"pk = :p","FilterExpression":"*","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
    ),
    (
        "Query",
        r#"{"TableName":"Table","KeyConditionExpression":"pk = :p","ProjectionExpression":"*","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
    ),
    ("Scan", r#"{"TableName":"Table","FilterExpression":"*"}"#),
    ("Scan", r#"{"TableName":"Table","ProjectionExpression":"*"}"#),
    ("Scan", r#"{"TableName":"Table","FilterExpression":"a = *"}"#),
];

/// Texts that are no expression, as JSON writes them.
fn hostile_texts() -> Vec<String> {
    let repeated =
        ["(", ")", "((", "NOT ", "NOT (", "NOT(NOT(", "a = a AND (", "a OR (", "size(", "if_not_exists(a, "];
    let repeated = repeated.iter().chain(&[
        "list_append(",
        "a.",
        "a[0]",
        "[",
        "]",
        "#",
        ":",
        "a,",
        "a in (",
        "a BETWEEN ",
    ]);
    // Beyond the longest expression, and just within it.
    let mut texts: Vec<String> =
        repeated.flat_map(|piece| [piece.repeat(10_000), piece.repeat(4_000 / piece.len())]).collect();
    let nines = "9".repeat(4_000);
    let others = [
        format!("{}a = a{}", "(".repeat(2_000), ")".repeat(2_000)),
        format!("a[{nines}]"),
        format!("a[{nines}] = a[{nines}]"),
        "a[4294967296]".to_owned(),
        "a[18446744073709551616]".to_owned(),
        "a[-1]".to_owned(),
        format!("a{}", ".b".repeat(1_900)),
        format!("a{} = a", "[0]".repeat(1_300)),
        r#"a = \""#.to_owned(),
        "a = '".to_owned(),
        "'".to_owned(),
        format!("a = \\\"{}", "x".repeat(4_000)),
        format!(":{}", "v".repeat(4_000)),
        format!("#{}", "n".repeat(4_000)),
        format!("a = 1e{nines}"),
        r"a = \u0000".to_owned(),
        r"\ud83d\ude00".to_owned(),
        r"a\u202e= a".to_owned(),
        r"\n\t\r ".to_owned(),
        " ".repeat(4_096),
        " ".repeat(100_000),
    ];
    texts.extend(others);
    texts
}

/// Values that no attribute may have.
fn hostile_values() -> Vec<String> {
    let nest = |open: &str, inner: &str, close: &str, levels: usize| {
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    let null = r#"{"NULL":true}"#;
    let nines = "9".repeat(100_000);
    vec![
        nest(r#"{"L":["#, null, "]}", 33),
        nest(r#"{"M":{"a":"#, null, "}}", 33),
        nest(r#"{"M":{"a":{"L":["#, null, "]}}}", 17),
        nest(r#"{"L":["#, null, "]}", 10_000),
        nest(r#"{"M":{"a":"#, null, "}}", 10_000),
        nest(r#"{"SS":["#, r#""a""#, "]}", 10_000),
        format!(r#"{{"N":"1e{nines}"}}"#),
        format!(r#"{{"N":"1e-{nines}"}}"#),
        format!(r#"{{"N":"{nines}"}}"#),
        format!(r#"{{"N":"0.{nines}"}}"#),
        format!(r#"{{"N":"{}1"}}"#, "-".repeat(100_000)),
        r#"{"N":"1e9223372036854775807"}"#.to_owned(),
        r#"{"N":"1e-9223372036854775808"}"#.to_owned(),
        format!(r#"{{"N":{nines}}}"#),
        format!(r#"{{"NS":["1","1e{nines}"]}}"#),
        format!(r#"{{"B":"{nines}="}}"#),
        r#"{"B":"===="}"#.to_owned(),
        format!(r#"{{"SS":[{}"a"]}}"#, r#""a","#.repeat(50_000)),
        format!(r#"{{"L":[{}1]}}"#, "1,".repeat(50_000)),
        r#"{"S":"\ud800"}"#.to_owned(),
        r#"{"S":"unterminated"#.to_owned(),
    ]
}

/// Every place for a value, with `*` where it stands.
const VALUES: [(&str, &str); 9] = [
    ("PutItem", r#"{"TableName":"Table","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"v":*}}"#),
    ("PutItem", r#"{"TableName":"Table","Item":{"pk":*,"sk":{"N":"1"}}}"#),
    ("GetItem", r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":*}}"#),
    (
        "BatchWriteItem",
        r#"{"RequestItems":{"Table":[{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"N":"1"},"v":*}}}]}}"#,
    ),
    (
        "UpdateItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET a = :v","ExpressionAttributeValues":{":v":*}}"#,
    ),
    (
        "UpdateItem",
        r#"{"TableName":"Table","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"AttributeUpdates":{"a":{"Value":*}}}"#,
    ),
    (
        "PutItem",
        r#"{"TableName":"Table","Item":{"pk":{"S":"a"},"sk":{"N":"1"}},"Expected":{"a":{"Value":*}}}"#,
    ),
    (
        "Query",
        r#"{"TableName":"Table","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[*]}}}"#,
    ),
    ("Scan", r#"{"TableName":"Table","ExclusiveStartKey":{"pk":{"S":"a"},"sk":*}}"#),
];

/// Answers all of these with what does not fit, on a thread with as little stack as a small one has.
fn refused(places: &'static [(&str, &str)], fillings: Vec<String>) {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let door = door().await;
            assert_eq!(answer(&door, root(), "CreateTable", CREATE).await.0, 200);
            for (operation, place) in places {
                for filling in &fillings {
                    let (status, body) = answer(&door, root(), operation, &place.replace('*', filling)).await;
                    let shown =
                        || format!("{place} with {}: {body}", filling.chars().take(60).collect::<String>());
                    assert_eq!(status, 400, "{}", shown());
                    let is_in_words =
                        body.contains("ValidationException") || body.contains("SerializationException");
                    // A text may quote one value, as AWS's do; nothing is quoted twice.
                    assert!(is_in_words && body.len() < filling.len() + 16 * 1024, "{}", shown());
                }
            }
            let (status, body) = answer(&door, root(), "Scan", r#"{"TableName":"Table"}"#).await;
            assert_eq!((status, &*body), (200, r#"{"Items":[],"Count":0,"ScannedCount":0}"#));
        });
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn hostile_expressions_are_refused_wherever_they_stand() {
    refused(&EXPRESSIONS, hostile_texts());
}

#[test]
fn hostile_values_are_refused_wherever_they_stand() {
    refused(&VALUES, hostile_values());
}
