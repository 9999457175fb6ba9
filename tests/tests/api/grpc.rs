//! The services through their gRPC doors, in AWS's JSON.

use prost::Message as _;
use serde_json::Value;
use tests::{Credentials, Operation, Protocol, Refused, Stack, message_json};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::pb;

use crate::Refusal;

/// Both services' gRPC doors.
pub(crate) struct Doors {
    tables: Channel,
    keys: Channel,
    credentials: Option<Credentials>,
}

impl Doors {
    pub(crate) fn new(stack: &Stack) -> Self {
        Self {
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
        let channel = match protocol {
            Protocol::DynamoDb => &self.tables,
            Protocol::Kms => &self.keys,
        };
        let operation = Operation::named(protocol, operation);
        let mut request = Request::new(operation.request_message(request));
        if let Some(credentials) = &self.credentials {
            let header = credentials.header().parse().expect("a header value is ASCII");
            request.metadata_mut().insert("authorization", header);
        }
        let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(32 << 20);
        grpc.ready().await.expect("the service is there");
        let answer = grpc.unary(request, operation.path(), Raw).await.map_err(refusal)?;
        Ok(operation.answer_json(&answer.into_inner()))
    }
}

fn refusal(status: Status) -> Refusal {
    let told = pb::Status::decode(status.details()).expect("details are a status");
    let mut shown = told.details.iter().filter_map(|detail| {
        let name =
            detail.type_url.rsplit('/').next().filter(|name| name.ends_with(".ConditionalCheckFailed"))?;
        message_json(name, &detail.value).get("Item").cloned()
    });
    let item = shown.next();
    let refused = Refused::from(status);
    Refusal { code: refused.reason, message: refused.message, item }
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
