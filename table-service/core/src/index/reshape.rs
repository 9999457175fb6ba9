//! Changes of the tree's shape: leaves that are divided, joined or emptied, and what follows for the nodes above.
//!
//! The part of the tree that is concerned is read afresh, from the root down, into a working copy; then it is brought into order
//! from the bottom up, and what differs is written. The rules that hold again afterwards:
//!
//! - every node but the root keeps within its capacity and is not empty; an inner node has at least two children;
//! - the children of a node share its range without gap or overlap, and are all of the level below it;
//! - a tree without keys has no record.
//!
//! A node that is divided keeps its id for the first part. Of two nodes that are joined the left one keeps its id, and the records of
//! the right one are deleted. The root always has the same id, so what it holds moves to a new node when the tree grows
//! and back when it shrinks.

use std::pin::Pin;

use bytes::Bytes;
use store::Batch;

use super::divide::{Capacity, Growth, INNER, LEAF, Load, divide, separator};
use super::error::IndexError;
use super::layout::{NODE_SLOT, NodeId, ROOT};
use super::leaf::{Leaf, Pending};
use super::node::{Fences, IndexEntry, Seek, View, child_size, encode_inner, encode_leaf};
use super::plan::Touched;
use super::sealing::{Found, Tree};
use super::walk::Walker;

/// A change of shape, ready to be written.
pub(super) struct Reshape<'a> {
    tree: Tree<'a>,
    root: Root,
    top: Top,
    /// Inner nodes that are no more, as they were read.
    removed: Vec<(NodeId, Option<Bytes>)>,
}

/// What stood at the root when it was read.
enum Root {
    Leaf(Leaf),
    Branch(Option<Bytes>),
}

/// What stands at the root in the end.
enum Top {
    Branch(Branch),
    Leaf(Twig),
}

/// A node of the working copy.
enum Node {
    /// Not read, and so not changed.
    Unread(NodeId, Fences),
    Branch(Branch),
    Leaf(Twig),
}

/// The working copy of an inner node.
struct Branch {
    id: NodeId,
    level: u8,
    fences: Fences,
    children: Vec<Node>,
    /// As it was read; none if it is new.
    record: Option<Bytes>,
    changed: bool,
}

/// The working copy of a leaf.
struct Twig {
    id: NodeId,
    fences: Fences,
    entries: Vec<IndexEntry>,
    growth: Growth,
    /// The leaves as read whose entries are all in here.
    sources: Vec<Leaf>,
    changed: bool,
    shrunk: bool,
}

/// What is to be done about a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    Division,
    /// To be joined to a neighbour if the two make one node with room to spare.
    Company,
    /// To be joined to a neighbour in any case.
    Rescue,
}

impl<'a> Reshape<'a> {
    /// Finds the new shape for these changed leaves of one tree, which are in key order.
    pub(super) async fn plan(tree: Tree<'a>, mut changed: Vec<Touched>) -> Result<Self, IndexError> {
        let mut shaper = Shaper { tree, removed: Vec::new() };
        // A leaf at the root is the whole tree.
        if let Some(whole) = changed.pop_if(|touched| touched.leaf.id == ROOT) {
            let twig = Twig { id: shaper.new_id(), sources: Vec::new(), ..Twig::changed(&whole) };
            let root = Branch::new(ROOT, 1, vec![Node::Leaf(twig)]);
            let top = shaper.shape(root).await?;
            return Ok(Self { tree, top, root: Root::Leaf(whole.leaf), removed: shaper.removed });
        }
        let twigs = changed.into_iter().map(Twig::from).collect();
        let root = shaper.load(ROOT, None, Fences::all(), twigs).await?;
        let record = root.record.clone();
        let top = shaper.shape(root).await?;
        Ok(Self { tree, top, root: Root::Branch(record), removed: shaper.removed })
    }

    /// Adds the writes and all that they rely on: every record that is written or deleted is guarded.
    pub(super) fn write(self, batch: &mut Batch) {
        let tree = &self.tree;
        for (id, record) in self.removed {
            guard_branch(tree, id, record, batch);
            batch.delete(tree.place.record(id, NODE_SLOT));
        }
        let root_changes = match &self.top {
            Top::Branch(branch) => branch.changed,
            Top::Leaf(_) => true,
        };
        match self.root {
            Root::Leaf(leaf) => {
                leaf.guard(tree, batch);
                leaf.delete_slots(tree, batch);
            }
            Root::Branch(record) if root_changes => guard_branch(tree, ROOT, record, batch),
            Root::Branch(_) => {}
        }
        match self.top {
            Top::Branch(branch) => branch.write(tree, batch),
            Top::Leaf(twig) => twig.write(tree, batch),
        }
    }
}

/// Reads what is needed of the tree, and brings it into order.
struct Shaper<'a> {
    tree: Tree<'a>,
    removed: Vec<(NodeId, Option<Bytes>)>,
}

type Boxed<'f, T> = Pin<Box<dyn Future<Output = Result<T, IndexError>> + Send + 'f>>;

impl Shaper<'_> {
    fn new_id(&self) -> NodeId {
        NodeId(self.tree.random())
    }

    /// Reads an inner node and, below it, what leads to the changed leaves.
    fn load(&self, id: NodeId, level: Option<u8>, fences: Fences, twigs: Vec<Twig>) -> Boxed<'_, Branch> {
        Box::pin(async move {
            let mut branch = self.read_branch(id, level, fences).await?;
            let mut twigs = twigs.into_iter().peekable();
            for child in &mut branch.children {
                let Node::Unread(id, fences) = child else { continue };
                let mut below = Vec::new();
                while let Some(twig) = twigs.next_if(|twig| fences.contains(&twig.fences.low)) {
                    below.push(twig);
                }
                if below.is_empty() {
                    continue;
                }
                *child = if branch.level > 1 {
                    let level = branch.level.checked_sub(1);
                    Node::Branch(self.load(*id, level, fences.clone(), below).await?)
                } else {
                    match (below.pop(), below.is_empty()) {
                        (Some(twig), true) if twig.id == *id && twig.fences == *fences => Node::Leaf(twig),
                        _ => return Err(self.misfit(fences).await),
                    }
                };
            }
            Ok(branch)
        })
    }

    /// Brings everything below and including the root into order, and finds what stands at the root.
    async fn shape(&mut self, mut root: Branch) -> Result<Top, IndexError> {
        self.settle(&mut root).await?;
        loop {
            if root.children.len() == 1 {
                match self.take_only_child(&mut root).await? {
                    Some(twig) => return Ok(Top::Leaf(Twig { id: ROOT, ..twig })),
                    None => continue,
                }
            }
            if root.load().fits(INNER) {
                return Ok(Top::Branch(root));
            }
            let level = root.level.saturating_add(1);
            let parts = self.divide_branch(Branch { id: self.new_id(), record: None, ..root });
            root = Branch::new(ROOT, level, parts);
        }
    }

    /// Brings the nodes below `branch` into order; whether `branch` itself is in order is for the level above to see.
    fn settle<'f>(&'f mut self, branch: &'f mut Branch) -> Boxed<'f, ()> {
        Box::pin(async move {
            for child in &mut branch.children {
                if let Node::Branch(child) = child {
                    self.settle(child).await?;
                }
            }
            let mut at = 0;
            while let Some(child) = branch.children.get(at) {
                at = match child.need() {
                    Need::Nothing => at + 1,
                    Need::Division => self.divide_child(branch, at),
                    // The left neighbour, or for the first child the right one.
                    need => self.join_child(branch, at.saturating_sub(1), need).await?.unwrap_or(at + 1),
                };
            }
            Ok(())
        })
    }

    /// Divides a child; answers where to go on.
    fn divide_child(&mut self, branch: &mut Branch, at: usize) -> usize {
        let parts = match branch.children.remove(at) {
            Node::Leaf(twig) => self.divide_twig(twig),
            Node::Branch(child) => self.divide_branch(child),
            unread @ Node::Unread(..) => vec![unread],
        };
        let next = at + parts.len();
        branch.children.splice(at..at, parts);
        branch.changed = true;
        next
    }

    /// Joins two neighbours; answers where to go on, or nothing if they are better left apart.
    async fn join_child(
        &mut self,
        branch: &mut Branch,
        left: usize,
        need: Need,
    ) -> Result<Option<usize>, IndexError> {
        if branch.children.len() < 2 {
            return Ok(None);
        }
        for at in [left, left + 1] {
            self.read_child(branch, at).await?;
        }
        let [one, other] = branch.children.get(left..left + 2).unwrap_or_default() else { return Ok(None) };
        if need == Need::Company && !one.load().with(other.load()).fits_loosely(one.capacity()) {
            return Ok(None);
        }
        let mut pair = branch.children.splice(left..left + 2, []);
        let (one, other) = (pair.next(), pair.next());
        drop(pair);
        let joined = match (one, other) {
            (Some(Node::Leaf(one)), Some(Node::Leaf(other))) => Node::Leaf(one.joined(other)),
            (Some(Node::Branch(one)), Some(Node::Branch(other))) => {
                self.removed.push((other.id, other.record.clone()));
                let mut joined = one.joined(other);
                self.settle(&mut joined).await?;
                Node::Branch(joined)
            }
            // Both have just been read as children of one node.
            _ => return Err(IndexError::Inauthentic),
        };
        branch.children.insert(left, joined);
        branch.changed = true;
        Ok(Some(left))
    }

    /// Replaces the root's list of children by that of its only child; answers that child if it is a leaf.
    async fn take_only_child(&mut self, root: &mut Branch) -> Result<Option<Twig>, IndexError> {
        self.read_child(root, 0).await?;
        match root.children.pop() {
            Some(Node::Leaf(twig)) => Ok(Some(twig)),
            Some(Node::Branch(child)) => {
                self.removed.push((child.id, child.record));
                root.level = child.level;
                root.children = child.children;
                root.changed = true;
                Ok(None)
            }
            Some(Node::Unread(..)) | None => Err(IndexError::Inauthentic),
        }
    }

    /// Makes sure that a child is read.
    async fn read_child(&self, branch: &mut Branch, at: usize) -> Result<(), IndexError> {
        let level = branch.level.saturating_sub(1);
        let Some(child) = branch.children.get_mut(at) else { return Ok(()) };
        if let Node::Unread(id, fences) = child {
            *child = match level {
                0 => Node::Leaf(self.read_twig(*id, fences).await?),
                _ => Node::Branch(self.read_branch(*id, Some(level), fences.clone()).await?),
            };
        }
        Ok(())
    }

    async fn read_branch(&self, id: NodeId, level: Option<u8>, fences: Fences) -> Result<Branch, IndexError> {
        match self.tree.read(id).await? {
            Found::Inner(inner, record)
                if level.is_none_or(|level| level == inner.level) && inner.fences == fences =>
            {
                let child = |at| inner.child(at).map(|child| Node::Unread(child.id, child.fences()));
                let children = (0..inner.len()).filter_map(child).collect();
                let level = inner.level;
                Ok(Branch { id, level, fences, children, record: Some(record), changed: false })
            }
            _ => Err(self.misfit(&fences).await),
        }
    }

    async fn read_twig(&self, id: NodeId, fences: &Fences) -> Result<Twig, IndexError> {
        match self.tree.read(id).await? {
            Found::Leaf(leaf) if leaf.fences() == fences => Ok(Twig::as_read(leaf)),
            _ => Err(self.misfit(fences).await),
        }
    }

    /// What was read does not fit together: another writer's change, unless the same is read again and again.
    async fn misfit(&self, fences: &Fences) -> IndexError {
        match Walker::new(self.tree).leaf_read_again(Seek::At(&fences.low)).await {
            Ok(_) => IndexError::Conflict,
            Err(error) => error,
        }
    }

    fn divide_twig(&self, twig: Twig) -> Vec<Node> {
        let sizes: Vec<usize> = twig.entries.iter().map(|entry| entry.view().size()).collect();
        let lengths = divide(&sizes, LEAF, twig.growth);
        let mut entries = twig.entries.into_iter();
        let parts = lengths.into_iter().map(|length| entries.by_ref().take(length).collect::<Vec<_>>());
        let parts: Vec<Vec<IndexEntry>> = parts.collect();
        let borders = parts.iter().zip(parts.iter().skip(1)).filter_map(|(one, next)| {
            let (last, first) = (one.last()?, next.first()?);
            Some(separator(last.key(), first.key()))
        });
        let fences = twig.fences.divided_at(borders.collect());
        let mut first = Some((twig.id, twig.sources));
        let parts = parts.into_iter().zip(fences).map(|(entries, fences)| {
            let (id, sources) = first.take().unwrap_or_else(|| (self.new_id(), Vec::new()));
            let growth = Growth::Scattered;
            Node::Leaf(Twig { id, fences, entries, growth, sources, changed: true, shrunk: false })
        });
        parts.collect()
    }

    fn divide_branch(&self, branch: Branch) -> Vec<Node> {
        let sizes: Vec<usize> = branch.children.iter().map(|child| child_size(&child.fences().low)).collect();
        let lengths = divide(&sizes, INNER, Growth::Scattered);
        let mut children = branch.children.into_iter();
        let parts = lengths.into_iter().map(|length| children.by_ref().take(length).collect::<Vec<_>>());
        let parts: Vec<Vec<Node>> = parts.collect();
        let borders =
            parts.iter().skip(1).filter_map(|part| part.first().map(|child| child.fences().low.clone()));
        let fences = branch.fences.divided_at(borders.collect());
        let mut first = Some((branch.id, branch.record));
        let parts = parts.into_iter().zip(fences).map(|(children, fences)| {
            let (id, record) = first.take().unwrap_or_else(|| (self.new_id(), None));
            Node::Branch(Branch { id, level: branch.level, fences, children, record, changed: true })
        });
        parts.collect()
    }
}

impl Node {
    fn id(&self) -> NodeId {
        match self {
            Self::Unread(id, _) => *id,
            Self::Branch(branch) => branch.id,
            Self::Leaf(twig) => twig.id,
        }
    }

    fn fences(&self) -> &Fences {
        match self {
            Self::Unread(_, fences) => fences,
            Self::Branch(branch) => &branch.fences,
            Self::Leaf(twig) => &twig.fences,
        }
    }

    fn load(&self) -> Load {
        match self {
            Self::Unread(..) => Load::default(),
            Self::Branch(branch) => branch.load(),
            Self::Leaf(twig) => twig.load(),
        }
    }

    fn capacity(&self) -> Capacity {
        match self {
            Self::Branch(_) => INNER,
            Self::Leaf(_) | Self::Unread(..) => LEAF,
        }
    }

    fn need(&self) -> Need {
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
    /// A new node for all keys.
    fn new(id: NodeId, level: u8, children: Vec<Node>) -> Self {
        Self { id, level, fences: Fences::all(), children, record: None, changed: true }
    }

    fn load(&self) -> Load {
        Load::of_inner(self.children.iter().map(|child| &*child.fences().low))
    }

    fn joined(mut self, right: Self) -> Self {
        self.children.extend(right.children);
        self.fences.high = right.fences.high;
        self.changed = true;
        self
    }

    fn write(self, tree: &Tree<'_>, batch: &mut Batch) {
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
    fn changed(Touched { leaf, pending }: &Touched) -> Self {
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

    fn as_read(leaf: Leaf) -> Self {
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

    fn load(&self) -> Load {
        Load::of_leaf(self.entries.iter().map(IndexEntry::view))
    }

    fn joined(mut self, right: Self) -> Self {
        self.entries.extend(right.entries);
        self.sources.extend(right.sources);
        self.fences.high = right.fences.high;
        self.growth = Growth::Scattered;
        self.changed = true;
        self.shrunk = true;
        self
    }

    fn write(self, tree: &Tree<'_>, batch: &mut Batch) {
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
fn guard_branch(tree: &Tree<'_>, id: NodeId, record: Option<Bytes>, batch: &mut Batch) {
    let place = tree.place.record(id, NODE_SLOT);
    match record {
        Some(record) => batch.expect_value(place, record),
        None => batch.expect_absent(place),
    };
}
