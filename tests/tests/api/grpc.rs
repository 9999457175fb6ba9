//! AWS's JSON over gRPC, by the descriptors that reflection serves: members are called alike but for their spelling, so one
//! translation fits every operation. Where it does not fit, a .proto file is not what whoever knows AWS would guess.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _,
    Value as Wire,
};
use serde_json::{Map, Value, json};
use tests::{Credentials, Protocol, Refused, Stack};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::Refusal;

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

/// Both services' gRPC doors.
pub(crate) struct Doors {
    pool: DescriptorPool,
    tables: Channel,
    keys: Channel,
    credentials: Option<Credentials>,
}

impl Doors {
    pub(crate) fn new(stack: &Stack) -> Self {
        Self {
            pool: DescriptorPool::decode(proto::DESCRIPTORS).expect("descriptors are right"),
            tables: tests::channel(stack.table_address()),
            keys: tests::channel(stack.kms_address()),
            credentials: stack.root_credentials().cloned(),
        }
    }

    pub(crate) async fn call(
        &self,
        protocol: Protocol,
        operation: &str,
        request: &Value,
    ) -> Result<Value, Refusal> {
        let (channel, service) = match protocol {
            Protocol::DynamoDb => (&self.tables, "keystead.table.v1.TableService"),
            Protocol::Kms => (&self.keys, "keystead.kms.v1.KeyManagementService"),
        };
        let described = self.pool.get_service_by_name(service).expect("the service is described");
        let method = described.methods().find(|method| method.name() == operation);
        let method = method.unwrap_or_else(|| panic!("{service} has no {operation}"));
        let mut request = Request::new(to_message(&method.input(), request).encode_to_vec());
        if let Some(credentials) = &self.credentials {
            let header = credentials.header().parse().expect("a header value is ASCII");
            request.metadata_mut().insert("authorization", header);
        }
        let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(32 << 20);
        grpc.ready().await.expect("the service is there");
        let path = PathAndQuery::try_from(format!("/{service}/{operation}")).expect("a path");
        let answer = grpc.unary(request, path, Raw).await.map_err(|status| {
            let refused = Refused::from(status);
            Refusal { code: refused.reason, message: refused.message }
        })?;
        let answer = DynamicMessage::decode(method.output(), &*answer.into_inner());
        Ok(to_json(&answer.expect("the answer is the message that is described")))
    }
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

fn to_message(described: &MessageDescriptor, json: &Value) -> DynamicMessage {
    let mut message = DynamicMessage::new(described.clone());
    if WRAPPERS.contains(&described.name()) {
        let field = described.fields().next().expect("a wrapper has a field");
        message.set_field(&field, to_field(&field, json));
        return message;
    }
    for (name, value) in json.as_object().unwrap_or_else(|| panic!("{json} is no {}", described.name())) {
        let field = described.fields().find(|field| is_called(field.name(), name));
        let field = field.unwrap_or_else(|| panic!("{} has no {name}", described.name()));
        message.set_field(&field, to_field(&field, value));
    }
    message
}

fn to_field(field: &FieldDescriptor, json: &Value) -> Wire {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { unreachable!("entries of maps are messages") };
        let of = entry.map_entry_value_field();
        let members = json.as_object().unwrap_or_else(|| panic!("{json} is no map"));
        return Wire::Map(
            members.iter().map(|(key, value)| (MapKey::String(key.clone()), to_one(&of, value))).collect(),
        );
    }
    match json {
        Value::Array(values) if field.is_list() => {
            Wire::List(values.iter().map(|value| to_one(field, value)).collect())
        }
        _ => to_one(field, json),
    }
}

fn to_one(field: &FieldDescriptor, json: &Value) -> Wire {
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
        Kind::Message(described) => Wire::Message(to_message(&described, json)),
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
    if described.full_name() == "google.protobuf.Timestamp" {
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

/// Messages as the bytes that they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(into, &bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; bytes::Buf::remaining(from)];
        bytes::Buf::copy_to_slice(from, &mut bytes);
        Ok(Some(bytes))
    }
}
