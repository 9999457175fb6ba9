//! Aliases in a list.

use aws_json::Millis;
use kms_core::{Page, ops::list_aliases::AliasListEntry};
use serde::Serialize;

use super::page::End;

/// ListAliases'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Aliases {
    aliases: Vec<Alias>,
    #[serde(flatten)]
    end: End,
}

impl From<Page<AliasListEntry>> for Aliases {
    fn from(page: Page<AliasListEntry>) -> Self {
        Self { aliases: page.items.into_iter().map(Alias::from).collect(), end: page.next_marker.into() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Alias {
    alias_name: String,
    alias_arn: String,
    #[serde(flatten)]
    target: Option<Target>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    target_key_id: String,
    creation_date: Millis,
    last_updated_date: Millis,
}

impl From<AliasListEntry> for Alias {
    fn from(alias: AliasListEntry) -> Self {
        let target = alias.target.map(|target| Target {
            target_key_id: target.key_id.to_string(),
            creation_date: Millis(target.created.millis()),
            last_updated_date: Millis(target.updated.millis()),
        });
        Self { alias_name: alias.name.to_string(), alias_arn: alias.arn, target }
    }
}
