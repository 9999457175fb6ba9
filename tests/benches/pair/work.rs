//! The operations that are measured, and the data that they find.

use std::sync::Arc;

use echo::{EchoRequest, echo_service_client::EchoServiceClient};
use prost::Message;
use proto::kms::key_management_service_client::KeyManagementServiceClient;
use proto::kms::{CreateKeyRequest, DataKeySpec, DecryptRequest, GenerateDataKeyRequest};
use proto::table::table_service_client::TableServiceClient;
use proto::table::{
    BatchWriteItemRequest, CreateTableRequest, GetItemRequest, PutItemRequest, PutRequest, QueryRequest,
    ScalarAttributeType, WriteRequest, WriteRequests, write_request,
};
use tests::item::{Attributes, attributes, n, s};
use tonic::transport::Channel;

use crate::load::Call;

/// The table of the throughput figures.
pub(crate) const TABLE: &str = "Bench";
/// Items of a partition.
pub(crate) const PARTITION: u64 = 100;
/// Items that are there before anything is measured.
pub(crate) const LOADED: u64 = 20_000;
/// Puts go to so many different keys: half of the first ones overwrite, the others insert.
pub(crate) const PUT_KEYS: u64 = 40_000;
/// Largest answer: a batch or a query, far below.
const MESSAGE_BYTES: usize = 32 << 20;

/// A measured operation, and how many bytes its messages have.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) call: Call,
    request_bytes: usize,
    answer_bytes: usize,
}

/// A number that looks random, and is the same in every run.
pub(crate) fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn key(number: u64) -> Attributes {
    attributes([
        ("pk", s(partition(number / PARTITION))),
        ("sk", s(format!("item-{:08}", number % PARTITION))),
    ])
}

pub(crate) fn partition(number: u64) -> String {
    format!("partition-{number:08}")
}

/// An item of about `bytes` bytes, its key included.
pub(crate) fn item(number: u64, bytes: usize) -> Attributes {
    let mut item = key(number);
    item.insert("number".to_owned(), n(number));
    let text: String =
        (0..).map(|at| char::from(b'a' + (scatter(number ^ at) % 26) as u8)).take(bytes - 70).collect();
    item.insert("text".to_owned(), s(text));
    item
}

/// A request for a table of string keys `pk` and `sk`.
pub(crate) fn table(name: &str) -> CreateTableRequest {
    tests::table(name, ("pk", ScalarAttributeType::S), Some(("sk", ScalarAttributeType::S)))
}

fn batch(table: &str, items: impl Iterator<Item = Attributes>) -> BatchWriteItemRequest {
    let put = |item| WriteRequest { request: Some(write_request::Request::PutRequest(PutRequest { item })) };
    let requests = WriteRequests { requests: items.map(put).collect() };
    BatchWriteItemRequest { request_items: [(table.to_owned(), requests)].into(), ..Default::default() }
}

/// Writes items `0..count` with many batches at once.
pub(crate) async fn fill(channel: &Channel, table: &str, count: u64, bytes: usize) {
    let next = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let writers = (0..16).map(|_| {
        let (next, table, mut client) = (next.clone(), table.to_owned(), tables(channel));
        tokio::spawn(async move {
            loop {
                let first = next.fetch_add(25, std::sync::atomic::Ordering::Relaxed);
                if first >= count {
                    return;
                }
                let items = (first..(first + 25).min(count)).map(|number| item(number, bytes));
                let answer = client.batch_write_item(batch(&table, items)).await.expect("a batch is written");
                assert!(answer.into_inner().unprocessed_items.is_empty());
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer does not panic");
    }
}

fn tables(channel: &Channel) -> TableServiceClient<Channel> {
    TableServiceClient::new(channel.clone()).max_decoding_message_size(MESSAGE_BYTES)
}

/// The echo with the sizes of `work`.
pub(crate) fn echo(channel: &Channel, work: &Work) -> Call {
    let client = EchoServiceClient::new(channel.clone()).max_decoding_message_size(MESSAGE_BYTES);
    let request = EchoRequest {
        payload: vec![b'x'; work.request_bytes].into(),
        answer_bytes: u32::try_from(work.answer_bytes).expect("an answer is small"),
    };
    Arc::new(move |_| {
        let (mut client, request) = (client.clone(), request.clone());
        Box::pin(async move { client.echo(request).await.map(drop) })
    })
}

/// Calls `$method` with the request that `$request` makes of a number, and finds out how large the messages are.
macro_rules! work {
    ($name:literal, $client:expr, $method:ident, $request:expr) => {{
        let (client, request) = ($client, $request);
        let sample = request(0);
        let request_bytes = sample.encoded_len();
        let answer = client.clone().$method(sample).await.expect("the operation works").into_inner();
        Work {
            name: $name,
            request_bytes,
            answer_bytes: answer.encoded_len(),
            call: Arc::new(move |number| {
                let (mut client, request) = (client.clone(), request(number));
                Box::pin(async move { client.$method(request).await.map(drop) })
            }),
        }
    }};
}

/// A durable write of 1 KB.
pub(crate) async fn put_item(channel: &Channel) -> Work {
    work!("PutItem 1 KB", tables(channel), put_item, |number| PutItemRequest {
        table_name: TABLE.to_owned(),
        item: item(scatter(number) % PUT_KEYS, 1024),
        ..Default::default()
    })
}

/// Makes the table and its items.
pub(crate) async fn prepare(channel: &Channel) {
    tables(channel).create_table(table(TABLE)).await.expect("the table is made");
    fill(channel, TABLE, LOADED, 1024).await;
}

/// Everything that is measured on the table service.
pub(crate) async fn on_tables(channel: &Channel) -> Vec<Work> {
    let get = work!("GetItem 1 KB", tables(channel), get_item, |number| GetItemRequest {
        table_name: TABLE.to_owned(),
        key: key(scatter(number) % LOADED),
        ..Default::default()
    });
    let query = work!("Query 20 x 1 KB", tables(channel), query, |number| QueryRequest {
        table_name: TABLE.to_owned(),
        key_condition_expression: "pk = :p".to_owned(),
        expression_attribute_values: attributes([(
            ":p",
            s(partition(scatter(number) % (LOADED / PARTITION)))
        )]),
        limit: Some(20),
        ..Default::default()
    });
    let write = work!("BatchWriteItem 25 x 1 KB", tables(channel), batch_write_item, |number| {
        let first = scatter(number) % (PUT_KEYS / 25) * 25;
        batch(TABLE, (first..first + 25).map(|number| item(number, 1024)))
    });
    vec![get, put_item(channel).await, query, write]
}

/// Everything that is measured on the key-management service.
pub(crate) async fn on_keys(channel: &Channel) -> Vec<Work> {
    let client = || KeyManagementServiceClient::new(channel.clone());
    let made = client().create_key(CreateKeyRequest::default()).await.expect("a key is made").into_inner();
    let key_id = made.key_metadata.expect("a key has metadata").key_id;
    let request = GenerateDataKeyRequest {
        key_id,
        key_spec: DataKeySpec::Aes256.into(),
        encryption_context: [("tenant".to_owned(), "bench".to_owned())].into(),
        ..Default::default()
    };
    let data_key =
        client().generate_data_key(request.clone()).await.expect("a data key is made").into_inner();
    let open = DecryptRequest {
        ciphertext_blob: data_key.ciphertext_blob,
        encryption_context: request.encryption_context.clone(),
        ..Default::default()
    };
    vec![
        work!("GenerateDataKey", client(), generate_data_key, move |_| request.clone()),
        work!("Decrypt", client(), decrypt, move |_| open.clone()),
    ]
}
