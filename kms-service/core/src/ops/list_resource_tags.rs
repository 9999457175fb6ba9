//! ListResourceTags: the tags of a key, in the order of their keys.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, Tag,
    arn::check_length,
    audit::Operation,
    authorize::may,
    error::KmsError,
    limits::LIST_TAGS_PAGE,
    page::{Page, PageRequest},
};

/// Of which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct ListResourceTags {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

impl Request for ListResourceTags {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        self.page.check(violations, LIST_TAGS_PAGE);
    }
}

impl Kms {
    /// Lists tags. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn list_resource_tags(
        &self,
        caller: &Caller,
        request: ListResourceTags,
    ) -> Result<Page<Tag>, KmsError> {
        self.read(caller, Operation::ListResourceTags, |view, trail| {
            request.check()?;
            let key = view.admit::<may::ListResourceTags>(caller, trail, &request.key_id)?;
            let list = format!("tags/{}", key.record().id);
            let after = request.page.after(view, &list)?;
            let mut tags = key.record().tags.clone();
            tags.sort_by(|a, b| a.key.cmp(&b.key));
            let rest = tags
                .into_iter()
                .filter(|tag| after.as_ref().is_none_or(|after| tag.key.as_bytes() > after.as_slice()));
            Ok(request.page.page(view, &list, LIST_TAGS_PAGE, rest, |tag| tag.key.clone().into_bytes()))
        })
    }
}
