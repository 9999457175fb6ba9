//! Where randomness comes from. Injected everywhere, so that tests can repeat themselves.
//!
//! Two needs, two calls. *Keys and salts* ([`Entropy::fill`]) must be unpredictable and come straight from the
//! operating system, one call each. *Nonces* ([`Entropy::nonce`]) are written in clear beside every ciphertext and
//! need only be unlikely to repeat, but two or three are drawn per written item, and a call to the system costs
//! 350-500 ns, half as much as sealing a small item. So [`OsEntropy`] takes nonces from a block of operating-system
//! randomness kept per thread (measured: 60 ns instead of 420): no lock, no generator of our own, and every byte is
//! handed out at most once and overwritten as it is.
//!
//! What could hand the same block out twice: a fork that goes on running Rust code (no Keystead process does; spawning
//! a program replaces the copy at once), or a machine image that is resumed twice. Then at most one block of nonces
//! per thread repeats, and AES-GCM-SIV is chosen for exactly that: a repeated nonce tells whether two plaintexts
//! under the same key and place were equal, and nothing else (RFC 8452, section 1). Keys and salts are not exposed
//! even to that.

use std::cell::RefCell;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// Bytes of every nonce (RFC 8452, section 4).
pub const NONCE_BYTES: usize = 12;

/// Nonces per block. 21 make 252 bytes, and Linux serves up to 256 without being interruptible (getrandom(2)).
const BLOCK_NONCES: usize = 21;

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `out` with bytes fit for keys.
    fn fill(&self, out: &mut [u8]);

    /// A nonce: public, not predicted to repeat. A source may serve it more cheaply than a key.
    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        self.fill(&mut nonce);
        nonce
    }
}

/// The operating system's generator. If it cannot deliver, the process ends: no key is better than a guessable one.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, out: &mut [u8]) {
        if let Err(error) = getrandom::fill(out) {
            // The process ends whether or not anybody can read this.
            let _ = writeln!(std::io::stderr(), "the operating system delivers no randomness: {error}");
            std::process::abort();
        }
    }

    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        // A thread that is being torn down has no block any more; it asks the system directly.
        let served = NONCES.try_with(|block| block.borrow_mut().take(&mut nonce)).is_ok();
        if !served {
            self.fill(&mut nonce);
        }
        nonce
    }
}

thread_local! {
    static NONCES: RefCell<NonceBlock> = const { RefCell::new(NonceBlock::EMPTY) };
}

/// Nonces not yet handed out: the first `left` of `nonces`.
struct NonceBlock {
    nonces: [[u8; NONCE_BYTES]; BLOCK_NONCES],
    left: usize,
}

impl NonceBlock {
    const EMPTY: Self = Self { nonces: [[0; NONCE_BYTES]; BLOCK_NONCES], left: 0 };

    /// Moves one nonce out; the block keeps zeros in its place.
    fn take(&mut self, out: &mut [u8; NONCE_BYTES]) {
        if self.left == 0 {
            OsEntropy.fill(self.nonces.as_flattened_mut());
            self.left = BLOCK_NONCES;
        }
        self.left -= 1;
        if let Some(next) = self.nonces.get_mut(self.left) {
            out.copy_from_slice(next);
            next.zeroize();
        }
    }
}

impl Drop for NonceBlock {
    fn drop(&mut self) {
        self.nonces.as_flattened_mut().zeroize();
    }
}

/// **For tests only: anybody who knows the seed knows every key.** The same calls give the same bytes.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    calls: AtomicU64,
}

impl SeededEntropy {
    /// A predictable source. The name is meant to stand out wherever it is used.
    pub const fn danger_predictable(seed: u64) -> Self {
        Self { seed, calls: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        for (block, chunk) in (0_u64..).zip(out.chunks_mut(32)) {
            let digest = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(call.to_be_bytes())
                .chain_update(block.to_be_bytes())
                .finalize();
            for (to, from) in chunk.iter_mut().zip(digest) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nonces_do_not_repeat_across_blocks_and_threads() {
        let draw = || (0..BLOCK_NONCES * 10 + 1).map(|_| OsEntropy.nonce()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let nonces: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(nonces.iter().collect::<HashSet<_>>().len(), nonces.len());
        assert!(!nonces.contains(&[0; NONCE_BYTES]));
    }

    #[test]
    fn a_nonce_handed_out_leaves_zeros_behind() {
        let mut block = NonceBlock::EMPTY;
        let mut nonce = [0; NONCE_BYTES];
        block.take(&mut nonce);
        assert_eq!(block.left, BLOCK_NONCES - 1);
        assert_eq!(block.nonces[block.left], [0; NONCE_BYTES]);
        assert!(block.nonces[..block.left].iter().all(|left| *left != nonce && *left != [0; NONCE_BYTES]));
    }

    #[test]
    fn a_thread_that_ends_still_gets_nonces() {
        struct AtExit;
        impl Drop for AtExit {
            fn drop(&mut self) {
                assert_ne!(OsEntropy.nonce(), [0; NONCE_BYTES]);
            }
        }
        thread_local! { static LAST: AtExit = const { AtExit }; }
        // Registered first, dropped last: after the block of nonces is gone.
        let thread = std::thread::spawn(|| LAST.with(|_| OsEntropy.nonce()));
        assert!(thread.join().is_ok());
    }

    #[test]
    fn the_system_fills_all_of_a_long_buffer() {
        let mut long = vec![0; 4096];
        OsEntropy.fill(&mut long);
        assert!(long.chunks(32).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn a_seed_repeats_itself_and_only_itself() {
        let draw = |seed| {
            let entropy = SeededEntropy::danger_predictable(seed);
            let mut long = [0; 100];
            entropy.fill(&mut long);
            (long, entropy.nonce(), entropy.nonce())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1).0, draw(2).0);
        assert_ne!(draw(1).1, draw(1).2);
    }
}
