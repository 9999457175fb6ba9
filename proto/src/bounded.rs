//! The codec of both services: tonic's own for protobuf, and a bound on how many elements a message may hold.
//!
//! Two bytes of a message can be an element of a list, and an element takes from 24 bytes to a kilobyte once it is decoded
//! and looked at: 17 MB of them were measured to take 490 MB to 1.2 GB for the messages alone. So the length of a message
//! does not bound what it takes, and a long one is counted before it is decoded. Named by the build script.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use prost::bytes::Buf as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{Message, Name};
use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FileDescriptorSet};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

/// Elements of all lists, sets and maps of a message. Ours: a request of 16 MB, the largest, has fewer unless they are of
/// less than 17 bytes, their own lengths included.
const MAX_ELEMENTS: usize = 1_000_000;
/// An element has a tag and a length.
const LEAST_BYTES: usize = 2;
/// prost decodes messages in messages so deep.
const MAX_DEPTH: usize = 100;

/// A codec that decodes `D` unless it has too many elements, and encodes `E`.
#[derive(Debug)]
pub struct Bounded<E, D>(PhantomData<(E, D)>);

impl<E, D> Default for Bounded<E, D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> Codec for Bounded<E, D>
where
    E: Message + Send + 'static,
    D: Message + Name + Default + Send + 'static,
{
    type Encode = E;
    type Decode = D;
    type Encoder = ProstEncoder<E>;
    type Decoder = BoundedDecoder<D>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<E, D>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(ProstCodec::<E, D>::default().decoder())
    }
}

/// The decoder of [`Bounded`].
#[derive(Debug)]
pub struct BoundedDecoder<D>(ProstDecoder<D>);

impl<D: Message + Name + Default> Decoder for BoundedDecoder<D> {
    type Item = D;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<D>, Status> {
        // The buffer is one piece.
        if !is_bounded::<D>(buffer.chunk()) {
            return Err(Status::out_of_range(format!("more than {MAX_ELEMENTS} elements")));
        }
        self.0.decode(buffer).map_err(told_from_malformed)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// A message that is nested deeper than prost goes is a caller's error of its own kind, which prost tells in words alone.
fn told_from_malformed(error: Status) -> Status {
    if error.message().contains("recursion limit reached") {
        return Status::invalid_argument(format!("messages in messages, more than {MAX_DEPTH} deep"));
    }
    error
}

fn is_bounded<D: Name>(message: &[u8]) -> bool {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    if message.len() / LEAST_BYTES <= MAX_ELEMENTS {
        return true;
    }
    let schema = SCHEMA.get_or_init(|| Schema::read(crate::DESCRIPTORS));
    let fields = schema.messages.get(&format!(".{}", D::full_name()));
    fields.is_none_or(|fields| schema.take(fields, message, MAX_DEPTH, &mut { MAX_ELEMENTS }).is_some())
}

/// What counting needs to know of the messages, by their full names.
#[derive(Default)]
struct Schema {
    messages: HashMap<String, Fields>,
}

/// The fields that hold elements or messages, by number.
type Fields = HashMap<u32, Field>;

struct Field {
    is_repeated: bool,
    /// The name of the message; empty for what is none.
    message: String,
}

impl Schema {
    fn read(descriptors: &[u8]) -> Self {
        let mut schema = Self::default();
        for file in FileDescriptorSet::decode(descriptors).unwrap_or_default().file {
            let package = format!(".{}", file.package());
            file.message_type.iter().for_each(|message| schema.add(&package, message));
        }
        schema
    }

    fn add(&mut self, scope: &str, message: &DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        message.nested_type.iter().for_each(|nested| self.add(&name, nested));
        let field = |field: &prost_types::FieldDescriptorProto| {
            let number = u32::try_from(field.number()).ok()?;
            let is_repeated = field.label() == Label::Repeated;
            Some((number, Field { is_repeated, message: field.type_name().to_owned() }))
        };
        self.messages.insert(name, message.field.iter().filter_map(field).collect());
    }

    /// Takes the elements of a message from those that are `left`; none if they are not enough. What is malformed or too
    /// deep takes none: it will not be decoded.
    fn take(&self, fields: &Fields, mut bytes: &[u8], depth: usize, left: &mut usize) -> Option<()> {
        while let Ok((number, wire_type)) = decode_key(&mut bytes) {
            let field = fields.get(&number);
            if field.is_some_and(|field| field.is_repeated) {
                *left = left.checked_sub(1)?;
            }
            if wire_type != WireType::LengthDelimited {
                if skip_field(wire_type, number, &mut bytes, DecodeContext::default()).is_err() {
                    break;
                }
                continue;
            }
            let length = decode_varint(&mut bytes).ok().and_then(|length| usize::try_from(length).ok());
            let Some((content, rest)) = length.and_then(|length| bytes.split_at_checked(length)) else {
                break;
            };
            bytes = rest;
            let message = field.and_then(|field| self.messages.get(&field.message));
            if let (Some(fields), Some(depth)) = (message, depth.checked_sub(1)) {
                self.take(fields, content, depth, left)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::attribute_value::Value;
    use crate::table::{
        AttributeList, AttributeMap, AttributeValue, CreateTableRequest, KeySchemaElement, PutItemRequest,
        StringSet,
    };

    fn put(value: Value) -> Vec<u8> {
        let item = [("a".to_owned(), AttributeValue { value: Some(value) })].into();
        PutItemRequest { item, ..Default::default() }.encode_to_vec()
    }

    fn elements(count: usize, each: Option<Value>) -> Value {
        Value::L(AttributeList { values: vec![AttributeValue { value: each }; count] })
    }

    /// Regression: 17 MB of empty elements were decoded to half a gigabyte before anybody was authorized.
    #[test]
    fn elements_are_counted_wherever_they_are_and_before_they_are_decoded() {
        // The attribute is an element of the item.
        let most = MAX_ELEMENTS - 1;
        for each in [None, Some(Value::Null(true)), Some(Value::S("text".to_owned()))] {
            assert!(is_bounded::<PutItemRequest>(&put(elements(most, each.clone()))), "{each:?}");
            assert!(!is_bounded::<PutItemRequest>(&put(elements(most + 1, each.clone()))), "{each:?}");
        }
        let map = Value::M(AttributeMap { values: [(String::new(), AttributeValue::default())].into() });
        assert!(is_bounded::<PutItemRequest>(&put(elements(most / 2, Some(map.clone())))));
        assert!(!is_bounded::<PutItemRequest>(&put(elements(most / 2 + 1, Some(map)))));
        let set = |count| put(Value::Ss(StringSet { values: vec![String::new(); count] }));
        assert!(is_bounded::<PutItemRequest>(&set(most)));
        assert!(!is_bounded::<PutItemRequest>(&set(most + 1)));
        let keys = |count| {
            let key_schema = vec![KeySchemaElement::default(); count];
            CreateTableRequest { key_schema, ..Default::default() }.encode_to_vec()
        };
        assert!(is_bounded::<CreateTableRequest>(&keys(MAX_ELEMENTS)));
        assert!(!is_bounded::<CreateTableRequest>(&keys(MAX_ELEMENTS + 1)));
    }

    #[test]
    fn what_is_long_has_not_therefore_many_elements() {
        assert!(is_bounded::<PutItemRequest>(&put(Value::S("x".repeat(16 << 20)))));
        assert!(is_bounded::<PutItemRequest>(&put(Value::B(vec![0x0A; 16 << 20]))));
        assert!(is_bounded::<PutItemRequest>(&put(elements(40_000, Some(Value::B(vec![0; 400]))))));
    }

    #[test]
    fn what_is_malformed_or_too_deep_is_left_to_the_decoder() {
        assert!(is_bounded::<PutItemRequest>(&vec![0xFF; 3 << 20]));
        let mut cut = put(elements(MAX_ELEMENTS, None));
        cut.truncate(cut.len() - 1);
        assert!(is_bounded::<PutItemRequest>(&cut) && PutItemRequest::decode(&*cut).is_err());
        let mut deep = vec![0; 3 << 20];
        for _ in 0..200 {
            let value = [
                vec![0x42],
                length(deep.len() + length(deep.len()).len() + 1),
                vec![0x0A],
                length(deep.len()),
                deep,
            ];
            deep = value.concat();
        }
        let item = [vec![0x12], length(deep.len()), deep].concat();
        let item = [vec![0x12], length(item.len()), item].concat();
        assert!(is_bounded::<PutItemRequest>(&item) && PutItemRequest::decode(&*item).is_err());
    }

    fn length(length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        prost::encode_length_delimiter(length, &mut out).unwrap();
        out
    }

    /// prost says it in words alone: this fails if it changes them.
    #[test]
    fn a_message_that_is_nested_too_deep_is_told_from_a_malformed_one() {
        let mut value = Value::Null(true);
        for _ in 0..MAX_DEPTH {
            value = elements(1, Some(value));
        }
        let refused = |bytes: &[u8]| {
            let error = PutItemRequest::decode(bytes).unwrap_err();
            told_from_malformed(Status::internal(error.to_string())).code()
        };
        assert_eq!(refused(&put(value)), tonic::Code::InvalidArgument);
        assert_eq!(refused(&[0xFF]), tonic::Code::Internal);
    }
}
