//! Where the index's records stand in the store.
//!
//! ```text
//! offset  bytes  field
//!      0      1  tag, 'l'
//!      1     16  table id
//!     17      4  index id, big-endian; 0 is the table itself
//!     21     16  partition token
//!     37      8  node id; 0 is the root, every other is random
//!     45      1  slot: 0 the node, 1 to 16 the deltas of a leaf
//! ```
//!
//! Node ids are random, so that neither order nor age of a node shows.

use envelope::TOKEN_BYTES;
use envelope::record::SCOPE_BYTES;

/// The first byte of every record of every index.
pub(super) const TAG: u8 = b'l';

/// The node that a walk begins at.
pub(super) const ROOT: NodeId = NodeId(0);

/// The slot of a node itself.
pub(super) const NODE_SLOT: u8 = 0;

const INDEX_BYTES: usize = 4;
const NODE_BYTES: usize = 8;
const TOKEN_AT: usize = 1 + SCOPE_BYTES + INDEX_BYTES;
const SLOT_AT: usize = TOKEN_AT + TOKEN_BYTES + NODE_BYTES;
const RECORD_BYTES: usize = SLOT_AT + 1;

/// A node within its partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) u64);

/// One index of one table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct IndexPlace {
    pub(super) table: [u8; SCOPE_BYTES],
    pub(super) index: u32,
}

/// One partition of it: one tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TreePlace {
    pub(super) of: IndexPlace,
    pub(super) partition: [u8; TOKEN_BYTES],
}

impl IndexPlace {
    /// What every record of the index begins with.
    pub(super) fn prefix(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(RECORD_BYTES);
        key.push(TAG);
        key.extend_from_slice(&self.table);
        key.extend_from_slice(&self.index.to_be_bytes());
        key
    }
}

impl TreePlace {
    /// What every record of the tree begins with.
    pub(super) fn prefix(&self) -> Vec<u8> {
        let mut key = self.of.prefix();
        key.extend_from_slice(&self.partition);
        key
    }

    /// What every record of a node begins with.
    pub(super) fn node_prefix(&self, node: NodeId) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&node.0.to_be_bytes());
        key
    }

    /// One record.
    pub(super) fn record(&self, node: NodeId, slot: u8) -> Vec<u8> {
        let mut key = self.node_prefix(node);
        key.push(slot);
        key
    }
}

/// The partition token in the key of an index record.
pub(super) fn partition_of(record: &[u8]) -> Option<[u8; TOKEN_BYTES]> {
    record.get(TOKEN_AT..TOKEN_AT + TOKEN_BYTES)?.try_into().ok()
}

/// The slot in the key of an index record.
pub(super) fn slot_of(record: &[u8]) -> Option<u8> {
    match record.get(SLOT_AT..) {
        Some(&[slot]) => Some(slot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_key_is_as_drawn_and_nodes_of_a_partition_stand_together() {
        let tree =
            TreePlace { of: IndexPlace { table: [0xAA; 16], index: 0x0102_0304 }, partition: [0xBB; 16] };
        let expected =
            [&b"l"[..], &[0xAA; 16], &[1, 2, 3, 4], &[0xBB; 16], &[0, 0, 0, 0, 0, 0, 1, 2], &[16]].concat();
        let record = tree.record(NodeId(0x0102), 16);
        assert_eq!(record, expected);
        assert_eq!(record.len(), RECORD_BYTES);
        assert!(record.starts_with(&tree.node_prefix(NodeId(0x0102))));
        assert_eq!(partition_of(&record), Some([0xBB; 16]));
        assert_eq!(slot_of(&record), Some(16));
        assert_eq!(slot_of(&record[..45]), None);
        assert_eq!(slot_of(&[&record[..], &[0]].concat()), None);
    }
}
