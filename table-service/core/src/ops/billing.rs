//! Billing mode and throughput: recorded and described, not enforced.

use crate::error::Invalid;
use crate::record::Billing;
use crate::validate::{Member, Violations};

/// The billing modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingMode {
    /// A stated throughput.
    Provisioned,
    /// On demand.
    PayPerRequest,
}

/// Adds the violations of the model's constraints.
pub(super) fn constraints(
    mode: &Member<BillingMode>,
    throughput: Option<(i64, i64)>,
    violations: &mut Violations,
) {
    violations.one_of("billingMode", mode, "PROVISIONED, PAY_PER_REQUEST");
    let (read, write) = throughput.unzip();
    violations.range("provisionedThroughput.readCapacityUnits", read, 1..=i64::MAX);
    violations.range("provisionedThroughput.writeCapacityUnits", write, 1..=i64::MAX);
}

/// What a request makes of a table's billing, once the model's constraints hold; `current` is none for a table that is
/// being made. A new table for which nothing is stated is on demand: throughput is not enforced, and a newcomer need
/// not invent one.
pub(super) fn billing(
    current: Option<Billing>,
    mode: &Member<BillingMode>,
    throughput: Option<(i64, i64)>,
) -> Result<Billing, Invalid> {
    match (mode.known(), throughput, current) {
        (None, None, current) => Ok(current.unwrap_or(Billing::PayPerRequest)),
        (Some(BillingMode::PayPerRequest), None, _) => Ok(Billing::PayPerRequest),
        (Some(BillingMode::PayPerRequest), Some(_), _) | (None, Some(_), Some(Billing::PayPerRequest)) => {
            Err(Invalid::ThroughputNotAllowed)
        }
        (Some(BillingMode::Provisioned), None, Some(current @ Billing::Provisioned { .. })) => Ok(current),
        (Some(BillingMode::Provisioned), None, _) => Err(Invalid::ThroughputMissing),
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
            (None, None, [Ok(ON_DEMAND), Ok(ON_DEMAND), Ok(STATED)]),
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
