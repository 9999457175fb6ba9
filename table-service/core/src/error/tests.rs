use std::sync::Arc;

use store::StoreError;

use super::*;
use crate::expr::path::Path;
use crate::limits::MAX_LISTED;
use crate::value::AttributeValue;

const ARN: &str = "arn:aws:kms:us-east-1:000000000000:key/1";

fn answer(error: &TableError) -> (Kind, &'static str, String) {
    (error.kind(), error.reason(), error.public_message().into_owned())
}

fn kms(plane: Plane, code: &str, message: &str) -> (Kind, &'static str, String) {
    answer(&KmsError::new(plane, code, message, "r-1").into())
}

#[test]
fn a_disabled_key_is_the_requests_fault_or_the_keys() {
    let text = format!(
        "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {ARN} is disabled. \
         (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: r-1; Proxy: null)"
    );
    let message = format!("{ARN} is disabled.");
    let on = |plane| kms(plane, "DisabledException", &message);
    assert_eq!(on(Plane::Control), (Kind::Invalid, "ValidationException", text.clone()));
    assert_eq!(on(Plane::Data), (Kind::Precondition, "ValidationException", text));
}

#[test]
fn other_refusals_keep_their_kms_text() {
    for (code, message, prefix, class) in [
        (
            "KMSInvalidStateException",
            "k is pending deletion.",
            "KMS validation error",
            "KMSInvalidStateException",
        ),
        ("NotFoundException", "Key 'k' does not exist", "KMS validation error", "NotFoundException"),
        ("InvalidArnException", "Invalid arn x", "KMS validation error", "InvalidArnException"),
        (
            "ValidationException",
            "EncryptionContext is supported only",
            "KMS internal error",
            "AWSKMSException",
        ),
    ] {
        let (kind, reason, text) = kms(Plane::Data, code, message);
        assert_eq!((kind, reason), (Kind::Precondition, "ValidationException"));
        assert_eq!(
            text,
            format!(
                "{prefix}: com.amazonaws.services.kms.model.{class}: {message} (Service: AWSKMS; Status Code: 400; \
                 Error Code: {code}; Request ID: r-1; Proxy: null)"
            )
        );
        assert_eq!(kms(Plane::Control, code, message).0, Kind::Invalid);
    }
}

#[test]
fn a_denial_is_a_denial_on_both_planes() {
    for plane in [Plane::Control, Plane::Data] {
        let (kind, reason, text) = kms(plane, "AccessDeniedException", "The ciphertext refers to ...");
        assert_eq!((kind, reason), (Kind::Denied, "AccessDeniedException"));
        assert!(text.starts_with("KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext"), "{text}");
    }
}

#[test]
fn outages_are_not_refusals() {
    assert_eq!(TableError::KmsUnavailable.kind(), Kind::Unavailable);
}

#[test]
fn table_states_have_dynamodbs_texts() {
    let table = || "Music".to_owned();
    let cases = [
        (
            TableError::TableNotFound { table: table() },
            "ResourceNotFoundException",
            "Requested resource not found: Table: Music not found",
        ),
        (TableError::ResourceNotFound, "ResourceNotFoundException", "Requested resource not found"),
        (TableError::TableExists { table: table() }, "ResourceInUseException", "Table already exists: Music"),
        (
            TableError::DeletionProtected,
            "ValidationException",
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        ),
        (
            TableError::Denied {
                principal: "arn:aws:iam::000000000000:user/bob".parse().unwrap(),
                action: "dynamodb:GetItem",
                resource: "arn:aws:dynamodb:us-east-1:000000000000:table/Music".to_owned(),
                explicit: false,
            },
            "AccessDeniedException",
            "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: dynamodb:GetItem on resource: \
             arn:aws:dynamodb:us-east-1:000000000000:table/Music because no identity-based policy allows the dynamodb:GetItem action",
        ),
    ];
    for (error, reason, text) in cases {
        assert_eq!((error.reason(), &*error.public_message()), (reason, text));
    }
}

#[test]
fn what_the_service_did_wrong_is_not_explained_to_the_caller() {
    let corrupt = TableError::from(StoreError::Corrupt { what: "page 7".into() });
    let internal = TableError::Internal { what: "a key schema without elements" };
    for error in [corrupt, internal, TableError::DataLoss { record: "item" }] {
        assert_eq!(error.reason(), "InternalServerError");
        assert!(!error.public_message().contains("page") && !error.public_message().contains("schema"));
    }
    let closed = TableError::from(StoreError::Closed);
    assert_eq!((closed.kind(), closed.reason()), (Kind::Unavailable, "ServiceUnavailable"));
}

#[test]
fn a_list_is_read_no_further_than_it_is_shown() {
    let endless: Echoes = std::iter::repeat_with(|| Echo::from("m")).collect();
    let shown = endless.show(true, "'", " ");
    assert_eq!(shown, format!("{}...", "'m' ".repeat(MAX_LISTED)));
    let whole: Echoes = std::iter::repeat_n(Echo::from("m"), MAX_LISTED).collect();
    assert!(shown.starts_with(&whole.show(true, "'", " ")));
    assert!(!whole.show(true, "'", " ").contains("..."));
}

#[test]
fn the_log_forms_hide_what_the_caller_sent() {
    let canary = || Echo::from("canary");
    let constant = || Arc::new(AttributeValue::S("canary".to_owned()));
    let path = || Path::to("canary").unwrap();
    let expression = |error| Invalid::Expression { kind: ExpressionKind::KeyCondition, error };
    let errors = [
        Invalid::NotNumeric(canary()),
        Invalid::TableArn(canary()),
        Invalid::UnusedNames([canary()].into_iter().collect()),
        Invalid::UnusedValues([canary(), canary()].into_iter().collect()),
        Invalid::ValueInvalid { key: canary(), error: Box::new(Invalid::NotNumeric(canary())) },
        expression(ExpressionError::Syntax { token: canary(), near: canary() }),
        expression(ExpressionError::BoundOrder { low: constant(), high: constant() }),
        expression(ExpressionError::AttributeTypeName(constant())),
        expression(ExpressionError::NotDistinct { operator: "=", operand: path() }),
        expression(ExpressionError::PathsOverlap(Box::new([path(), path()]))),
    ];
    for error in errors {
        assert!(error.public_text().contains("canary"));
        let error = TableError::from(error);
        assert!(error.public_message().contains("canary"));
        let logged = format!("{error} {error:?} {error:#?}");
        assert!(!logged.contains("canary"), "{logged}");
    }
}
