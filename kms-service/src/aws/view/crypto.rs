//! What keys are for.

use aws_json::Blob;
use kms_core::{
    EncryptionAlgorithm,
    ops::{
        decrypt, encrypt, generate_data_key, generate_data_key_without_plaintext as without_plaintext,
        generate_mac, re_encrypt, verify_mac,
    },
};
use serde::Serialize;

use super::secret::Secret;

const SYMMETRIC: &str = EncryptionAlgorithm::SymmetricDefault.as_str();

/// Encrypt's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encrypted {
    ciphertext_blob: Blob<Vec<u8>>,
    key_id: String,
    encryption_algorithm: &'static str,
}

impl From<encrypt::Encrypted> for Encrypted {
    fn from(encrypted: encrypt::Encrypted) -> Self {
        Self {
            ciphertext_blob: Blob(encrypted.ciphertext_blob),
            key_id: encrypted.key_arn,
            encryption_algorithm: SYMMETRIC,
        }
    }
}

/// Decrypt's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Decrypted {
    key_id: String,
    plaintext: Secret,
    encryption_algorithm: &'static str,
    key_material_id: String,
}

impl From<decrypt::Decrypted> for Decrypted {
    fn from(decrypted: decrypt::Decrypted) -> Self {
        Self {
            key_id: decrypted.key_arn,
            plaintext: decrypted.plaintext.into(),
            encryption_algorithm: SYMMETRIC,
            key_material_id: decrypted.material_id,
        }
    }
}

/// ReEncrypt's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReEncrypted {
    ciphertext_blob: Blob<Vec<u8>>,
    source_key_id: String,
    key_id: String,
    source_encryption_algorithm: &'static str,
    destination_encryption_algorithm: &'static str,
    source_key_material_id: String,
    destination_key_material_id: String,
}

impl From<re_encrypt::ReEncrypted> for ReEncrypted {
    fn from(moved: re_encrypt::ReEncrypted) -> Self {
        Self {
            ciphertext_blob: Blob(moved.ciphertext_blob),
            source_key_id: moved.source_key_arn,
            key_id: moved.destination_key_arn,
            source_encryption_algorithm: SYMMETRIC,
            destination_encryption_algorithm: SYMMETRIC,
            source_key_material_id: moved.source_material_id,
            destination_key_material_id: moved.destination_material_id,
        }
    }
}

/// GenerateDataKey's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DataKey {
    ciphertext_blob: Blob<Vec<u8>>,
    plaintext: Secret,
    key_id: String,
    key_material_id: String,
}

impl From<generate_data_key::GeneratedDataKey> for DataKey {
    fn from(made: generate_data_key::GeneratedDataKey) -> Self {
        Self {
            ciphertext_blob: Blob(made.ciphertext_blob),
            plaintext: made.plaintext.into(),
            key_id: made.key_arn,
            key_material_id: made.material_id,
        }
    }
}

/// GenerateDataKeyWithoutPlaintext's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SealedDataKey {
    ciphertext_blob: Blob<Vec<u8>>,
    key_id: String,
    key_material_id: String,
}

impl From<without_plaintext::SealedDataKey> for SealedDataKey {
    fn from(made: without_plaintext::SealedDataKey) -> Self {
        Self {
            ciphertext_blob: Blob(made.ciphertext_blob),
            key_id: made.key_arn,
            key_material_id: made.material_id,
        }
    }
}

/// GenerateRandom's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Random {
    plaintext: Secret,
}

impl From<envelope::Plaintext> for Random {
    fn from(random: envelope::Plaintext) -> Self {
        Self { plaintext: random.into() }
    }
}

/// GenerateMac's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Mac {
    mac: Blob<Vec<u8>>,
    mac_algorithm: &'static str,
    key_id: String,
}

impl From<generate_mac::GeneratedMac> for Mac {
    fn from(made: generate_mac::GeneratedMac) -> Self {
        Self { mac: Blob(made.mac), mac_algorithm: made.mac_algorithm.as_str(), key_id: made.key_arn }
    }
}

/// VerifyMac's. A code that is wrong is never answered with one.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VerifiedMac {
    key_id: String,
    mac_valid: bool,
    mac_algorithm: &'static str,
}

impl From<verify_mac::VerifiedMac> for VerifiedMac {
    fn from(verified: verify_mac::VerifiedMac) -> Self {
        Self { key_id: verified.key_arn, mac_valid: true, mac_algorithm: verified.mac_algorithm.as_str() }
    }
}
