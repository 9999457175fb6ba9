//! Billing mode and throughput: recorded and described, not enforced.

use shape::{Decode, Member, Violations, choices};

use crate::error::Invalid;
use crate::limits::MAX_CAPACITY_UNITS;
use crate::record::{Billing, BillingHistory, TableClass};

/// The billing modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingMode {
    /// A stated throughput.
    Provisioned,
    /// On demand.
    PayPerRequest,
}

choices!(BillingMode { Provisioned = "PROVISIONED", PayPerRequest = "PAY_PER_REQUEST" });

/// A ProvisionedThroughput, as AWS's JSON writes it.
#[derive(Debug, Default, Decode)]
#[shape(name = "ProvisionedThroughput")]
pub(super) struct Throughput {
    #[shape(required)]
    read_capacity_units: i64,
    #[shape(required)]
    write_capacity_units: i64,
}

impl From<Throughput> for Option<(i64, i64)> {
    fn from(sent: Throughput) -> Self {
        Some((sent.read_capacity_units, sent.write_capacity_units))
    }
}

/// Adds the violations of the model's constraints.
pub(super) fn constraints(
    mode: &Member<BillingMode>,
    throughput: Option<(i64, i64)>,
    violations: &mut Violations,
) {
    violations.one_of("billingMode", mode);
    throughput_constraints(throughput, violations);
}

/// Adds the violations of a throughput's own.
pub(super) fn throughput_constraints(throughput: Option<(i64, i64)>, violations: &mut Violations) {
    let (read, write) = throughput.unzip();
    violations.range("provisionedThroughput.writeCapacityUnits", write, 1..=i64::MAX);
    violations.range("provisionedThroughput.readCapacityUnits", read, 1..=i64::MAX);
}

/// Adds the violation of a class that there is not.
pub(super) fn class_constraints(class: &Member<TableClass>, violations: &mut Violations) {
    violations.one_of("tableClass", class);
}

/// Checks that no throughput is out of all bounds.
pub(super) fn check_bounds(throughput: Option<(i64, i64)>) -> Result<(), Invalid> {
    let Some((read, write)) = throughput else { return Ok(()) };
    for (member, value) in [("ReadCapacityUnits", read), ("WriteCapacityUnits", write)] {
        if value > MAX_CAPACITY_UNITS {
            return Err(Invalid::ThroughputOutOfBounds { member, value });
        }
    }
    Ok(())
}

/// What a request makes of a table's billing, once the model's constraints hold; `current` is none for a table that is
/// being made, which is provisioned unless the request says otherwise.
pub(super) fn billing(
    current: Option<Billing>,
    mode: &Member<BillingMode>,
    throughput: Option<(i64, i64)>,
) -> Result<Billing, Invalid> {
    match (mode.known(), throughput, current) {
        (None, None, Some(current)) => Ok(current),
        (Some(BillingMode::PayPerRequest), None, _) => Ok(Billing::PayPerRequest),
        (Some(BillingMode::PayPerRequest), Some(_), _) | (None, Some(_), Some(Billing::PayPerRequest)) => {
            Err(Invalid::ThroughputNotAllowed)
        }
        (Some(BillingMode::Provisioned), None, Some(current @ Billing::Provisioned { .. })) => Ok(current),
        (None, None, None) | (Some(BillingMode::Provisioned), None, _) => Err(Invalid::ThroughputMissing),
        (_, Some((read, write)), current) => {
            let stated = Billing::Provisioned { read, write };
            if current == Some(stated) {
                Err(Invalid::ThroughputUnchanged { read, write })
            } else {
                Ok(stated)
            }
        }
    }
}

/// What the description will tell of a change; `None` is a table that is being made.
pub(super) fn history(from: Option<(Billing, BillingHistory)>, to: Billing, now_ms: i64) -> BillingHistory {
    let (was, mut history) = match from {
        Some((billing, history)) => (Some(billing), history),
        None => (None, BillingHistory::default()),
    };
    if to == Billing::PayPerRequest && was != Some(to) {
        history.on_demand_ms = Some(now_ms);
    }
    let (Some(Billing::Provisioned { read, write }), Billing::Provisioned { read: reads, write: writes }) =
        (was, to)
    else {
        return history;
    };
    if reads > read || writes > write {
        history.increase_ms = Some(now_ms);
    }
    if reads < read || writes < write {
        history.decreases = decreases_today(&history, now_ms) + 1;
        history.decrease_ms = Some(now_ms);
    }
    history
}

/// How often throughput was lowered today (UTC).
pub(super) fn decreases_today(history: &BillingHistory, now_ms: i64) -> i64 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let day = |ms: i64| ms.div_euclid(DAY_MS);
    match history.decrease_ms {
        Some(last) if day(last) == day(now_ms) => history.decreases,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_for_a_new_table_and_for_both_kinds_of_present_one() {
        const ON_DEMAND: Billing = Billing::PayPerRequest;
        const STATED: Billing = Billing::Provisioned { read: 10, write: 5 };
        const NEW: Billing = Billing::Provisioned { read: 1, write: 2 };
        use BillingMode::{PayPerRequest, Provisioned};
        let mode = |mode: Option<BillingMode>| mode.map_or(Member::Absent, Member::Known);
        let units = Some((1, 2));
        let cases = [
            (None, None, [Err(Invalid::ThroughputMissing), Ok(ON_DEMAND), Ok(STATED)]),
            (None, units, [Ok(NEW), Err(Invalid::ThroughputNotAllowed), Ok(NEW)]),
            (Some(PayPerRequest), None, [Ok(ON_DEMAND), Ok(ON_DEMAND), Ok(ON_DEMAND)]),
            (Some(PayPerRequest), units, [const { Err(Invalid::ThroughputNotAllowed) }; 3]),
            (
                Some(Provisioned),
                None,
                [Err(Invalid::ThroughputMissing), Err(Invalid::ThroughputMissing), Ok(STATED)],
            ),
            (Some(Provisioned), units, [Ok(NEW), Ok(NEW), Ok(NEW)]),
        ];
        for (asked, throughput, expected) in cases {
            for (current, expected) in [None, Some(ON_DEMAND), Some(STATED)].into_iter().zip(expected) {
                assert_eq!(billing(current, &mode(asked), throughput), expected, "{asked:?} {current:?}");
            }
        }
        for mode in [None, Some(Provisioned)].map(mode) {
            let unchanged = Invalid::ThroughputUnchanged { read: 10, write: 5 };
            assert_eq!(billing(Some(STATED), &mode, Some((10, 5))), Err(unchanged));
            assert!(billing(Some(STATED), &mode, Some((10, 6))).is_ok());
        }
    }

    #[test]
    fn what_was_done_to_the_billing_is_remembered() {
        const DAY: i64 = 86_400_000;
        let stated = |read, write| Billing::Provisioned { read, write };
        let new = history(None, stated(5, 5), 1);
        assert_eq!(new, BillingHistory::default());
        let up = history(Some((stated(5, 5), new)), stated(6, 5), 2);
        assert_eq!((up.increase_ms, up.decrease_ms), (Some(2), None));
        let mixed = history(Some((stated(6, 5), up)), stated(7, 4), 3);
        assert_eq!((mixed.increase_ms, mixed.decrease_ms), (Some(3), Some(3)));
        let again = history(Some((stated(7, 4), mixed)), stated(1, 1), 4);
        assert_eq!(
            [4, DAY - 1, DAY].map(|now| decreases_today(&again, now)),
            [2, 2, 0],
            "counted from midnight on"
        );
        assert_eq!(history(Some((stated(2, 1), again)), stated(1, 1), DAY).decreases, 1);
        let on_demand = history(Some((stated(1, 1), again)), Billing::PayPerRequest, 9);
        assert_eq!(on_demand.on_demand_ms, Some(9));
        let same = history(Some((Billing::PayPerRequest, on_demand)), Billing::PayPerRequest, 10);
        let back = history(Some((Billing::PayPerRequest, same)), stated(1, 1), 11);
        assert_eq!((back.on_demand_ms, back.decrease_ms), (Some(9), Some(4)));
        assert_eq!(history(None, Billing::PayPerRequest, 12).on_demand_ms, Some(12));
    }

    #[test]
    fn a_throughput_is_at_least_one() {
        let violated = |throughput| {
            let mut violations = Violations::new();
            constraints(&Member::Absent, throughput, &mut violations);
            violations.finish().is_err()
        };
        assert_eq!([None, Some((1, 1))].map(violated), [false; 2]);
        assert_eq!([(0, 1), (1, 0), (-1, -1)].map(|units| violated(Some(units))), [true; 3]);
    }
}
