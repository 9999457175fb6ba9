//! The sizes that give the index its shape. All were chosen by measurement on sled: with 128 keys and 16 deltas a
//! random insert writes some 400 bytes of index instead of the 4 to 8 thousand of rewriting a leaf, and needs half
//! the disk.

/// Most keys in a leaf's base.
pub(super) const LEAF_KEYS: usize = 128;

/// Most bytes of entries in a leaf's base. Long keys make short leaves, so that a node with all its deltas stays far
/// below the 64 KiB above which the store splits a value, and below what one consistent scan may return.
pub(super) const LEAF_BYTES: usize = 16 * 1024;

/// Deltas of a leaf: slots 1 to this. The change after the last one writes a new base.
pub(super) const DELTAS: u8 = 16;

/// A base that stays within so many bytes of entries is rewritten at once: it costs little more than a delta, and
/// most partitions are so small that one record for all of their keys is worth most.
pub(super) const REWRITE_BYTES: usize = 512;

/// Most children of an inner node.
pub(super) const FANOUT: usize = 128;

/// Most bytes of separators in an inner node.
pub(super) const INNER_BYTES: usize = 16 * 1024;

/// Longest key: a sort key of 1024 bytes (AWS) in its ordered encoding, which doubles zero bytes and ends with two
/// more, and room for what makes a key of a secondary index unique.
pub const MAX_KEY_BYTES: usize = (2 * 1024 + 2) + 64;

/// Longest payload: a locator and some room.
pub const MAX_PAYLOAD_BYTES: usize = 512;

/// How often a walk that keeps meeting changes starts again before it gives up. Each new start means that another
/// writer has just split or merged a node on this very path, which happens once in a hundred changes at most.
pub(super) const WALK_ATTEMPTS: usize = 64;

/// Roughly what a cached node takes beside its bytes.
pub(super) const CACHE_ENTRY_BYTES: usize = 256;
