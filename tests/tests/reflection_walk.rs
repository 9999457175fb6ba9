//! Promise: every use is authorized. Each RPC that reflection shows is refused to a caller without credentials, and to
//! one with wrong ones; only health and reflection itself are open.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use prost::Message as _;
use prost_types::{FileDescriptorProto, ServiceDescriptorProto};
use tests::{Credentials, Principals, Refused, Settings, Stack, channel};
use tokio_stream::StreamExt as _;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha;
use tonic_reflection::pb::v1alpha::server_reflection_client::ServerReflectionClient as OldReflectionClient;

async fn ask(channel: &Channel, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let mut client = ServerReflectionClient::new(channel.clone());
    let answers = client.server_reflection_info(tokio_stream::once(request)).await;
    let mut answers = answers.expect("reflection is open to everybody").into_inner();
    let answer: ServerReflectionResponse = answers.next().await.expect("one answer").expect("an answer");
    answer.message_response.expect("an answer says something")
}

/// Every service that the server shows, with its methods.
async fn services(channel: &Channel) -> Vec<(String, ServiceDescriptorProto)> {
    let MessageResponse::ListServicesResponse(list) =
        ask(channel, MessageRequest::ListServices(String::new())).await
    else {
        panic!("reflection lists services")
    };
    let mut found = Vec::new();
    for service in list.service {
        let request = MessageRequest::FileContainingSymbol(service.name.clone());
        let MessageResponse::FileDescriptorResponse(files) = ask(channel, request).await else {
            panic!("reflection describes {}", service.name)
        };
        for file in files.file_descriptor_proto {
            let file = FileDescriptorProto::decode(&*file).expect("a descriptor");
            let package = file.package().to_owned();
            found.extend(
                file.service
                    .into_iter()
                    .filter(|described| format!("{package}.{}", described.name()) == service.name)
                    .map(|described| (service.name.clone(), described)),
            );
        }
    }
    found
}

/// Calls an RPC with an empty message, which every message type accepts.
async fn call(channel: &Channel, path: &str, authorization: Option<&str>) -> Result<(), Refused> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("the service answers");
    let mut request = Request::new(());
    if let Some(value) = authorization {
        request.metadata_mut().insert("authorization", value.parse().expect("ASCII"));
    }
    let path = PathAndQuery::try_from(path).expect("a path");
    // A unary answer is a stream of one, so this serves both kinds.
    let codec: ProstCodec<(), ()> = ProstCodec::default();
    let answer = grpc.server_streaming(request, path, codec).await?;
    answer.into_inner().next().await.expect("an answer or an error")?;
    Ok(())
}

async fn walk(address: SocketAddr, package: &str, expected: &[&str]) {
    let channel = &channel(address);
    let services = services(channel).await;
    let names: BTreeSet<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    let wrong = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").header();
    let malformed = ["Basic !!!", "Basic ", "Bearer token", "", "Basic QUtJQQ=="];
    let mut seen = BTreeSet::new();
    for (name, service) in &services {
        let public = name.starts_with("grpc.health.") || name.starts_with("grpc.reflection.");
        assert!(public || name.starts_with(package), "an unexpected service: {name}");
        if public {
            continue;
        }
        for method in &service.method {
            seen.insert(method.name().to_owned());
            let path = format!("/{name}/{}", method.name());
            for authorization in [None, Some(wrong.as_str())].into_iter().chain(malformed.map(Some)) {
                let refused = call(channel, &path, authorization).await.expect_err(&path);
                assert_eq!(refused.code, Code::Unauthenticated, "{path} with {authorization:?}: {refused:?}");
                assert!(!refused.reason.is_empty(), "{path}: {refused:?}");
            }
        }
    }
    let expected: BTreeSet<String> = expected.iter().map(|method| (*method).to_owned()).collect();
    assert_eq!(seen, expected, "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_the_key_management_service_wants_credentials() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let methods = [
        "CreateKey",
        "DescribeKey",
        "ListKeys",
        "EnableKey",
        "DisableKey",
        "ScheduleKeyDeletion",
        "CancelKeyDeletion",
        "CreateAlias",
        "UpdateAlias",
        "DeleteAlias",
        "ListAliases",
        "Encrypt",
        "Decrypt",
        "ReEncrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateRandom",
        "RotateKeyOnDemand",
        "CreateGrant",
        "ListGrants",
        "RetireGrant",
        "RevokeGrant",
        "WatchKeys",
    ];
    walk(stack.kms_address(), "keystead.kms.v1.", &methods).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_the_table_service_wants_credentials() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let methods = [
        "CreateTable",
        "DescribeTable",
        "ListTables",
        "UpdateTable",
        "DeleteTable",
        "PutItem",
        "GetItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
    ];
    walk(stack.table_address(), "keystead.table.v1.", &methods).await;
}

/// Tools such as grpcurl 1.8 ask only the older version.
#[tokio::test(flavor = "multi_thread")]
async fn the_older_reflection_is_offered_too() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    for (address, wanted) in [
        (stack.kms_address(), "keystead.kms.v1.KeyManagementService"),
        (stack.table_address(), "keystead.table.v1.TableService"),
    ] {
        let request = v1alpha::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
                String::new(),
            )),
        };
        let mut client = OldReflectionClient::new(channel(address));
        let answers =
            client.server_reflection_info(tokio_stream::once(request)).await.expect("it is offered");
        let answer = answers.into_inner().next().await.expect("one answer").expect("an answer");
        let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
            answer.message_response
        else {
            panic!("reflection lists services")
        };
        assert!(list.service.iter().any(|service| service.name == wanted), "{list:?}");
    }
}
