//! The choices that requests offer. Members that this service does not have yet are known by name, so that refusing one
//! can say which.

use shape::{Decode, Violations, choices};

use crate::{
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
    /// What a key is used for. Only encryption is offered.
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
    /// What a key is. Only symmetric keys are offered.
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
choices!(DataKeySpec { Aes256 = "AES_256", Aes128 = "AES_128" });

impl EncryptionAlgorithm {
    /// Refuses what a symmetric key cannot do.
    pub(crate) fn check(self) -> Result<(), KmsError> {
        match self {
            Self::SymmetricDefault => Ok(()),
            Self::RsaesOaepSha1 | Self::RsaesOaepSha256 => {
                Err(KmsError::WrongAlgorithm { algorithm: self.as_str() })
            }
        }
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
