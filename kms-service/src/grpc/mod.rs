//! The gRPC door. It only translates: decode a message into a typed command, one call of the domain, encode the answer.
//! No rule lives here, so another door answers alike.

mod aliases;
mod convert;
mod crypto;
mod grants;
mod keys;
mod watch;

use identity::Caller;
use kms_core::{Kms, KmsError};
use proto::kms::{self as pb, key_management_service_server::KeyManagementService};
use tonic::{Request, Response, Status};

/// The domain of this service's errors.
pub(crate) const DOMAIN: &str = "kms.keystead";
/// Bytes of the largest request that is read. The largest legal one is CreateKey with a long description and 50 tags.
pub(crate) const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// What answers gRPC calls.
pub(crate) struct Door {
    kms: Kms,
}

impl Door {
    pub(crate) const fn new(kms: Kms) -> Self {
        Self { kms }
    }

    /// Who calls, the translation there and back, and an error's one way out.
    async fn answer<Q, A, F>(
        &self,
        request: Request<Q>,
        handle: impl FnOnce(Kms, Caller, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, KmsError>>,
    {
        let caller = service_kit::caller(&request)?;
        let id = service_kit::request_id(&request);
        let answer = handle(self.kms.clone(), caller, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| service_kit::status(&error, DOMAIN, &id))
    }
}

macro_rules! handlers {
    ($($method:ident($request:ident) -> $response:ident by $handler:path;)+) => {
        #[tonic::async_trait]
        impl KeyManagementService for Door {
            $(
                async fn $method(
                    &self,
                    request: Request<pb::$request>,
                ) -> Result<Response<pb::$response>, Status> {
                    self.answer(request, $handler).await
                }
            )+

            type WatchKeysStream = watch::Events;

            async fn watch_keys(
                &self,
                request: Request<pb::WatchKeysRequest>,
            ) -> Result<Response<Self::WatchKeysStream>, Status> {
                self.answer(request, watch::watch_keys).await
            }
        }
    };
}

handlers! {
    create_key(CreateKeyRequest) -> CreateKeyResponse by keys::create_key;
    describe_key(DescribeKeyRequest) -> DescribeKeyResponse by keys::describe_key;
    list_keys(ListKeysRequest) -> ListKeysResponse by keys::list_keys;
    enable_key(EnableKeyRequest) -> EnableKeyResponse by keys::enable_key;
    disable_key(DisableKeyRequest) -> DisableKeyResponse by keys::disable_key;
    schedule_key_deletion(ScheduleKeyDeletionRequest) -> ScheduleKeyDeletionResponse by keys::schedule_key_deletion;
    cancel_key_deletion(CancelKeyDeletionRequest) -> CancelKeyDeletionResponse by keys::cancel_key_deletion;
    rotate_key_on_demand(RotateKeyOnDemandRequest) -> RotateKeyOnDemandResponse by keys::rotate_key_on_demand;
    create_alias(CreateAliasRequest) -> CreateAliasResponse by aliases::create_alias;
    update_alias(UpdateAliasRequest) -> UpdateAliasResponse by aliases::update_alias;
    delete_alias(DeleteAliasRequest) -> DeleteAliasResponse by aliases::delete_alias;
    list_aliases(ListAliasesRequest) -> ListAliasesResponse by aliases::list_aliases;
    encrypt(EncryptRequest) -> EncryptResponse by crypto::encrypt;
    decrypt(DecryptRequest) -> DecryptResponse by crypto::decrypt;
    re_encrypt(ReEncryptRequest) -> ReEncryptResponse by crypto::re_encrypt;
    generate_data_key(GenerateDataKeyRequest) -> GenerateDataKeyResponse by crypto::generate_data_key;
    generate_data_key_without_plaintext(GenerateDataKeyWithoutPlaintextRequest)
        -> GenerateDataKeyWithoutPlaintextResponse by crypto::generate_data_key_without_plaintext;
    generate_random(GenerateRandomRequest) -> GenerateRandomResponse by crypto::generate_random;
    create_grant(CreateGrantRequest) -> CreateGrantResponse by grants::create_grant;
    list_grants(ListGrantsRequest) -> ListGrantsResponse by grants::list_grants;
    retire_grant(RetireGrantRequest) -> RetireGrantResponse by grants::retire_grant;
    revoke_grant(RevokeGrantRequest) -> RevokeGrantResponse by grants::revoke_grant;
}
