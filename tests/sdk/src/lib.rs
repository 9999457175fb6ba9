//! The AWS SDK for Rust as its users have it, against the real binaries: what is set is the endpoint, the Region, the key pair
//! that the services printed, and an HTTP client without TLS. The tests are in `tests`, one file for each kind of thing.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::RequestId;
use tests::{REGION, Settings, Stack};

/// Both services, and a client of each that calls as the account root.
pub struct Services {
    /// DynamoDB's client.
    pub tables: aws_sdk_dynamodb::Client,
    /// KMS's client.
    pub keys: aws_sdk_kms::Client,
    /// The services themselves.
    pub stack: Stack,
}

impl Services {
    /// Starts `keystead` on an empty data directory.
    pub async fn start() -> Self {
        let stack = Stack::together().await;
        let (tables, keys) = (tables_of(&stack, None), keys_of(&stack, None));
        Self { tables, keys, stack }
    }

    /// Starts the services apart, with `settings`.
    pub async fn apart(settings: Settings) -> Self {
        let stack = Stack::apart(settings).await;
        let (tables, keys) = (tables_of(&stack, None), keys_of(&stack, None));
        Self { tables, keys, stack }
    }
}

/// A client of the table service that calls as the user `name` of the principals, or as the account root.
pub fn tables_of(stack: &Stack, name: Option<&str>) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(format!("http://{}", stack.table_address()))
        .credentials_provider(credentials(stack, name))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A client of the key-management service that calls as the user `name` of the principals, or as the account root.
pub fn keys_of(stack: &Stack, name: Option<&str>) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(format!("http://{}", stack.kms_address()))
        .credentials_provider(credentials(stack, name))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    aws_sdk_kms::Client::from_conf(config.build())
}

fn credentials(stack: &Stack, name: Option<&str>) -> Credentials {
    let pair = match name {
        Some(name) => &stack.principals().user(name).credentials,
        None => stack.root_credentials().expect("the root has credentials"),
    };
    Credentials::new(&pair.access_key_id, &pair.secret, None, None, "tests")
}

/// Fails the test unless the error has this code, a text that contains `part`, and the id of its request.
#[track_caller]
pub fn assert_says(
    error: &(impl ProvideErrorMetadata + RequestId + std::fmt::Debug),
    code: &str,
    part: &str,
) {
    assert_eq!(error.code(), Some(code), "{error:?}");
    assert!(error.message().unwrap_or_default().contains(part), "{error:?} does not say {part:?}");
    assert!(error.request_id().is_some_and(|id| !id.is_empty()), "an error names its request: {error:?}");
}
