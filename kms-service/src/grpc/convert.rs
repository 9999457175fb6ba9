//! Wire values to domain values and back. An enum number that the .proto does not name ends here: the domain's own types
//! cannot hold it.

use std::collections::HashMap;

use envelope::EncryptionContext;
use kms_core::{
    Constraints, DataKeySize, DataKeySpec, DryRunModifier, EncryptionAlgorithm, GrantOperation, KeyKind,
    KeyMetadata, KeySpec, KeyState, KeyType, KeyUsage, MacAlgorithm, Origin, PageRequest, RotationType, Tag,
    Timestamp,
    ops::list_key_rotations::{IncludeKeyMaterial, KeyMaterialState},
};
use proto::kms as pb;

/// An enum member has a number that the .proto does not name.
pub(super) struct Unknown {
    pub(super) member: &'static str,
}

/// The message's member was empty: it was not given.
pub(super) fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub(super) fn context(pairs: HashMap<String, String>) -> EncryptionContext {
    pairs.into_iter().collect()
}

pub(super) fn page(limit: Option<i32>, marker: String) -> PageRequest {
    PageRequest { limit, marker: optional(marker) }
}

fn known<T: TryFrom<i32>>(number: i32, member: &'static str) -> Result<T, Unknown> {
    T::try_from(number).map_err(|_| Unknown { member })
}

pub(super) fn tag(tag: pb::Tag) -> Tag {
    Tag { key: tag.tag_key, value: tag.tag_value }
}

pub(super) fn key_usage(number: i32) -> Result<Option<KeyUsage>, Unknown> {
    Ok(match known(number, "keyUsage")? {
        pb::KeyUsageType::Unspecified => None,
        pb::KeyUsageType::EncryptDecrypt => Some(KeyUsage::EncryptDecrypt),
        pb::KeyUsageType::SignVerify => Some(KeyUsage::SignVerify),
        pb::KeyUsageType::GenerateVerifyMac => Some(KeyUsage::GenerateVerifyMac),
        pb::KeyUsageType::KeyAgreement => Some(KeyUsage::KeyAgreement),
    })
}

const fn wire_key_usage(usage: KeyUsage) -> pb::KeyUsageType {
    match usage {
        KeyUsage::EncryptDecrypt => pb::KeyUsageType::EncryptDecrypt,
        KeyUsage::SignVerify => pb::KeyUsageType::SignVerify,
        KeyUsage::GenerateVerifyMac => pb::KeyUsageType::GenerateVerifyMac,
        KeyUsage::KeyAgreement => pb::KeyUsageType::KeyAgreement,
    }
}

pub(super) fn key_spec(number: i32) -> Result<KeySpec, Unknown> {
    Ok(match known(number, "keySpec")? {
        pb::KeySpec::Unspecified | pb::KeySpec::SymmetricDefault => KeySpec::SymmetricDefault,
        pb::KeySpec::Rsa2048 => KeySpec::Rsa2048,
        pb::KeySpec::Rsa3072 => KeySpec::Rsa3072,
        pb::KeySpec::Rsa4096 => KeySpec::Rsa4096,
        pb::KeySpec::EccNistP256 => KeySpec::EccNistP256,
        pb::KeySpec::EccNistP384 => KeySpec::EccNistP384,
        pb::KeySpec::EccNistP521 => KeySpec::EccNistP521,
        pb::KeySpec::EccSecgP256k1 => KeySpec::EccSecgP256k1,
        pb::KeySpec::Hmac224 => KeySpec::Hmac224,
        pb::KeySpec::Hmac256 => KeySpec::Hmac256,
        pb::KeySpec::Hmac384 => KeySpec::Hmac384,
        pb::KeySpec::Hmac512 => KeySpec::Hmac512,
    })
}

const fn wire_key_spec(spec: KeySpec) -> pb::KeySpec {
    match spec {
        KeySpec::SymmetricDefault => pb::KeySpec::SymmetricDefault,
        KeySpec::Rsa2048 => pb::KeySpec::Rsa2048,
        KeySpec::Rsa3072 => pb::KeySpec::Rsa3072,
        KeySpec::Rsa4096 => pb::KeySpec::Rsa4096,
        KeySpec::EccNistP256 => pb::KeySpec::EccNistP256,
        KeySpec::EccNistP384 => pb::KeySpec::EccNistP384,
        KeySpec::EccNistP521 => pb::KeySpec::EccNistP521,
        KeySpec::EccSecgP256k1 => pb::KeySpec::EccSecgP256k1,
        KeySpec::Hmac224 => pb::KeySpec::Hmac224,
        KeySpec::Hmac256 => pb::KeySpec::Hmac256,
        KeySpec::Hmac384 => pb::KeySpec::Hmac384,
        KeySpec::Hmac512 => pb::KeySpec::Hmac512,
    }
}

/// There is no algorithm that goes without saying.
pub(super) fn mac_algorithm(number: i32) -> Result<MacAlgorithm, Unknown> {
    use pb::MacAlgorithmSpec as Wire;
    let member = "macAlgorithm";
    Ok(match known(number, member)? {
        Wire::Unspecified => return Err(Unknown { member }),
        Wire::HmacSha224 => MacAlgorithm::HmacSha224,
        Wire::HmacSha256 => MacAlgorithm::HmacSha256,
        Wire::HmacSha384 => MacAlgorithm::HmacSha384,
        Wire::HmacSha512 => MacAlgorithm::HmacSha512,
    })
}

pub(super) const fn wire_mac_algorithm(algorithm: MacAlgorithm) -> pb::MacAlgorithmSpec {
    match algorithm {
        MacAlgorithm::HmacSha224 => pb::MacAlgorithmSpec::HmacSha224,
        MacAlgorithm::HmacSha256 => pb::MacAlgorithmSpec::HmacSha256,
        MacAlgorithm::HmacSha384 => pb::MacAlgorithmSpec::HmacSha384,
        MacAlgorithm::HmacSha512 => pb::MacAlgorithmSpec::HmacSha512,
    }
}

pub(super) fn include_key_material(number: i32) -> Result<IncludeKeyMaterial, Unknown> {
    use pb::IncludeKeyMaterial as Wire;
    Ok(match known(number, "includeKeyMaterial")? {
        Wire::Unspecified | Wire::RotationsOnly => IncludeKeyMaterial::RotationsOnly,
        Wire::AllKeyMaterial => IncludeKeyMaterial::AllKeyMaterial,
    })
}

pub(super) const fn key_material_state(state: KeyMaterialState) -> pb::KeyMaterialState {
    match state {
        KeyMaterialState::Current => pb::KeyMaterialState::Current,
        KeyMaterialState::NonCurrent => pb::KeyMaterialState::NonCurrent,
    }
}

pub(super) const fn rotation_type(by: Option<RotationType>) -> pb::RotationType {
    match by {
        None => pb::RotationType::Unspecified,
        Some(RotationType::Automatic) => pb::RotationType::Automatic,
        Some(RotationType::OnDemand) => pb::RotationType::OnDemand,
    }
}

pub(super) fn origin(number: i32) -> Result<Origin, Unknown> {
    Ok(match known(number, "origin")? {
        pb::OriginType::Unspecified | pb::OriginType::AwsKms => Origin::AwsKms,
        pb::OriginType::External => Origin::External,
        pb::OriginType::AwsCloudhsm => Origin::AwsCloudHsm,
        pb::OriginType::ExternalKeyStore => Origin::ExternalKeyStore,
    })
}

pub(super) fn algorithm(number: i32, member: &'static str) -> Result<EncryptionAlgorithm, Unknown> {
    use pb::EncryptionAlgorithmSpec as Wire;
    Ok(match known(number, member)? {
        Wire::Unspecified | Wire::SymmetricDefault => EncryptionAlgorithm::SymmetricDefault,
        Wire::RsaesOaepSha1 => EncryptionAlgorithm::RsaesOaepSha1,
        Wire::RsaesOaepSha256 => EncryptionAlgorithm::RsaesOaepSha256,
    })
}

pub(super) fn data_key_size(spec: i32, number_of_bytes: Option<i32>) -> Result<DataKeySize, Unknown> {
    let spec = match known(spec, "keySpec")? {
        pb::DataKeySpec::Unspecified => None,
        pb::DataKeySpec::Aes256 => Some(DataKeySpec::Aes256),
        pb::DataKeySpec::Aes128 => Some(DataKeySpec::Aes128),
    };
    Ok(DataKeySize { spec, number_of_bytes })
}

pub(super) fn dry_run_modifiers(numbers: Vec<i32>) -> Result<Vec<DryRunModifier>, Unknown> {
    use pb::DryRunModifierType as Wire;
    let member = "dryRunModifiers";
    let modifier = |number| match known(number, member)? {
        Wire::Unspecified => Err(Unknown { member }),
        Wire::IgnoreCiphertext => Ok(DryRunModifier::IgnoreCiphertext),
    };
    numbers.into_iter().map(modifier).collect()
}

pub(super) fn grant_operation(number: i32) -> Result<GrantOperation, Unknown> {
    use pb::GrantOperation as Wire;
    let member = "operations";
    Ok(match known(number, member)? {
        Wire::Unspecified => return Err(Unknown { member }),
        Wire::Decrypt => GrantOperation::Decrypt,
        Wire::Encrypt => GrantOperation::Encrypt,
        Wire::GenerateDataKey => GrantOperation::GenerateDataKey,
        Wire::GenerateDataKeyWithoutPlaintext => GrantOperation::GenerateDataKeyWithoutPlaintext,
        Wire::ReEncryptFrom => GrantOperation::ReEncryptFrom,
        Wire::ReEncryptTo => GrantOperation::ReEncryptTo,
        Wire::CreateGrant => GrantOperation::CreateGrant,
        Wire::RetireGrant => GrantOperation::RetireGrant,
        Wire::DescribeKey => GrantOperation::DescribeKey,
        Wire::GenerateMac => GrantOperation::GenerateMac,
        Wire::VerifyMac => GrantOperation::VerifyMac,
    })
}

pub(super) fn wire_grant_operation(operation: GrantOperation) -> i32 {
    use pb::GrantOperation as Wire;
    match operation {
        GrantOperation::Decrypt => Wire::Decrypt,
        GrantOperation::Encrypt => Wire::Encrypt,
        GrantOperation::GenerateDataKey => Wire::GenerateDataKey,
        GrantOperation::GenerateDataKeyWithoutPlaintext => Wire::GenerateDataKeyWithoutPlaintext,
        GrantOperation::ReEncryptFrom => Wire::ReEncryptFrom,
        GrantOperation::ReEncryptTo => Wire::ReEncryptTo,
        GrantOperation::CreateGrant => Wire::CreateGrant,
        GrantOperation::RetireGrant => Wire::RetireGrant,
        GrantOperation::DescribeKey => Wire::DescribeKey,
        GrantOperation::GenerateMac => Wire::GenerateMac,
        GrantOperation::VerifyMac => Wire::VerifyMac,
    }
    .into()
}

/// On the wire a constraint without pairs and no constraint look the same, and mean none.
pub(super) fn constraints(wire: Option<pb::GrantConstraints>) -> Constraints {
    let wire = wire.unwrap_or_default();
    let some = |pairs: HashMap<String, String>| (!pairs.is_empty()).then(|| context(pairs));
    Constraints { subset: some(wire.encryption_context_subset), equals: some(wire.encryption_context_equals) }
}

pub(super) fn wire_constraints(constraints: Constraints) -> Option<pb::GrantConstraints> {
    let pairs = |context: Option<EncryptionContext>| {
        context.map(|context| context.into_map().into_iter().collect()).unwrap_or_default()
    };
    let is_given = constraints.subset.is_some() || constraints.equals.is_some();
    is_given.then(|| pb::GrantConstraints {
        encryption_context_subset: pairs(constraints.subset),
        encryption_context_equals: pairs(constraints.equals),
    })
}

pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let (seconds, millis) = (at.millis() / 1000, at.millis() % 1000);
    prost_types::Timestamp {
        seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        nanos: i32::try_from(millis * 1_000_000).unwrap_or_default(),
    }
}

pub(super) const fn key_state(state: KeyState) -> pb::KeyState {
    match state {
        KeyState::Enabled => pb::KeyState::Enabled,
        KeyState::Disabled => pb::KeyState::Disabled,
        KeyState::PendingDeletion { .. } => pb::KeyState::PendingDeletion,
    }
}

pub(super) fn metadata(key: KeyMetadata) -> pb::KeyMetadata {
    let deletion_date = match key.state {
        KeyState::PendingDeletion { at } => Some(timestamp(at)),
        KeyState::Enabled | KeyState::Disabled => None,
    };
    let key_manager = match key.kind {
        KeyKind::Owned | KeyKind::Managed => pb::KeyManagerType::Aws,
        KeyKind::Customer => pb::KeyManagerType::Customer,
    };
    let key_spec = wire_key_spec(key.key_type.spec());
    let encryption_algorithms = match key.key_type {
        KeyType::Symmetric => vec![pb::EncryptionAlgorithmSpec::SymmetricDefault.into()],
        KeyType::Hmac(_) => Vec::new(),
    };
    pb::KeyMetadata {
        aws_account_id: key.account.to_string(),
        key_id: key.key_id.to_string(),
        arn: key.arn,
        creation_date: Some(timestamp(key.created)),
        enabled: key.state == KeyState::Enabled,
        description: key.description,
        key_usage: wire_key_usage(key.key_type.usage()).into(),
        key_state: key_state(key.state).into(),
        deletion_date,
        origin: pb::OriginType::AwsKms.into(),
        key_manager: key_manager.into(),
        key_spec: key_spec.into(),
        customer_master_key_spec: key_spec.into(),
        encryption_algorithms,
        mac_algorithms: key
            .key_type
            .mac_algorithm()
            .map(|how| wire_mac_algorithm(how).into())
            .into_iter()
            .collect(),
        multi_region: false,
        current_key_material_id: key.current_material_id.unwrap_or_default(),
    }
}
