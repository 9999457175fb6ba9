//! Seeded randomness, so that a failing run can be repeated.

use std::hash::{BuildHasher, RandomState};

/// A small, fast generator (SplitMix64). Not for secrets.
///
/// The seed is printed when it is made, and the test runner shows what a failing test printed. Set
/// `KEYSTEAD_TEST_SEED` to run with a given seed again.
#[derive(Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice for the test called `name`, seeded from `KEYSTEAD_TEST_SEED` or, without it, at random.
    pub fn new(name: &str) -> Self {
        let seed = match std::env::var("KEYSTEAD_TEST_SEED") {
            Ok(text) => text.parse().expect("KEYSTEAD_TEST_SEED is a number"),
            Err(_) => RandomState::new().hash_one(name),
        };
        println!("{name}: KEYSTEAD_TEST_SEED={seed}");
        Self { state: seed }
    }

    /// Independent dice for one of several tasks.
    pub fn fork(&mut self) -> Self {
        Self { state: self.bits() }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0. The bias is irrelevant here.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// An index into `slice`.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).expect("a length fits"))).expect("an index fits")
    }

    /// One of `choices`.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// True in `percent` of 100 calls.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// `length` random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.bits().to_le_bytes()).flatten().take(length).collect()
    }

    /// `length` random lower-case letters.
    pub fn word(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(b"abcdefghijklmnopqrstuvwxyz"))).collect()
    }
}
