//! What an operation consumes of a table's throughput, for those who ask. Nothing is metered: the figures are AWS's, which
//! applications plan with.

use std::iter::Sum;

use shape::{Member, choices};

/// Bytes that a read unit reads (guide).
const READ_UNIT_BYTES: usize = 4096;
/// Bytes that a write unit writes (guide).
const WRITE_UNIT_BYTES: usize = 1024;

/// Whether an answer says what was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnConsumedCapacity {
    /// Of the whole, of the table and of each index.
    Indexes,
    /// Of the whole.
    Total,
    /// It does not.
    None,
}

choices!(ReturnConsumedCapacity { Indexes = "INDEXES", Total = "TOTAL", None = "NONE" });

/// Whether an answer says how large item collections have become. No table has any: those come with local indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnItemCollectionMetrics {
    /// It does.
    Size,
    /// It does not.
    None,
}

choices!(ReturnItemCollectionMetrics { Size = "SIZE", None = "NONE" });

/// An amount of capacity. An eventually consistent read takes half a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapacityUnits {
    halves: u32,
}

impl CapacityUnits {
    fn of(units: usize, halves_each: u32) -> Self {
        Self { halves: u32::try_from(units).unwrap_or(u32::MAX).saturating_mul(halves_each) }
    }

    /// Of reading so many bytes at once; of nothing, too.
    pub(super) fn of_read(bytes: usize, consistent: bool) -> Self {
        Self::of(bytes.div_ceil(READ_UNIT_BYTES).max(1), if consistent { 2 } else { 1 })
    }

    /// Of changing an item of so many bytes to one of so many.
    pub(super) fn of_write(before: usize, after: usize) -> Self {
        Self::of(before.max(after).div_ceil(WRITE_UNIT_BYTES).max(1), 2)
    }

    /// The number of units.
    pub fn value(self) -> f64 {
        f64::from(self.halves) / 2.0
    }
}

impl Sum for CapacityUnits {
    fn sum<I: Iterator<Item = Self>>(units: I) -> Self {
        Self { halves: units.fold(0, |sum, each| sum.saturating_add(each.halves)) }
    }
}

/// What was consumed of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumedCapacity {
    /// Its name or ARN, as the request has it.
    pub table_name: String,
    /// The whole.
    pub total: CapacityUnits,
    /// What of it the table itself took and no index, if that was asked for.
    pub table: Option<CapacityUnits>,
}

impl ConsumedCapacity {
    /// What an answer says, if anything.
    pub(super) fn report(
        wanted: &Member<ReturnConsumedCapacity>,
        table_name: &str,
        total: CapacityUnits,
    ) -> Option<Self> {
        let table = match wanted.known()? {
            ReturnConsumedCapacity::None => return None,
            ReturnConsumedCapacity::Total => None,
            ReturnConsumedCapacity::Indexes => Some(total),
        };
        Some(Self { table_name: table_name.to_owned(), total, table })
    }
}

/// Whether anything is to be said of what was consumed.
pub(super) fn is_wanted(wanted: &Member<ReturnConsumedCapacity>) -> bool {
    wanted.known().is_some_and(|wanted| *wanted != ReturnConsumedCapacity::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_rounded_up_and_at_least_one() {
        for (bytes, strong) in [(0, 1.0), (1, 1.0), (4096, 1.0), (4097, 2.0), (409_600, 100.0)] {
            assert_eq!(CapacityUnits::of_read(bytes, true).value(), strong, "{bytes}");
            assert_eq!(CapacityUnits::of_read(bytes, false).value(), strong / 2.0, "{bytes}");
        }
        for (before, after, units) in [(0, 0, 1.0), (0, 1024, 1.0), (1025, 1, 2.0), (1, 409_600, 400.0)] {
            assert_eq!(CapacityUnits::of_write(before, after).value(), units, "{before} to {after}");
        }
    }
}
