//! Reads, opens and seals the records of one partition's tree.
//!
//! Every record is sealed with the newest data key for its own full store key, so that none can stand in for another;
//! it names the generation of its key, so that records of older generations open as long as the key is held.

use bytes::Bytes;
use envelope::record::{self, Kind, Place};
use envelope::{DataKey, Entropy, Inauthentic, Plaintext};
use store::{Direction, KeyRange, Limit, Store};

use super::cache::IndexCache;
use super::error::IndexError;
use super::format::{decode_delta, decode_node};
use super::layout::{self, NODE_SLOT, NodeId, TreePlace};
use super::leaf::Leaf;
use super::limits::DELTAS;
use super::node::{Inner, Node};

/// A table's data keys by generation.
pub trait DataKeys: Send + Sync {
    /// The newest, which seals, and its generation.
    fn newest(&self) -> (u32, &DataKey);

    /// The one of a generation, if it is held.
    fn by_generation(&self, generation: u32) -> Option<&DataKey>;
}

/// What it takes to read and write one tree.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) keys: &'a dyn DataKeys,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) cache: &'a IndexCache,
    pub(super) place: TreePlace,
}

/// What stands under a node id.
pub(super) enum Found {
    Nothing,
    Leaf(Leaf),
    /// An inner node, and its record as stored.
    Inner(Inner, Bytes),
}

impl Tree<'_> {
    /// Reads a node with its deltas, in one scan that sees one state of the store.
    pub(super) async fn read(&self, id: NodeId) -> Result<Found, IndexError> {
        let range = KeyRange::prefix(self.place.node_prefix(id));
        // One more than there can be, so that a record too many is seen.
        let limit = Limit { entries: usize::from(DELTAS) + 2, bytes: Limit::SNAPSHOT.bytes };
        let mut records = self.store.scan(range, limit, Direction::Forward).await?.into_iter();
        let Some(first) = records.next() else { return Ok(Found::Nothing) };
        if layout::slot_of(&first.key) != Some(NODE_SLOT) {
            return Err(IndexError::Inauthentic);
        }
        match decode_node(self.open(Kind::TableIndexNode, &first.key, &first.value)?)? {
            Node::Inner(inner) if records.len() == 0 => Ok(Found::Inner(inner, first.value)),
            Node::Inner(_) => Err(IndexError::Inauthentic),
            Node::Leaf(base) => {
                let mut slots = Vec::with_capacity(records.len());
                for record in records {
                    let slot = layout::slot_of(&record.key).ok_or(IndexError::Inauthentic)?;
                    let opened = self.open(Kind::TableIndexDelta, &record.key, &record.value)?;
                    slots.push((slot, record.value, decode_delta(&opened)?));
                }
                Ok(Found::Leaf(Leaf::stored(id, base, first.value, slots)?))
            }
        }
    }

    /// Seals a node's plaintext for its place.
    pub(super) fn seal_node(&self, id: NodeId, plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
        self.seal(Kind::TableIndexNode, self.place.record(id, NODE_SLOT), plaintext)
    }

    /// Seals a delta's plaintext for its place.
    pub(super) fn seal_delta(&self, id: NodeId, slot: u8, plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
        self.seal(Kind::TableIndexDelta, self.place.record(id, slot), plaintext)
    }

    /// A random number, for node ids and first epochs. It is never zero, which is the root's id.
    pub(super) fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        loop {
            self.entropy.fill(&mut bytes);
            let number = u64::from_be_bytes(bytes);
            if number != 0 {
                return number;
            }
        }
    }

    /// An id for a new node.
    pub(super) fn new_id(&self) -> NodeId {
        NodeId(self.random())
    }

    /// Store key and sealed value.
    fn seal(&self, kind: Kind, store_key: Vec<u8>, plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (generation, key) = self.keys.newest();
        let place = Place { kind, scope: self.place.of.table, key: &store_key };
        let sealed = record::seal(key, generation, &place, plaintext, self.entropy);
        (store_key, sealed)
    }

    fn open(&self, kind: Kind, store_key: &[u8], sealed: &[u8]) -> Result<Plaintext, Inauthentic> {
        let key = self.keys.by_generation(record::generation(sealed)?).ok_or(Inauthentic)?;
        record::open(key, &Place { kind, scope: self.place.of.table, key: store_key }, sealed)
    }
}
