//! Typed clients of both services: every RPC as a method that takes the request and gives the answer or a [`Refused`].
//! They ask through one of two doors, in the same words, so that a test says once what it wants of both.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proto::kms::key_management_service_client::KeyManagementServiceClient;
use proto::table::table_service_client::TableServiceClient;
use proto::{kms, table};
use tonic::codegen::InterceptedService;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

use crate::json::{Json, Protocol};
use crate::refused::Refused;

/// One of the doors that each service has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// gRPC, with credentials as they are.
    #[default]
    Grpc,
    /// AWS's JSON over HTTP/1.1, signed.
    AwsJson,
}

/// Longer than any answer may take on a busy machine; a call that hangs fails its test instead of the whole run.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// BatchGetItem answers hold up to 16 MB.
const MESSAGE_BYTES: usize = 32 * 1024 * 1024;

/// What a caller proves who it is with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret: String,
}

impl Credentials {
    /// Credentials of these two parts.
    pub fn new(access_key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { access_key_id: access_key_id.into(), secret: secret.into() }
    }

    /// Those of nobody, for services that take any.
    pub fn anybody() -> Self {
        Self::new("ANYBODY", "any secret will do")
    }

    /// The value of the `authorization` header: HTTP Basic.
    pub fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.access_key_id, self.secret)))
    }
}

/// Puts credentials, and for a service the caller it acts for, into each request.
#[derive(Clone)]
pub struct Headers {
    authorization: Option<MetadataValue<Ascii>>,
    on_behalf_of: Option<MetadataValue<Ascii>>,
}

impl Headers {
    fn new(credentials: Option<&Credentials>, on_behalf_of: Option<&str>) -> Self {
        let ascii = |text: &str| text.parse().expect("a header value is ASCII");
        Self {
            authorization: credentials.map(|credentials| ascii(&credentials.header())),
            on_behalf_of: on_behalf_of.map(ascii),
        }
    }
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.authorization {
            request.metadata_mut().insert("authorization", value.clone());
        }
        if let Some(value) = &self.on_behalf_of {
            request.metadata_mut().insert("x-keystead-on-behalf-of", value.clone());
        }
        Ok(request)
    }
}

/// A connection to `address`, made at the first call and again after a restart of the service.
pub fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}"))
        .expect("an address is a URL")
        .timeout(DEADLINE)
        .connect_lazy()
}

/// A client of one service, by the door that it asks through.
#[derive(Clone)]
enum Through<G> {
    Grpc(G),
    AwsJson(Arc<Json>),
}

impl<G> Through<G> {
    fn aws_json(protocol: Protocol, address: SocketAddr, credentials: Option<&Credentials>) -> Self {
        let anybody = Credentials::anybody();
        Self::AwsJson(Arc::new(Json::new(protocol, address, credentials.unwrap_or(&anybody))))
    }
}

macro_rules! calls {
    ($package:ident: $($(#[$doc:meta])* $method:ident($request:ident) -> $response:ident;)*) => {
        $(
            #[doc = concat!("Calls `", stringify!($method), "`.")]
            pub async fn $method(&self, request: $package::$request) -> Result<$package::$response, Refused> {
                match &self.through {
                    Through::Grpc(client) => Ok(client.clone().$method(request).await?.into_inner()),
                    Through::AwsJson(json) => {
                        let operation = stringify!($request).trim_end_matches("Request");
                        json.ask(operation, &request).await
                    }
                }
            }
        )*
    };
}

/// A client of the key-management service.
#[derive(Clone)]
pub struct Kms {
    through: Through<KeyManagementServiceClient<InterceptedService<Channel, Headers>>>,
}

impl Kms {
    /// A client that calls as the owner of `credentials`, or as nobody.
    pub fn new(address: SocketAddr, credentials: Option<&Credentials>) -> Self {
        Self::on_behalf_of(address, credentials, None)
    }

    /// A client that calls as a service for the principal with the ARN `caller`.
    pub fn on_behalf_of(
        address: SocketAddr,
        credentials: Option<&Credentials>,
        caller: Option<&str>,
    ) -> Self {
        Self::over(channel(address), credentials, caller)
    }

    /// The same over a connection that is there.
    pub fn over(channel: Channel, credentials: Option<&Credentials>, caller: Option<&str>) -> Self {
        let headers = Headers::new(credentials, caller);
        Self { through: Through::Grpc(KeyManagementServiceClient::with_interceptor(channel, headers)) }
    }

    /// A client that asks in AWS's JSON as the owner of `credentials`.
    pub fn aws_json(address: SocketAddr, credentials: Option<&Credentials>) -> Self {
        Self { through: Through::aws_json(Protocol::Kms, address, credentials) }
    }

    /// Subscribes to key changes, which only gRPC offers.
    pub async fn watch_keys(&self) -> Result<Streaming<kms::WatchKeysResponse>, Refused> {
        let Through::Grpc(client) = &self.through else { panic!("AWS has no WatchKeys") };
        Ok(client.clone().watch_keys(kms::WatchKeysRequest {}).await?.into_inner())
    }

    calls! { kms:
        create_key(CreateKeyRequest) -> CreateKeyResponse;
        describe_key(DescribeKeyRequest) -> DescribeKeyResponse;
        list_keys(ListKeysRequest) -> ListKeysResponse;
        update_key_description(UpdateKeyDescriptionRequest) -> UpdateKeyDescriptionResponse;
        enable_key(EnableKeyRequest) -> EnableKeyResponse;
        disable_key(DisableKeyRequest) -> DisableKeyResponse;
        schedule_key_deletion(ScheduleKeyDeletionRequest) -> ScheduleKeyDeletionResponse;
        cancel_key_deletion(CancelKeyDeletionRequest) -> CancelKeyDeletionResponse;
        create_alias(CreateAliasRequest) -> CreateAliasResponse;
        update_alias(UpdateAliasRequest) -> UpdateAliasResponse;
        delete_alias(DeleteAliasRequest) -> DeleteAliasResponse;
        list_aliases(ListAliasesRequest) -> ListAliasesResponse;
        tag_resource(TagResourceRequest) -> TagResourceResponse;
        untag_resource(UntagResourceRequest) -> UntagResourceResponse;
        list_resource_tags(ListResourceTagsRequest) -> ListResourceTagsResponse;
        get_key_policy(GetKeyPolicyRequest) -> GetKeyPolicyResponse;
        put_key_policy(PutKeyPolicyRequest) -> PutKeyPolicyResponse;
        list_key_policies(ListKeyPoliciesRequest) -> ListKeyPoliciesResponse;
        encrypt(EncryptRequest) -> EncryptResponse;
        decrypt(DecryptRequest) -> DecryptResponse;
        re_encrypt(ReEncryptRequest) -> ReEncryptResponse;
        generate_data_key(GenerateDataKeyRequest) -> GenerateDataKeyResponse;
        generate_data_key_without_plaintext(GenerateDataKeyWithoutPlaintextRequest)
            -> GenerateDataKeyWithoutPlaintextResponse;
        generate_random(GenerateRandomRequest) -> GenerateRandomResponse;
        generate_mac(GenerateMacRequest) -> GenerateMacResponse;
        verify_mac(VerifyMacRequest) -> VerifyMacResponse;
        rotate_key_on_demand(RotateKeyOnDemandRequest) -> RotateKeyOnDemandResponse;
        enable_key_rotation(EnableKeyRotationRequest) -> EnableKeyRotationResponse;
        disable_key_rotation(DisableKeyRotationRequest) -> DisableKeyRotationResponse;
        get_key_rotation_status(GetKeyRotationStatusRequest) -> GetKeyRotationStatusResponse;
        list_key_rotations(ListKeyRotationsRequest) -> ListKeyRotationsResponse;
        create_grant(CreateGrantRequest) -> CreateGrantResponse;
        list_grants(ListGrantsRequest) -> ListGrantsResponse;
        list_retirable_grants(ListRetirableGrantsRequest) -> ListRetirableGrantsResponse;
        retire_grant(RetireGrantRequest) -> RetireGrantResponse;
        revoke_grant(RevokeGrantRequest) -> RevokeGrantResponse;
    }

    /// A fresh customer key.
    pub async fn customer_key(&self) -> kms::KeyMetadata {
        let answer = self.create_key(kms::CreateKeyRequest::default()).await.expect("a key is made");
        answer.key_metadata.expect("a made key is described")
    }

    /// A fresh key for HMAC with SHA-256.
    pub async fn hmac_key(&self) -> kms::KeyMetadata {
        let request = kms::CreateKeyRequest {
            key_spec: kms::KeySpec::Hmac256.into(),
            key_usage: kms::KeyUsageType::GenerateVerifyMac.into(),
            ..Default::default()
        };
        let answer = self.create_key(request).await.expect("a key is made");
        answer.key_metadata.expect("a made key is described")
    }

    /// The key's description.
    pub async fn describe(&self, key: &str) -> Result<kms::KeyMetadata, Refused> {
        let request = kms::DescribeKeyRequest { key_id: key.to_owned(), ..Default::default() };
        Ok(self.describe_key(request).await?.key_metadata.expect("an answer describes the key"))
    }

    /// Disables the key.
    pub async fn disable(&self, key: &str) {
        self.disable_key(kms::DisableKeyRequest { key_id: key.to_owned() })
            .await
            .expect("the key is disabled");
    }

    /// Enables the key.
    pub async fn enable(&self, key: &str) {
        self.enable_key(kms::EnableKeyRequest { key_id: key.to_owned() }).await.expect("the key is enabled");
    }

    /// Schedules the key's deletion after the shortest waiting period, 7 days.
    pub async fn schedule_deletion(&self, key: &str) {
        let request =
            kms::ScheduleKeyDeletionRequest { key_id: key.to_owned(), pending_window_in_days: Some(7) };
        self.schedule_key_deletion(request).await.expect("the deletion is scheduled");
    }

    /// Gives the key an alias.
    pub async fn alias(&self, alias: &str, key: &str) {
        let request = kms::CreateAliasRequest { alias_name: alias.to_owned(), target_key_id: key.to_owned() };
        self.create_alias(request).await.expect("the alias is made");
    }
}

/// A client of the table service.
#[derive(Clone)]
pub struct Tables {
    through: Through<TableServiceClient<InterceptedService<Channel, Headers>>>,
}

impl Tables {
    /// A client that calls as the owner of `credentials`, or as nobody.
    pub fn new(address: SocketAddr, credentials: Option<&Credentials>) -> Self {
        Self::over(channel(address), credentials)
    }

    /// The same over a connection that is there.
    pub fn over(channel: Channel, credentials: Option<&Credentials>) -> Self {
        let client = TableServiceClient::with_interceptor(channel, Headers::new(credentials, None));
        let client = client.max_decoding_message_size(MESSAGE_BYTES).max_encoding_message_size(MESSAGE_BYTES);
        Self { through: Through::Grpc(client) }
    }

    /// A client that asks in AWS's JSON as the owner of `credentials`.
    pub fn aws_json(address: SocketAddr, credentials: Option<&Credentials>) -> Self {
        Self { through: Through::aws_json(Protocol::DynamoDb, address, credentials) }
    }

    calls! { table:
        create_table(CreateTableRequest) -> CreateTableResponse;
        describe_table(DescribeTableRequest) -> DescribeTableResponse;
        list_tables(ListTablesRequest) -> ListTablesResponse;
        update_table(UpdateTableRequest) -> UpdateTableResponse;
        delete_table(DeleteTableRequest) -> DeleteTableResponse;
        put_item(PutItemRequest) -> PutItemResponse;
        get_item(GetItemRequest) -> GetItemResponse;
        update_item(UpdateItemRequest) -> UpdateItemResponse;
        delete_item(DeleteItemRequest) -> DeleteItemResponse;
        query(QueryRequest) -> QueryResponse;
        scan(ScanRequest) -> ScanResponse;
        batch_get_item(BatchGetItemRequest) -> BatchGetItemResponse;
        batch_write_item(BatchWriteItemRequest) -> BatchWriteItemResponse;
        tag_resource(TagResourceRequest) -> TagResourceResponse;
        untag_resource(UntagResourceRequest) -> UntagResourceResponse;
        list_tags_of_resource(ListTagsOfResourceRequest) -> ListTagsOfResourceResponse;
        describe_limits(DescribeLimitsRequest) -> DescribeLimitsResponse;
        describe_time_to_live(DescribeTimeToLiveRequest) -> DescribeTimeToLiveResponse;
        describe_continuous_backups(DescribeContinuousBackupsRequest) -> DescribeContinuousBackupsResponse;
    }
}
