//! The choices that requests offer. Members that this service does not have yet are known by name, so that refusing one
//! can say which.

use envelope::MacHash;
use shape::{Decode, Violations, choices};

use crate::{
    authorize::Op,
    error::{KmsError, Rule},
    limits::NUMBER_OF_BYTES_MAX,
};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are those of AWS")]
        pub enum $name {
            $($(#[$attribute])* $variant,)+
        }

        impl $name {
            /// The name in the API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

named!(
    /// What a key is used for. Encryption and message authentication are offered.
    #[derive(Default)]
    KeyUsage {
        #[default]
        EncryptDecrypt = "ENCRYPT_DECRYPT",
        SignVerify = "SIGN_VERIFY",
        GenerateVerifyMac = "GENERATE_VERIFY_MAC",
        KeyAgreement = "KEY_AGREEMENT",
    }
);
named!(
    /// What a key is. Symmetric and HMAC keys are offered.
    #[derive(Default)]
    KeySpec {
        #[default]
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        Rsa2048 = "RSA_2048",
        Rsa3072 = "RSA_3072",
        Rsa4096 = "RSA_4096",
        EccNistP256 = "ECC_NIST_P256",
        EccNistP384 = "ECC_NIST_P384",
        EccNistP521 = "ECC_NIST_P521",
        EccSecgP256k1 = "ECC_SECG_P256K1",
        Hmac224 = "HMAC_224",
        Hmac256 = "HMAC_256",
        Hmac384 = "HMAC_384",
        Hmac512 = "HMAC_512",
    }
);
named!(
    /// Where a key's material comes from. Only this service is offered.
    #[derive(Default)]
    Origin {
        #[default]
        AwsKms = "AWS_KMS",
        External = "EXTERNAL",
        AwsCloudHsm = "AWS_CLOUDHSM",
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
);
named!(
    /// How to encrypt. A symmetric key knows one way.
    #[derive(Default)]
    EncryptionAlgorithm {
        #[default]
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
    }
);

named!(
    /// How to authenticate a message. An HMAC key knows one way.
    #[derive(Default)]
    MacAlgorithm {
        HmacSha224 = "HMAC_SHA_224",
        #[default]
        HmacSha256 = "HMAC_SHA_256",
        HmacSha384 = "HMAC_SHA_384",
        HmacSha512 = "HMAC_SHA_512",
    }
);

choices!(KeyUsage {
    SignVerify = "SIGN_VERIFY",
    EncryptDecrypt = "ENCRYPT_DECRYPT",
    GenerateVerifyMac = "GENERATE_VERIFY_MAC",
    KeyAgreement = "KEY_AGREEMENT",
} later { "ENCAPSULATE_DECAPSULATE" });
choices!(KeySpec {
    Rsa2048 = "RSA_2048",
    EccNistP384 = "ECC_NIST_P384",
    EccNistP256 = "ECC_NIST_P256",
    EccNistP521 = "ECC_NIST_P521",
    Hmac384 = "HMAC_384",
    Rsa3072 = "RSA_3072",
    EccSecgP256k1 = "ECC_SECG_P256K1",
    Rsa4096 = "RSA_4096",
    SymmetricDefault = "SYMMETRIC_DEFAULT",
    Hmac256 = "HMAC_256",
    Hmac224 = "HMAC_224",
    Hmac512 = "HMAC_512",
} later {
    "SM2", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024",
});
choices!(Origin {
    AwsKms = "AWS_KMS",
    External = "EXTERNAL",
    AwsCloudHsm = "AWS_CLOUDHSM",
    ExternalKeyStore = "EXTERNAL_KEY_STORE",
});
choices!(EncryptionAlgorithm {
    SymmetricDefault = "SYMMETRIC_DEFAULT",
    RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
    RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
} later { "SM2PKE" });
choices!(MacAlgorithm {
    HmacSha384 = "HMAC_SHA_384",
    HmacSha256 = "HMAC_SHA_256",
    HmacSha224 = "HMAC_SHA_224",
    HmacSha512 = "HMAC_SHA_512",
});
choices!(DataKeySpec { Aes256 = "AES_256", Aes128 = "AES_128" });

impl EncryptionAlgorithm {
    /// Refuses what a symmetric key cannot do.
    pub(crate) fn check(self) -> Result<(), KmsError> {
        match self {
            Self::SymmetricDefault => Ok(()),
            Self::RsaesOaepSha1 | Self::RsaesOaepSha256 => {
                let spec = KeySpec::SymmetricDefault.as_str();
                Err(KmsError::WrongAlgorithm { algorithm: self.as_str(), spec })
            }
        }
    }
}

impl MacAlgorithm {
    /// The hash under it.
    pub(crate) const fn hash(self) -> MacHash {
        match self {
            Self::HmacSha224 => MacHash::Sha224,
            Self::HmacSha256 => MacHash::Sha256,
            Self::HmacSha384 => MacHash::Sha384,
            Self::HmacSha512 => MacHash::Sha512,
        }
    }

    const fn of(hash: MacHash) -> Self {
        match hash {
            MacHash::Sha224 => Self::HmacSha224,
            MacHash::Sha256 => Self::HmacSha256,
            MacHash::Sha384 => Self::HmacSha384,
            MacHash::Sha512 => Self::HmacSha512,
        }
    }
}

/// What a key of this service is: of the specs, those that are offered, each with the one usage that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Encrypts.
    Symmetric,
    /// Authenticates messages with this hash.
    Hmac(MacHash),
}

impl KeyType {
    /// The type of a key with this spec, if such keys are offered.
    pub(crate) const fn of(spec: KeySpec) -> Option<Self> {
        match spec {
            KeySpec::SymmetricDefault => Some(Self::Symmetric),
            KeySpec::Hmac224 => Some(Self::Hmac(MacHash::Sha224)),
            KeySpec::Hmac256 => Some(Self::Hmac(MacHash::Sha256)),
            KeySpec::Hmac384 => Some(Self::Hmac(MacHash::Sha384)),
            KeySpec::Hmac512 => Some(Self::Hmac(MacHash::Sha512)),
            KeySpec::Rsa2048
            | KeySpec::Rsa3072
            | KeySpec::Rsa4096
            | KeySpec::EccNistP256
            | KeySpec::EccNistP384
            | KeySpec::EccNistP521
            | KeySpec::EccSecgP256k1 => None,
        }
    }

    /// Its spec.
    pub const fn spec(self) -> KeySpec {
        match self {
            Self::Symmetric => KeySpec::SymmetricDefault,
            Self::Hmac(MacHash::Sha224) => KeySpec::Hmac224,
            Self::Hmac(MacHash::Sha256) => KeySpec::Hmac256,
            Self::Hmac(MacHash::Sha384) => KeySpec::Hmac384,
            Self::Hmac(MacHash::Sha512) => KeySpec::Hmac512,
        }
    }

    /// What it is used for.
    pub const fn usage(self) -> KeyUsage {
        match self {
            Self::Symmetric => KeyUsage::EncryptDecrypt,
            Self::Hmac(_) => KeyUsage::GenerateVerifyMac,
        }
    }

    /// How it authenticates messages, if it does.
    pub const fn mac_algorithm(self) -> Option<MacAlgorithm> {
        match self {
            Self::Symmetric => None,
            Self::Hmac(hash) => Some(MacAlgorithm::of(hash)),
        }
    }

    /// Whether such a key can do `op` at all. Who may, and in which state, is asked elsewhere.
    pub(crate) fn admit(self, op: Op, arn: &str) -> Result<(), KmsError> {
        match Need::of(op) {
            None => Ok(()),
            Some(Need::Usage(usage)) if usage == self.usage() => Ok(()),
            Some(Need::Usage(_)) => Err(KmsError::WrongUsage {
                arn: arn.to_owned(),
                usage: self.usage().as_str(),
                operation: call(op),
            }),
            Some(Need::Rotation) => match self {
                Self::Symmetric => Ok(()),
                Self::Hmac(_) => Err(KmsError::NeverRotates),
            },
        }
    }
}

/// What an operation needs a key to be.
#[derive(Clone, Copy)]
enum Need {
    /// For this.
    Usage(KeyUsage),
    /// One whose material can be followed by another.
    Rotation,
}

impl Need {
    const fn of(op: Op) -> Option<Self> {
        match op {
            Op::Encrypt
            | Op::Decrypt
            | Op::ReEncryptFrom
            | Op::ReEncryptTo
            | Op::GenerateDataKey
            | Op::GenerateDataKeyWithoutPlaintext => Some(Self::Usage(KeyUsage::EncryptDecrypt)),
            Op::GenerateMac | Op::VerifyMac => Some(Self::Usage(KeyUsage::GenerateVerifyMac)),
            Op::RotateKeyOnDemand | Op::EnableKeyRotation | Op::DisableKeyRotation | Op::ListKeyRotations => {
                Some(Self::Rotation)
            }
            Op::CreateKey
            | Op::DescribeKey
            | Op::ListKeys
            | Op::UpdateKeyDescription
            | Op::EnableKey
            | Op::DisableKey
            | Op::ScheduleKeyDeletion
            | Op::CancelKeyDeletion
            | Op::CreateAlias
            | Op::UpdateAlias
            | Op::DeleteAlias
            | Op::ListAliases
            | Op::TagResource
            | Op::UntagResource
            | Op::ListResourceTags
            | Op::GetKeyPolicy
            | Op::PutKeyPolicy
            | Op::ListKeyPolicies
            | Op::GenerateRandom
            // "The key rotation status of these keys is always false", and that is an answer.
            | Op::GetKeyRotationStatus
            | Op::CreateGrant
            | Op::ListGrants
            | Op::ListRetirableGrants
            | Op::RetireGrant
            | Op::RevokeGrant
            | Op::WatchKeys => None,
        }
    }
}

/// The operation that needs the permission, as a text names it. ReEncrypt needs two.
fn call(op: Op) -> &'static str {
    match op {
        Op::ReEncryptFrom | Op::ReEncryptTo => "ReEncrypt",
        other => other.name(),
    }
}

/// A data key's size by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKeySpec {
    /// 32 bytes.
    Aes256,
    /// 16 bytes.
    Aes128,
}

/// A data key's size as it is asked for: exactly one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Decode)]
pub struct DataKeySize {
    /// By name.
    #[shape(rename = "KeySpec")]
    pub spec: Option<DataKeySpec>,
    /// In bytes, 1 to 1024.
    pub number_of_bytes: Option<i32>,
}

impl DataKeySize {
    pub(crate) fn check(self, violations: &mut Violations) {
        violations.range("numberOfBytes", self.number_of_bytes, 1..=NUMBER_OF_BYTES_MAX);
    }

    /// The size in bytes.
    pub(crate) fn bytes(self) -> Result<usize, KmsError> {
        match (self.spec, self.number_of_bytes) {
            (Some(DataKeySpec::Aes256), None) => Ok(32),
            (Some(DataKeySpec::Aes128), None) => Ok(16),
            (None, Some(number)) => usize::try_from(number).map_err(|_| KmsError::Rule(Rule::DataKeySize)),
            (Some(_), Some(_)) | (None, None) => Err(KmsError::Rule(Rule::DataKeySize)),
        }
    }
}
