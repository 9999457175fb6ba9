//! TagResource: puts tags on a key.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, Tag,
    arn::check_length,
    audit::Operation,
    error::KmsError,
    plan::Plan,
    tags::{check, check_lengths, merged},
};

/// Which tags, for which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct TagResource {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// At most 50, as many as a key may have.
    #[shape(required)]
    pub tags: Vec<Tag>,
}

impl Request for TagResource {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        check_lengths(violations, &self.tags);
    }
}

impl Kms {
    /// Puts tags on a key. One whose key is there already gets the new value.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); last, that the key would have too many.
    pub async fn tag_resource(&self, caller: &Caller, request: TagResource) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::TagResource, move |view, trail| {
            request.check()?;
            check(&request.tags)?;
            let key = view.admit(&who, trail, &request.key_id)?;
            let tags = merged(&key.record().tags, request.tags)?;
            let mut plan = Plan::nothing();
            plan.tag(&key, tags);
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Tag,
        ops::{
            list_resource_tags::ListResourceTags, tag_resource::TagResource, untag_resource::UntagResource,
        },
        testing::*,
    };

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    impl World {
        async fn tag(&self, key: &str, tags: Vec<Tag>) -> Result<(), crate::KmsError> {
            self.kms.tag_resource(&root(), TagResource { key_id: key.to_owned(), tags }).await
        }

        async fn untag(&self, key: &str, keys: &[&str]) -> Result<(), crate::KmsError> {
            let tag_keys = keys.iter().map(|key| (*key).to_owned()).collect();
            self.kms.untag_resource(&root(), UntagResource { key_id: key.to_owned(), tag_keys }).await
        }

        async fn tags(&self, key: &str) -> Vec<Tag> {
            let request = ListResourceTags { key_id: key.to_owned(), ..Default::default() };
            self.kms.list_resource_tags(&root(), request).await.unwrap().items
        }
    }

    #[tokio::test]
    async fn tags_are_added_overwritten_and_removed() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        assert!(world.tags(&key).await.is_empty());
        world.tag(&key, vec![tag("b", "1"), tag("a", "")]).await.unwrap();
        world.tag(&key, vec![tag("b", "2"), tag("c", "3")]).await.unwrap();
        world.restart().await;
        assert_eq!(world.tags(&key).await, [tag("a", ""), tag("b", "2"), tag("c", "3")]);
        world.untag(&key, &["b", "never there", "b"]).await.unwrap();
        assert_eq!(world.tags(&key).await, [tag("a", ""), tag("c", "3")]);
        let commits = world.store.commits();
        world.tag(&key, vec![tag("a", "")]).await.unwrap();
        world.untag(&key, &["b"]).await.unwrap();
        assert_eq!(world.store.commits(), commits, "what is so already costs no commit");
    }

    #[tokio::test]
    async fn a_key_has_at_most_50_tags_whichever_way_they_came() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let too_many = ("TagException", "Too many tags".to_owned());
        let many = |from: usize, to: usize| {
            (from..to).map(|number| tag(&number.to_string(), "")).collect::<Vec<_>>()
        };
        assert_eq!(refusal(world.tag(&key, many(0, 51)).await), too_many);
        world.tag(&key, many(0, 49)).await.unwrap();
        assert_eq!(refusal(world.tag(&key, vec![tag("x", ""), tag("y", "")]).await), too_many);
        assert_eq!(world.tags(&key).await.len(), 49, "what is refused is not done");
        world.tag(&key, vec![tag("x", "")]).await.unwrap();
        world.tag(&key, many(0, 49)).await.unwrap();
        assert_eq!(refusal(world.tag(&key, vec![tag("y", "")]).await), too_many);
    }

    #[tokio::test]
    async fn what_is_no_tag_is_refused() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let refused = async |tags| refusal(world.tag(&key, tags).await);
        let text = |text: &str| ("TagException", text.to_owned());
        assert_eq!(refused(vec![tag("a", "1"), tag("a", "2")]).await, text("Duplicate tag keys"));
        assert_eq!(refused(vec![tag("aWs:x", "")]).await, text("Tags beginning with aws: are reserved"));
        assert_eq!(
            refusal(world.untag(&key, &["aws:x"]).await),
            text("Tags beginning with aws: are reserved")
        );
        let (reason, message) = refused(vec![tag("ok", ""), tag("", &"v".repeat(257))]).await;
        assert_eq!(reason, "ValidationException");
        assert!(
            message.starts_with("2 validation errors detected: Value '' at 'tags.2.member.tagKey'"),
            "{message}"
        );
        let (reason, message) = refusal(world.untag(&key, &["ok", &"k".repeat(129)]).await);
        assert_eq!(reason, "ValidationException");
        assert!(message.contains("'tagKeys.2.member'"), "{message}");
        world.tag(&key, vec![tag(&"k".repeat(128), &"v".repeat(256))]).await.unwrap();
    }

    #[tokio::test]
    async fn a_dying_key_keeps_the_tags_it_has() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.tag(&key, vec![tag("a", "1")]).await.unwrap();
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        world.tag(&key, vec![tag("b", "2")]).await.unwrap();
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        let pending = ("KMSInvalidStateException", format!("{key} is pending deletion."));
        assert_eq!(refusal(world.tag(&key, vec![tag("c", "")]).await), pending);
        assert_eq!(refusal(world.untag(&key, &["a"]).await), pending);
        assert_eq!(world.tags(&key).await.len(), 2);
    }
}
