//! Promise: doors only translate. Every behaviour in here is written once, in AWS's own JSON, and asked of the services
//! through each door that they have. The answers must be the same.

mod batches;
mod conditions;
mod encryption;
mod grants;
mod grpc;
mod in_process;
mod items;
mod keys;
mod kms_port;
mod legacy;
mod macs;
mod pages;
mod policies;
mod rotations;
mod tables;
mod tags;
mod updates;

use serde_json::{Value, json};
use tests::{Json, Protocol, Stack};

/// The operations of both services, behind one of the doors.
pub(crate) struct Api {
    door: Door,
    /// What has to live as long as the door is used.
    _stack: Option<Stack>,
}

enum Door {
    InProcess(in_process::Doors),
    Grpc(grpc::Doors),
    AwsJson { tables: Json, keys: Json },
}

/// Why an operation was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    /// The item that did not meet a condition, if it is shown.
    pub(crate) item: Option<Value>,
}

impl Api {
    async fn in_process() -> Self {
        Self { door: Door::InProcess(in_process::Doors::open().await), _stack: None }
    }

    async fn grpc() -> Self {
        let stack = Stack::together().await;
        let door = Door::Grpc(grpc::Doors::new(&stack));
        Self { door, _stack: Some(stack) }
    }

    async fn aws_json() -> Self {
        let stack = Stack::together().await;
        let [tables, keys] = [Protocol::DynamoDb, Protocol::Kms].map(|protocol| stack.json(protocol));
        Self { door: Door::AwsJson { tables, keys }, _stack: Some(stack) }
    }

    /// Calls an operation of the service that speaks `protocol`.
    async fn call(&self, protocol: Protocol, operation: &str, request: Value) -> Result<Value, Refusal> {
        let answer = match &self.door {
            Door::Grpc(doors) => return doors.call(protocol, operation, &request).await,
            Door::InProcess(doors) => doors.call(protocol, operation, &request).await,
            Door::AwsJson { tables, keys } => {
                let json = if protocol == Protocol::Kms { keys } else { tables };
                json.call(operation, &request).await
            }
        };
        answer.map_err(|refused| Refusal {
            item: refused.body.get("Item").cloned(),
            code: refused.code,
            message: refused.message,
        })
    }

    /// Calls an operation of the table service.
    pub(crate) async fn try_tables(&self, operation: &str, request: Value) -> Result<Value, Refusal> {
        self.call(Protocol::DynamoDb, operation, request).await
    }

    /// Calls an operation of the key-management service.
    pub(crate) async fn try_keys(&self, operation: &str, request: Value) -> Result<Value, Refusal> {
        self.call(Protocol::Kms, operation, request).await
    }

    /// Calls an operation of the table service, which must do it.
    pub(crate) async fn tables(&self, operation: &str, request: Value) -> Value {
        let answer = self.try_tables(operation, request).await;
        answer.unwrap_or_else(|refusal| panic!("{operation}: {refusal:?}"))
    }

    /// Calls an operation of the key-management service, which must do it.
    pub(crate) async fn keys(&self, operation: &str, request: Value) -> Value {
        let answer = self.try_keys(operation, request).await;
        answer.unwrap_or_else(|refusal| panic!("{operation}: {refusal:?}"))
    }

    /// Calls an operation of the table service, which must refuse with this code and a text that contains `part`.
    pub(crate) async fn tables_refuse(&self, operation: &str, request: Value, code: &str, part: &str) {
        let answer = self.call(Protocol::DynamoDb, operation, request.clone()).await;
        expect(operation, &request, answer, code, part);
    }

    /// Calls an operation of the key-management service, which must refuse with this code and a text that contains `part`.
    pub(crate) async fn keys_refuse(&self, operation: &str, request: Value, code: &str, part: &str) {
        let answer = self.call(Protocol::Kms, operation, request.clone()).await;
        expect(operation, &request, answer, code, part);
    }

    /// Calls an operation of the key-management service, which must refuse with this code and this text.
    pub(crate) async fn keys_refuse_in_words(&self, operation: &str, request: Value, code: &str, text: &str) {
        let refusal = Refusal { code: code.to_owned(), message: text.to_owned(), item: None };
        let answer = self.try_keys(operation, request.clone()).await;
        assert_eq!(answer, Err(refusal), "{operation} of {request}");
    }

    /// Makes a table `name` with a string partition key `pk` and a number sort key `sk`.
    pub(crate) async fn make_table(&self, name: &str) {
        self.tables("CreateTable", table(name)).await;
    }
}

/// A request for a table with a string partition key `pk` and a number sort key `sk`.
pub(crate) fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "sk", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// The request with further members.
pub(crate) fn with(mut request: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (request.as_object_mut(), more) {
        members.extend(more);
    }
    request
}

#[track_caller]
fn expect(operation: &str, request: &Value, answer: Result<Value, Refusal>, code: &str, part: &str) {
    match answer {
        Ok(answer) => panic!("{operation} of {request} was done: {answer}"),
        Err(refusal) => assert!(
            refusal.code == code && refusal.message.contains(part),
            "{operation} of {request}: {refusal:?} is not {code}: ...{part}..."
        ),
    }
}

/// Writes each behaviour as a test for each door.
macro_rules! api_suite {
    ($($(#[$doc:meta])* $name:ident($api:ident) $behaviour:block)+) => {
        $(
            $(#[$doc])*
            mod $name {
                use super::*;

                async fn behaves($api: &crate::Api) $behaviour

                #[tokio::test]
                async fn in_process() {
                    behaves(&crate::Api::in_process().await).await;
                }

                #[tokio::test]
                async fn grpc() {
                    behaves(&crate::Api::grpc().await).await;
                }

                #[tokio::test]
                async fn aws_json() {
                    behaves(&crate::Api::aws_json().await).await;
                }
            }
        )+
    };
}
pub(crate) use api_suite;
