//! CreateKey: a new customer key in the caller's account.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, Tag,
    audit::Operation,
    authorize::{authorize_account, may},
    error::{KmsError, Quota, Rule, Unsupported},
    ids::KeyId,
    key::{KeyKind, KeyRecord},
    limits::{DESCRIPTION_CHARS_MAX, KEYS_PER_ACCOUNT_MAX},
    metadata::KeyMetadata,
    ops::put_key_policy::{check_text, write},
    plan::Plan,
    ring::Entry,
    spec::{KeySpec, KeyType, KeyUsage, Origin},
    tags,
};

/// What key to make.
#[derive(Clone, Debug, Default, Decode)]
#[shape(later("CustomKeyStoreId", "XksKeyId"))]
pub struct CreateKey {
    /// At most 8192 characters.
    pub description: String,
    /// What it is used for. Only a symmetric key has a usage that goes without saying.
    pub key_usage: Option<KeyUsage>,
    /// What it is: symmetric, if nothing is said.
    pub key_spec: Option<KeySpec>,
    /// The same under its older name.
    pub customer_master_key_spec: Option<KeySpec>,
    /// Where its material comes from.
    pub origin: Origin,
    /// At most 50.
    pub tags: Vec<Tag>,
    /// A key policy of the user's own.
    pub policy: Option<String>,
    /// Whether that policy may lock its own maker out.
    pub bypass_policy_lockout_safety_check: bool,
    /// Whether it has replicas in other regions.
    pub multi_region: bool,
}

impl Request for CreateKey {
    fn constraints(&self, violations: &mut Violations) {
        violations.count("description", self.description.chars().count(), 0..=DESCRIPTION_CHARS_MAX);
        if let Some(policy) = &self.policy {
            check_text(violations, policy);
        }
        tags::check_lengths(violations, &self.tags);
    }
}

impl CreateKey {
    fn check_all(&self) -> Result<KeyType, KmsError> {
        self.check()?;
        let key_type = self.key_type()?;
        if self.origin != Origin::AwsKms {
            return Err(KmsError::Unsupported(Unsupported::Origin(self.origin.as_str())));
        }
        if self.multi_region {
            return Err(KmsError::Unsupported(Unsupported::MultiRegion));
        }
        tags::check(&self.tags)?;
        Ok(key_type)
    }

    fn key_type(&self) -> Result<KeyType, KmsError> {
        let spec = match (self.key_spec, self.customer_master_key_spec) {
            (Some(_), Some(_)) => return Err(KmsError::Rule(Rule::TwoKeySpecs)),
            (spec, older) => spec.or(older).unwrap_or_default(),
        };
        let key_type = KeyType::of(spec).ok_or(KmsError::Unsupported(Unsupported::KeySpec(spec.as_str())))?;
        match self.key_usage {
            None if key_type == KeyType::Symmetric => Ok(key_type),
            None => Err(KmsError::Rule(Rule::KeyUsageRequired)),
            Some(usage) if usage == key_type.usage() => Ok(key_type),
            Some(usage @ (KeyUsage::SignVerify | KeyUsage::KeyAgreement)) => {
                Err(KmsError::Unsupported(Unsupported::KeyUsage(usage.as_str())))
            }
            Some(usage @ (KeyUsage::EncryptDecrypt | KeyUsage::GenerateVerifyMac)) => {
                let spec = spec.as_str();
                Err(KmsError::Rule(Rule::UsageOfSpec { usage: usage.as_str(), spec }))
            }
        }
    }
}

impl Kms {
    /// Makes a key, enabled and with fresh material.
    ///
    /// # Errors
    /// Members out of range, what is not offered yet, no `kms:CreateKey` (with tags also `kms:TagResource`), the quota, what is
    /// wrong with the policy.
    pub async fn create_key(&self, caller: &Caller, request: CreateKey) -> Result<KeyMetadata, KmsError> {
        let who = caller.clone();
        let created = self.change(caller, Operation::CreateKey, move |view, trail| {
            let key_type = request.check_all()?;
            let authorized = authorize_account(&who, "*")?;
            if !request.tags.is_empty() {
                let _authorized = authorize_account::<may::TagResource>(&who, "*")?;
            }
            let account = who.principal.account.clone();
            if view.ring.count_of(&account) >= KEYS_PER_ACCOUNT_MAX {
                return Err(KmsError::Limit(Quota::Keys));
            }
            let id = KeyId::generate(view.entropy());
            let mut record = KeyRecord {
                key_type,
                description: request.description,
                tags: request.tags,
                ..KeyRecord::new(id, account, KeyKind::Customer, view.now())
            };
            let key = Entry::new(view.realm().region(), record.clone());
            if let Some(policy) = request.policy {
                record.policy = write(view, &who, policy, &key, request.bypass_policy_lockout_safety_check)?;
            }
            trail.key(&key);
            let mut plan = Plan::nothing();
            plan.create_key(&authorized, record, view.entropy());
            Ok((plan, id))
        });
        let id = created.await?;
        // The maker may read back what it made.
        self.look(|view| {
            view.ring.key(id).map(KeyMetadata::of).ok_or(KmsError::Defect("a key is gone that was just made"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock as _, KeyState, limits::TAGS_MAX, testing::*};

    const DENYING: &str =
        r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}"#;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[tokio::test]
    async fn a_new_key_is_enabled_and_the_callers() {
        let world = World::new().await;
        let request = CreateKey { description: "for music".to_owned(), ..create_key() };
        let key = world.kms.create_key(&root(), request).await.unwrap();
        assert_eq!(key.arn, format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", key.key_id));
        assert_eq!((key.state, key.kind), (KeyState::Enabled, KeyKind::Customer));
        assert_eq!((key.account.as_str(), key.description.as_str()), (ACCOUNT, "for music"));
        assert_eq!(key.key_type, KeyType::Symmetric);
        assert_eq!(key.current_material_id.as_ref().unwrap().len(), 64);
        assert_eq!(world.describe(&root(), &key.arn).await.unwrap(), key);
        assert_ne!(world.key().await.current_material_id, key.current_material_id);
        let other = world.kms.create_key(&stranger(), create_key()).await.unwrap();
        assert_eq!(other.account.as_str(), OTHER_ACCOUNT);
    }

    #[tokio::test]
    async fn what_is_not_offered_is_named() {
        let world = World::new().await;
        let refused = async |request| refusal(world.kms.create_key(&root(), request).await);
        let cases = [
            (CreateKey { key_spec: Some(KeySpec::Rsa2048), ..create_key() }, "RSA_2048"),
            (CreateKey { key_usage: Some(KeyUsage::SignVerify), ..create_key() }, "SIGN_VERIFY"),
            (CreateKey { origin: Origin::External, ..create_key() }, "EXTERNAL"),
            (
                CreateKey { policy: Some(DENYING.to_owned()), ..create_key() },
                "policy with a statement that denies",
            ),
            (CreateKey { multi_region: true, ..create_key() }, "Multi-Region"),
        ];
        for (request, named) in cases {
            let error = world.kms.create_key(&root(), request.clone()).await.unwrap_err();
            assert_eq!(fault::Fault::kind(&error), fault::Kind::Unimplemented);
            let (reason, text) = refused(request).await;
            assert_eq!(reason, "UnsupportedOperationException");
            assert!(text.contains(named), "{text}");
        }
    }

    #[tokio::test]
    async fn tags_and_description_have_limits() {
        let world = World::new().await;
        let tagged = async |tags: Vec<Tag>| {
            refusal(world.kms.create_key(&root(), CreateKey { tags, ..create_key() }).await)
        };
        let text = |text: &str| ("TagException", text.to_owned());
        assert_eq!(tagged(vec![tag("a", "1"), tag("a", "2")]).await, text("Duplicate tag keys"));
        assert_eq!(tagged(vec![tag("AWS:x", "")]).await, text("Tags beginning with aws: are reserved"));
        let many = (0..=TAGS_MAX).map(|number| tag(&number.to_string(), "")).collect();
        assert_eq!(tagged(many).await, text("Too many tags"));
        let (reason, text) = tagged(vec![tag("ok", ""), tag("", &"v".repeat(257))]).await;
        assert_eq!(reason, "ValidationException");
        assert!(
            text.starts_with("2 validation errors detected: Value '' at 'tags.2.member.tagKey'"),
            "{text}"
        );
        let request = CreateKey { description: "d".repeat(8193), ..create_key() };
        assert_eq!(refusal(world.kms.create_key(&root(), request).await).0, "ValidationException");
        let request = CreateKey {
            description: "ä".repeat(8192),
            tags: vec![tag(&"k".repeat(128), &"v".repeat(256))],
            ..create_key()
        };
        world.kms.create_key(&root(), request).await.unwrap();
    }

    #[tokio::test]
    async fn tags_need_a_permission_of_their_own() {
        let world = World::new().await;
        let maker = user("maker", &[("Allow", "kms:CreateKey")]);
        world.kms.create_key(&maker, create_key()).await.unwrap();
        let request = CreateKey { tags: vec![tag("k", "v")], ..create_key() };
        let (reason, text) = refusal(world.kms.create_key(&maker, request).await);
        assert_eq!(reason, "AccessDeniedException");
        assert!(text.contains("kms:TagResource on resource: *"), "{text}");
    }

    #[tokio::test]
    async fn only_keys_that_users_made_count_to_their_quota() {
        let world = World::new().await;
        world.key().await;
        world.describe(&root(), MANAGED_ALIAS).await.unwrap();
        world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        world.kms.create_key(&stranger(), create_key()).await.unwrap();
        assert_eq!(world.kms.look(|view| Ok(view.ring.count_of(&account()))).unwrap(), 1);
        let services = identity::AccountId::of_services();
        assert_eq!(world.kms.look(|view| Ok(view.ring.count_of(&services))).unwrap(), 0);
    }

    #[tokio::test]
    async fn an_account_has_at_most_100_000_keys_in_whatever_state() {
        let world = World::new().await;
        let (last, commits) = (world.key().await.arn, world.store.commits());
        world.kms.fill(|ring| {
            let entropy = envelope::SeededEntropy::danger_predictable(7);
            for _ in 2..KEYS_PER_ACCOUNT_MAX {
                let id = KeyId::generate(&entropy);
                let record = KeyRecord::new(id, account(), KeyKind::Customer, world.clock.now());
                ring.insert_key(Entry::new(&region(), record));
            }
        });
        world.kms.create_key(&root(), create_key()).await.unwrap();
        let full = ("LimitExceededException", "The account has 100000 keys and can have no more.".to_owned());
        assert_eq!(refusal(world.kms.create_key(&root(), create_key()).await), full);
        world.kms.schedule_key_deletion(&root(), schedule(&last, 7)).await.unwrap();
        assert_eq!(refusal(world.kms.create_key(&root(), create_key()).await), full);
        assert_eq!(world.store.commits(), commits + 2, "what is refused is not stored");
        // Permission comes first, and another account has a quota of its own.
        assert_eq!(code(&world.kms.create_key(&nobody(), create_key()).await), "AccessDeniedException");
        world.kms.create_key(&stranger(), create_key()).await.unwrap();
    }
}
