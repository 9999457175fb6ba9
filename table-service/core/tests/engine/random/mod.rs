//! Random operations against a plain model: maps of items, and evaluators that never see a text. Every answer, its capacity
//! and what is there afterwards must be what the model says; with key switches and restarts in between, and with every call
//! of the store failing at some time.

mod ask;
mod change;
mod draw;
mod order;
mod play;
mod syntax;
mod table;
mod text;
mod truth;
mod value;

use std::cell::Cell;

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use play::{Play, Tally};

const CASES: u32 = 256;
const STEPS: usize = 60;

/// A failing case is made small, printed, and told with its seed: `KEYSTEAD_TEST_SEED` runs it again.
#[test]
fn random_operations_agree_with_a_plain_model() {
    let seed = std::env::var("KEYSTEAD_TEST_SEED").map_or_else(
        |_| std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), "model"),
        |text| text.parse().expect("KEYSTEAD_TEST_SEED is a number"),
    );
    println!("KEYSTEAD_TEST_SEED={seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(seed));
    let tallies = Cell::new(Vec::new());
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_time: 30_000, ..Config::default() };
    let played = TestRunner::new_with_rng(config, rng).run(&vec(draw::any_event(), 1..STEPS), |events| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut play = Play::open().await;
            for event in &events {
                play.take(event).await;
            }
            play.check().await;
            let mut all = tallies.take();
            all.push(play.tally());
            tallies.set(all);
        });
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
    check(&tallies.take());
}

/// A model that nothing happens to agrees with everything.
fn check(tallies: &[Tally]) {
    let sum = |which: fn(&Tally) -> usize| tallies.iter().map(which).sum::<usize>();
    let sums = [
        sum(|tally| tally.made),
        sum(|tally| tally.unmet),
        sum(|tally| tally.unfit),
        sum(|tally| tally.continued),
        sum(|tally| tally.failed),
        sum(|tally| tally.made_all_the_same),
        sum(|tally| tally.switched),
    ];
    println!("made, unmet, unfit, continued, failed, made all the same, switched: {sums:?}");
    assert!(sums.iter().all(|sum| *sum > 20), "{sums:?}");
}

fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes
}
