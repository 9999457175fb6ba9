//! VerifyMac: whether a code is that of a message under an HMAC key.

use envelope::Plaintext;
use identity::Caller;
use shape::{Decode, Request, Secret, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::may,
    constraints,
    error::KmsError,
    limits::{MAC_BYTES_MAX, MESSAGE_BYTES_MAX},
    ops::generate_mac::MacKeyAsked,
    spec::MacAlgorithm,
};

/// Which code, of which message, under which key.
#[derive(Decode)]
pub struct VerifyMac {
    /// 1 to 4096 bytes.
    #[shape(required, via = Secret, by = |secret: Secret| Plaintext::from_vec(secret.into_bytes()))]
    pub message: Plaintext,
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub key_id: String,
    /// How it was computed; a key knows one way.
    #[shape(required)]
    pub mac_algorithm: MacAlgorithm,
    /// 1 to 6144 bytes.
    #[shape(required)]
    pub mac: Vec<u8>,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Default for VerifyMac {
    fn default() -> Self {
        Self {
            message: Plaintext::from_vec(Vec::new()),
            key_id: String::new(),
            mac_algorithm: MacAlgorithm::default(),
            mac: Vec::new(),
            grant_tokens: Vec::new(),
            dry_run: false,
        }
    }
}

/// That the code is right. One that is not is a refusal, never an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedMac {
    /// The key that computed.
    pub key_arn: String,
    /// How.
    pub mac_algorithm: MacAlgorithm,
}

impl Request for VerifyMac {
    fn constraints(&self, violations: &mut Violations) {
        violations.count("message", self.message.len(), 1..=MESSAGE_BYTES_MAX);
        check_length(violations, "keyId", &self.key_id);
        violations.count("mac", self.mac.len(), 1..=MAC_BYTES_MAX);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl Kms {
    /// Verifies the code of a message. The comparison takes as long whatever is wrong with it.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); last, that the code is not the message's.
    pub async fn verify_mac(&self, caller: &Caller, request: VerifyMac) -> Result<VerifiedMac, KmsError> {
        let (who, reference) = (caller.clone(), request.key_id.clone());
        self.use_key(caller, Operation::VerifyMac, &reference, move |view, trail| {
            request.check()?;
            let asked = MacKeyAsked {
                key_id: &request.key_id,
                algorithm: request.mac_algorithm,
                grant_tokens: &request.grant_tokens,
            };
            let (key, key_arn) = asked.admit::<may::VerifyMac>(view, &who, trail)?;
            key.verify(request.message.expose(), &request.mac).map_err(|_| KmsError::InvalidMac)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            Ok(VerifiedMac { key_arn, mac_algorithm: request.mac_algorithm })
        })
        .await
    }
}
