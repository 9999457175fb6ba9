//! The gRPC door. It only translates: decode a message into a typed command, one call of the domain, encode the answer.
//! No rule lives here, so another door answers alike.

mod aliases;
mod convert;
mod crypto;
mod grants;
mod keys;
mod mac;
mod policies;
mod rotation;
mod tags;
mod watch;

use identity::Caller;
use kms_core::{Kms, KmsError, Operation, Rule};
use proto::kms::{self as pb, key_management_service_server::KeyManagementService};
use tonic::{Request, Response, Status};

/// The domain of this service's errors.
pub(crate) const DOMAIN: &str = "kms.keystead";
/// Bytes of the largest request that is read. The largest legal one is CreateKey with a long description, 50 tags and a
/// policy of so many characters that its length is what it is refused for.
pub(crate) const MESSAGE_BYTES_MAX: usize = 512 * 1024;

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
        operation: Operation,
        request: Request<Q>,
        handle: impl FnOnce(Kms, Caller, Q) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Refusal>>,
    {
        let caller = service_kit::caller(&request)?;
        let id = service_kit::request_id(&request);
        let error = match handle(self.kms.clone(), caller.clone(), request.into_inner()).await {
            Ok(answer) => return Ok(Response::new(answer)),
            Err(Refusal::Domain(error)) => error,
            Err(Refusal::Untranslatable(error)) => {
                self.kms.note_refusal(&caller, operation, &error);
                error
            }
        };
        Err(service_kit::status(&error, DOMAIN, &id))
    }
}

/// Why a handler has no answer.
enum Refusal {
    /// The domain said so, and has put it on record.
    Domain(KmsError),
    /// No command could be made of the message, so the domain has not heard of it yet.
    Untranslatable(KmsError),
}

impl From<KmsError> for Refusal {
    fn from(error: KmsError) -> Self {
        Self::Domain(error)
    }
}

impl From<convert::Unknown> for Refusal {
    fn from(unknown: convert::Unknown) -> Self {
        Self::Untranslatable(KmsError::Rule(Rule::UnknownEnumValue { member: unknown.member }))
    }
}

macro_rules! handlers {
    ($($operation:ident: $method:ident($request:ident) -> $response:ident by $handler:path;)+) => {
        #[tonic::async_trait]
        impl KeyManagementService for Door {
            $(
                async fn $method(
                    &self,
                    request: Request<pb::$request>,
                ) -> Result<Response<pb::$response>, Status> {
                    self.answer(Operation::$operation, request, $handler).await
                }
            )+

            type WatchKeysStream = watch::Events;

            async fn watch_keys(
                &self,
                request: Request<pb::WatchKeysRequest>,
            ) -> Result<Response<Self::WatchKeysStream>, Status> {
                self.answer(Operation::WatchKeys, request, watch::watch_keys).await
            }
        }
    };
}

handlers! {
    CreateKey: create_key(CreateKeyRequest) -> CreateKeyResponse by keys::create_key;
    DescribeKey: describe_key(DescribeKeyRequest) -> DescribeKeyResponse by keys::describe_key;
    ListKeys: list_keys(ListKeysRequest) -> ListKeysResponse by keys::list_keys;
    UpdateKeyDescription: update_key_description(UpdateKeyDescriptionRequest)
        -> UpdateKeyDescriptionResponse by keys::update_key_description;
    EnableKey: enable_key(EnableKeyRequest) -> EnableKeyResponse by keys::enable_key;
    DisableKey: disable_key(DisableKeyRequest) -> DisableKeyResponse by keys::disable_key;
    ScheduleKeyDeletion: schedule_key_deletion(ScheduleKeyDeletionRequest)
        -> ScheduleKeyDeletionResponse by keys::schedule_key_deletion;
    CancelKeyDeletion: cancel_key_deletion(CancelKeyDeletionRequest)
        -> CancelKeyDeletionResponse by keys::cancel_key_deletion;
    RotateKeyOnDemand: rotate_key_on_demand(RotateKeyOnDemandRequest)
        -> RotateKeyOnDemandResponse by rotation::rotate_key_on_demand;
    EnableKeyRotation: enable_key_rotation(EnableKeyRotationRequest)
        -> EnableKeyRotationResponse by rotation::enable_key_rotation;
    DisableKeyRotation: disable_key_rotation(DisableKeyRotationRequest)
        -> DisableKeyRotationResponse by rotation::disable_key_rotation;
    GetKeyRotationStatus: get_key_rotation_status(GetKeyRotationStatusRequest)
        -> GetKeyRotationStatusResponse by rotation::get_key_rotation_status;
    ListKeyRotations: list_key_rotations(ListKeyRotationsRequest)
        -> ListKeyRotationsResponse by rotation::list_key_rotations;
    CreateAlias: create_alias(CreateAliasRequest) -> CreateAliasResponse by aliases::create_alias;
    UpdateAlias: update_alias(UpdateAliasRequest) -> UpdateAliasResponse by aliases::update_alias;
    DeleteAlias: delete_alias(DeleteAliasRequest) -> DeleteAliasResponse by aliases::delete_alias;
    ListAliases: list_aliases(ListAliasesRequest) -> ListAliasesResponse by aliases::list_aliases;
    TagResource: tag_resource(TagResourceRequest) -> TagResourceResponse by tags::tag_resource;
    UntagResource: untag_resource(UntagResourceRequest) -> UntagResourceResponse by tags::untag_resource;
    ListResourceTags: list_resource_tags(ListResourceTagsRequest)
        -> ListResourceTagsResponse by tags::list_resource_tags;
    GetKeyPolicy: get_key_policy(GetKeyPolicyRequest) -> GetKeyPolicyResponse by policies::get_key_policy;
    PutKeyPolicy: put_key_policy(PutKeyPolicyRequest) -> PutKeyPolicyResponse by policies::put_key_policy;
    ListKeyPolicies: list_key_policies(ListKeyPoliciesRequest)
        -> ListKeyPoliciesResponse by policies::list_key_policies;
    Encrypt: encrypt(EncryptRequest) -> EncryptResponse by crypto::encrypt;
    Decrypt: decrypt(DecryptRequest) -> DecryptResponse by crypto::decrypt;
    ReEncrypt: re_encrypt(ReEncryptRequest) -> ReEncryptResponse by crypto::re_encrypt;
    GenerateDataKey: generate_data_key(GenerateDataKeyRequest)
        -> GenerateDataKeyResponse by crypto::generate_data_key;
    GenerateDataKeyWithoutPlaintext: generate_data_key_without_plaintext(GenerateDataKeyWithoutPlaintextRequest)
        -> GenerateDataKeyWithoutPlaintextResponse by crypto::generate_data_key_without_plaintext;
    GenerateRandom: generate_random(GenerateRandomRequest)
        -> GenerateRandomResponse by crypto::generate_random;
    GenerateMac: generate_mac(GenerateMacRequest) -> GenerateMacResponse by mac::generate_mac;
    VerifyMac: verify_mac(VerifyMacRequest) -> VerifyMacResponse by mac::verify_mac;
    CreateGrant: create_grant(CreateGrantRequest) -> CreateGrantResponse by grants::create_grant;
    ListGrants: list_grants(ListGrantsRequest) -> ListGrantsResponse by grants::list_grants;
    ListRetirableGrants: list_retirable_grants(ListRetirableGrantsRequest)
        -> ListRetirableGrantsResponse by grants::list_retirable_grants;
    RetireGrant: retire_grant(RetireGrantRequest) -> RetireGrantResponse by grants::retire_grant;
    RevokeGrant: revoke_grant(RevokeGrantRequest) -> RevokeGrantResponse by grants::revoke_grant;
}
