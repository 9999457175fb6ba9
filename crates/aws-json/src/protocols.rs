//! The protocols of the two services, as AWS's clients speak them.

use crate::{Protocol, RequestIds};

/// DynamoDB's: JSON 1.0 (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>).
pub static DYNAMODB: Protocol = Protocol {
    target_prefix: "DynamoDB_20120810",
    content_type: "application/x-amz-json-1.0",
    signing_name: "dynamodb",
    namespace: Some("com.amazonaws.dynamodb.v20120810"),
    capital_message: &[
        "SerializationException",
        "TransactionCanceledException",
        "TransactionInProgressException",
        "IdempotentParameterMismatchException",
    ],
    body_comes_first: true,
    has_checksum: true,
    request_ids: RequestIds::Long,
    max_body_bytes: 16 * 1024 * 1024,
};

/// KMS's: JSON 1.1. Its errors have no namespace in their codes.
pub static KMS: Protocol = Protocol {
    target_prefix: "TrentService",
    content_type: "application/x-amz-json-1.1",
    signing_name: "kms",
    namespace: None,
    capital_message: &["SerializationException"],
    body_comes_first: false,
    has_checksum: false,
    request_ids: RequestIds::Uuid,
    // The largest request that the model knows is CreateKey with a policy of 131,072 characters, 50 tags and a long
    // description, each in UTF-8 or in escapes: it is read, so that what is wrong with it can be said. Decrypt for an
    // enclave, with its 262,144 bytes in base64, fits as well.
    max_body_bytes: 1024 * 1024,
};
