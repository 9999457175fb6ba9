//! Nodes in memory: ranges of keys, leaves, inner nodes, changes. What they look like in a record is in
//! [`super::format`].
//!
//! *Fences* are the half-open range of keys that a node is responsible for. A node's keys stay in the buffer that was
//! decrypted; a key is copied only where it outlives the node.

use envelope::Plaintext;

use super::format::{Span, entry_size};
use super::layout::NodeId;
use super::secret::Secret;

/// One entry of the index: a sort key and what the index keeps with it. No `Debug`: keys belong in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexEntry {
    key: Secret,
    payload: Secret,
}

impl IndexEntry {
    /// The sort key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// What was inserted with it; empty in the index of a table itself.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) fn view(&self) -> View<'_> {
        View { key: &self.key, payload: &self.payload }
    }
}

/// An entry where it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct View<'a> {
    pub(super) key: &'a [u8],
    pub(super) payload: &'a [u8],
}

impl View<'_> {
    pub(super) fn to_entry(self) -> IndexEntry {
        IndexEntry { key: Secret::copy_of(self.key), payload: Secret::copy_of(self.payload) }
    }
}

/// Where a walk wants to arrive.
#[derive(Clone, Copy)]
pub(super) enum Seek<'a> {
    /// At the node whose range holds this key. The empty key is before all others.
    At(&'a [u8]),
    /// At the node whose range holds the last keys before this one, or the last keys of all.
    Before(Option<&'a [u8]>),
}

/// The keys from `low` up to, not including, `high` (none: without end).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fences {
    pub(super) low: Secret,
    pub(super) high: Option<Secret>,
}

impl Fences {
    /// All keys.
    pub(super) fn all() -> Self {
        Self { low: Secret::copy_of(&[]), high: None }
    }

    pub(super) fn contains(&self, key: &[u8]) -> bool {
        &*self.low <= key && self.high().is_none_or(|high| key < high)
    }

    pub(super) fn covers(&self, seek: Seek<'_>) -> bool {
        match seek {
            Seek::At(key) => self.contains(key),
            Seek::Before(None) => self.high.is_none(),
            Seek::Before(Some(key)) => &*self.low < key && self.high().is_none_or(|high| key <= high),
        }
    }

    /// Divides the range at these keys, which lie within it in ascending order.
    pub(super) fn divided_at(self, borders: Vec<Secret>) -> Vec<Self> {
        let mut parts = Vec::with_capacity(borders.len() + 1);
        let mut low = self.low;
        for border in borders {
            parts.push(Self { low, high: Some(border.clone()) });
            low = border;
        }
        parts.push(Self { low, high: self.high });
        parts
    }

    pub(super) fn high(&self) -> Option<&[u8]> {
        self.high.as_deref()
    }

    /// Whether a node with these fences may stand where its parent says `low` to `high`.
    pub(super) fn are(&self, low: &[u8], high: Option<&[u8]>) -> bool {
        &*self.low == low && self.high() == high
    }
}

/// A decoded node.
pub(super) enum Node {
    Leaf(Base),
    Inner(Inner),
}

/// A leaf without its deltas.
pub(super) struct Base {
    pub(super) epoch: u64,
    pub(super) fences: Fences,
    bytes: Plaintext,
    entries: Vec<(Span, Span)>,
}

impl Base {
    pub(super) fn new(epoch: u64, fences: Fences, bytes: Plaintext, entries: Vec<(Span, Span)>) -> Self {
        Self { epoch, fences, bytes, entries }
    }

    /// The leaf of a partition without records.
    pub(super) fn nothing() -> Self {
        Self { epoch: 0, fences: Fences::all(), bytes: Plaintext::from_vec(Vec::new()), entries: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of its entries.
    pub(super) fn size(&self) -> usize {
        self.entries().map(entry_size).sum()
    }

    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = View<'_>> {
        self.entries.iter().map(|entry| self.view(entry))
    }

    /// The payload under `key`.
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let found = self.entries.binary_search_by(|entry| self.view(entry).key.cmp(key)).ok()?;
        self.entries.get(found).map(|entry| self.view(entry).payload)
    }

    fn view(&self, (key, payload): &(Span, Span)) -> View<'_> {
        View { key: key.of(self.bytes.expose()), payload: payload.of(self.bytes.expose()) }
    }
}

/// A node that leads to others. Its children share its range among them without gap or overlap.
pub(super) struct Inner {
    pub(super) level: u8,
    pub(super) fences: Fences,
    bytes: Plaintext,
    /// The separator before each child (nothing before the first), and the child.
    children: Vec<(Span, NodeId)>,
}

/// A child and the range that its parent gives it.
#[derive(Clone, Copy)]
pub(super) struct ChildView<'a> {
    pub(super) id: NodeId,
    pub(super) low: &'a [u8],
    pub(super) high: Option<&'a [u8]>,
}

impl ChildView<'_> {
    pub(super) fn fences(&self) -> Fences {
        Fences { low: Secret::copy_of(self.low), high: self.high.map(Secret::copy_of) }
    }
}

impl Inner {
    pub(super) fn new(level: u8, fences: Fences, bytes: Plaintext, children: Vec<(Span, NodeId)>) -> Self {
        Self { level, fences, bytes, children }
    }

    pub(super) fn len(&self) -> usize {
        self.children.len()
    }

    /// Bytes of memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.children.len() * size_of::<(Span, NodeId)>()
    }

    pub(super) fn child(&self, at: usize) -> Option<ChildView<'_>> {
        let (_, id) = self.children.get(at)?;
        let low = if at == 0 { &*self.fences.low } else { self.separator(at)? };
        let high = if at + 1 == self.len() { self.fences.high() } else { self.separator(at + 1) };
        Some(ChildView { id: *id, low, high })
    }

    /// The child that a walk goes on at. The node must cover `seek`.
    pub(super) fn toward(&self, seek: Seek<'_>) -> usize {
        let after_first = self.children.get(1..).unwrap_or_default();
        after_first.partition_point(|(low, _)| {
            let low = low.of(self.bytes.expose());
            match seek {
                Seek::At(key) => low <= key,
                Seek::Before(Some(key)) => low < key,
                Seek::Before(None) => true,
            }
        })
    }

    fn separator(&self, at: usize) -> Option<&[u8]> {
        self.children.get(at).map(|(low, _)| low.of(self.bytes.expose()))
    }
}

/// One change to a leaf that has not been merged into its base yet.
pub(super) struct Delta {
    pub(super) epoch: u64,
    pub(super) key: Secret,
    /// The payload that was inserted; none if the key was removed.
    pub(super) payload: Option<Secret>,
}
