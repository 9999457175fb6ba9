//! What is inside the sealed records: the plaintext formats, version 1.
//!
//! ```text
//! leaf   0x01 | 0x00          | low | high | epoch (8) | count (2) | count x ( key | payload )
//! inner  0x01 | level, 1..255 | low | high | count (2) | child (8) | count-1 x ( separator | child (8) )
//! delta  0x01 | 0x01 insert, 0x00 remove   | epoch (8) | key | payload
//! ```
//!
//! Numbers are big-endian; low, high, key, payload and separator are a length (2) and that many bytes. An empty
//! fence is no limit.
//!
//! What decodes has been checked: keys and separators ascend strictly within the fences, and nothing is left over.
//! Keys live in zeroizing buffers that never grow.

use envelope::{Inauthentic, Plaintext};
use zeroize::Zeroizing;

use super::layout::NodeId;
use super::node::{Base, Delta, Fences, Inner, Node, View};
use super::secret::Secret;

const FORMAT: u8 = 1;
const LEAF_LEVEL: u8 = 0;
const LENGTH_BYTES: usize = 2;
const HEADER_BYTES: usize = 2 + 8 + 2;
const REMOVE: u8 = 0;
const INSERT: u8 = 1;

/// An encoded node or delta on its way to be sealed.
pub(super) type Encoded = Zeroizing<Vec<u8>>;

/// Decodes an opened node.
pub(super) fn decode_node(plaintext: Plaintext) -> Result<Node, Inauthentic> {
    let mut cursor = Cursor { bytes: plaintext.expose(), at: 0 };
    let header = cursor.header().ok_or(Inauthentic)?;
    if header.level == LEAF_LEVEL {
        let (epoch, entries) = cursor.leaf(&header.fences).ok_or(Inauthentic)?;
        Ok(Node::Leaf(Base::new(epoch, header.fences, plaintext, entries)))
    } else {
        let children = cursor.children(&header.fences).ok_or(Inauthentic)?;
        Ok(Node::Inner(Inner::new(header.level, header.fences, plaintext, children)))
    }
}

/// Decodes an opened delta.
pub(super) fn decode_delta(plaintext: &Plaintext) -> Result<Delta, Inauthentic> {
    Cursor { bytes: plaintext.expose(), at: 0 }.delta().ok_or(Inauthentic)
}

/// Encodes a leaf's base.
pub(super) fn encode_leaf(epoch: u64, fences: &Fences, entries: &[View<'_>]) -> Encoded {
    let size = entries.iter().copied().map(entry_size).sum::<usize>() + size_of_val(&epoch);
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

/// Bytes that an entry takes in a leaf.
pub(super) fn entry_size(entry: View<'_>) -> usize {
    2 * LENGTH_BYTES + entry.key.len() + entry.payload.len()
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
pub(super) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// The part. The decoder made the span from these very bytes, so it is always there.
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
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

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::super::node::Seek;
    use super::*;

    fn fences(low: &[u8], high: &[u8]) -> Fences {
        let high = (!high.is_empty()).then(|| Secret::copy_of(high));
        Fences { low: Secret::copy_of(low), high }
    }

    fn decoded(encoded: &[u8]) -> Result<Node, Inauthentic> {
        decode_node(Plaintext::from_vec(encoded.to_vec()))
    }

    /// Changing this breaks stored data.
    #[test]
    fn version_1_is_as_drawn() {
        let entries = [View { key: b"a", payload: b"" }, View { key: b"bc", payload: b"P" }];
        let leaf = encode_leaf(0x0102_0304_0506_0708, &fences(b"a", b"zz"), &entries);
        assert_eq!(
            *leaf,
            b"\x01\x00\x00\x01a\x00\x02zz\x01\x02\x03\x04\x05\x06\x07\x08\x00\x02\
              \x00\x01a\x00\x00\x00\x02bc\x00\x01P"
        );
        let children = [(&b""[..], NodeId(9)), (&b"m"[..], NodeId(0x0A0B))];
        let inner = encode_inner(3, &Fences::all(), children.into_iter());
        assert_eq!(
            *inner,
            b"\x01\x03\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x09\
              \x00\x01m\x00\x00\x00\x00\x00\x00\x0a\x0b"
        );
        let insert = encode_delta(1, b"k", Some(b"P"));
        assert_eq!(*insert, b"\x01\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01k\x00\x01P");
        let remove = encode_delta(1, b"k", None);
        assert_eq!(*remove, b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01k\x00\x00");
    }

    #[test]
    fn what_no_encoder_writes_does_not_decode() {
        let view = |key| View { key, payload: b"" };
        let descending = encode_leaf(1, &Fences::all(), &[view(b"b"), view(b"a")]);
        let doubled = encode_leaf(1, &Fences::all(), &[view(b"a"), view(b"a")]);
        let empty_key = encode_leaf(1, &Fences::all(), &[view(b"")]);
        let empty = encode_leaf(1, &Fences::all(), &[]);
        let outside = encode_leaf(1, &fences(b"b", b""), &[view(b"a")]);
        let beyond = encode_leaf(1, &fences(b"", b"b"), &[view(b"b")]);
        let lonely = encode_inner(1, &Fences::all(), [(&b""[..], NodeId(1))].into_iter());
        let stray = [(&b"b"[..], NodeId(1)), (&b"b"[..], NodeId(2))];
        let stray = encode_inner(1, &fences(b"b", b"c"), stray.into_iter());
        for encoded in [descending, doubled, empty_key, empty, outside, beyond, lonely, stray] {
            assert!(decoded(&encoded).is_err());
        }
        for bytes in
            [&b"\x01\x02\0\0\0\0\0\0\0\0\0\x01\0\x01k\0\0"[..], b"\x01\x00\0\0\0\0\0\0\0\x01\0\x01k\0\x01P"]
        {
            assert!(decode_delta(&Plaintext::from_vec(bytes.to_vec())).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_leaf_comes_back_and_no_part_of_it_is_one(
            entries in btree_map(vec(any::<u8>(), 1..40), vec(any::<u8>(), 0..9), 1..60),
            epoch in any::<u64>(),
        ) {
            let views: Vec<_> = entries.iter().map(|(key, payload)| View { key, payload }).collect();
            let encoded = encode_leaf(epoch, &Fences::all(), &views);
            let Ok(Node::Leaf(base)) = decoded(&encoded) else { panic!("not a leaf") };
            prop_assert!(base.epoch == epoch && base.entries().eq(views.iter().copied()));
            prop_assert!(entries.iter().all(|(key, payload)| base.get(key) == Some(payload)));
            for length in 0..encoded.len() {
                prop_assert!(decoded(&encoded[..length]).is_err());
            }
            prop_assert!(decoded(&[&encoded[..], &[0]].concat()).is_err());
        }

        #[test]
        fn an_inner_node_comes_back_and_leads_to_the_right_child(
            lows in btree_map(vec(any::<u8>(), 1..9), any::<u64>(), 1..60),
            key in vec(any::<u8>(), 1..9),
        ) {
            let children: Vec<_> = std::iter::once((&[][..], NodeId(7)))
                .chain(lows.iter().map(|(low, id)| (&low[..], NodeId(*id))))
                .collect();
            let encoded = encode_inner(1, &Fences::all(), children.iter().copied());
            let Ok(Node::Inner(inner)) = decoded(&encoded) else { panic!("not an inner node") };
            prop_assert_eq!(inner.len(), children.len());
            for seek in [Seek::At(&key), Seek::Before(Some(&key)), Seek::Before(None), Seek::At(&[])] {
                let covering: Vec<_> =
                    (0..inner.len()).filter(|at| inner.child(*at).unwrap().fences().covers(seek)).collect();
                prop_assert_eq!(covering, vec![inner.toward(seek)]);
            }
            for length in 0..encoded.len() {
                prop_assert!(decoded(&encoded[..length]).is_err());
            }
        }

        #[test]
        fn no_bytes_make_a_decoder_panic(mut bytes in vec(any::<u8>(), 0..200), begins_well: bool) {
            if begins_well && bytes.len() > 12 {
                bytes[0] = FORMAT;
                bytes[1] %= 3;
                bytes[2..6].fill(0);
            }
            let _ = decoded(&bytes);
            let _ = decode_delta(&Plaintext::from_vec(bytes));
        }
    }
}
