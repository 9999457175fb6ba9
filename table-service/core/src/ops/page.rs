//! What Query and Scan share: which items of what they evaluate they answer with and which parts of those, and a page of them,
//! bounded in count and in bytes, whatever the request allows.

use std::collections::BTreeMap;

use shape::{Choice as _, Decode, Member, Rule, Shown, Violation, Violations, choices};

use super::capacity::{CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity};
use super::parameters::{self, Selection, Set};
use crate::error::{Echo, ExpressionKind, Invalid};
use crate::expr::bind::Cond;
use crate::expr::legacy::{self, ConditionalOperator, Conditions};
use crate::expr::projection::Projection;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::limits::{MAX_ANSWER_BYTES, MAX_PAGE_BYTES, MAX_PAGE_ITEMS};
use crate::record::Definition;
use crate::schema::KeySchema;
use crate::validate;
use crate::value::{Item, raw};

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

/// The parameters that Query and Scan share.
#[derive(Debug, Default, Decode)]
pub struct PageRequest {
    /// The index that is read. Tables have none yet, so there is only one answer to it.
    pub index_name: Option<String>,
    /// Which parts of the items are wanted.
    #[shape(flatten)]
    pub selection: Selection,
    /// Which items are wanted.
    pub filter_expression: Option<String>,
    /// `:value` placeholders.
    pub expression_attribute_values: Option<raw::Map>,
    /// How the conditions on attributes are joined that a filter can be, too.
    pub conditional_operator: Member<ConditionalOperator>,
    /// Most items evaluated, at least 1.
    pub limit: Option<i32>,
    /// Where the last page ended.
    pub exclusive_start_key: Option<raw::Map>,
    /// What the page carries.
    pub select: Member<Select>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
}

impl PageRequest {
    /// Adds the violations of the model's constraints.
    pub(super) fn constraints(&self, violations: &mut Violations) {
        self.check(violations);
        violations.range("limit", self.limit, 1..=i32::MAX);
        violations.one_of("conditionalOperator", &self.conditional_operator);
    }

    /// Adds those that Query and Scan word alike.
    pub(super) fn check(&self, violations: &mut Violations) {
        self.selection.constraints(violations);
        if let Some(index) = &self.index_name {
            validate::resource_name("indexName", index, violations);
        }
        violations.one_of("select", &self.select);
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
    }

    /// Checks what goes together in a request that has these parameters and one more of each kind, and perhaps conditions that
    /// go with other expressions.
    ///
    /// # Errors
    /// As [`parameters::check_together`].
    pub(super) fn check_together(
        &self,
        expressions: Set<'_>,
        filter: (&'static str, bool),
        others: Set<'_>,
    ) -> Result<(), Invalid> {
        let selection = &self.selection;
        let own = [
            (Selection::EXPRESSION, selection.projection_expression.is_some()),
            ("FilterExpression", self.filter_expression.is_some()),
        ];
        let legacy = [
            (Selection::ATTRIBUTES, selection.attributes_to_get.is_some()),
            filter,
            ("ConditionalOperator", self.conditional_operator != Member::Absent),
        ];
        parameters::check_together(
            &[&own, expressions].concat(),
            &[&legacy, others].concat(),
            selection.expression_attribute_names.is_some(),
            self.expression_attribute_values.is_some(),
        )
    }

    /// The parameters but for expressions, with a filter of conditions on attributes if there is one; and the expressions.
    ///
    /// # Errors
    /// What is wrong with any of them.
    pub(super) fn bind(self, conditions: Option<Conditions>) -> Result<(Reading, Expressions), Invalid> {
        let filter = legacy::filter(conditions, &self.conditional_operator)?;
        let projection = self.selection.attributes()?;
        let is_count = self.is_count()?;
        let start = self.exclusive_start_key.map(raw::key).transpose();
        let reading = Reading {
            start: start.map_err(|error| Invalid::StartKeyValue(Box::new(error)))?,
            is_count,
            filter,
            filter_name: "QueryFilter",
            projection,
            index: self.index_name,
            limit: self.limit,
            is_consistent: self.selection.is_consistent(),
            wanted: self.return_consumed_capacity,
        };
        let expressions = Expressions {
            filter: self.filter_expression,
            projection: self.selection.projection_expression,
            names: self.selection.expression_attribute_names,
            values: self.expression_attribute_values,
        };
        Ok((reading, expressions))
    }

    /// Whether the number of items alone is selected. What is selected must go with the parts that are named.
    fn is_count(&self) -> Result<bool, Invalid> {
        let selection = &self.selection;
        let named = selection
            .projection_expression
            .as_ref()
            .map(|_| Selection::EXPRESSION)
            .or(selection.attributes_to_get.as_ref().map(|_| Selection::ATTRIBUTES));
        match (self.select.known(), named) {
            (None, _) | (Some(Select::SpecificAttributes), Some(_)) => Ok(false),
            (Some(Select::SpecificAttributes), None) => Err(Invalid::SelectNothing),
            (Some(Select::Count), Some(parameter)) => {
                Err(Invalid::SelectConflict { parameter, selected: "only the Count" })
            }
            (Some(select), Some(parameter)) => {
                Err(Invalid::SelectConflict { parameter, selected: select.name() })
            }
            (Some(Select::AllProjectedAttributes), None) if self.index_name.is_none() => {
                Err(Invalid::SelectWithoutIndex)
            }
            (Some(Select::AllAttributes | Select::AllProjectedAttributes), None) => Ok(false),
            (Some(Select::Count), None) => Ok(true),
        }
    }
}

/// The expressions that Query and Scan share, and what stands for names and values in them.
pub(super) struct Expressions {
    filter: Option<String>,
    projection: Option<String>,
    names: Option<BTreeMap<String, String>>,
    values: Option<raw::Map>,
}

impl Expressions {
    /// Binds them, behind what the request has for another expression.
    ///
    /// # Errors
    /// What is wrong with either, with names and values, and those that none uses.
    pub(super) fn bind<T>(
        self,
        reading: &mut Reading,
        errors: ValueErrors,
        other: impl FnOnce(&mut Substitutions) -> Result<T, Invalid>,
    ) -> Result<T, Invalid> {
        let mut substitutions = Substitutions::new(self.names, self.values, errors)?;
        let other = other(&mut substitutions)?;
        let kind = ExpressionKind::Filter;
        if let Some(filter) = parameters::condition(kind, self.filter.as_deref(), &mut substitutions)? {
            reading.filter = Some(filter);
            reading.filter_name = "Filter Expression";
        }
        if let Some(projection) = parameters::projection(self.projection.as_deref(), &mut substitutions)? {
            reading.projection = Some(projection);
        }
        substitutions.finish()?;
        Ok(other)
    }
}

/// What a page is to hold, checked without a table.
pub(super) struct Reading {
    /// Where the last page ended.
    pub(super) start: Option<Item>,
    filter: Option<Cond>,
    /// What texts call the filter.
    filter_name: &'static str,
    projection: Option<Projection>,
    index: Option<String>,
    is_count: bool,
    limit: Option<i32>,
    is_consistent: bool,
    wanted: Member<ReturnConsumedCapacity>,
}

impl Reading {
    /// No table has an index. Of a scan that is to go on in one, it is the start that is wrong.
    ///
    /// # Errors
    /// [`Invalid::NoIndex`], [`Invalid::StartKeyInvalid`].
    pub(super) fn check_index(&self, goes_on: bool) -> Result<(), Invalid> {
        match &self.index {
            Some(_) if goes_on => Err(Invalid::StartKeyInvalid),
            Some(index) => Err(Invalid::NoIndex(Echo::from(index.as_str()))),
            None => Ok(()),
        }
    }

    /// Checks the paths of a scan against a table.
    ///
    /// # Errors
    /// A path into a key attribute.
    pub(super) fn check_scan(&self, schema: &KeySchema) -> Result<(), Invalid> {
        parameters::check_projection(schema, self.projection.as_ref())?;
        let Some(filter) = &self.filter else { return Ok(()) };
        parameters::check_paths(schema, |visit| filter.visit_paths(visit))
    }

    /// Checks the paths of a query, whose filter spares the key: its conditions stand elsewhere.
    ///
    /// # Errors
    /// A path into a key attribute, [`Invalid::FilterKey`].
    pub(super) fn check_query(&self, schema: &KeySchema) -> Result<(), Invalid> {
        parameters::check_projection(schema, self.projection.as_ref())?;
        let Some(filter) = &self.filter else { return Ok(()) };
        match parameters::key_among(schema, |visit| filter.visit_paths(visit), |_| true) {
            Some(key) => Err(Invalid::FilterKey { filter: self.filter_name, key: key.name.clone() }),
            None => Ok(()),
        }
    }

    fn holds(&self, item: &Item) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(item))
    }
}

/// A page of items.
#[derive(Debug, Default)]
pub struct Page {
    /// The items that the filter lets pass; empty when only the count was asked for.
    pub items: Vec<Item>,
    /// Whether only the count was asked for: then an answer has no list of items, not even an empty one.
    pub is_count: bool,
    /// How many items the filter lets pass.
    pub count: usize,
    /// How many items were evaluated.
    pub scanned_count: usize,
    /// The key to go on after; none when the range is exhausted.
    pub last_evaluated_key: Option<Item>,
    /// What was consumed, if that was asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
}

/// A page being filled.
pub(crate) struct PageBuilder<'a> {
    definition: &'a Definition,
    /// The table, as the request names it.
    table_name: &'a str,
    reading: Reading,
    limit: usize,
    /// Of the items that were evaluated.
    bytes: usize,
    /// Of the items that the answer has.
    answer_bytes: usize,
    page: Page,
    last: Option<Item>,
}

impl<'a> PageBuilder<'a> {
    pub(super) fn new(definition: &'a Definition, table_name: &'a str, reading: Reading) -> Self {
        let limit = reading.limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.map_or(MAX_PAGE_ITEMS, |limit| limit.min(MAX_PAGE_ITEMS));
        let page = Page { is_count: reading.is_count, ..Page::default() };
        Self { definition, table_name, reading, limit, bytes: 0, answer_bytes: 0, page, last: None }
    }

    /// How many more items the limit allows.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.page.scanned_count)
    }

    /// Evaluates an item. False once the page is full, by count or by bytes.
    pub(crate) fn add(&mut self, item: Item) -> bool {
        self.bytes += item.size();
        self.page.scanned_count += 1;
        self.last = key_attributes(self.definition, &item);
        if self.reading.holds(&item) {
            self.page.count += 1;
            if !self.page.is_count {
                let item = parameters::projected(self.reading.projection.as_ref(), item);
                self.answer_bytes += item.answer_size();
                self.page.items.push(item);
            }
        }
        self.room() > 0 && self.bytes < MAX_PAGE_BYTES && self.answer_bytes < MAX_ANSWER_BYTES
    }

    /// The page, of a range that is not exhausted, as far as anybody has looked.
    pub(crate) fn cut(mut self) -> Page {
        self.page.last_evaluated_key = self.last.take();
        self.end()
    }

    /// The page, of a range that is exhausted.
    pub(crate) fn end(mut self) -> Page {
        let units = CapacityUnits::of_read(self.bytes, self.reading.is_consistent);
        self.page.consumed_capacity = ConsumedCapacity::report(&self.reading.wanted, self.table_name, units);
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
