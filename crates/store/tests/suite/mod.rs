//! What every engine must do, written once. `store_suite!(name, Harness)` expands to the tests for one engine.

pub(crate) mod cases;
pub(crate) mod model;

use std::sync::Arc;

use store::Store;

/// An engine under test.
pub(crate) trait Harness: Send {
    /// A fresh, empty store.
    fn start() -> Self;
    /// The store as it is now.
    fn store(&self) -> Arc<dyn Store>;
    /// Called between the steps of a test, with nobody using the store: a place to close and reopen it.
    fn between_steps(&mut self) {}
}

/// Expands the suite for one engine.
#[macro_export]
macro_rules! store_suite {
    ($name:ident, $harness:ty) => {
        mod $name {
            use super::*;
            $crate::store_suite!(@cases $harness:
                a_new_store_is_empty,
                what_is_put_is_read_back,
                deleting_removes_and_an_absent_key_may_be_deleted,
                the_last_write_to_a_key_in_a_batch_counts,
                any_bytes_are_a_key,
                scans_keep_to_range_order_and_limit,
                a_scan_goes_on_where_it_stopped,
                a_scan_returns_the_first_entry_however_large,
                a_failed_expectation_leaves_nothing_behind,
                expectations_speak_of_the_state_before_the_batch,
                large_values_are_stored_replaced_and_deleted,
                expectations_hold_on_large_values,
                the_largest_batch_is_one_commit,
                oversized_parts_are_refused_and_the_store_goes_on,
                many_callers_lose_no_increment,
                one_of_many_creators_wins,
                a_short_scan_sees_whole_batches,
                a_reader_sees_what_was_committed_before_it_began,
            );

            #[test]
            fn random_batches_agree_with_a_map() {
                $crate::suite::model::random_batches_agree_with_a_map::<$harness>();
            }
        }
    };
    (@cases $harness:ty: $($case:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                $crate::suite::cases::$case(<$harness as $crate::suite::Harness>::start()).await;
            }
        )*
    };
}
