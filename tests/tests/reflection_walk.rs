//! Promise: every use is authorized. Each RPC that reflection shows is refused to a caller without credentials, and to
//! one with wrong ones, over TLS too, with certificates that are wrong in every way; only health and reflection itself are
//! open.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use prost::Message as _;
use prost_types::{FileDescriptorProto, ServiceDescriptorProto};
use tests::{Authority, Credentials, PERMISSIVE, Principals, Refused, Settings, Stack, channel};
use tokio_stream::StreamExt as _;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha;
use tonic_reflection::pb::v1alpha::server_reflection_client::ServerReflectionClient as OldReflectionClient;

/// What the key-management service offers.
const KMS: [&str; 37] = [
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
    "UpdateKeyDescription",
    "TagResource",
    "UntagResource",
    "ListResourceTags",
    "GetKeyPolicy",
    "PutKeyPolicy",
    "ListKeyPolicies",
    "GenerateMac",
    "VerifyMac",
    "EnableKeyRotation",
    "DisableKeyRotation",
    "GetKeyRotationStatus",
    "ListKeyRotations",
    "ListRetirableGrants",
];
/// What the table service offers.
const TABLES: [&str; 20] = [
    "CreateTable",
    "DescribeTable",
    "ListTables",
    "UpdateTable",
    "DeleteTable",
    "PutItem",
    "GetItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TagResource",
    "UntagResource",
    "ListTagsOfResource",
    "DescribeEndpoints",
    "DescribeLimits",
    "DescribeTimeToLive",
    "DescribeContinuousBackups",
];

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
    send(channel, path, request(authorization, None)).await
}

fn request(authorization: Option<&str>, on_behalf_of: Option<&str>) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in [("authorization", authorization), ("x-keystead-on-behalf-of", on_behalf_of)] {
        if let Some(value) = value {
            request.metadata_mut().insert(name, value.parse().expect("ASCII"));
        }
    }
    request
}

async fn send(channel: &Channel, path: &str, request: Request<()>) -> Result<(), Refused> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Refused::from(Status::from_error(error.into())))?;
    let path = PathAndQuery::try_from(path).expect("a path");
    // A unary answer is a stream of one, so this serves both kinds.
    let codec: ProstCodec<(), ()> = ProstCodec::default();
    let answer = grpc.server_streaming(request, path, codec).await?;
    answer.into_inner().next().await.expect("an answer or an error")?;
    Ok(())
}

/// Every RPC that is not public, as a path. Fails unless they are exactly those that are expected.
async fn paths(channel: &Channel, package: &str, expected: &[&str]) -> Vec<String> {
    let services = services(channel).await;
    let names: BTreeSet<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut paths = Vec::new();
    for (name, service) in &services {
        let public = name.starts_with("grpc.health.") || name.starts_with("grpc.reflection.");
        assert!(public || name.starts_with(package), "an unexpected service: {name}");
        if public {
            continue;
        }
        for method in &service.method {
            seen.insert(method.name().to_owned());
            paths.push(format!("/{name}/{}", method.name()));
        }
    }
    let expected: BTreeSet<String> = expected.iter().map(|method| (*method).to_owned()).collect();
    assert_eq!(seen, expected, "{names:?}");
    paths
}

async fn walk(address: SocketAddr, package: &str, expected: &[&str]) {
    let channel = &channel(address);
    let wrong = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").header();
    let malformed = ["Basic !!!", "Basic ", "Bearer token", "", "Basic QUtJQQ=="];
    for path in paths(channel, package, expected).await {
        for authorization in [None, Some(wrong.as_str())].into_iter().chain(malformed.map(Some)) {
            let refused = call(channel, &path, authorization).await.expect_err(&path);
            assert_eq!(refused.code, Code::Unauthenticated, "{path} with {authorization:?}: {refused:?}");
            assert!(!refused.reason.is_empty(), "{path}: {refused:?}");
        }
    }
}

/// Every RPC over TLS, with every certificate that is wrong in some way, and with the right one.
async fn walk_over_tls(stack: &Stack, address: SocketAddr, package: &str, expected: &[&str]) {
    let (authority, principals) = (stack.authority(), stack.principals());
    let (alice, service) = (principals.user("alice"), principals.service());
    let secrets: Vec<&str> = principals.secrets().collect();
    let names = [alice.san.as_str(), alice.arn.as_str(), service.arn.as_str()];
    let wrong = Credentials::new(&alice.credentials.access_key_id, &service.credentials.secret).header();
    let right = alice.credentials.header();
    let nobody = authority.channel(address, None);
    let foreign = authority.channel(address, Some(&authority.issue(&["stranger.keystead"])));
    let known = authority.channel(address, Some(&authority.issue(&[&alice.san])));
    let unheard: Vec<Channel> = [
        Authority::new().issue(&[&alice.san]),
        authority.issue_expired(&[&alice.san]),
        Authority::new().issue_expired(&[&service.san]),
    ]
    .iter()
    .map(|own| authority.channel(address, Some(own)))
    .collect();
    for path in paths(&nobody, package, expected).await {
        // A certificate of another authority or of another day: not one byte of an answer, whatever comes with it.
        for channel in &unheard {
            for authorization in [None, Some(right.as_str())] {
                let refused = call(channel, &path, authorization).await.expect_err(&path);
                assert_eq!(refused.reason, "", "{path}: {refused:?}");
            }
        }
        for (channel, authorization, reason) in [
            (&nobody, None, "MissingAuthenticationTokenException"),
            (&foreign, None, "MissingAuthenticationTokenException"),
            (&nobody, Some(wrong.as_str()), "UnrecognizedClientException"),
            (&foreign, Some(wrong.as_str()), "UnrecognizedClientException"),
            (&known, Some(wrong.as_str()), "UnrecognizedClientException"),
            (&known, Some(service.credentials.header().as_str()), "UnrecognizedClientException"),
        ] {
            let refused = call(channel, &path, authorization).await.expect_err(&path);
            assert_eq!((refused.code, refused.reason.as_str()), (Code::Unauthenticated, reason), "{path}");
            for hint in secrets.iter().chain(&names) {
                assert!(!refused.message.contains(hint), "{path}: {refused:?}");
            }
        }
        if let Err(refused) = call(&known, &path, None).await {
            assert_ne!(refused.code, Code::Unauthenticated, "{path}: {refused:?}");
            assert!(!refused.reason.is_empty(), "{path}: {refused:?}");
        }
    }
}

/// The table service's credential, used for what it is not for: by itself at the tables, and for somebody there, or for
/// whom nobody may act.
async fn walk_out_of_role(
    stack: &Stack,
    address: SocketAddr,
    package: &str,
    expected: &[&str],
    itself: &[&str],
) {
    let (authority, principals) = (stack.authority(), stack.principals());
    let service = principals.service();
    let channel = authority.channel(address, Some(&authority.issue(&[&service.san])));
    let by_basic = authority.channel(address, None);
    let is_kms = package.starts_with("keystead.kms");
    for path in paths(&channel, package, expected).await {
        let callers = [service.arn.as_str(), "arn:aws:iam::000000000000:user/nobody", "nonsense"];
        let borrowed = if is_kms { None } else { Some(principals.root().arn.as_str()) };
        for caller in callers.into_iter().chain(borrowed) {
            for (channel, authorization) in
                [(&channel, None), (&by_basic, Some(service.credentials.header()))]
            {
                let request = request(authorization.as_deref(), Some(caller));
                let refused = send(channel, &path, request).await.expect_err(&path);
                assert_eq!(refused.code, Code::PermissionDenied, "{path} for {caller}: {refused:?}");
                refused.assert_says("AccessDeniedException", "is not authorized to act on behalf of");
            }
        }
        let may = itself.iter().any(|method| path.ends_with(&format!("/{method}")));
        let alone = call(&channel, &path, None).await;
        assert_eq!(alone.is_ok(), may, "{path}: {alone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_the_key_management_service_wants_credentials() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    walk(stack.kms_address(), "keystead.kms.v1.", &KMS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_the_table_service_wants_credentials() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    walk(stack.table_address(), "keystead.table.v1.", &TABLES).await;
}

async fn stack_over_tls() -> Stack {
    Stack::apart(Settings::knowing(Principals::new().with("alice", PERMISSIVE)).over_tls()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_of_both_services_wants_the_right_certificate_or_credentials() {
    let stack = stack_over_tls().await;
    walk_over_tls(&stack, stack.kms_address(), "keystead.kms.v1.", &KMS).await;
    walk_over_tls(&stack, stack.table_address(), "keystead.table.v1.", &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_credential_is_of_no_use_outside_its_role() {
    let stack = stack_over_tls().await;
    walk_out_of_role(&stack, stack.kms_address(), "keystead.kms.v1.", &KMS, &["WatchKeys"]).await;
    walk_out_of_role(&stack, stack.table_address(), "keystead.table.v1.", &TABLES, &[]).await;
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
