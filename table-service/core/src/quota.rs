//! How often the key of one table may be changed: AWS's quota, which an operator can switch on.
//!
//! Four changes in 24 hours, counted from the first of them; after those, one more whenever there was none for six hours.
//! Moving a table to the owned key is always allowed, and counts. Source: AWS, DynamoDB quotas, "encryption".

use serde::{Deserialize, Serialize};

/// Changes in one window that need not wait for each other.
const FREE_CHANGES: u32 = 4;
/// How long a window lasts.
const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;
/// How long every further change waits for the one before it.
const PAUSE_MS: i64 = 6 * 60 * 60 * 1000;

/// The changes of a table's key in the last window. Dates are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SseChanges {
    first_ms: i64,
    last_ms: i64,
    count: u32,
}

/// No change before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// When the window ends.
    pub window_end_ms: i64,
    /// How many changes there were in it.
    pub count: u32,
    /// When the last of them was.
    pub last_ms: i64,
    /// When the next one is allowed.
    pub next_ms: i64,
}

impl Exhausted {
    /// DynamoDB's text.
    pub(crate) fn text(&self) -> String {
        format!(
            "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {}. After the first \
             {FREE_CHANGES} change, each subsequent change in the same window can be performed at most once every {} \
             seconds. Number of updates today: {}. Last change at {}. Next changes can be made at {}.",
            date(self.window_end_ms),
            PAUSE_MS / 1000,
            self.count,
            date(self.last_ms),
            date(self.next_ms),
        )
    }
}

impl SseChanges {
    /// Whether there may be one more now.
    ///
    /// # Errors
    /// When the next one is allowed.
    pub(crate) fn allow(&self, now_ms: i64) -> Result<(), Exhausted> {
        let window_end_ms = self.window_end();
        let next_ms = self.last_ms.saturating_add(PAUSE_MS).min(window_end_ms);
        if self.count < FREE_CHANGES || now_ms >= next_ms {
            return Ok(());
        }
        Err(Exhausted { window_end_ms, count: self.count, last_ms: self.last_ms, next_ms })
    }

    /// With one more.
    pub(crate) fn and(self, now_ms: i64) -> Self {
        if self.count == 0 || now_ms >= self.window_end() {
            return Self { first_ms: now_ms, last_ms: now_ms, count: 1 };
        }
        Self { last_ms: now_ms, count: self.count.saturating_add(1), ..self }
    }

    fn window_end(&self) -> i64 {
        self.first_ms.saturating_add(WINDOW_MS)
    }
}

/// A date as DynamoDB's texts write it: `2026-10-09T23:23:37.938Z`.
fn date(unix_ms: i64) -> String {
    let since_1970 = std::time::Duration::from_millis(u64::try_from(unix_ms).unwrap_or_default());
    match std::time::UNIX_EPOCH.checked_add(since_1970) {
        Some(moment) => humantime::format_rfc3339_millis(moment).to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    /// Changes at these hours of a day, each of which is allowed.
    fn changes(hours: &[i64]) -> SseChanges {
        hours.iter().fold(SseChanges::default(), |changes, hour| {
            assert_eq!(changes.allow(hour * HOUR), Ok(()), "{hour}");
            changes.and(hour * HOUR)
        })
    }

    #[test]
    fn four_changes_are_free_and_each_further_one_waits_for_six_hours() {
        let four = changes(&[1, 1, 2, 3]);
        let refused = Exhausted { window_end_ms: 25 * HOUR, count: 4, last_ms: 3 * HOUR, next_ms: 9 * HOUR };
        for now in [3 * HOUR, 9 * HOUR - 1] {
            assert_eq!(four.allow(now), Err(refused));
        }
        let five = changes(&[1, 1, 2, 3, 9]);
        assert_eq!(
            five.allow(15 * HOUR - 1).map_err(|refused| (refused.count, refused.next_ms)),
            Err((5, 15 * HOUR))
        );
        changes(&[1, 1, 2, 3, 9, 15, 21]);
    }

    #[test]
    fn a_window_begins_with_its_first_change() {
        let late = changes(&[1, 22, 22, 23]);
        assert_eq!(late.allow(25 * HOUR - 1).map_err(|refused| refused.next_ms), Err(25 * HOUR));
        // The next window takes four again.
        let next = changes(&[1, 22, 22, 23, 25, 26, 26, 26]);
        assert_eq!(next.allow(27 * HOUR).map_err(|refused| refused.window_end_ms), Err(49 * HOUR));
    }

    #[test]
    fn the_text_is_dynamodbs() {
        let refused = Exhausted {
            window_end_ms: 1_791_588_217_938,
            count: 4,
            last_ms: 1_791_501_904_500,
            next_ms: 1_791_523_504_500,
        };
        assert_eq!(
            refused.text(),
            "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at \
             2026-10-09T23:23:37.938Z. After the first 4 change, each subsequent change in the same window can be performed \
             at most once every 21600 seconds. Number of updates today: 4. Last change at 2026-10-08T23:25:04.500Z. Next \
             changes can be made at 2026-10-09T05:25:04.500Z."
        );
    }
}
