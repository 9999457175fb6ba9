//! From the root to the leaf that holds a key, while others change the tree.
//!
//! Nodes are read one by one, so a split or merge may commit between two reads, and cached nodes may be old. Every
//! node carries its own fences, and a step from parent to child counts only if the child's fences and level are
//! exactly what the parent says. At any one moment the leaves share all keys among them without gap or overlap; so
//! a leaf that stands in the store with fences around the key *is* the leaf for that key at the moment of its
//! reading, however old the nodes were that led to it.
//!
//! A step that does not fit means that the walk met a change (or an old cached node), and it starts again from the
//! store. If two walks from the store in a row read the very same versions, then these stood there together between
//! the two walks and contradict each other: that no writer does, so it is reported as tampering.

use std::sync::Arc;

use bytes::Bytes;
use store::{Direction, KeyRange, Limit};

use super::error::IndexError;
use super::layout::{NodeId, ROOT};
use super::leaf::Leaf;
use super::limits::WALK_ATTEMPTS;
use super::node::{ChildView, Fences, Inner, Seek};
use super::sealing::{Found, Tree};

/// Walks one tree; remembers the way it came, so that the next leaf along is found without starting at the root.
pub(super) struct Walker<'a> {
    tree: Tree<'a>,
    path: Vec<Arc<Inner>>,
}

/// Whether a walk uses nodes that were read before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Use,
    ReadAgain,
}

/// How one walk ended.
enum Arrival {
    /// At a leaf; with none, at a tree without records.
    Leaf(Option<Leaf>),
    /// Between nodes that do not fit together.
    Misfit,
}

/// What a walk read: versions of records, or their absence.
#[derive(Default, PartialEq, Eq)]
struct Trace(Vec<(Bytes, Option<Bytes>)>);

impl<'a> Walker<'a> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self { tree, path: Vec::new() }
    }

    /// The leaf that `seek` asks for; none if the tree has no records.
    pub(super) async fn leaf(&mut self, seek: Seek<'_>) -> Result<Option<Leaf>, IndexError> {
        if let Arrival::Leaf(leaf) = self.walk(seek, Known::Use, &mut Trace::default()).await? {
            return Ok(leaf);
        }
        self.leaf_read_again(seek).await
    }

    /// The same, without trusting anything that was read before.
    pub(super) async fn leaf_read_again(&mut self, seek: Seek<'_>) -> Result<Option<Leaf>, IndexError> {
        let mut before = Trace::default();
        for _ in 0..WALK_ATTEMPTS {
            let mut trace = Trace::default();
            if let Arrival::Leaf(leaf) = self.walk(seek, Known::ReadAgain, &mut trace).await? {
                return Ok(leaf);
            }
            if trace == before {
                return Err(IndexError::Inauthentic);
            }
            before = trace;
        }
        Err(IndexError::Conflict)
    }

    async fn walk(&mut self, seek: Seek<'_>, known: Known, trace: &mut Trace) -> Result<Arrival, IndexError> {
        self.step_back(seek, known);
        loop {
            let parent = self.path.last().cloned();
            let step = Step::below(parent.as_deref(), seek);
            let Some(step) = step else { return Ok(Arrival::Misfit) };
            if let Some(inner) = self.cached(step.id, known) {
                if !step.fits(inner.level, &inner.fences, seek) {
                    return Ok(Arrival::Misfit);
                }
                self.path.push(inner);
                continue;
            }
            match self.tree.read(step.id).await? {
                Found::Nothing => {
                    trace.saw(&self.tree, step.id, None);
                    return self.nothing(step.id, trace).await;
                }
                Found::Leaf(leaf) => {
                    trace.saw(&self.tree, step.id, leaf.version());
                    let fits = step.fits(0, leaf.fences(), seek);
                    return Ok(if fits { Arrival::Leaf(Some(leaf)) } else { Arrival::Misfit });
                }
                Found::Inner(inner, record) => {
                    trace.saw(&self.tree, step.id, Some(&record));
                    let inner = Arc::new(inner);
                    self.tree.cache.put(&self.tree.place, step.id, Arc::clone(&inner));
                    if !step.fits(inner.level, &inner.fences, seek) {
                        return Ok(Arrival::Misfit);
                    }
                    self.path.push(inner);
                }
            }
        }
    }

    /// Goes back to the lowest node of the path that covers `seek`.
    fn step_back(&mut self, seek: Seek<'_>, known: Known) {
        if known == Known::ReadAgain {
            self.path.clear();
        }
        while self.path.last().is_some_and(|node| !node.fences.covers(seek)) {
            self.path.pop();
        }
    }

    fn cached(&self, id: NodeId, known: Known) -> Option<Arc<Inner>> {
        match known {
            Known::Use => self.tree.cache.get(&self.tree.place, id),
            Known::ReadAgain => None,
        }
    }

    /// Without a root there may be no other record either.
    async fn nothing(&self, id: NodeId, trace: &mut Trace) -> Result<Arrival, IndexError> {
        if id != ROOT {
            return Ok(Arrival::Misfit);
        }
        let all = KeyRange::prefix(self.tree.place.prefix());
        let one = Limit { entries: 1, bytes: Limit::SNAPSHOT.bytes };
        match self.tree.store.scan(all, one, Direction::Backward).await?.pop() {
            None => Ok(Arrival::Leaf(None)),
            Some(entry) => {
                trace.0.push((entry.key, Some(entry.value)));
                Ok(Arrival::Misfit)
            }
        }
    }
}

/// The next node of a walk, and what its parent says of it.
struct Step<'p> {
    id: NodeId,
    /// Any for the root.
    level: Option<u8>,
    low: &'p [u8],
    high: Option<&'p [u8]>,
}

impl<'p> Step<'p> {
    /// The step from `parent`, or from nowhere to the root.
    fn below(parent: Option<&'p Inner>, seek: Seek<'_>) -> Option<Self> {
        let Some(parent) = parent else {
            return Some(Self { id: ROOT, level: None, low: &[], high: None });
        };
        let ChildView { id, low, high } = parent.child(parent.toward(seek))?;
        Some(Self { id, level: Some(parent.level.checked_sub(1)?), low, high })
    }

    fn fits(&self, level: u8, fences: &Fences, seek: Seek<'_>) -> bool {
        self.level.is_none_or(|expected| expected == level)
            && fences.are(self.low, self.high)
            && fences.covers(seek)
    }
}

impl Trace {
    fn saw(&mut self, tree: &Tree<'_>, id: NodeId, version: Option<&Bytes>) {
        self.0.push((tree.place.node_prefix(id).into(), version.cloned()));
    }
}
