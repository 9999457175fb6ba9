//! Tags.

use kms_core::Page;
use serde::Serialize;

use super::page::End;

/// ListResourceTags'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tags {
    tags: Vec<Tag>,
    #[serde(flatten)]
    end: End,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    tag_value: String,
}

impl From<Page<kms_core::Tag>> for Tags {
    fn from(page: Page<kms_core::Tag>) -> Self {
        let tag = |tag: kms_core::Tag| Tag { tag_key: tag.key, tag_value: tag.value };
        Self { tags: page.items.into_iter().map(tag).collect(), end: page.next_marker.into() }
    }
}
