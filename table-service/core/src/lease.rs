//! Who may use a table's open keys, and until when.
//!
//! A lease is one principal's proven right to one table's key: KMS unwrapped the table key *as that principal*. The
//! rules, all of them in this file and none of them elsewhere:
//!
//! - a lease lasts [`LeaseTerms::length`] from the last success and is renewed ahead of its end by one caller;
//! - a refusal or a revocation ends it at once;
//! - an outage extends it, but never past [`LeaseTerms::outage_grace`] from the last success;
//! - an answer that was on its way while a revocation happened counts for nothing (the `epoch`).
//!
//! Times are monotonic, so a clock that jumps neither shortens nor stretches a lease. Called by `table` alone.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// While KMS is silent, how long one extension lasts. Several attempts fit in one, so requests never wait for them.
const OUTAGE_EXTENSION: Duration = Duration::from_secs(10);
/// While KMS is silent, the pause between two attempts.
const OUTAGE_RETRY: Duration = Duration::from_secs(1);

/// How long permissions last without being proven again.
#[derive(Clone, Copy, Debug)]
pub struct LeaseTerms {
    /// From a success to the end of the lease. AWS: five minutes.
    pub length: Duration,
    /// From the last success to the end of every extension while KMS does not answer.
    pub outage_grace: Duration,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self { length: Duration::from_secs(300), outage_grace: Duration::from_secs(3600) }
    }
}

struct Lease {
    /// When KMS last said yes.
    proven: Instant,
    renew_at: Instant,
    until: Instant,
    renewing: bool,
}

/// What a principal's lease allows right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Go on.
    Good,
    /// Go on, and renew in the background; exactly one caller is told so until the attempt is over.
    GoodRenew,
    /// Ask KMS first.
    Ask,
}

/// The leases of one table.
pub(crate) struct Leases {
    terms: LeaseTerms,
    held: HashMap<String, Lease>,
    epoch: u64,
}

impl Leases {
    pub(crate) fn new(terms: LeaseTerms) -> Self {
        Self { terms, held: HashMap::new(), epoch: 0 }
    }

    /// Changes with every revocation. Note it before asking KMS, and hand it to [`Leases::grant`].
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many principals hold a lease, good or expired.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn standing(&mut self, holder: &str, now: Instant) -> Standing {
        match self.held.get_mut(holder) {
            Some(lease) if now < lease.until => {
                if now < lease.renew_at || lease.renewing {
                    Standing::Good
                } else {
                    lease.renewing = true;
                    Standing::GoodRenew
                }
            }
            _ => Standing::Ask,
        }
    }

    /// KMS said yes to `holder`. Counts only if nothing was revoked since `epoch` was noted; says whether it did.
    pub(crate) fn grant(&mut self, holder: &str, epoch: u64, now: Instant, length: Duration) -> bool {
        if epoch != self.epoch {
            return false;
        }
        let lease =
            Lease { proven: now, renew_at: now + length.mul_f64(0.75), until: now + length, renewing: false };
        self.held.insert(holder.to_owned(), lease);
        true
    }

    /// An attempt to renew is over, however it went.
    pub(crate) fn renewal_ended(&mut self, holder: &str) {
        if let Some(lease) = self.held.get_mut(holder) {
            lease.renewing = false;
        }
    }

    /// KMS said no to `holder`. Says whether that ended a lease.
    pub(crate) fn refuse(&mut self, holder: &str) -> bool {
        self.held.remove(holder).is_some()
    }

    /// KMS did not answer. Says whether the lease goes on all the same.
    pub(crate) fn outage(&mut self, holder: &str, now: Instant) -> bool {
        let Some(lease) = self.held.get_mut(holder) else { return false };
        lease.renewing = false;
        let end_of_grace = lease.proven + self.terms.outage_grace;
        lease.renew_at = now + OUTAGE_RETRY;
        lease.until = lease.until.max((now + OUTAGE_EXTENSION).min(end_of_grace));
        now < lease.until
    }

    /// A permission may have ended: every lease ends, and so does every answer that is on its way. Says how many leases.
    pub(crate) fn revoke_all(&mut self) -> usize {
        self.epoch += 1;
        let revoked = self.held.len();
        self.held.clear();
        revoked
    }

    /// News may have been missed: every lease must be proven again before its next use, but an outage may still
    /// extend it.
    pub(crate) fn doubt_all(&mut self, now: Instant) {
        self.epoch += 1;
        for lease in self.held.values_mut() {
            lease.until = lease.until.min(now);
            lease.renewing = false;
        }
    }

    /// Forgets leases that have ended. While KMS is silent, those that an outage could still extend are kept; while it
    /// answers, they are kept just long enough to notice that it does not.
    pub(crate) fn sweep(&mut self, now: Instant, kms_answers: bool) {
        let grace = self.terms.outage_grace;
        self.held.retain(|_, lease| {
            let end_of_use = if kms_answers { lease.until + OUTAGE_EXTENSION } else { lease.proven + grace };
            now < lease.until || now < end_of_use.min(lease.proven + grace)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: LeaseTerms =
        LeaseTerms { length: Duration::from_secs(300), outage_grace: Duration::from_secs(3600) };
    const S: fn(u64) -> Duration = Duration::from_secs;

    fn granted(now: Instant) -> Leases {
        let mut leases = Leases::new(TERMS);
        assert!(leases.grant("alice", 0, now, TERMS.length));
        leases
    }

    #[test]
    fn a_lease_is_per_principal_and_ends() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        assert_eq!(leases.standing("bob", t0), Standing::Ask);
        assert_eq!(leases.standing("alice", t0 + S(224)), Standing::Good);
        assert_eq!(leases.standing("alice", t0 + S(300)), Standing::Ask);
    }

    #[test]
    fn one_caller_renews_ahead_however_many_ask() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        assert_eq!(leases.standing("alice", t0 + S(226)), Standing::GoodRenew);
        assert_eq!(leases.standing("alice", t0 + S(226)), Standing::Good);
        assert!(leases.grant("alice", 0, t0 + S(227), TERMS.length));
        assert_eq!(leases.standing("alice", t0 + S(301)), Standing::Good);
    }

    #[test]
    fn an_outage_extends_to_the_end_of_grace_and_no_further() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        let mut now = t0 + S(300);
        while now < t0 + S(3600) {
            assert!(leases.outage("alice", now), "{:?}", now - t0);
            assert_ne!(leases.standing("alice", now), Standing::Ask);
            now += S(9);
        }
        assert!(!leases.outage("alice", t0 + S(3600)));
        assert_eq!(leases.standing("alice", t0 + S(3600)), Standing::Ask);
    }

    #[test]
    fn an_outage_gives_nothing_to_a_principal_without_a_lease() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        assert!(!leases.outage("bob", t0));
        assert!(leases.refuse("alice"));
        assert!(!leases.outage("alice", t0));
        assert!(!leases.refuse("alice"), "there is none left to end");
    }

    #[test]
    fn a_revocation_beats_an_answer_on_its_way_and_an_outage() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        let epoch = leases.epoch();
        assert_eq!(leases.revoke_all(), 1);
        assert_eq!(leases.standing("alice", t0), Standing::Ask);
        assert!(!leases.grant("alice", epoch, t0, TERMS.length));
        assert!(!leases.outage("alice", t0));
        assert_eq!(leases.len(), 0);
    }

    #[test]
    fn doubt_asks_again_but_leaves_the_grace() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        leases.doubt_all(t0 + S(10));
        assert_eq!(leases.standing("alice", t0 + S(10)), Standing::Ask);
        assert!(leases.outage("alice", t0 + S(10)));
        assert_eq!(leases.standing("alice", t0 + S(10)), Standing::Good);
    }

    #[test]
    fn a_sweep_keeps_what_an_outage_could_still_extend() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        leases.sweep(t0 + S(3599), false);
        assert_eq!(leases.len(), 1);
        leases.sweep(t0 + S(3600), false);
        assert_eq!(leases.len(), 0);
    }

    #[test]
    fn a_sweep_forgets_an_unused_lease_while_kms_answers() {
        let t0 = Instant::now();
        let mut leases = granted(t0);
        leases.sweep(t0 + S(309), true);
        assert_eq!(leases.len(), 1);
        leases.sweep(t0 + S(310), true);
        assert_eq!(leases.len(), 0);
    }
}
