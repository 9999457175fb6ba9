//! Scan: every item of a table or of one segment of it, partition by partition in the order of their tokens, each
//! partition in the order of its sort keys.

use std::ops::Bound;

use identity::Caller;
use shape::{Decode, Request, Violations};
use store::{Direction, KeyRange, Limit};

use super::page::{Page, PageBuilder, PageRequest, Reading};
use super::query::Stretch;
use crate::access::Access;
use crate::authorize::Op;
use crate::engine::{Inner, Tables, WALK_STEP};
use crate::error::{Invalid, Plane, TableError};
use crate::expr::legacy::{self, Conditions};
use crate::expr::substitution::ValueErrors;
use crate::items::Location;
use crate::layout::{self, TOKEN_LEN, Token};
use crate::limits::MAX_SCAN_SEGMENTS;
use crate::validate;

/// A Scan request.
#[derive(Debug, Default, Decode)]
pub struct Scan {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// Which items are wanted, by attribute.
    pub scan_filter: Option<Conditions>,
    /// Part of a parallel scan: segment number, 0 to 999,999.
    pub segment: Option<i32>,
    /// How many segments there are, 1 to 1,000,000.
    pub total_segments: Option<i32>,
    /// What the page is to hold.
    #[shape(flatten)]
    pub page: PageRequest,
}

impl Request for Scan {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Data, violations);
        self.page.constraints(violations);
        legacy::check_conditions("scanFilter", self.scan_filter.as_ref(), violations);
        violations.range("segment", self.segment.map(i64::from), 0..=MAX_SCAN_SEGMENTS - 1);
        violations.range("totalSegments", self.total_segments.map(i64::from), 1..=MAX_SCAN_SEGMENTS);
    }
}

/// What a scan reads, checked without a table.
fn bind(
    page: PageRequest,
    filter: Option<Conditions>,
    segment: impl FnOnce() -> Result<Segment, Invalid>,
) -> Result<(Reading, Segment), Invalid> {
    page.check_together(&[], ("ScanFilter", filter.is_some()), &[]).map_err(|error| match error {
        Invalid::ValuesWithoutExpression => Invalid::ValuesWithoutFilter,
        error => error,
    })?;
    let (mut reading, expressions) = page.bind(filter)?;
    let segment = segment()?;
    expressions.bind(&mut reading, ValueErrors::WithPlaceholder, |_| Ok(()))?;
    Ok((reading, segment))
}

/// One of `total` equal parts of the token space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    index: u64,
    total: u64,
}

impl Segment {
    const WHOLE: Self = Self { index: 0, total: 1 };

    /// The segment of a request that keeps the model's constraints.
    fn of(segment: Option<i32>, total: Option<i32>) -> Result<Self, Invalid> {
        match (segment, total) {
            (None, None) => Ok(Self::WHOLE),
            (Some(_), None) => Err(Invalid::TotalSegmentsMissing),
            (None, Some(_)) => Err(Invalid::SegmentMissing),
            (Some(segment), Some(total)) if segment >= total => {
                Err(Invalid::SegmentTooHigh { segment: segment.into(), total: total.into() })
            }
            (Some(segment), Some(total)) => {
                Ok(Self { index: u64::from(segment.unsigned_abs()), total: u64::from(total.unsigned_abs()) })
            }
        }
    }

    /// The first token of the segment; none if it begins beyond the last token (the end of the last segment).
    fn start(index: u64, total: u64) -> Option<Token> {
        let start = (u128::from(index) << 64) / u128::from(total);
        let high = u64::try_from(start).ok()?;
        let mut token = [0; TOKEN_LEN];
        for (slot, byte) in token.iter_mut().zip(high.to_be_bytes()) {
            *slot = byte;
        }
        Some(token)
    }

    /// The range of store keys of the table's items in this segment.
    fn range(self, items: &[u8]) -> KeyRange {
        let whole = KeyRange::prefix(items);
        let at = |index| Self::start(index, self.total).map(|token| [items, &token].concat());
        KeyRange {
            start: at(self.index).map_or(whole.start, Bound::Included),
            end: at(self.index + 1).map_or(whole.end, Bound::Excluded),
        }
    }

    /// The complaint about a start key that lies elsewhere.
    const fn without_start(self) -> Invalid {
        Invalid::StartKeySegment { segment: self.index, total: self.total }
    }

    fn contains(self, token: &Token) -> bool {
        let at_or_after = |index| Self::start(index, self.total).is_some_and(|start| *token >= start);
        at_or_after(self.index) && !at_or_after(self.index + 1)
    }
}

impl Tables {
    /// A page of items. A page ends after `limit` items or 1 MB, counted before the filter.
    ///
    /// # Errors
    /// Validation of segment and start key, the table's absence, denial by policy or key, outage of KMS.
    pub async fn scan(&self, caller: &Caller, request: Scan) -> Result<Page, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check()?;
        let granted = inner.authorize(caller, Op::Scan, &inner.arn(&name))?;
        let Scan { table_name, scan_filter, segment, total_segments, page } = request;
        let (mut reading, segment) = bind(page, scan_filter, || Segment::of(segment, total_segments))?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let definition = &committed.record.definition;
        let start = reading.start.take();
        reading.check_index(start.is_some())?;
        let start = start.map(|key| definition.schema.key_from_map(&key)).transpose();
        let start = start.map_err(|error| Invalid::StartKeyValue(Box::new(error)))?;
        reading.check_scan(&definition.schema)?;
        let access = inner.access(&table, &granted).await?;
        let start = start.map(|key| access.locate(&key));
        if start.as_ref().is_some_and(|start| !segment.contains(&start.partition)) {
            return Err(segment.without_start().into());
        }
        let mut page = PageBuilder::new(definition, &table_name, reading);
        let full = match definition.schema.range {
            Some(_) => inner.scan_partitions(&access, segment, start, &mut page).await,
            None => inner.scan_items(&access, segment, start, &mut page).await,
        };
        Ok(if table.unless_deleted(full)? { page.cut() } else { page.end() })
    }
}

impl Inner {
    /// A table without sort key: the items as they lie.
    async fn scan_items(
        &self,
        access: &Access,
        segment: Segment,
        start: Option<Location>,
        page: &mut PageBuilder<'_>,
    ) -> Result<bool, TableError> {
        let mut range = segment.range(&layout::items(access.record().definition.id));
        if let Some(start) = start {
            range = range.after(start.store_key);
        }
        loop {
            let limit = Limit { entries: WALK_STEP.entries.min(page.room()), ..WALK_STEP };
            let step = self.store.scan(range.clone(), limit, Direction::Forward).await?;
            let Some(last) = step.last().map(|entry| entry.key.to_vec()) else { return Ok(false) };
            for entry in step {
                if !page.add(access.open(&entry.key, &entry.value)?) {
                    return Ok(true);
                }
            }
            range = range.after(last);
        }
    }

    /// A table with sort key: from partition to partition, each through its sort index.
    async fn scan_partitions(
        &self,
        access: &Access,
        segment: Segment,
        start: Option<Location>,
        page: &mut PageBuilder<'_>,
    ) -> Result<bool, TableError> {
        let index = access.sort_index(self);
        let mut at = match Segment::start(segment.index, segment.total) {
            Some(first) => Bound::Included(first),
            None => return Ok(false),
        };
        if let Some(Location { partition, sort: Some(sort), .. }) = start {
            if self.read_stretch(access, forward(partition, Bound::Excluded(sort)), page).await? {
                return Ok(true);
            }
            at = Bound::Excluded(partition);
        }
        loop {
            let next = index.next_partition(at.as_ref()).await?.filter(|next| segment.contains(next));
            let Some(partition) = next else { return Ok(false) };
            if self.read_stretch(access, forward(partition, Bound::Unbounded), page).await? {
                return Ok(true);
            }
            at = Bound::Excluded(partition);
        }
    }
}

fn forward(partition: Token, after: Bound<Vec<u8>>) -> Stretch {
    Stretch { partition, bounds: (after, Bound::Unbounded), direction: Direction::Forward }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cover_the_token_space_without_overlap() {
        for total in [1, 2, 3, 7, 1_000_000] {
            let samples = (0..=u8::MAX).map(|byte| [byte; TOKEN_LEN]);
            for token in samples.chain([[0; TOKEN_LEN]]) {
                let holders = match total {
                    1_000_000 => {
                        let high = u128::from(u64::from_be_bytes(token[..8].try_into().unwrap()));
                        let near = u64::try_from((high * 1_000_000) >> 64).unwrap();
                        (near.saturating_sub(2)..near + 3).filter(|index| *index < total).collect::<Vec<_>>()
                    }
                    _ => (0..total).collect(),
                };
                let held =
                    holders.into_iter().filter(|index| Segment { index: *index, total }.contains(&token));
                assert_eq!(held.count(), 1, "{token:?} of {total}");
            }
        }
    }
}
