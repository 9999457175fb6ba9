//! CreateKey: a new customer key in the caller's account.

use std::collections::HashSet;

use identity::Caller;

use crate::{
    Kms,
    audit::Operation,
    authorize::{Op, authorize_account},
    constraints::Violations,
    error::{KmsError, Quota, TagRule, Unsupported},
    ids::KeyId,
    key::{KeyKind, KeyRecord, Tag},
    limits::{DESCRIPTION_CHARS_MAX, KEYS_PER_ACCOUNT_MAX, TAG_KEY_CHARS_MAX, TAG_VALUE_CHARS_MAX, TAGS_MAX},
    metadata::KeyMetadata,
    plan::Plan,
    spec::{KeySpec, KeyUsage, Origin},
};

/// What key to make.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// At most 8192 characters.
    pub description: String,
    /// What it is used for.
    pub key_usage: KeyUsage,
    /// What it is.
    pub key_spec: KeySpec,
    /// Where its material comes from.
    pub origin: Origin,
    /// At most 50.
    pub tags: Vec<Tag>,
    /// A key policy of the user's own.
    pub policy: Option<String>,
    /// Whether it has replicas in other regions.
    pub multi_region: bool,
}

impl CreateKey {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        violations.count("description", self.description.chars().count(), 0, DESCRIPTION_CHARS_MAX);
        for (index, tag) in (1_usize..).zip(&self.tags) {
            let path = |member| format!("tags.{index}.member.{member}");
            violations.count(&path("tagKey"), tag.key.chars().count(), 1, TAG_KEY_CHARS_MAX);
            violations.count(&path("tagValue"), tag.value.chars().count(), 0, TAG_VALUE_CHARS_MAX);
        }
        violations.finish()?;
        self.check_offered()?;
        self.check_tags()
    }

    fn check_offered(&self) -> Result<(), KmsError> {
        let unsupported = if self.key_spec != KeySpec::SymmetricDefault {
            Unsupported::KeySpec(self.key_spec.as_str())
        } else if self.key_usage != KeyUsage::EncryptDecrypt {
            Unsupported::KeyUsage(self.key_usage.as_str())
        } else if self.origin != Origin::AwsKms {
            Unsupported::Origin(self.origin.as_str())
        } else if self.policy.is_some() {
            Unsupported::Policy
        } else if self.multi_region {
            Unsupported::MultiRegion
        } else {
            return Ok(());
        };
        Err(KmsError::Unsupported(unsupported))
    }

    fn check_tags(&self) -> Result<(), KmsError> {
        let mut seen = HashSet::new();
        if self.tags.len() > TAGS_MAX {
            return Err(KmsError::Tag(TagRule::TooMany));
        }
        for tag in &self.tags {
            if tag.key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
                return Err(KmsError::Tag(TagRule::Reserved));
            }
            if !seen.insert(&tag.key) {
                return Err(KmsError::Tag(TagRule::Duplicate));
            }
        }
        Ok(())
    }
}

impl Kms {
    /// Makes a key, enabled and with fresh material.
    ///
    /// # Errors
    /// Members out of range, what is not offered yet, no `kms:CreateKey` (with tags also `kms:TagResource`), the quota.
    pub async fn create_key(&self, caller: &Caller, request: CreateKey) -> Result<KeyMetadata, KmsError> {
        let who = caller.clone();
        let created = self.change(caller, Operation::CreateKey, move |view, _| {
            request.check()?;
            let authorized = authorize_account(&who, Op::CreateKey, "*")?;
            if !request.tags.is_empty() {
                let _authorized = authorize_account(&who, Op::TagResource, "*")?;
            }
            let account = who.principal.account.clone();
            if view.ring.count_of(&account) >= KEYS_PER_ACCOUNT_MAX {
                return Err(KmsError::Limit(Quota::Keys));
            }
            let id = KeyId::generate(view.entropy());
            let record = KeyRecord {
                description: request.description,
                tags: request.tags,
                ..KeyRecord::new(id, account, KeyKind::Customer, view.now())
            };
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
