//! What Query and Scan share: a page of items, bounded in count and in bytes, whatever the request allows.

use shape::{Member, Rule, Shown, Violation, Violations, choices};

use crate::error::{Invalid, TableError};
use crate::limits::{MAX_ANSWER_BYTES, MAX_PAGE_BYTES, MAX_PAGE_ITEMS};
use crate::record::Definition;
use crate::value::Item;

/// What a page carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// Items, whole.
    AllAttributes,
    /// Items of an index, as far as they stand there.
    AllProjectedAttributes,
    /// Items, in part.
    SpecificAttributes,
    /// Their number alone.
    Count,
}

choices!(Select {
    SpecificAttributes = "SPECIFIC_ATTRIBUTES",
    Count = "COUNT",
    AllAttributes = "ALL_ATTRIBUTES",
    AllProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES",
});

/// Adds the violations of what Query and Scan share.
pub(super) fn constraints(limit: Option<i32>, select: &Member<Select>, violations: &mut Violations) {
    violations.range("limit", limit, 1..=i32::MAX);
    violations.one_of("select", select);
}

/// What a page is to carry, once the model's constraints hold.
pub(super) fn selected(select: &Member<Select>) -> Result<Select, TableError> {
    match select.known() {
        None => Ok(Select::AllAttributes),
        Some(select @ (Select::AllAttributes | Select::Count)) => Ok(*select),
        Some(Select::SpecificAttributes | Select::AllProjectedAttributes) => {
            Err(TableError::NotOffered { feature: "Select" })
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
    pub(crate) fn new(definition: &'a Definition, select: Select, limit: Option<i32>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
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
        if self.select != Select::Count {
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
