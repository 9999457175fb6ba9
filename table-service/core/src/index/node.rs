//! What is inside the sealed records: the plaintext formats, version 1.
//!
//! ```text
//! leaf   0x01 | 0x00          | low | high | epoch (8) | count (2) | count x ( key | payload )
//! inner  0x01 | level, 1..255 | low | high | count (2) | child (8) | count-1 x ( separator | child (8) )
//! delta  0x01 | 0x01 insert, 0x00 remove   | epoch (8) | key | payload
//! ```
//!
//! Numbers are big-endian; low, high, key, payload and separator are a length (2) and that many bytes. *Fences* are
//! the half-open range of keys that the node is responsible for; an empty fence is no limit. Keys stand in strictly ascending
//! order within the fences; a separator is the low fence of the child after it.
//!
//! What decodes has been checked: decoders refuse whatever an encoder cannot have written, and leave nothing over. Keys
//! live in zeroizing memory only, in buffers that never grow.

use envelope::{Inauthentic, Plaintext};
use zeroize::Zeroizing;

use super::layout::NodeId;
use super::secret::Secret;

const FORMAT: u8 = 1;
const LEAF_LEVEL: u8 = 0;
const LENGTH_BYTES: usize = 2;
const HEADER_BYTES: usize = 2 + 8 + 2;
const REMOVE: u8 = 0;
const INSERT: u8 = 1;

/// An encoded node on its way to be sealed.
pub(super) type Encoded = Zeroizing<Vec<u8>>;

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

    /// Bytes it takes in a leaf.
    pub(super) fn size(&self) -> usize {
        2 * LENGTH_BYTES + self.key.len() + self.payload.len()
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

impl Node {
    pub(super) fn decode(plaintext: Plaintext) -> Result<Self, Inauthentic> {
        let mut cursor = Cursor { bytes: plaintext.expose(), at: 0 };
        let header = cursor.header().ok_or(Inauthentic)?;
        if header.level == LEAF_LEVEL {
            let (epoch, entries) = cursor.leaf(&header.fences).ok_or(Inauthentic)?;
            Ok(Self::Leaf(Base { epoch, fences: header.fences, bytes: plaintext, entries }))
        } else {
            let children = cursor.children(&header.fences).ok_or(Inauthentic)?;
            Ok(Self::Inner(Inner { level: header.level, fences: header.fences, bytes: plaintext, children }))
        }
    }
}

/// A leaf without its deltas.
pub(super) struct Base {
    pub(super) epoch: u64,
    pub(super) fences: Fences,
    bytes: Plaintext,
    entries: Vec<(Span, Span)>,
}

impl Base {
    /// The leaf of a partition without records.
    pub(super) fn nothing() -> Self {
        Self { epoch: 0, fences: Fences::all(), bytes: Plaintext::from_vec(Vec::new()), entries: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of its entries.
    pub(super) fn size(&self) -> usize {
        self.entries().map(|entry| entry.size()).sum()
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

impl Delta {
    pub(super) fn decode(plaintext: &Plaintext) -> Result<Self, Inauthentic> {
        Cursor { bytes: plaintext.expose(), at: 0 }.delta().ok_or(Inauthentic)
    }
}

/// Encodes a leaf's base.
pub(super) fn encode_leaf(epoch: u64, fences: &Fences, entries: &[View<'_>]) -> Encoded {
    let size = entries.iter().map(View::size).sum::<usize>() + size_of_val(&epoch);
    let mut encoder = Encoder::new(LEAF_LEVEL, fences, size);
    encoder.0.extend_from_slice(&epoch.to_be_bytes());
    encoder.number(entries.len());
    for entry in entries {
        encoder.bytes(entry.key);
        encoder.bytes(entry.payload);
    }
    encoder.0
}

/// Encodes an inner node: for each child its low fence, of which the first is the node's own, and its id.
pub(super) fn encode_inner<'a>(
    level: u8,
    fences: &Fences,
    children: impl Iterator<Item = (&'a [u8], NodeId)> + Clone,
) -> Encoded {
    let size = children.clone().map(|(low, _)| child_size(low)).sum();
    let mut encoder = Encoder::new(level, fences, size);
    encoder.number(children.clone().count());
    for (at, (low, child)) in children.enumerate() {
        if at > 0 {
            encoder.bytes(low);
        }
        encoder.0.extend_from_slice(&child.0.to_be_bytes());
    }
    encoder.0
}

/// Encodes a delta.
pub(super) fn encode_delta(epoch: u64, key: &[u8], payload: Option<&[u8]>) -> Encoded {
    let stored = payload.unwrap_or_default();
    let size = HEADER_BYTES + 2 * LENGTH_BYTES + key.len() + stored.len();
    let mut encoder = Encoder(Zeroizing::new(Vec::with_capacity(size)));
    encoder.0.push(FORMAT);
    encoder.0.push(if payload.is_some() { INSERT } else { REMOVE });
    encoder.0.extend_from_slice(&epoch.to_be_bytes());
    encoder.bytes(key);
    encoder.bytes(stored);
    encoder.0
}

/// Bytes that a child takes in an inner node.
pub(super) fn child_size(low: &[u8]) -> usize {
    LENGTH_BYTES + low.len() + size_of::<u64>()
}

struct Encoder(Encoded);

impl Encoder {
    /// Begins a node of which `size` bytes follow the header.
    fn new(level: u8, fences: &Fences, size: usize) -> Self {
        let high = fences.high().unwrap_or_default();
        let fence_bytes = 2 * LENGTH_BYTES + fences.low.len() + high.len();
        let mut encoder = Self(Zeroizing::new(Vec::with_capacity(HEADER_BYTES + fence_bytes + size)));
        encoder.0.extend_from_slice(&[FORMAT, level]);
        encoder.bytes(&fences.low);
        encoder.bytes(high);
        encoder
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Lengths and counts are limited far below the maximum where they enter the index.
    fn number(&mut self, number: usize) {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&number.to_be_bytes());
    }
}

/// A part of a node's bytes.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// The part. The decoder made the span from these very bytes, so it is always there.
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

struct Header {
    level: u8,
    fences: Fences,
}

/// Reads from the front. Every method answers `None` where the bytes end too early or break a rule.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn header(&mut self) -> Option<Header> {
        let [format, level] = self.array()?;
        let low = self.span()?.of(self.bytes);
        let high = self.span()?.of(self.bytes);
        let high = (!high.is_empty()).then(|| Secret::copy_of(high));
        (format == FORMAT).then(|| Header { level, fences: Fences { low: Secret::copy_of(low), high } })
    }

    fn leaf(&mut self, fences: &Fences) -> Option<(u64, Vec<(Span, Span)>)> {
        let epoch = u64::from_be_bytes(self.array()?);
        let count = self.number()?;
        let mut entries: Vec<(Span, Span)> = Vec::with_capacity(count);
        for _ in 0..count {
            let entry = (self.span()?, self.span()?);
            self.ascend(entries.last().map(|(key, _)| *key), entry.0)?;
            entries.push(entry);
        }
        let (first, last) = (entries.first()?.0, entries.last()?.0);
        let inside = fences.contains(first.of(self.bytes)) && fences.contains(last.of(self.bytes));
        (inside && self.is_at_end()).then_some((epoch, entries))
    }

    fn children(&mut self, fences: &Fences) -> Option<Vec<(Span, NodeId)>> {
        let count = self.number()?;
        let mut children = Vec::with_capacity(count);
        children.push((Span::EMPTY, self.node_id()?));
        for _ in 1..count {
            let separator = self.span()?;
            self.ascend(children.last().map(|(low, _)| *low), separator)?;
            children.push((separator, self.node_id()?));
        }
        let (first, last) = (children.get(1)?.0, children.last()?.0);
        let inside = &*fences.low < first.of(self.bytes) && fences.contains(last.of(self.bytes));
        (inside && self.is_at_end()).then_some(children)
    }

    fn delta(&mut self) -> Option<Delta> {
        let [format, change] = self.array()?;
        let epoch = u64::from_be_bytes(self.array()?);
        let key = self.span()?.of(self.bytes);
        let stored = self.span()?.of(self.bytes);
        let payload = match change {
            INSERT => Some(Secret::copy_of(stored)),
            REMOVE if stored.is_empty() => None,
            _ => return None,
        };
        (format == FORMAT && !key.is_empty() && self.is_at_end()).then(|| Delta {
            epoch,
            key: Secret::copy_of(key),
            payload,
        })
    }

    /// Refuses a key that is not after the one before it; nothing, before the first, is the empty key.
    fn ascend(&self, before: Option<Span>, key: Span) -> Option<()> {
        (before.unwrap_or(Span::EMPTY).of(self.bytes) < key.of(self.bytes)).then_some(())
    }

    fn node_id(&mut self) -> Option<NodeId> {
        self.array().map(u64::from_be_bytes).map(NodeId)
    }

    fn span(&mut self) -> Option<Span> {
        let length = self.number()?;
        let span = Span { start: self.at, end: self.at.checked_add(length)? };
        self.bytes.get(span.start..span.end)?;
        self.at = span.end;
        Some(span)
    }

    fn number(&mut self) -> Option<usize> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(array)
    }

    fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }
}
