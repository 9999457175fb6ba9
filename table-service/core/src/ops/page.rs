//! What Query and Scan share: a page of items, bounded in count and in bytes, whatever the request allows.

use shape::{Rule, Shown, Violation, Violations};

use crate::error::{Invalid, TableError};
use crate::limits::{MAX_ANSWER_BYTES, MAX_PAGE_BYTES, MAX_PAGE_ITEMS};
use crate::record::Definition;
use crate::value::Item;

/// What a page carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Select {
    /// Items, whole.
    #[default]
    AllAttributes,
    /// Their number alone.
    Count,
}

impl Select {
    /// The `Select` member as sent; empty is absent.
    ///
    /// # Errors
    /// A value that does not exist, or one that needs projections.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        match text {
            "" | "ALL_ATTRIBUTES" => Ok(Self::AllAttributes),
            "COUNT" => Ok(Self::Count),
            "SPECIFIC_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" => {
                Err(TableError::NotOffered { feature: "Select" })
            }
            other => {
                let rule =
                    Rule::OneOf("SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES");
                let violation = Violation::new("select", Shown::Value(other.into()), rule);
                Err(Invalid::Constraints(violation.into()).into())
            }
        }
    }
}

/// A page of items.
#[derive(Debug, Default)]
pub struct Page {
    /// The items; empty when only the count was asked for.
    pub items: Vec<Item>,
    /// How many items the page counts.
    pub count: usize,
    /// The key to go on after; none when the range is exhausted.
    pub last_evaluated_key: Option<Item>,
}

/// A page being filled.
pub(crate) struct PageBuilder<'a> {
    definition: &'a Definition,
    select: Select,
    limit: usize,
    bytes: usize,
    answer_bytes: usize,
    page: Page,
    last: Option<Item>,
}

impl<'a> PageBuilder<'a> {
    pub(crate) fn new(definition: &'a Definition, select: Select, limit: Option<usize>) -> Self {
        let limit = limit.map_or(MAX_PAGE_ITEMS, |limit| limit.min(MAX_PAGE_ITEMS));
        Self { definition, select, limit, bytes: 0, answer_bytes: 0, page: Page::default(), last: None }
    }

    /// How many more items the limit allows.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.page.count)
    }

    /// Adds an item. False once the page is full, by count or by bytes.
    pub(crate) fn add(&mut self, item: Item) -> bool {
        self.bytes += item.size();
        self.answer_bytes += item.answer_size();
        self.page.count += 1;
        self.last = key_attributes(self.definition, &item);
        if self.select == Select::AllAttributes {
            self.page.items.push(item);
        }
        self.page.count < self.limit && self.bytes < MAX_PAGE_BYTES && self.answer_bytes < MAX_ANSWER_BYTES
    }

    /// The page, of a range that is not exhausted, as far as anybody has looked.
    pub(crate) fn cut(mut self) -> Page {
        self.page.last_evaluated_key = self.last;
        self.page
    }

    /// The page, of a range that is exhausted.
    pub(crate) fn end(self) -> Page {
        self.page
    }
}

/// The key attributes of an item, as answers carry a key.
fn key_attributes(definition: &Definition, item: &Item) -> Option<Item> {
    let schema = &definition.schema;
    schema.key_of_item(item).ok().map(|key| schema.key_to_map(&key))
}

/// A batch that asks for nothing.
pub(crate) fn empty_batch() -> Invalid {
    Invalid::Constraints(Violation::new("RequestItems", Shown::Hidden, Rule::MinLength(1)).into())
}

/// Checks the `Limit` member.
pub(crate) fn page_limit(limit: Option<i32>) -> Result<Option<usize>, Invalid> {
    let mut violations = Violations::new();
    violations.range("limit", limit.map(i64::from), 1..=i64::from(i32::MAX));
    violations.finish()?;
    Ok(limit.and_then(|limit| usize::try_from(limit).ok()))
}
