//! The rotations of a key: those that are done, and when the next is due by itself.
//!
//! Each rotation made one version of the material, so their list says which version is current. The first version came
//! with the key and was no rotation.

use crate::{
    clock::Timestamp,
    key::KeyKind,
    limits::{AUTOMATIC_ROTATION_DAYS, ROTATION_PAUSE_MILLIS},
};

/// Why a key was rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationType {
    /// It was time for it.
    Automatic,
    /// Somebody asked.
    OnDemand,
}

/// A rotation that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rotation {
    pub(crate) at: Timestamp,
    pub(crate) by: RotationType,
}

/// When a key rotates by itself: each time that so many days have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) period_days: u32,
    /// Since it was switched on or set to this period, or since the last rotation that was due by it.
    pub(crate) since: Timestamp,
}

/// What a user has decided about automatic rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Automatic {
    /// It is off.
    Off,
    /// It is on.
    On(Schedule),
    /// It is not for users to decide: once a year, counted from the last rotation.
    Yearly,
}

/// Every rotation of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rotations {
    done: Vec<Rotation>,
    automatic: Automatic,
}

impl Rotations {
    /// Those of a new key.
    pub(crate) const fn none(kind: KeyKind) -> Self {
        let automatic = if kind.rotates_by_itself() { Automatic::Yearly } else { Automatic::Off };
        Self { done: Vec::new(), automatic }
    }

    /// As they were recorded.
    pub(crate) const fn recorded(done: Vec<Rotation>, automatic: Automatic) -> Self {
        Self { done, automatic }
    }

    /// Those that are done, oldest first. The first of them made version 2.
    pub(crate) fn done(&self) -> &[Rotation] {
        &self.done
    }

    pub(crate) const fn automatic(&self) -> Automatic {
        self.automatic
    }

    /// The version of the material that the last of them made.
    pub(crate) fn current_version(&self) -> u32 {
        u32::try_from(self.done.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// How many were asked for.
    pub(crate) fn on_demand(&self) -> usize {
        self.done.iter().filter(|rotation| rotation.by == RotationType::OnDemand).count()
    }

    /// The days between automatic ones, if there are any.
    pub(crate) const fn period_days(&self) -> Option<u32> {
        match self.automatic {
            Automatic::Off => None,
            Automatic::On(schedule) => Some(schedule.period_days),
            Automatic::Yearly => Some(AUTOMATIC_ROTATION_DAYS),
        }
    }

    /// When the next automatic one of a key is due that was made at `created`.
    pub(crate) fn next(&self, created: Timestamp) -> Option<Timestamp> {
        match self.automatic {
            Automatic::Off => None,
            Automatic::On(schedule) => Some(schedule.since.plus_days(schedule.period_days)),
            Automatic::Yearly => {
                let last = self.done.last().map_or(created, |rotation| rotation.at);
                Some(last.plus_days(AUTOMATIC_ROTATION_DAYS))
            }
        }
    }

    /// Whether the last one is too fresh for another. A clock that was set back far does not hold a key up until it has
    /// caught up again.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        let pause = |rotation: &Rotation| rotation.at.millis().abs_diff(now.millis()) < ROTATION_PAUSE_MILLIS;
        self.done.last().is_some_and(pause)
    }

    /// The same with one more. One that was due starts the next period; one that was asked for shifts nothing.
    #[must_use]
    pub(crate) fn with(mut self, at: Timestamp, by: RotationType) -> Self {
        self.done.push(Rotation { at, by });
        if let (RotationType::Automatic, Automatic::On(schedule)) = (by, &mut self.automatic) {
            schedule.since = at;
        }
        self
    }

    /// The same, with automatic ones each time that `period_days` have passed from now on. A period that is so already goes
    /// on: whoever repeats the request does not put the next rotation off.
    #[must_use]
    pub(crate) fn every(self, period_days: u32, now: Timestamp) -> Self {
        match self.automatic {
            Automatic::On(schedule) if schedule.period_days == period_days => self,
            Automatic::Off | Automatic::On(_) | Automatic::Yearly => {
                Self { automatic: Automatic::On(Schedule { period_days, since: now }), ..self }
            }
        }
    }

    /// The same without automatic ones.
    #[must_use]
    pub(crate) fn never(self) -> Self {
        Self { automatic: Automatic::Off, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(minutes: u64) -> Timestamp {
        Timestamp::from_millis(minutes * 60 * 1000)
    }

    const fn day(days: u64) -> Timestamp {
        at(days * 24 * 60)
    }

    #[test]
    fn a_clock_that_was_set_back_far_holds_nothing_up() {
        let made = Rotations::none(KeyKind::Customer);
        assert!(!made.is_fresh(at(100)), "to be made is not to be rotated");
        let rotated = made.with(at(100), RotationType::OnDemand);
        let fresh = [79, 80, 81, 100, 119, 120, 121].map(|minutes| rotated.is_fresh(at(minutes)));
        assert_eq!(fresh, [false, false, true, true, true, false, false]);
    }

    #[test]
    fn the_next_date_counts_from_what_was_decided_or_done_last() {
        let made = Rotations::none(KeyKind::Customer);
        assert_eq!((made.period_days(), made.next(day(0))), (None, None));
        let on = made.every(90, day(10));
        assert_eq!((on.period_days(), on.next(day(0))), (Some(90), Some(day(100))));
        let asked = on.with(day(50), RotationType::OnDemand);
        assert_eq!(asked.next(day(0)), Some(day(100)), "one on demand shifts nothing");
        assert_eq!(asked.clone().every(90, day(60)).next(day(0)), Some(day(100)), "the same period again");
        assert_eq!(asked.clone().every(200, day(60)).next(day(0)), Some(day(260)));
        let due = asked.with(day(120), RotationType::Automatic);
        assert_eq!(due.next(day(0)), Some(day(210)), "a late one counts from when it was done");
        assert_eq!((due.current_version(), due.on_demand()), (3, 1));
        let off = due.never();
        assert_eq!((off.next(day(0)), off.current_version()), (None, 3), "what is done stays done");
    }

    #[test]
    fn keys_of_the_service_have_a_year() {
        for kind in [KeyKind::Managed, KeyKind::Owned] {
            let made = Rotations::none(kind);
            assert_eq!((made.period_days(), made.next(day(1))), (Some(365), Some(day(366))));
            assert_eq!(made.with(day(400), RotationType::Automatic).next(day(1)), Some(day(765)));
        }
    }
}
