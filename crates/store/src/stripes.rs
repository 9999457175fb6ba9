//! In-process locks that keep callers of a hot key from spinning on conflicts.
//!
//! They are a courtesy, not a guarantee: correctness rests on the expectations of a commit alone. Two keys may share
//! a stripe, so a caller that holds one must not ask for another; it takes all it needs with [`Stripes::lock_many`].

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many locks there are by default: far more than requests in flight, and 40 KB.
const DEFAULT_STRIPES: usize = 1024;

/// A fixed set of fair, asynchronous locks, chosen by the hash of a key.
pub struct Stripes {
    locks: Box<[RwLock<()>]>,
    /// Keyed at random, so that nobody can choose keys that all share one stripe.
    hasher: RandomState,
}

/// The key's stripe stays locked while this lives.
#[must_use = "the stripe is free again as soon as the guard is dropped"]
pub struct StripeGuard<'a> {
    _guard: Guard<'a>,
}

#[allow(dead_code, reason = "held, not looked at")]
enum Guard<'a> {
    Alone(RwLockWriteGuard<'a, ()>),
    Shared(RwLockReadGuard<'a, ()>),
}

impl Stripes {
    /// A set of the default size.
    pub fn new() -> Self {
        Self::with_count(DEFAULT_STRIPES)
    }

    /// A set of `count` locks, at least one.
    pub fn with_count(count: usize) -> Self {
        Self { locks: (0..count.max(1)).map(|_| RwLock::new(())).collect(), hasher: RandomState::new() }
    }

    /// Waits, in order of arrival, until no other caller holds the stripe of `key`.
    pub async fn lock(&self, key: &[u8]) -> StripeGuard<'_> {
        let index = self.index(key);
        self.lock_at(index).await
    }

    /// Waits, in order of arrival, until nobody holds the stripe of `key` alone. Others may share it.
    pub async fn share(&self, key: &[u8]) -> StripeGuard<'_> {
        let shared = self.at(self.index(key)).read().await;
        StripeGuard { _guard: Guard::Shared(shared) }
    }

    /// Locks the stripes of all keys. Every caller takes them in the same order, so none waits for another in a ring.
    pub async fn lock_many<K: AsRef<[u8]>>(&self, keys: impl IntoIterator<Item = K>) -> Vec<StripeGuard<'_>> {
        let mut indexes: Vec<usize> = keys.into_iter().map(|key| self.index(key.as_ref())).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let mut guards = Vec::with_capacity(indexes.len());
        for index in indexes {
            guards.push(self.lock_at(index).await);
        }
        guards
    }

    fn index(&self, key: &[u8]) -> usize {
        let count = u64::try_from(self.locks.len()).unwrap_or(u64::MAX);
        usize::try_from(self.hasher.hash_one(key) % count).unwrap_or_default()
    }

    async fn lock_at(&self, index: usize) -> StripeGuard<'_> {
        StripeGuard { _guard: Guard::Alone(self.at(index).write().await) }
    }

    #[allow(clippy::indexing_slicing, reason = "every index is a remainder by the number of locks")]
    fn at(&self, index: usize) -> &RwLock<()> {
        &self.locks[index]
    }
}

impl Default for Stripes {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes").field("count", &self.locks.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn those_who_share_a_stripe_go_together_and_whoever_wants_it_alone_waits_for_all() {
        let stripes = Stripes::new();
        let shared = (stripes.share(b"key").await, stripes.share(b"key").await);
        let lock = &stripes.locks[stripes.index(b"key")];
        assert!(lock.try_write().is_err());
        drop(shared.0);
        assert!(lock.try_write().is_err());
        drop(shared.1);
        let _alone = stripes.lock(b"key").await;
        assert!(lock.try_read().is_err());
    }

    #[tokio::test]
    async fn one_key_has_one_stripe_and_a_second_caller_waits() {
        let stripes = Stripes::new();
        let held = stripes.lock(b"key").await;
        let index = stripes.index(b"key");
        assert!(stripes.locks[index].try_write().is_err());
        drop(held);
        assert!(stripes.locks[index].try_write().is_ok());
    }

    #[tokio::test]
    async fn keys_that_share_a_stripe_are_locked_once() {
        let stripes = Stripes::with_count(1);
        assert_eq!(stripes.lock_many(["a", "b", "a"]).await.len(), 1);
        assert_eq!(stripes.lock_many(Vec::<&str>::new()).await.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn callers_of_overlapping_sets_exclude_each_other_and_all_finish() {
        let stripes = Arc::new(Stripes::with_count(4));
        let inside = Arc::new(AtomicU32::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..32_u8 {
            let (stripes, inside) = (Arc::clone(&stripes), Arc::clone(&inside));
            tasks.spawn(async move {
                for round in 0..50_u8 {
                    let _guards = stripes.lock_many([[0], [caller], [round]]).await;
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    }
}
