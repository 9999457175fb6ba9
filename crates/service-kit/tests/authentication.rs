//! Who gets in, who does not, and what is open to everyone: over the wire, against a running server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken test may panic")]

mod carried;

use carried::{
    ALICE, ALICE_BASIC, Running, SAY_WHO, TABLES, TABLES_BASIC, basic, start, start_with, with_headers,
};
use identity::{Directory, ServiceName};
use service_kit::ON_BEHALF_OF_HEADER;
use tonic::{Code, Status};
use tonic_types::StatusExt;

async fn refused(server: &Running, headers: &[(&'static str, &str)], code: Code, reason: &str) -> Status {
    let status = server.call(headers, SAY_WHO).await.unwrap_err();
    assert_eq!(status.code(), code, "{headers:?}: {status:?}");
    assert_eq!(status.get_details_error_info().unwrap().reason, reason, "{headers:?}");
    status
}

#[tokio::test]
async fn right_credentials_get_in_as_their_principal() {
    let server = start(|server| server).await;
    assert_eq!(server.call(&[("authorization", &basic(ALICE_BASIC))], SAY_WHO).await.unwrap(), ALICE);
    let lower_case = basic(ALICE_BASIC).replace("Basic", "bAsIc");
    assert_eq!(server.call(&[("authorization", &lower_case)], SAY_WHO).await.unwrap(), ALICE);
    server.stop().await;
}

#[tokio::test]
async fn no_wrong_or_malformed_credentials_are_refused() {
    let server = start(|server| server).await;
    refused(&server, &[], Code::Unauthenticated, "MissingAuthenticationTokenException").await;

    let unknown = basic(("AKIAUNKNOWNUNKNOWN00", ALICE_BASIC.1));
    let wrong = basic((ALICE_BASIC.0, TABLES_BASIC.1));
    let mut texts = Vec::new();
    for header in [&unknown, &wrong, &basic((ALICE_BASIC.0, "")), &basic(("", ""))] {
        let headers = [("authorization", header.as_str()), ("x-request-id", "same")];
        let status = refused(&server, &headers, Code::Unauthenticated, "UnrecognizedClientException").await;
        texts.push((status.message().to_owned(), status.details().to_vec()));
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "unknown and wrong cannot be told apart");

    let right = basic(ALICE_BASIC);
    let without_scheme = right.trim_start_matches("Basic ");
    let bearer = right.replace("Basic", "Bearer");
    let long = format!("Basic {}", "QUFB".repeat(200));
    for value in
        ["", "Basic", "Basic ", "Basic !!!", "Basic QUFB", "Basic /w==", without_scheme, &bearer, &long]
    {
        let headers = [("authorization", value)];
        refused(&server, &headers, Code::Unauthenticated, "IncompleteSignatureException").await;
    }
    let twice = [("authorization", right.as_str()), ("authorization", right.as_str())];
    refused(&server, &twice, Code::Unauthenticated, "IncompleteSignatureException").await;
    server.stop().await;
}

#[tokio::test]
async fn without_a_source_of_principals_everyone_is_refused() {
    let server = start_with(Directory::nobody().unwrap(), |server| server).await;
    refused(&server, &[], Code::Unauthenticated, "MissingAuthenticationTokenException").await;
    let right = basic(ALICE_BASIC);
    refused(&server, &[("authorization", &right)], Code::Unauthenticated, "UnrecognizedClientException")
        .await;
    server.stop().await;
}

#[tokio::test]
async fn a_handler_without_the_stack_finds_no_caller() {
    let status = service_kit::caller(&with_headers(&[], SAY_WHO)).unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_service_acts_for_itself_or_for_a_known_principal() {
    let server = start(|server| server.accept_on_behalf_of()).await;
    let service = basic(TABLES_BASIC);
    assert_eq!(server.call(&[("authorization", &service)], SAY_WHO).await.unwrap(), TABLES);
    let headers = [("authorization", service.as_str()), (ON_BEHALF_OF_HEADER, ALICE)];
    let who = server.call(&headers, SAY_WHO).await.unwrap();
    assert_eq!(who, format!("{ALICE} via dynamodb.us-east-1.amazonaws.com"));
    server.stop().await;
}

#[tokio::test]
async fn nobody_else_acts_for_others_and_nobody_for_unknown_principals() {
    let denied = (Code::PermissionDenied, "AccessDeniedException");
    let server = start(|server| server.accept_on_behalf_of()).await;
    let (alice, service) = (basic(ALICE_BASIC), basic(TABLES_BASIC));
    for arn in [ALICE, TABLES, "arn:aws:iam::000000000000:root", ""] {
        let headers = [("authorization", alice.as_str()), (ON_BEHALF_OF_HEADER, arn)];
        let status = refused(&server, &headers, denied.0, denied.1).await;
        assert_eq!(
            status.message(),
            format!("User: {ALICE} is not authorized to act on behalf of another principal")
        );
    }
    for arn in [TABLES, "arn:aws:iam::000000000000:user/bob", "arn:aws:iam::000000000000:root", "alice", ""] {
        let headers = [("authorization", service.as_str()), (ON_BEHALF_OF_HEADER, arn)];
        refused(&server, &headers, denied.0, denied.1).await;
    }
    let twice =
        [("authorization", service.as_str()), (ON_BEHALF_OF_HEADER, ALICE), (ON_BEHALF_OF_HEADER, ALICE)];
    refused(&server, &twice, Code::Unauthenticated, "IncompleteSignatureException").await;
    refused(
        &server,
        &[(ON_BEHALF_OF_HEADER, ALICE)],
        Code::Unauthenticated,
        "MissingAuthenticationTokenException",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_does_not_accept_it_refuses_on_behalf_of_from_services_too() {
    let server = start(|server| server).await;
    let service = basic(TABLES_BASIC);
    let headers = [("authorization", service.as_str()), (ON_BEHALF_OF_HEADER, ALICE)];
    refused(&server, &headers, Code::PermissionDenied, "AccessDeniedException").await;
    server.stop().await;
}

#[tokio::test]
async fn in_development_whoever_does_not_say_who_is_the_root_and_wrong_credentials_are_still_refused() {
    let data = tempfile::tempdir().unwrap();
    let account = "000000000000".parse().unwrap();
    let service: ServiceName = "dynamodb.us-east-1.amazonaws.com".parse().unwrap();
    let directory = Directory::development_in(data.path(), &account, Some(service)).unwrap();
    let server = start_with(directory, |server| server.accept_on_behalf_of()).await;
    let root = account.root_arn();
    assert_eq!(server.call(&[], SAY_WHO).await.unwrap(), root.as_str());
    let wrong = basic(ALICE_BASIC);
    refused(&server, &[("authorization", &wrong)], Code::Unauthenticated, "UnrecognizedClientException")
        .await;
    let headers = [(ON_BEHALF_OF_HEADER, root.as_str())];
    refused(&server, &headers, Code::PermissionDenied, "AccessDeniedException").await;

    let path = data.path().join(identity::SERVICE_CREDENTIAL_FILE);
    let own = service_kit::ClientIdentity::basic(&identity::Credential::read(&path).unwrap()).unwrap();
    let mut request = with_headers(&[], SAY_WHO);
    own.sign(&mut request, Some(&root)).unwrap();
    assert!(!format!("{request:?} {own:?}").contains("Basic"));
    let answer = server.client().await.generate_random(request).await.unwrap().into_inner().plaintext;
    assert_eq!(String::from_utf8(answer).unwrap(), format!("{root} via dynamodb.us-east-1.amazonaws.com"));
    server.stop().await;
}

/// One route outside the stack would be enough: every method of every service that the descriptors name is called
/// without credentials, and paths that nobody serves.
#[tokio::test]
async fn all_routes_but_health_and_reflection_are_closed() {
    use prost::Message;
    let server = start(|server| server).await;
    let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let mut paths: Vec<String> = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            paths.extend(service.method.iter().map(|method| format!("/{name}/{}", method.name())));
        }
    }
    assert!(paths.len() > 30, "{}", paths.len());
    let others = [
        "/",
        "/grpc.health.v1.Health/",
        "/grpc.health.v1.Health/Check/",
        "/grpc.health.v1.Health/check",
        "//grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/../../keystead.kms.v1.KeyManagementService/ListKeys",
        "/grpc.reflection.v1.ServerReflection/Other",
        "/unknown.Service/Method",
    ];
    paths.extend(others.map(str::to_owned));
    for path in paths {
        let mut grpc = tonic::client::Grpc::new(server.channel().await);
        grpc.ready().await.unwrap();
        let codec: tonic_prost::ProstCodec<(), ()> = tonic_prost::ProstCodec::default();
        let answer = grpc.unary(tonic::Request::new(()), path.parse().unwrap(), codec).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unauthenticated, "{path}");
    }
    server.stop().await;
}
