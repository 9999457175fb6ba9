//! The time of a signature: a second, written as `20260101T120000Z` (ISO 8601, basic format, UTC).

use std::{
    fmt,
    ops::{Add, Sub},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The days of a common year before each month, and before the next year.
const DAYS_BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    /// Reads `YYYYMMDDTHHMMSSZ`, and nothing that is merely like it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (year, month, day) = (number(date, 0, 4)?, number(date, 4, 6)?, number(date, 6, 8)?);
        let (hour, minute, second) = (number(time, 0, 2)?, number(time, 2, 4)?, number(time, 4, 6)?);
        let is_whole = date.len() == 8 && time.len() == 6;
        let is_date = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        let is_time = hour < 24 && minute < 60 && second < 60;
        let days = days_to(year, month) + day - 1;
        (is_whole && is_date && is_time)
            .then_some(Self(days * DAY_SECONDS + hour * 3_600 + minute * 60 + second))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(DAY_SECONDS), self.0.rem_euclid(DAY_SECONDS));
        // The first guess is never too early: no year has fewer days.
        let mut year = 1970 + days.div_euclid(365);
        while days_to(year, 1) > days {
            year -= 1;
        }
        let month = (1..=12).rev().find(|month| days_to(year, *month) <= days).unwrap_or(1);
        let day = days - days_to(year, month) + 1;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

fn number(text: &str, from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970 to the first of a month.
fn days_to(year: i64, month: i64) -> i64 {
    let before = year - 1;
    let leap_days = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let to_year = (year - 1970) * 365 + leap_days(before) - leap_days(1969);
    to_year + days_before(month) + i64::from(month > 2 && is_leap(year))
}

fn days_of(year: i64, month: i64) -> i64 {
    days_before(month + 1) - days_before(month) + i64::from(month == 2 && is_leap(year))
}

fn days_before(month: i64) -> i64 {
    let index = usize::try_from(month - 1).unwrap_or_default();
    DAYS_BEFORE.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        for (text, seconds) in [
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20150830T123600Z", 1_440_938_160),
            ("20240229T000000Z", 1_709_164_800),
            ("20991231T235959Z", 4_102_444_799),
            ("99991231T235959Z", 253_402_300_799),
        ] {
            assert_eq!(Moment::parse(text), Some(Moment(seconds)), "{text}");
            assert_eq!(Moment(seconds).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "Z",
            "TZ",
            "20150830T123600",
            "20150830T123600z",
            "20150830t123600Z",
            "20150830 123600Z",
            "2015-08-30T12:36:00Z",
            "20150230T000000Z",
            "20150431T000000Z",
            "20150829T240000Z",
            "20150829T126000Z",
            "20150829T120060Z",
            "20150001T000000Z",
            "20151301T000000Z",
            "20150800T000000Z",
            "20210229T000000Z",
            "+2150830T123600Z",
            "20150830T+23600Z",
            "120150830T123600Z",
            "20150830T1236000Z",
            "20150830T123600ZZ",
            "2015083\u{663}T123600Z",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0_i64..253_402_300_800) {
            prop_assert_eq!(Moment::parse(&Moment(seconds).to_string()), Some(Moment(seconds)));
        }

        #[test]
        fn any_text_is_read_or_not(text in "\\PC{0,20}") {
            let _ = Moment::parse(&text);
        }
    }
}
