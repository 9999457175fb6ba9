//! Lists in pages. A page ends with a marker that only the same list of the same service accepts.

use shape::{Decode, Violations};

use crate::{error::KmsError, kms::View, limits::MARKER_CHARS_MAX};

/// What part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode)]
pub struct PageRequest {
    /// Most entries.
    pub limit: Option<i32>,
    /// Where the page before ended.
    pub marker: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where to go on; none at the end of the list.
    pub next_marker: Option<String>,
}

impl<T> Page<T> {
    /// The same part of the list, with each entry as `change` makes it.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_marker: self.next_marker }
    }
}

impl PageRequest {
    /// Checks the members against the list's default and most.
    pub(crate) fn check(&self, violations: &mut Violations, (_, most): (i32, i32)) {
        violations.range("limit", self.limit, 1..=most);
        if let Some(marker) = &self.marker {
            violations.count("marker", marker.chars().count(), 1..=MARKER_CHARS_MAX);
            let legal = marker.chars().all(|c| ('\u{20}'..='\u{ff}').contains(&c));
            violations.pattern("marker", marker, r"[\u0020-\u00FF]*", legal);
        }
    }

    /// The key of the last entry of the page before.
    pub(crate) fn after(&self, view: &View<'_>, list: &str) -> Result<Option<Vec<u8>>, KmsError> {
        let Some(marker) = &self.marker else { return Ok(None) };
        view.tokens().read_marker(list, marker).map(Some).ok_or(KmsError::InvalidMarker)
    }

    /// The page that begins with `items`, which may be endless. `key` is what [`after`](Self::after) answers next time.
    pub(crate) fn page<T>(
        &self,
        view: &View<'_>,
        list: &str,
        (default, _): (i32, i32),
        items: impl Iterator<Item = T>,
        key: impl Fn(&T) -> Vec<u8>,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit.unwrap_or(default)).unwrap_or(1);
        let mut items = items.take(limit.saturating_add(1)).collect::<Vec<_>>();
        let truncated = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| truncated);
        let next_marker = last.map(|last| view.tokens().marker(list, &key(last), view.entropy()));
        Page { items, next_marker }
    }
}
