//! DescribeKey: what is known of a key.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::may, constraints, error::KmsError, grant::Asked,
    metadata::KeyMetadata,
};

/// Which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct DescribeKey {
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub key_id: String,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
}

impl Request for DescribeKey {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl DescribeKey {}

impl Kms {
    /// Describes a key. Works in every state. On the managed key's alias, its first use makes the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn describe_key(&self, caller: &Caller, request: DescribeKey) -> Result<KeyMetadata, KmsError> {
        let (who, reference) = (caller.clone(), request.key_id.clone());
        self.use_key(caller, Operation::DescribeKey, &reference, move |view, trail| {
            request.check()?;
            view.check_tokens(&request.grant_tokens)?;
            let entry = view.key::<may::DescribeKey>(&who, &request.key_id)?;
            trail.key(entry);
            let key = view.authorize::<may::DescribeKey>(&who, entry, Asked::Plain)?.admit()?;
            Ok(KeyMetadata::of(key.entry()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::{KeyKind, KeyState, testing::*};

    #[tokio::test]
    async fn a_key_answers_to_its_four_names() {
        let world = World::new().await;
        let key = world.key().await;
        world.alias("alias/x", &key.arn).await;
        let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/x");
        for name in [&key.arn, &key.key_id.to_string(), "alias/x", &alias_arn] {
            assert_eq!(world.describe(&root(), name).await.unwrap(), key, "{name}");
        }
        // A bare name is of the caller's own account.
        let (reason, text) = refusal(world.describe(&stranger(), &key.key_id.to_string()).await);
        let theirs = key.arn.replace(ACCOUNT, OTHER_ACCOUNT);
        assert_eq!((reason, text), ("NotFoundException", format!("Key '{theirs}' does not exist")));
        assert_eq!(
            refusal(world.describe(&stranger(), "alias/x").await).1,
            format!("Alias {} is not found.", alias_arn.replace(ACCOUNT, OTHER_ACCOUNT))
        );
        let multi = "mrk-1234abcd12ab34cd56ef1234567890ab";
        assert_eq!(
            refusal(world.describe(&root(), multi).await).1,
            format!("Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{multi}' does not exist")
        );
    }

    #[tokio::test]
    async fn it_works_in_every_state() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(world.describe(&root(), &key).await.unwrap().state, KeyState::Disabled);
        let at = world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap().deletion_date;
        assert_eq!(world.describe(&root(), &key).await.unwrap().state, KeyState::PendingDeletion { at });
    }

    #[tokio::test]
    async fn the_first_look_at_the_managed_key_makes_it() {
        let world = World::new().await;
        // Who may not, makes nothing; the refusal names what was asked for.
        let (reason, text) = refusal(world.describe(&nobody(), MANAGED_ALIAS).await);
        assert_eq!(reason, "AccessDeniedException");
        assert!(text.contains(&format!("arn:aws:kms:{REGION}:{ACCOUNT}:{MANAGED_ALIAS}")), "{text}");
        let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:{MANAGED_ALIAS}");
        assert_eq!(code(&world.describe(&stranger(), &alias_arn).await), "AccessDeniedException");
        assert_eq!(world.store.commits(), 1);

        let key = world.describe(&root(), &alias_arn).await.unwrap();
        assert_eq!((key.kind, key.account.as_str()), (KeyKind::Managed, ACCOUNT));
        assert_eq!(world.store.commits(), 2);
        assert_eq!(world.describe(&root(), MANAGED_ALIAS).await.unwrap(), key);
        assert_eq!(world.store.commits(), 2, "and only the first");
        let theirs = world.describe(&stranger(), MANAGED_ALIAS).await.unwrap();
        assert_eq!(theirs.account.as_str(), OTHER_ACCOUNT, "each account has its own");
        for name in ["alias/aws/s3", "alias/aws/owned/dynamodb"] {
            assert_eq!(code(&world.describe(&root(), name).await), "NotFoundException", "{name}");
        }
    }
}
