//! GenerateMac: the code of a message under an HMAC key.

use envelope::{MacKey, Plaintext};
use identity::Caller;
use shape::{Decode, Request, Secret, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::{Operation, Trail},
    authorize::{Macs, may},
    constraints,
    error::KmsError,
    grant::Asked,
    kms::View,
    limits::MESSAGE_BYTES_MAX,
    spec::MacAlgorithm,
};

/// Which message, under which key.
#[derive(Decode)]
pub struct GenerateMac {
    /// 1 to 4096 bytes.
    #[shape(required, via = Secret, by = |secret: Secret| Plaintext::from_vec(secret.into_bytes()))]
    pub message: Plaintext,
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub key_id: String,
    /// How; a key knows one way.
    #[shape(required)]
    pub mac_algorithm: MacAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Default for GenerateMac {
    fn default() -> Self {
        Self {
            message: Plaintext::from_vec(Vec::new()),
            key_id: String::new(),
            mac_algorithm: MacAlgorithm::default(),
            grant_tokens: Vec::new(),
            dry_run: false,
        }
    }
}

/// The code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedMac {
    /// 28 to 64 bytes, as the algorithm has them.
    pub mac: Vec<u8>,
    /// How it was computed.
    pub mac_algorithm: MacAlgorithm,
    /// The key that computed.
    pub key_arn: String,
}

impl Request for GenerateMac {
    fn constraints(&self, violations: &mut Violations) {
        violations.count("message", self.message.len(), 1..=MESSAGE_BYTES_MAX);
        check_length(violations, "keyId", &self.key_id);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl Kms {
    /// Computes the code of a message.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn generate_mac(
        &self,
        caller: &Caller,
        request: GenerateMac,
    ) -> Result<GeneratedMac, KmsError> {
        let (who, reference) = (caller.clone(), request.key_id.clone());
        self.use_key(caller, Operation::GenerateMac, &reference, move |view, trail| {
            request.check()?;
            let asked = MacKeyAsked {
                key_id: &request.key_id,
                algorithm: request.mac_algorithm,
                grant_tokens: &request.grant_tokens,
            };
            let (key, key_arn) = asked.admit::<may::GenerateMac>(view, &who, trail)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let mac = key.code(request.message.expose());
            Ok(GeneratedMac { mac, mac_algorithm: request.mac_algorithm, key_arn })
        })
        .await
    }
}

/// The key that a request wants a code from, and how.
pub(crate) struct MacKeyAsked<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) algorithm: MacAlgorithm,
    pub(crate) grant_tokens: &'a [String],
}

impl MacKeyAsked<'_> {
    /// The key, if the caller may use it so, and its ARN.
    pub(crate) fn admit<'r, P: Macs>(
        &self,
        view: &View<'r>,
        caller: &Caller,
        trail: &mut Trail,
    ) -> Result<(&'r MacKey, String), KmsError> {
        view.check_tokens(self.grant_tokens)?;
        let entry = view.key::<P>(caller, self.key_id)?;
        trail.key(entry);
        let key = view.authorize::<P>(caller, entry, Asked::Plain)?.admit()?;
        let mac_key = key.mac_key()?;
        if self.algorithm.hash() != mac_key.hash() {
            let spec = key.record().key_type.spec().as_str();
            return Err(KmsError::WrongAlgorithm { algorithm: self.algorithm.as_str(), spec });
        }
        Ok((mac_key, key.arn().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        GrantOperation, KeySpec, KeyUsage,
        ops::{create_key::CreateKey, verify_mac::VerifyMac},
        testing::*,
    };

    const PAIRS: [(KeySpec, MacAlgorithm, usize); 4] = [
        (KeySpec::Hmac224, MacAlgorithm::HmacSha224, 28),
        (KeySpec::Hmac256, MacAlgorithm::HmacSha256, 32),
        (KeySpec::Hmac384, MacAlgorithm::HmacSha384, 48),
        (KeySpec::Hmac512, MacAlgorithm::HmacSha512, 64),
    ];

    fn verify(key_id: &str, message: &[u8], mac: &[u8], mac_algorithm: MacAlgorithm) -> VerifyMac {
        VerifyMac {
            message: Plaintext::from_vec(message.to_vec()),
            mac: mac.to_vec(),
            key_id: key_id.to_owned(),
            mac_algorithm,
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn a_code_is_made_and_verified_under_every_spec_and_after_a_restart() {
        let mut world = World::new().await;
        for (spec, algorithm, length) in PAIRS {
            let key = world.hmac_key(spec).await;
            assert_eq!((key.key_type.spec(), key.key_type.usage()), (spec, KeyUsage::GenerateVerifyMac));
            assert_eq!(key.key_type.mac_algorithm(), Some(algorithm));
            assert_eq!(key.current_material_id, None);
            world.alias(&format!("alias/{}", spec.as_str()), &key.arn).await;
            let made = world.mac(&key.arn, b"message", algorithm).await.unwrap();
            assert_eq!((made.mac.len(), &made.key_arn, made.mac_algorithm), (length, &key.arn, algorithm));
            world.restart().await;
            for name in [key.arn.clone(), key.key_id.to_string(), format!("alias/{}", spec.as_str())] {
                let again = world.mac(&name, b"message", algorithm).await.unwrap();
                assert_eq!(again, made, "{name}");
                let verified =
                    world.kms.verify_mac(&root(), verify(&name, b"message", &made.mac, algorithm)).await;
                assert_eq!(verified.unwrap().key_arn, key.arn);
            }
            let other = world.hmac_key(spec).await;
            assert_ne!(world.mac(&other.arn, b"message", algorithm).await.unwrap().mac, made.mac);
        }
    }

    #[tokio::test]
    async fn what_is_not_the_whole_code_of_the_very_message_is_refused_without_a_text() {
        let world = World::new().await;
        let key = world.hmac_key(KeySpec::Hmac256).await.arn;
        let algorithm = MacAlgorithm::HmacSha256;
        let mac = world.mac(&key, b"message", algorithm).await.unwrap().mac;
        let mut altered = mac.clone();
        altered[31] ^= 1;
        let longer = [mac.as_slice(), &[0]].concat();
        for (message, wrong) in [
            (&b"Message"[..], &mac[..]),
            (b"message", &altered),
            (b"message", &mac[..31]),
            (b"message", &longer),
            (b"message", &[0; 6144]),
        ] {
            for dry_run in [false, true] {
                let request = VerifyMac { dry_run, ..verify(&key, message, wrong, algorithm) };
                let outcome = world.kms.verify_mac(&root(), request).await;
                assert_eq!(refusal(outcome), ("KMSInvalidMacException", String::new()));
            }
        }
    }

    #[tokio::test]
    async fn lengths_are_those_of_the_model() {
        let world = World::new().await;
        let key = world.hmac_key(KeySpec::Hmac512).await.arn;
        let algorithm = MacAlgorithm::HmacSha512;
        for (length, expected) in
            [(0, "ValidationException"), (1, "ok"), (4096, "ok"), (4097, "ValidationException")]
        {
            assert_eq!(code(&world.mac(&key, &vec![7; length], algorithm).await), expected, "{length}");
        }
        for (length, expected) in
            [(0, "ValidationException"), (6145, "ValidationException"), (6144, "KMSInvalidMacException")]
        {
            let outcome =
                world.kms.verify_mac(&root(), verify(&key, b"m", &vec![7; length], algorithm)).await;
            assert_eq!(code(&outcome), expected, "{length}");
        }
        let (_, text) = refusal(world.mac(&key, &[7; 4097], algorithm).await);
        assert_eq!(
            text,
            "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length \
             less than or equal to 4096"
        );
    }

    #[tokio::test]
    async fn a_key_does_what_its_usage_says_and_nothing_else() {
        let world = World::new().await;
        let (symmetric, hmac) = (world.key().await.arn, world.hmac_key(KeySpec::Hmac224).await.arn);
        let wrong = |text: String| ("InvalidKeyUsageException", text);
        let not_for = |key: &str, usage: &str, operation: &str| {
            wrong(format!("{key} key usage is {usage} which is not valid for {operation}."))
        };
        let algorithm = MacAlgorithm::HmacSha224;
        let outcome = world.mac(&symmetric, b"m", algorithm).await;
        assert_eq!(refusal(outcome), not_for(&symmetric, "ENCRYPT_DECRYPT", "GenerateMac"));
        let outcome = world.kms.verify_mac(&root(), verify(&symmetric, b"m", b"c", algorithm)).await;
        assert_eq!(refusal(outcome), not_for(&symmetric, "ENCRYPT_DECRYPT", "VerifyMac"));
        let mac = "GENERATE_VERIFY_MAC";
        let outcome = world.kms.encrypt(&root(), encrypt(&hmac, b"x", context(&[]))).await;
        assert_eq!(refusal(outcome), not_for(&hmac, mac, "Encrypt"));
        let outcome = world.kms.generate_data_key(&root(), data_key(&hmac, context(&[]))).await;
        assert_eq!(refusal(outcome), not_for(&hmac, mac, "GenerateDataKey"));
        let outcome =
            world.kms.generate_data_key_without_plaintext(&root(), data_key(&hmac, context(&[]))).await;
        assert_eq!(refusal(outcome), not_for(&hmac, mac, "GenerateDataKeyWithoutPlaintext"));
        let blob = world.seal(&symmetric, b"x", context(&[])).await;
        let outcome = world.kms.re_encrypt(&root(), re_encrypt(&blob, context(&[]), &hmac)).await;
        assert_eq!(refusal(outcome), not_for(&hmac, mac, "ReEncrypt"));
        let other = world.mac(&hmac, b"m", MacAlgorithm::HmacSha256).await;
        assert_eq!(
            refusal(other),
            wrong("Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.".to_owned())
        );
        let never = ("UnsupportedOperationException", String::new());
        assert_eq!(refusal(world.kms.rotate_key_on_demand(&root(), hmac.clone()).await), never);
        let request =
            crate::ops::enable_key_rotation::EnableKeyRotation { key_id: hmac.clone(), ..Default::default() };
        assert_eq!(refusal(world.kms.enable_key_rotation(&root(), request).await), never);
        assert_eq!(refusal(world.kms.disable_key_rotation(&root(), hmac.clone()).await), never);
        let status = world.kms.get_key_rotation_status(&root(), hmac.clone()).await.unwrap();
        assert!(!status.key_rotation_enabled);
        // The state comes first.
        world.kms.disable_key(&root(), hmac.clone()).await.unwrap();
        let disabled = ("DisabledException", format!("{hmac} is disabled."));
        assert_eq!(refusal(world.mac(&hmac, b"m", MacAlgorithm::HmacSha256).await), disabled);
        let outcome = world.kms.encrypt(&root(), encrypt(&hmac, b"x", context(&[]))).await;
        assert_eq!(refusal(outcome), disabled);
    }

    #[tokio::test]
    async fn a_dry_run_checks_and_tells_nothing() {
        let world = World::new().await;
        let key = world.hmac_key(KeySpec::Hmac256).await.arn;
        let algorithm = MacAlgorithm::HmacSha256;
        let mac = world.mac(&key, b"m", algorithm).await.unwrap().mac;
        let request = GenerateMac { dry_run: true, ..generate(&key, b"m", algorithm) };
        assert_eq!(code(&world.kms.generate_mac(&root(), request).await), "DryRunOperationException");
        let request = GenerateMac { dry_run: true, ..generate(&key, b"m", MacAlgorithm::HmacSha224) };
        assert_eq!(code(&world.kms.generate_mac(&root(), request).await), "InvalidKeyUsageException");
        let request = VerifyMac { dry_run: true, ..verify(&key, b"m", &mac, algorithm) };
        assert_eq!(code(&world.kms.verify_mac(&root(), request).await), "DryRunOperationException");
    }

    #[tokio::test]
    async fn a_grant_allows_what_it_names_and_what_the_key_can() {
        let world = World::new().await;
        let (key, symmetric) = (world.hmac_key(KeySpec::Hmac256).await.arn, world.key().await.arn);
        let algorithm = MacAlgorithm::HmacSha256;
        world.grant(&key, &nobody(), &[GrantOperation::GenerateMac]).await;
        let made = world.kms.generate_mac(&nobody(), generate(&key, b"m", algorithm)).await.unwrap();
        let outcome = world.kms.verify_mac(&nobody(), verify(&key, b"m", &made.mac, algorithm)).await;
        assert_eq!(code(&outcome), "AccessDeniedException");
        let misfit = async |key: &str, operation| {
            let request =
                grant(key, nobody().principal.arn.as_str(), &[operation, GrantOperation::DescribeKey]);
            refusal(world.kms.create_grant(&root(), request).await)
        };
        let (reason, text) = misfit(&key, GrantOperation::Decrypt).await;
        assert_eq!(
            (reason, text.contains("Decrypt") && text.contains("HMAC_256")),
            ("ValidationException", true)
        );
        assert_eq!(misfit(&symmetric, GrantOperation::VerifyMac).await.0, "ValidationException");
        let mut bound = grant(&key, nobody().principal.arn.as_str(), &[GrantOperation::VerifyMac]);
        bound.constraints.subset = Some(context(&[("a", "b")]));
        let outcome = world.kms.create_grant(&root(), bound).await;
        assert_eq!(
            refusal(outcome),
            (
                "ValidationException",
                "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.".to_owned()
            )
        );
    }

    #[tokio::test]
    async fn a_key_for_codes_says_what_it_is_for() {
        let world = World::new().await;
        let made = async |key_spec, key_usage| {
            world
                .kms
                .create_key(&root(), CreateKey { key_spec: Some(key_spec), key_usage, ..create_key() })
                .await
        };
        let missing =
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.";
        for (spec, ..) in PAIRS {
            assert_eq!(refusal(made(spec, None).await), ("ValidationException", missing.to_owned()));
            let text = format!("KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec {}", spec.as_str());
            let outcome = made(spec, Some(KeyUsage::EncryptDecrypt)).await;
            assert_eq!(refusal(outcome), ("ValidationException", text));
        }
        let text = "KeyUsage GENERATE_VERIFY_MAC is not compatible with KeySpec SYMMETRIC_DEFAULT".to_owned();
        let outcome = made(KeySpec::SymmetricDefault, Some(KeyUsage::GenerateVerifyMac)).await;
        assert_eq!(refusal(outcome), ("ValidationException", text));
        made(KeySpec::SymmetricDefault, None).await.unwrap();
    }

    #[tokio::test]
    async fn an_alias_stays_with_keys_of_one_type() {
        let world = World::new().await;
        let (symmetric, small) = (world.key().await.arn, world.hmac_key(KeySpec::Hmac224).await.arn);
        let large = world.hmac_key(KeySpec::Hmac512).await.arn;
        world.alias("alias/x", &small).await;
        let update = async |target: &str| {
            let request = crate::ops::update_alias::UpdateAlias {
                alias_name: "alias/x".to_owned(),
                target_key_id: target.to_owned(),
            };
            world.kms.update_alias(&root(), request).await
        };
        update(&large).await.unwrap();
        assert_eq!(refusal(update(&symmetric).await).0, "ValidationException");
        assert_eq!(world.describe(&root(), "alias/x").await.unwrap().arn, large);
    }

    #[tokio::test]
    async fn the_managed_key_makes_no_codes_and_is_not_made_for_one() {
        let world = World::new().await;
        let outcome = world.mac(MANAGED_ALIAS, b"m", MacAlgorithm::HmacSha256).await;
        assert_eq!(code(&outcome), "AccessDeniedException");
        assert_eq!(world.store.commits(), 1);
    }
}
