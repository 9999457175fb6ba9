//! Waiting for something to become true, with a bound after which the test fails.

use std::time::{Duration, Instant};

/// How often a condition is looked at. Short, so that measured times are about right.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Asks `probe` until it answers `Some`, and gives the answer. After `bound` it fails the test, naming `what`.
#[track_caller]
pub fn eventually<T, F>(what: &str, bound: Duration, mut probe: F) -> impl Future<Output = T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let caller = std::panic::Location::caller();
    async move {
        let start = Instant::now();
        loop {
            if let Some(answer) = probe().await {
                return answer;
            }
            assert!(start.elapsed() < bound, "{caller}: not within {bound:?}: {what}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Awaits `future`; fails the test, naming `what`, when that takes longer than `bound`.
#[track_caller]
pub fn within<T>(what: &str, bound: Duration, future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(bound, future).await {
            Ok(answer) => answer,
            Err(_) => panic!("{caller}: not within {bound:?}: {what}"),
        }
    }
}
