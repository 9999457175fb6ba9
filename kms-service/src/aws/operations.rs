//! Every operation of KMS: its request, the domain's call, and how the answer looks.

use aws_json::NotARequest;
use kms_core::{Kms, KmsError, Operation, Unsupported, ops};
use service_kit::{Call, Failure};

use super::refusal::decoded;
use super::view::{self, Body as _};

/// `Name(request: its type) => the domain's call => the view of what it gives`, a line for each operation; behind them those
/// that AWS has and we do not yet.
macro_rules! operations {
    (
        |$kms:ident, $caller:ident| {
            $($name:ident($request:ident: $type:ty) => $work:expr => $view:ty,)+
        }
        later { $($later:ident)+ }
    ) => {
        /// The names of all operations of AWS's.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)+ $(stringify!($later),)+];

        /// Those that are served, with their requests.
        #[cfg(test)]
        pub(super) const SERVED: &[(&str, shape::Shape)] =
            &[$((stringify!($name), <$type as shape::Decode>::SHAPE),)+];

        /// Answers a request for one of them.
        pub(super) async fn serve($kms: &Kms, call: &Call) -> Result<Vec<u8>, Failure> {
            let $caller = &call.caller;
            match call.operation {
                $(stringify!($name) => {
                    let $request = decoded::<$type>($kms, call, Operation::$name)?;
                    <$view>::from($work.await?).written()
                })+
                _ if !aws_json::is_json(&call.body) => Err(NotARequest(String::new()).into()),
                later => Err(KmsError::Unsupported(Unsupported::Member(later)).into()),
            }
        }
    };
}

operations! {
    |kms, caller| {
        CancelKeyDeletion(request: ops::one_key::OneKey)
            => kms.cancel_key_deletion(caller, request.key_id) => view::OneKey,
        CreateAlias(request: ops::create_alias::CreateAlias) => kms.create_alias(caller, request) => view::Nothing,
        CreateGrant(request: ops::create_grant::CreateGrant) => kms.create_grant(caller, request) => view::CreatedGrant,
        CreateKey(request: ops::create_key::CreateKey) => kms.create_key(caller, request) => view::DescribedKey,
        Decrypt(request: ops::decrypt::Decrypt) => kms.decrypt(caller, request) => view::Decrypted,
        DeleteAlias(request: ops::delete_alias::DeleteAlias)
            => kms.delete_alias(caller, request.alias_name) => view::Nothing,
        DescribeKey(request: ops::describe_key::DescribeKey) => kms.describe_key(caller, request) => view::DescribedKey,
        DisableKey(request: ops::one_key::OneKey) => kms.disable_key(caller, request.key_id) => view::Nothing,
        DisableKeyRotation(request: ops::one_key::OneKey)
            => kms.disable_key_rotation(caller, request.key_id) => view::Nothing,
        EnableKey(request: ops::one_key::OneKey) => kms.enable_key(caller, request.key_id) => view::Nothing,
        EnableKeyRotation(request: ops::enable_key_rotation::EnableKeyRotation)
            => kms.enable_key_rotation(caller, request) => view::Nothing,
        Encrypt(request: ops::encrypt::Encrypt) => kms.encrypt(caller, request) => view::Encrypted,
        GenerateDataKey(request: ops::generate_data_key::GenerateDataKey)
            => kms.generate_data_key(caller, request) => view::DataKey,
        GenerateDataKeyWithoutPlaintext(request: ops::generate_data_key::GenerateDataKey)
            => kms.generate_data_key_without_plaintext(caller, request) => view::SealedDataKey,
        GenerateMac(request: ops::generate_mac::GenerateMac) => kms.generate_mac(caller, request) => view::Mac,
        GenerateRandom(request: ops::generate_random::GenerateRandom)
            => kms.generate_random(caller, request) => view::Random,
        GetKeyPolicy(request: ops::get_key_policy::GetKeyPolicy)
            => kms.get_key_policy(caller, request) => view::KeyPolicy,
        GetKeyRotationStatus(request: ops::one_key::OneKey)
            => kms.get_key_rotation_status(caller, request.key_id) => view::RotationStatus,
        ListAliases(request: ops::list_aliases::ListAliases) => kms.list_aliases(caller, request) => view::Aliases,
        ListGrants(request: ops::list_grants::ListGrants) => kms.list_grants(caller, request) => view::Grants,
        ListKeyPolicies(request: ops::list_key_policies::ListKeyPolicies)
            => kms.list_key_policies(caller, request) => view::PolicyNames,
        ListKeyRotations(request: ops::list_key_rotations::ListKeyRotations)
            => kms.list_key_rotations(caller, request) => view::Rotations,
        ListKeys(request: ops::list_keys::ListKeys) => kms.list_keys(caller, request) => view::Keys,
        ListResourceTags(request: ops::list_resource_tags::ListResourceTags)
            => kms.list_resource_tags(caller, request) => view::Tags,
        ListRetirableGrants(request: ops::list_retirable_grants::ListRetirableGrants)
            => kms.list_retirable_grants(caller, request) => view::Grants,
        PutKeyPolicy(request: ops::put_key_policy::PutKeyPolicy)
            => kms.put_key_policy(caller, request) => view::Nothing,
        ReEncrypt(request: ops::re_encrypt::ReEncrypt) => kms.re_encrypt(caller, request) => view::ReEncrypted,
        RetireGrant(request: ops::retire_grant::RetireGrant) => kms.retire_grant(caller, request) => view::Nothing,
        RevokeGrant(request: ops::revoke_grant::RevokeGrant) => kms.revoke_grant(caller, request) => view::Nothing,
        RotateKeyOnDemand(request: ops::one_key::OneKey)
            => kms.rotate_key_on_demand(caller, request.key_id) => view::OneKey,
        ScheduleKeyDeletion(request: ops::schedule_key_deletion::ScheduleKeyDeletion)
            => kms.schedule_key_deletion(caller, request) => view::ScheduledDeletion,
        TagResource(request: ops::tag_resource::TagResource) => kms.tag_resource(caller, request) => view::Nothing,
        UntagResource(request: ops::untag_resource::UntagResource)
            => kms.untag_resource(caller, request) => view::Nothing,
        UpdateAlias(request: ops::update_alias::UpdateAlias) => kms.update_alias(caller, request) => view::Nothing,
        UpdateKeyDescription(request: ops::update_key_description::UpdateKeyDescription)
            => kms.update_key_description(caller, request) => view::Nothing,
        VerifyMac(request: ops::verify_mac::VerifyMac) => kms.verify_mac(caller, request) => view::VerifiedMac,
    }
    later {
        ConnectCustomKeyStore CreateCustomKeyStore Decapsulate DeleteCustomKeyStore DeleteImportedKeyMaterial
        DeriveSharedSecret DescribeCustomKeyStores DisconnectCustomKeyStore Encapsulate GenerateDataKeyPair
        GenerateDataKeyPairWithoutPlaintext GetKeyLastUsage GetParametersForImport GetPublicKey ImportKeyMaterial
        ReplicateKey Sign UpdateCustomKeyStore UpdatePrimaryRegion Verify
    }
}
