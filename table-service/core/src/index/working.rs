//! The working copy of a part of a tree, in which [`super::reshape`] brings it into order, and how it is written.

use bytes::Bytes;
use store::Batch;

use super::divide::{Capacity, Growth, INNER, LEAF, Load, divide, separator};
use super::format::{child_size, encode_inner, encode_leaf, entry_size};
use super::layout::{NODE_SLOT, NodeId, ROOT};
use super::leaf::{Leaf, Pending};
use super::node::{Fences, IndexEntry, View};
use super::plan::Touched;
use super::sealing::Tree;

/// A node of the working copy.
pub(super) enum Node {
    /// Not read, and so not changed.
    Unread(NodeId, Fences),
    Branch(Branch),
    Leaf(Twig),
}

/// The working copy of an inner node.
pub(super) struct Branch {
    pub(super) id: NodeId,
    pub(super) level: u8,
    pub(super) fences: Fences,
    pub(super) children: Vec<Node>,
    /// As it was read; none if it is new.
    pub(super) record: Option<Bytes>,
    pub(super) changed: bool,
}

/// The working copy of a leaf.
pub(super) struct Twig {
    pub(super) id: NodeId,
    pub(super) fences: Fences,
    pub(super) entries: Vec<IndexEntry>,
    pub(super) growth: Growth,
    /// The leaves as read whose entries are all in here.
    pub(super) sources: Vec<Leaf>,
    pub(super) changed: bool,
    pub(super) shrunk: bool,
}

/// What is to be done about a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    Division,
    /// To be joined to a neighbour if the two make one node with room to spare.
    Company,
    /// To be joined to a neighbour in any case.
    Rescue,
}

impl Node {
    /// The parts of a node that is too large. The first keeps its id.
    pub(super) fn divided(self, tree: &Tree<'_>) -> Vec<Self> {
        match self {
            Self::Unread(..) => vec![self],
            Self::Branch(branch) => branch.divided(tree),
            Self::Leaf(twig) => twig.divided(tree),
        }
    }

    pub(super) fn id(&self) -> NodeId {
        match self {
            Self::Unread(id, _) => *id,
            Self::Branch(branch) => branch.id,
            Self::Leaf(twig) => twig.id,
        }
    }

    pub(super) fn fences(&self) -> &Fences {
        match self {
            Self::Unread(_, fences) => fences,
            Self::Branch(branch) => &branch.fences,
            Self::Leaf(twig) => &twig.fences,
        }
    }

    pub(super) fn load(&self) -> Load {
        match self {
            Self::Unread(..) => Load::default(),
            Self::Branch(branch) => branch.load(),
            Self::Leaf(twig) => twig.load(),
        }
    }

    pub(super) fn capacity(&self) -> Capacity {
        match self {
            Self::Branch(_) => INNER,
            Self::Leaf(_) | Self::Unread(..) => LEAF,
        }
    }

    pub(super) fn need(&self) -> Need {
        let (changed, shrunk, is_too_small) = match self {
            Self::Unread(..) => return Need::Nothing,
            Self::Branch(branch) => (branch.changed, branch.changed, branch.children.len() < 2),
            Self::Leaf(twig) => (twig.changed, twig.shrunk, twig.entries.is_empty()),
        };
        let load = self.load();
        match changed {
            false => Need::Nothing,
            true if is_too_small => Need::Rescue,
            true if !load.fits(self.capacity()) => Need::Division,
            true if shrunk && load.is_slight(self.capacity()) => Need::Company,
            true => Need::Nothing,
        }
    }
}

impl Branch {
    fn divided(self, tree: &Tree<'_>) -> Vec<Node> {
        let sizes: Vec<usize> = self.children.iter().map(|child| child_size(&child.fences().low)).collect();
        let parts = divided(self.children, &divide(&sizes, INNER, Growth::Scattered));
        let firsts = parts.iter().skip(1).filter_map(|part| part.first());
        let fences = self.fences.divided_at(firsts.map(|child| child.fences().low.clone()).collect());
        let mut kept = Some((self.id, self.record));
        let parts = parts.into_iter().zip(fences).map(|(children, fences)| {
            let (id, record) = kept.take().unwrap_or_else(|| (tree.new_id(), None));
            Node::Branch(Self { id, level: self.level, fences, children, record, changed: true })
        });
        parts.collect()
    }

    /// A new node for all keys.
    pub(super) fn new(id: NodeId, level: u8, children: Vec<Node>) -> Self {
        Self { id, level, fences: Fences::all(), children, record: None, changed: true }
    }

    pub(super) fn load(&self) -> Load {
        Load::of_inner(self.children.iter().map(|child| &*child.fences().low))
    }

    pub(super) fn joined(mut self, right: Self) -> Self {
        self.children.extend(right.children);
        self.fences.high = right.fences.high;
        self.changed = true;
        self
    }

    pub(super) fn write(self, tree: &Tree<'_>, batch: &mut Batch) {
        if self.changed {
            let children = self.children.iter().map(|child| (&*child.fences().low, child.id()));
            let encoded = encode_inner(self.level, &self.fences, children);
            let (key, value) = tree.seal_node(self.id, &encoded);
            batch.put(key, value);
            if self.id != ROOT {
                guard_branch(tree, self.id, self.record, batch);
            }
        }
        for child in self.children {
            match child {
                Node::Unread(..) => {}
                Node::Branch(branch) => branch.write(tree, batch),
                Node::Leaf(twig) => twig.write(tree, batch),
            }
        }
    }
}

impl From<Touched> for Twig {
    fn from(touched: Touched) -> Self {
        let twig = Self::changed(&touched);
        Self { sources: vec![touched.leaf], ..twig }
    }
}

impl Twig {
    /// A leaf with its pending changes, but without its source.
    pub(super) fn changed(Touched { leaf, pending }: &Touched) -> Self {
        let nothing = Pending::new();
        let stored = leaf.entries(&nothing);
        let growth =
            match (pending.first_key_value(), stored.first(), stored.last(), pending.last_key_value()) {
                (Some((first, _)), _, Some(last), _) if **first > *last.key => Growth::AtEnd,
                (_, Some(first), _, Some((last, _))) if **last < *first.key => Growth::AtStart,
                _ => Growth::Scattered,
            };
        let entries: Vec<IndexEntry> = leaf.entries(pending).into_iter().map(View::to_entry).collect();
        let shrunk = entries.len() < leaf.base_len();
        Self {
            id: leaf.id,
            fences: leaf.fences().clone(),
            entries,
            growth,
            sources: Vec::new(),
            changed: true,
            shrunk,
        }
    }

    fn divided(self, tree: &Tree<'_>) -> Vec<Node> {
        let sizes: Vec<usize> = self.entries.iter().map(|entry| entry_size(entry.view())).collect();
        let parts = divided(self.entries, &divide(&sizes, LEAF, self.growth));
        let borders = parts.iter().zip(parts.iter().skip(1)).filter_map(|(part, next)| {
            let (last, first) = (part.last()?, next.first()?);
            Some(separator(last.key(), first.key()))
        });
        let fences = self.fences.divided_at(borders.collect());
        let mut kept = Some((self.id, self.sources));
        let parts = parts.into_iter().zip(fences).map(|(entries, fences)| {
            let (id, sources) = kept.take().unwrap_or_else(|| (tree.new_id(), Vec::new()));
            let growth = Growth::Scattered;
            Node::Leaf(Self { id, fences, entries, growth, sources, changed: true, shrunk: false })
        });
        parts.collect()
    }

    /// A leaf as it was read.
    pub(super) fn as_read(leaf: Leaf) -> Self {
        let entries = leaf.entries(&Pending::new()).into_iter().map(View::to_entry).collect();
        Self {
            id: leaf.id,
            fences: leaf.fences().clone(),
            entries,
            growth: Growth::Scattered,
            sources: vec![leaf],
            changed: false,
            shrunk: false,
        }
    }

    pub(super) fn load(&self) -> Load {
        Load::of_leaf(self.entries.iter().map(IndexEntry::view))
    }

    pub(super) fn joined(mut self, right: Self) -> Self {
        self.entries.extend(right.entries);
        self.sources.extend(right.sources);
        self.fences.high = right.fences.high;
        self.growth = Growth::Scattered;
        self.changed = true;
        self.shrunk = true;
        self
    }

    pub(super) fn write(self, tree: &Tree<'_>, batch: &mut Batch) {
        if !self.changed {
            return;
        }
        let mut epoch = None;
        for leaf in &self.sources {
            leaf.guard(tree, batch);
            if leaf.id == self.id {
                epoch = Some(leaf.next_epoch(tree));
            } else {
                leaf.delete_base(tree, batch);
                leaf.delete_slots(tree, batch);
            }
        }
        let (id, place) = (self.id, tree.place.record(self.id, NODE_SLOT));
        if self.entries.is_empty() {
            batch.delete(place);
            return;
        }
        if epoch.is_none() && id != ROOT {
            batch.expect_absent(place);
        }
        let entries: Vec<View<'_>> = self.entries.iter().map(IndexEntry::view).collect();
        let encoded = encode_leaf(epoch.unwrap_or_else(|| tree.random()), &self.fences, &entries);
        let (key, value) = tree.seal_node(id, &encoded);
        batch.put(key, value);
    }
}

/// Expects an inner node as it was read; none: nothing in its place.
pub(super) fn guard_branch(tree: &Tree<'_>, id: NodeId, record: Option<Bytes>, batch: &mut Batch) {
    let place = tree.place.record(id, NODE_SLOT);
    match record {
        Some(record) => batch.expect_value(place, record),
        None => batch.expect_absent(place),
    };
}

/// Cuts a list into lists of these lengths.
fn divided<T>(items: Vec<T>, lengths: &[usize]) -> Vec<Vec<T>> {
    let mut items = items.into_iter();
    lengths.iter().map(|length| items.by_ref().take(*length).collect()).collect()
}
