//! Changes of the tree's shape: leaves that are divided, joined or emptied, and what follows for the nodes above.
//!
//! The part of the tree that is concerned is read afresh, from the root down, into a working copy; then it is
//! brought into order from the bottom up, and what differs is written. The rules that hold again afterwards:
//!
//! - every node but the root keeps within its capacity and is not empty; an inner node has at least two children;
//! - the children of a node share its range without gap or overlap, and are all of the level below it;
//! - a tree without keys has no record.
//!
//! A node that is divided keeps its id for the first part. Of two nodes that are joined the left one keeps its id,
//! and the records of the right one are deleted. The root always has the same id, so what it holds moves to a new
//! node when the tree grows and back when it shrinks.

use std::pin::Pin;

use bytes::Bytes;
use store::Batch;

use super::divide::INNER;
use super::error::IndexError;
use super::layout::{NODE_SLOT, NodeId, ROOT};
use super::leaf::Leaf;
use super::node::{Fences, Seek};
use super::plan::Touched;
use super::sealing::{Found, Tree};
use super::walk::Walker;
use super::working::{Branch, Need, Node, Twig, guard_branch};

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

impl<'a> Reshape<'a> {
    /// Finds the new shape for these changed leaves of one tree, which are in key order.
    pub(super) async fn plan(tree: Tree<'a>, mut changed: Vec<Touched>) -> Result<Self, IndexError> {
        let mut shaper = Shaper { tree, removed: Vec::new() };
        // A leaf at the root is the whole tree.
        if let Some(whole) = changed.pop_if(|touched| touched.leaf.id == ROOT) {
            let twig = Twig { id: tree.new_id(), sources: Vec::new(), ..Twig::changed(&whole) };
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
            // Under a new id, because the first part keeps it and the root's own is for what comes above.
            let moved = Branch { id: self.tree.new_id(), record: None, ..root };
            let parts = Node::Branch(moved).divided(&self.tree);
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
        let parts = branch.children.remove(at).divided(&self.tree);
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
}
