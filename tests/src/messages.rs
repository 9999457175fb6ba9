//! AWS's JSON and the messages of the .proto files, each made of the other by the descriptors that reflection serves.
//!
//! Members are called alike but for their spelling, so one translation fits every operation. Where it does not fit, a .proto
//! file is not what whoever knows AWS would guess, and the test that meets it fails. What a message has and AWS's JSON has not
//! is only this: whether an item was found, wrappers for lists of lists, and moments in nanoseconds.

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, MethodDescriptor,
    ReflectMessage as _, Value as Wire,
};
use serde_json::{Map, Value, json};
use tonic::codegen::http::uri::PathAndQuery;

use crate::json::Protocol;

/// Messages that stand for one list or map of AWS's, because protobuf has none of lists or maps.
const WRAPPERS: [&str; 8] = [
    "StringSet",
    "NumberSet",
    "BinarySet",
    "AttributeList",
    "AttributeMap",
    "Item",
    "ItemList",
    "WriteRequests",
];

/// Enums whose values AWS writes as words.
const WORDS: [&str; 2] = ["KeyState", "GrantOperation"];

/// The full name of the message that is a moment.
const MOMENT: &str = "google.protobuf.Timestamp";
/// The field of an answer that says whether its item is there.
const FOUND: &str = "found";

/// An operation as its service's .proto file describes it.
#[derive(Clone, Debug)]
pub struct Operation(MethodDescriptor);

impl Operation {
    /// The operation `name` of the service that speaks `protocol`; fails the test if that has none.
    #[track_caller]
    pub fn named(protocol: Protocol, name: &str) -> Self {
        let service = match protocol {
            Protocol::DynamoDb => "keystead.table.v1.TableService",
            Protocol::Kms => "keystead.kms.v1.KeyManagementService",
        };
        let described = described().get_service_by_name(service).expect("the service is described");
        let method = described.methods().find(|method| method.name() == name);
        Self(method.unwrap_or_else(|| panic!("{service} has no {name}")))
    }

    /// Where it is called over gRPC.
    pub fn path(&self) -> PathAndQuery {
        let path = format!("/{}/{}", self.0.parent_service().full_name(), self.0.name());
        PathAndQuery::try_from(path).expect("names make a path")
    }

    /// The message of a request that is written in JSON, whose every member it must have.
    #[track_caller]
    pub fn request_message(&self, json: &Value) -> Vec<u8> {
        to_message(&self.0.input(), json, Unknown::Fails).encode_to_vec()
    }

    /// A request's message in JSON.
    pub fn request_json(&self, message: &[u8]) -> Value {
        to_json(&decoded(self.0.input(), message))
    }

    /// The message of an answer that is written in JSON, or that is nothing. What the message does not have is left out, as by
    /// any client.
    #[track_caller]
    pub fn answer_message(&self, json: &Value) -> Vec<u8> {
        if json.is_null() {
            return Vec::new();
        }
        to_message(&self.0.output(), json, Unknown::LeftOut).encode_to_vec()
    }

    /// An answer's message in JSON.
    pub fn answer_json(&self, message: &[u8]) -> Value {
        to_json(&decoded(self.0.output(), message))
    }
}

/// The message with this full name in JSON.
pub fn message_json(name: &str, message: &[u8]) -> Value {
    let described = described().get_message_by_name(name).expect("the message is described");
    to_json(&decoded(described, message))
}

fn described() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors are right"))
}

fn decoded(described: MessageDescriptor, message: &[u8]) -> DynamicMessage {
    DynamicMessage::decode(described, message).expect("a message is what is described")
}

/// What becomes of a member that a message does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Fails,
    LeftOut,
}

/// Whether a field is called as a member is: `sse_specification` as `SSESpecification`.
fn is_called(field: &str, member: &str) -> bool {
    field.replace('_', "").eq_ignore_ascii_case(member)
}

/// The member of a field, as AWS spells it.
fn member(message: &MessageDescriptor, field: &str) -> String {
    if message.name() == "AttributeValue" {
        return field.to_ascii_uppercase();
    }
    let word = |word: &str| match word {
        "sse" | "kms" | "aws" => word.to_ascii_uppercase(),
        _ => word[..1].to_ascii_uppercase() + &word[1..],
    };
    field.split('_').map(word).collect()
}

fn to_message(described: &MessageDescriptor, json: &Value, unknown: Unknown) -> DynamicMessage {
    let mut message = DynamicMessage::new(described.clone());
    if WRAPPERS.contains(&described.name()) {
        let field = described.fields().next().expect("a wrapper has a field");
        message.set_field(&field, to_field(&field, json, unknown));
        return message;
    }
    if described.full_name() == MOMENT {
        let seconds = json.as_f64().unwrap_or_else(|| panic!("{json} is no moment"));
        let moment = Duration::from_secs_f64(seconds);
        message.set_field_by_name("seconds", Wire::I64(i64::try_from(moment.as_secs()).expect("a date")));
        message.set_field_by_name("nanos", Wire::I32(i32::try_from(moment.subsec_nanos()).expect("a part")));
        return message;
    }
    for (name, value) in json.as_object().unwrap_or_else(|| panic!("{json} is no {}", described.name())) {
        match described.fields().find(|field| is_called(field.name(), name)) {
            Some(field) => message.set_field(&field, to_field(&field, value, unknown)),
            None => assert!(unknown == Unknown::LeftOut, "{} has no {name}", described.name()),
        }
    }
    if let Some(found) = described.get_field_by_name(FOUND) {
        message.set_field(&found, Wire::Bool(json.get("Item").is_some()));
    }
    message
}

fn to_field(field: &FieldDescriptor, json: &Value, unknown: Unknown) -> Wire {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { unreachable!("entries of maps are messages") };
        let of = entry.map_entry_value_field();
        let members = json.as_object().unwrap_or_else(|| panic!("{json} is no map"));
        let entry =
            |(key, value): (&String, &Value)| (MapKey::String(key.clone()), to_one(&of, value, unknown));
        return Wire::Map(members.iter().map(entry).collect());
    }
    match json {
        Value::Array(values) if field.is_list() => {
            Wire::List(values.iter().map(|value| to_one(field, value, unknown)).collect())
        }
        _ => to_one(field, json, unknown),
    }
}

fn to_one(field: &FieldDescriptor, json: &Value, unknown: Unknown) -> Wire {
    let text = || json.as_str().unwrap_or_else(|| panic!("{json} is no text for {}", field.full_name()));
    let whole = || json.as_i64().unwrap_or_else(|| panic!("{json} is no number for {}", field.full_name()));
    match field.kind() {
        Kind::String => Wire::String(text().to_owned()),
        Kind::Bytes => Wire::Bytes(STANDARD.decode(text()).expect("base64").into()),
        Kind::Bool => Wire::Bool(json.as_bool().expect("a boolean")),
        Kind::Int32 => Wire::I32(i32::try_from(whole()).expect("32 bits")),
        Kind::Int64 => Wire::I64(whole()),
        Kind::Double => Wire::F64(json.as_f64().expect("a number")),
        Kind::Enum(described) => {
            let known = described.values().find(|value| value.name() == enum_name(described.name(), text()));
            Wire::EnumNumber(known.unwrap_or_else(|| panic!("{} has no {json}", described.name())).number())
        }
        Kind::Message(described) => Wire::Message(to_message(&described, json, unknown)),
        other => panic!("no member is a {other:?}"),
    }
}

/// `KeyType` and `HASH` are `KEY_TYPE_HASH`, `KeyState` and `Enabled` are `KEY_STATE_ENABLED`.
fn enum_name(described: &str, value: &str) -> String {
    let value = if WORDS.contains(&described) { capitals(value) } else { value.to_owned() };
    format!("{}{value}", enum_prefix(described))
}

fn enum_prefix(described: &str) -> String {
    capitals(described) + "_"
}

/// `PENDING_DELETION` as `PendingDeletion`.
fn words(capitals: &str) -> String {
    capitals.split('_').map(|word| word[..1].to_owned() + &word[1..].to_ascii_lowercase()).collect()
}

/// `PendingDeletion` as `PENDING_DELETION`.
fn capitals(words: &str) -> String {
    let mut prefix = String::new();
    let mut before = 'A';
    let mut letters = words.chars().peekable();
    while let Some(letter) = letters.next() {
        let starts_word = letter.is_uppercase()
            && (before.is_lowercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        if starts_word && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
        before = letter;
    }
    prefix
}

fn to_json(message: &DynamicMessage) -> Value {
    let described = message.descriptor();
    if described.full_name() == MOMENT {
        let part = |name: &str| message.get_field_by_name(name).map(|value| value.into_owned());
        let seconds = part("seconds").and_then(|seconds| seconds.as_i64()).unwrap_or_default();
        return json!(seconds);
    }
    if WRAPPERS.contains(&described.name()) {
        let field = described.fields().next().expect("a wrapper has a field");
        return from_field(&field, &message.get_field(&field));
    }
    let mut members = Map::new();
    for field in described.fields() {
        // What has no presence is not told from what is empty: numbers are shown, and everything else left out.
        let is_plain_number =
            !field.supports_presence() && matches!(field.kind(), Kind::Int32 | Kind::Int64 | Kind::Bool);
        if message.has_field(&field) || is_plain_number && !field.is_list() {
            let value = from_field(&field, &message.get_field(&field));
            members.insert(member(&described, field.name()), value);
        }
    }
    if let Some(Value::Bool(found)) = members.remove("Found") {
        if found {
            members.entry("Item").or_insert_with(|| json!({}));
        } else {
            members.remove("Item");
        }
    }
    Value::Object(members)
}

fn from_field(field: &FieldDescriptor, value: &Wire) -> Value {
    match value {
        Wire::List(values) => values.iter().map(|value| from_field(field, value)).collect(),
        Wire::Map(entries) => {
            let Kind::Message(entry) = field.kind() else { unreachable!("entries of maps are messages") };
            let of = entry.map_entry_value_field();
            let key = |key: &MapKey| key.as_str().expect("keys of maps are text").to_owned();
            entries.iter().map(|(name, value)| (key(name), from_field(&of, value))).collect()
        }
        Wire::String(text) => json!(text),
        Wire::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Wire::Bool(truth) => json!(truth),
        Wire::I32(number) => json!(number),
        Wire::I64(number) => json!(number),
        Wire::F64(number) => json!(number),
        Wire::EnumNumber(number) => {
            let Kind::Enum(described) = field.kind() else { unreachable!("it is an enum's number") };
            let value = described.get_value(*number).expect("the enum has this value");
            let name = value.name().strip_prefix(&enum_prefix(described.name()));
            let name = name.expect("a value carries the name of its enum");
            json!(if WORDS.contains(&described.name()) { words(name) } else { name.to_owned() })
        }
        Wire::Message(message) => to_json(message),
        other => panic!("no member is {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_messages_are_each_made_of_the_other() {
        let put = Operation::named(Protocol::DynamoDb, "PutItem");
        assert_eq!(put.path(), "/keystead.table.v1.TableService/PutItem");
        let request = json!({
            "TableName": "Music",
            "Item": {
                "s": { "S": "x" }, "b": { "B": "AAE=" }, "ns": { "NS": ["1", "2"] }, "null": { "NULL": true },
                "l": { "L": [{ "M": { "inner": { "BOOL": true } } }] },
            },
        });
        assert_eq!(put.request_json(&put.request_message(&request)), request);
        let describe = Operation::named(Protocol::Kms, "DescribeKey");
        let answer = json!({ "KeyMetadata": {
            "AWSAccountId": "000000000000", "KeyState": "PendingDeletion", "CreationDate": 1_700_000_000,
            "KeySpec": "SYMMETRIC_DEFAULT", "Enabled": false, "MultiRegion": false,
        } });
        assert_eq!(describe.answer_json(&describe.answer_message(&answer)), answer);
    }

    #[test]
    fn an_empty_item_is_not_an_absent_one() {
        let get = Operation::named(Protocol::DynamoDb, "GetItem");
        for answer in [json!({}), json!({ "Item": {} }), json!({ "Item": { "pk": { "S": "a" } } })] {
            assert_eq!(get.answer_json(&get.answer_message(&answer)), answer);
        }
    }

    #[test]
    fn what_an_answer_has_beyond_the_message_is_left_out() {
        let list = Operation::named(Protocol::DynamoDb, "ListTables");
        let answer = json!({ "TableNames": ["a"], "NewMember": { "Deep": 1 } });
        assert_eq!(list.answer_json(&list.answer_message(&answer)), json!({ "TableNames": ["a"] }));
    }

    #[test]
    #[should_panic(expected = "ListTablesRequest has no NewMember")]
    fn a_request_is_translated_whole() {
        Operation::named(Protocol::DynamoDb, "ListTables").request_message(&json!({ "NewMember": 1 }));
    }
}
