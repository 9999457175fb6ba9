//! TagResource, UntagResource, ListTagsOfResource: the tags of a table, which is named by its ARN.

use std::collections::BTreeMap;

use identity::Caller;
use shape::{Decode, Request, Rule, Shown, Violations};

use crate::authorize::Op;
use crate::engine::{Tables, whole};
use crate::error::{Invalid, TableError};
use crate::limits::MAX_RESOURCE_ARN_CHARS;
use crate::record::TableRecord;
use crate::tags::{self, Tag};

/// A TagResource request.
#[derive(Debug, Default, Decode)]
pub struct TagResource {
    /// The table's ARN.
    #[shape(required)]
    pub resource_arn: String,
    /// At least one.
    #[shape(required)]
    pub tags: Vec<Tag>,
}

/// An UntagResource request.
#[derive(Debug, Default, Decode)]
pub struct UntagResource {
    /// The table's ARN.
    #[shape(required)]
    pub resource_arn: String,
    /// At least one; keys that the table does not have are no error.
    #[shape(required)]
    pub tag_keys: Vec<String>,
}

/// A ListTagsOfResource request.
#[derive(Debug, Default, Decode)]
pub struct ListTagsOfResource {
    /// The table's ARN.
    #[shape(required)]
    pub resource_arn: String,
    /// Where the last page ended: the last key on it.
    pub next_token: Option<String>,
}

/// A page of tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListTagsOfResourceOutput {
    /// In the order of their keys.
    pub tags: Vec<Tag>,
    /// Where to go on; none after the last page. All tags that a table can have are one page.
    pub next_token: Option<String>,
}

impl Request for TagResource {
    fn constraints(&self, violations: &mut Violations) {
        resource_constraints(&self.resource_arn, violations);
        tags::constraints(&self.tags, violations);
    }
}

impl Request for UntagResource {
    fn constraints(&self, violations: &mut Violations) {
        resource_constraints(&self.resource_arn, violations);
        for (index, key) in (1_usize..).zip(&self.tag_keys) {
            if violations.is_full() {
                return;
            }
            tags::key_constraints(&format!("tagKeys.{index}.member"), key, violations);
        }
    }
}

impl Request for ListTagsOfResource {
    fn constraints(&self, violations: &mut Violations) {
        resource_constraints(&self.resource_arn, violations);
    }
}

impl Tables {
    /// Adds tags, in place of those of the same keys.
    ///
    /// # Errors
    /// Tags that cannot be, or too many, the table's absence, denial by policy.
    pub async fn tag_resource(&self, caller: &Caller, request: TagResource) -> Result<(), TableError> {
        let (tables, caller) = (self.clone(), caller.clone());
        whole(async move {
            request.check()?;
            if request.tags.is_empty() {
                return Err(Invalid::NoTags.into());
            }
            tags::check(&request.tags)?;
            let change = |present: &BTreeMap<_, _>| tags::merged(present, request.tags);
            tables.change_tags(&caller, Op::TagResource, &request.resource_arn, change).await
        })
        .await
    }

    /// Takes tags away.
    ///
    /// # Errors
    /// No keys, the table's absence, denial by policy.
    pub async fn untag_resource(&self, caller: &Caller, request: UntagResource) -> Result<(), TableError> {
        let (tables, caller) = (self.clone(), caller.clone());
        whole(async move {
            request.check()?;
            if request.tag_keys.is_empty() {
                return Err(Invalid::NoTagKeys.into());
            }
            let change = |present: &BTreeMap<String, String>| {
                let mut left = present.clone();
                left.retain(|key, _| !request.tag_keys.contains(key));
                Ok(left)
            };
            tables.change_tags(&caller, Op::UntagResource, &request.resource_arn, change).await
        })
        .await
    }

    /// The tags of a table.
    ///
    /// # Errors
    /// The table's absence, denial by policy.
    pub fn list_tags_of_resource(
        &self,
        caller: &Caller,
        request: &ListTagsOfResource,
    ) -> Result<ListTagsOfResourceOutput, TableError> {
        request.check()?;
        let table = self.tagged_table(caller, Op::ListTagsOfResource, &request.resource_arn)?;
        let record = &table.committed().record;
        let is_next = |key: &str| request.next_token.as_deref().is_none_or(|seen| key > seen);
        let tags = record.tags.iter().filter(|(key, _)| is_next(key));
        let tags = tags.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Ok(ListTagsOfResourceOutput { tags, next_token: None })
    }

    async fn change_tags(
        &self,
        caller: &Caller,
        op: Op,
        arn: &str,
        change: impl FnOnce(&BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Invalid>,
    ) -> Result<(), TableError> {
        let table = self.tagged_table(caller, op, arn)?;
        let _control = table.control.lock().await;
        if table.is_closed() {
            return Err(TableError::TaggedTableNotFound { arn: arn.to_owned() });
        }
        let committed = table.committed();
        let tags = change(&committed.record.tags)?;
        if tags != committed.record.tags {
            let record = TableRecord { tags, ..committed.record.clone() };
            table.show(self.inner.replace(&committed, record, None).await?);
        }
        Ok(())
    }

    fn tagged_table(
        &self,
        caller: &Caller,
        op: Op,
        arn: &str,
    ) -> Result<std::sync::Arc<crate::table::Table>, TableError> {
        let inner = &self.inner;
        let name = inner.table_of_arn(arn)?;
        inner.authorize(caller, op, arn)?;
        inner.named_table(&name).map_err(|error| match error {
            TableError::TableNotFound { .. } => TableError::TaggedTableNotFound { arn: arn.to_owned() },
            error => error,
        })
    }
}

fn resource_constraints(arn: &str, violations: &mut Violations) {
    let rule = match arn.chars().count() {
        0 => Some(Rule::MinLength(1)),
        length if length > MAX_RESOURCE_ARN_CHARS => Some(Rule::MaxLength(MAX_RESOURCE_ARN_CHARS)),
        _ => None,
    };
    if let Some(rule) = rule {
        violations.push("resourceArn", Shown::Value(arn.into()), rule);
    }
}
