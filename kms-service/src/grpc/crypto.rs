//! What keys are for.
//!
//! Plaintext is zeroized when the domain's values are dropped. The copy in a response message is handed to the transport,
//! which frees it without overwriting it.

use envelope::Plaintext;
use identity::Caller;
use kms_core::{
    Kms,
    ops::{
        decrypt::Decrypt, encrypt::Encrypt, generate_data_key::GenerateDataKey,
        generate_random::GenerateRandom, re_encrypt::ReEncrypt,
    },
};
use proto::kms as pb;

use super::{Refusal, convert};

const SYMMETRIC: pb::EncryptionAlgorithmSpec = pb::EncryptionAlgorithmSpec::SymmetricDefault;

pub(super) async fn encrypt(
    kms: Kms,
    caller: Caller,
    request: pb::EncryptRequest,
) -> Result<pb::EncryptResponse, Refusal> {
    let command = Encrypt {
        plaintext: Plaintext::from_vec(request.plaintext),
        key_id: request.key_id,
        context: convert::context(request.encryption_context),
        algorithm: convert::algorithm(request.encryption_algorithm, "encryptionAlgorithm")?,
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
    };
    let encrypted = kms.encrypt(&caller, command).await?;
    Ok(pb::EncryptResponse {
        ciphertext_blob: encrypted.ciphertext_blob,
        key_id: encrypted.key_arn,
        encryption_algorithm: SYMMETRIC.into(),
    })
}

pub(super) async fn decrypt(
    kms: Kms,
    caller: Caller,
    request: pb::DecryptRequest,
) -> Result<pb::DecryptResponse, Refusal> {
    let command = Decrypt {
        ciphertext_blob: request.ciphertext_blob,
        context: convert::context(request.encryption_context),
        key_id: convert::optional(request.key_id),
        algorithm: convert::algorithm(request.encryption_algorithm, "encryptionAlgorithm")?,
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
        dry_run_modifiers: convert::dry_run_modifiers(request.dry_run_modifiers)?,
    };
    let decrypted = kms.decrypt(&caller, command).await?;
    Ok(pb::DecryptResponse {
        plaintext: decrypted.plaintext.expose().to_vec(),
        key_id: decrypted.key_arn,
        encryption_algorithm: SYMMETRIC.into(),
        key_material_id: decrypted.material_id,
    })
}

pub(super) async fn re_encrypt(
    kms: Kms,
    caller: Caller,
    request: pb::ReEncryptRequest,
) -> Result<pb::ReEncryptResponse, Refusal> {
    let source_algorithm =
        convert::algorithm(request.source_encryption_algorithm, "sourceEncryptionAlgorithm")?;
    let destination_algorithm =
        convert::algorithm(request.destination_encryption_algorithm, "destinationEncryptionAlgorithm")?;
    let command = ReEncrypt {
        ciphertext_blob: request.ciphertext_blob,
        source_context: convert::context(request.source_encryption_context),
        source_key_id: convert::optional(request.source_key_id),
        source_algorithm,
        destination_key_id: request.destination_key_id,
        destination_context: convert::context(request.destination_encryption_context),
        destination_algorithm,
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
        dry_run_modifiers: convert::dry_run_modifiers(request.dry_run_modifiers)?,
    };
    let moved = kms.re_encrypt(&caller, command).await?;
    Ok(pb::ReEncryptResponse {
        ciphertext_blob: moved.ciphertext_blob,
        source_key_id: moved.source_key_arn,
        key_id: moved.destination_key_arn,
        source_encryption_algorithm: SYMMETRIC.into(),
        destination_encryption_algorithm: SYMMETRIC.into(),
        source_key_material_id: moved.source_material_id,
        destination_key_material_id: moved.destination_material_id,
    })
}

pub(super) async fn generate_data_key(
    kms: Kms,
    caller: Caller,
    request: pb::GenerateDataKeyRequest,
) -> Result<pb::GenerateDataKeyResponse, Refusal> {
    let command = GenerateDataKey {
        key_id: request.key_id,
        size: convert::data_key_size(request.key_spec, request.number_of_bytes)?,
        context: convert::context(request.encryption_context),
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
    };
    let made = kms.generate_data_key(&caller, command).await?;
    Ok(pb::GenerateDataKeyResponse {
        ciphertext_blob: made.ciphertext_blob,
        plaintext: made.plaintext.expose().to_vec(),
        key_id: made.key_arn,
        key_material_id: made.material_id,
    })
}

pub(super) async fn generate_data_key_without_plaintext(
    kms: Kms,
    caller: Caller,
    request: pb::GenerateDataKeyWithoutPlaintextRequest,
) -> Result<pb::GenerateDataKeyWithoutPlaintextResponse, Refusal> {
    let command = GenerateDataKey {
        key_id: request.key_id,
        size: convert::data_key_size(request.key_spec, request.number_of_bytes)?,
        context: convert::context(request.encryption_context),
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
    };
    let made = kms.generate_data_key_without_plaintext(&caller, command).await?;
    Ok(pb::GenerateDataKeyWithoutPlaintextResponse {
        ciphertext_blob: made.ciphertext_blob,
        key_id: made.key_arn,
        key_material_id: made.material_id,
    })
}

pub(super) async fn generate_random(
    kms: Kms,
    caller: Caller,
    request: pb::GenerateRandomRequest,
) -> Result<pb::GenerateRandomResponse, Refusal> {
    let command = GenerateRandom { number_of_bytes: request.number_of_bytes };
    let random = kms.generate_random(&caller, command).await?;
    Ok(pb::GenerateRandomResponse { plaintext: random.expose().to_vec() })
}
