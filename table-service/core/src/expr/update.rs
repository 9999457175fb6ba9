//! Updates in bound form: what becomes of the values at which paths.
//!
//! Binding checks whatever can be wrong without an item, in DynamoDB's order of complaints; [`Update::apply`] changes an
//! item. The older AttributeUpdates ([`super::legacy`]) have the same form and are applied by the same code.

use std::sync::Arc;

use super::check::SetFunction;
use super::complaints::{Complaints, Rank};
use super::path::Path;
use super::substitution::Substitutions;
use super::syntax::{self, Call, ParsedUpdate, Sign};
use super::tree::PathTree;
use crate::error::{ExpressionError, Invalid};
use crate::schema::KeySchema;
use crate::value::{AttributeValue, Item, ValueType};

mod apply;

/// A bound update.
#[derive(Debug)]
pub struct Update {
    tree: PathTree<Action>,
    /// What it says when what is there has another type than an action needs.
    mismatch: Invalid,
}

/// What becomes of what is at a path.
#[derive(Debug)]
pub enum Action {
    /// It is replaced.
    Set(SetValue),
    /// It goes.
    Remove,
    /// The value is added to it: a number, a set of the same type, or (only in AttributeUpdates) a list.
    Add(Arc<AttributeValue>),
    /// The members of the set are taken out of it.
    Delete(Arc<AttributeValue>),
}

/// What a SET sets.
#[derive(Debug)]
pub enum SetValue {
    /// A term.
    Term(Term),
    /// A sum or a difference.
    Sum {
        /// Which.
        sign: Sign,
        /// First operand.
        left: Term,
        /// Second operand.
        right: Term,
    },
    /// A list and another behind it.
    ListAppend(Term, Term),
}

/// A value that is a constant or comes out of the item as it was.
#[derive(Debug)]
pub enum Term {
    /// A part of the item.
    Path(Path),
    /// A constant.
    Value(Arc<AttributeValue>),
    /// A part of the item, or something else if it has no such part.
    IfNotExists(Path, Box<Term>),
}

type Result<T, E = ExpressionError> = std::result::Result<T, E>;

impl Update {
    /// An update of actions on different attributes, with the text for a value of the wrong type.
    pub(super) fn of_attributes(actions: Vec<(Path, Action)>, mismatch: Invalid) -> Result<Self> {
        let mut tree = PathTree::default();
        actions.into_iter().try_for_each(|(path, action)| tree.insert(path, action))?;
        Ok(Self { tree, mismatch })
    }

    /// Binds what [`super::update()`] gave.
    ///
    /// # Errors
    /// The first complaint: names, values, overlap, conflict, operands of ADD and DELETE, functions.
    pub fn bind(parsed: &ParsedUpdate, substitutions: &mut Substitutions) -> Result<Self> {
        let mut binder = Binder { substitutions, complaints: Complaints::default() };
        let mut tree = PathTree::default();
        for action in &parsed.actions {
            let path = binder.path(&action.path);
            let change = binder.change(&action.change);
            if let Some(path) = path {
                // What could not be bound has been complained about; another complaint about its path may come first.
                binder.complaints.add_path(&mut tree, path, change.unwrap_or(Action::Remove));
            }
        }
        binder.complaints.finish()?;
        Ok(Self { tree, mismatch: Invalid::UpdateOperandType })
    }

    /// Whether it makes an item where there is none: one that only takes away does not.
    pub fn creates(&self) -> bool {
        let mut actions = self.tree.entries().map(|(_, action)| action);
        let gives = actions.any(|action| matches!(action, Action::Set(_) | Action::Add(_)));
        gives || self.tree.roots().is_empty()
    }

    /// Checks that it leaves the key alone.
    ///
    /// # Errors
    /// [`Invalid::KeyUpdate`].
    pub fn spares(&self, schema: &KeySchema) -> Result<(), Invalid> {
        let touched = schema.attributes().find(|key| self.tree.roots().contains_key(key.name.as_str()));
        touched.map_or(Ok(()), |key| Err(Invalid::KeyUpdate { key: key.name.clone() }))
    }

    /// What it touches of an item: before, UPDATED_OLD; after, UPDATED_NEW.
    pub fn touched(&self, item: &Item) -> Item {
        self.tree.project(item)
    }

    /// The paths that it reads or writes.
    pub fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        for (path, action) in self.tree.entries() {
            visit(path);
            match action {
                Action::Set(SetValue::Term(term)) => term.visit_paths(visit),
                Action::Set(SetValue::Sum { left, right, .. } | SetValue::ListAppend(left, right)) => {
                    left.visit_paths(visit);
                    right.visit_paths(visit);
                }
                Action::Remove | Action::Add(_) | Action::Delete(_) => {}
            }
        }
    }
}

impl Term {
    fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Path(path) => visit(path),
            Self::Value(_) => {}
            Self::IfNotExists(path, other) => {
                visit(path);
                other.visit_paths(visit);
            }
        }
    }
}

/// Binds the parts of an update. What cannot be bound is none, and complained about.
struct Binder<'s> {
    substitutions: &'s mut Substitutions,
    complaints: Complaints,
}

impl Binder<'_> {
    fn path(&mut self, path: &syntax::Path) -> Option<Path> {
        let path = Path::bind(path, self.substitutions);
        self.complaints.hear(Rank::Name, path)
    }

    fn value(&mut self, key: &str) -> Option<Arc<AttributeValue>> {
        let value = self.substitutions.value(key);
        self.complaints.hear(Rank::Value, value)
    }

    fn change(&mut self, change: &syntax::Change) -> Option<Action> {
        match change {
            syntax::Change::Set(value) => self.set_value(value).map(Action::Set),
            syntax::Change::Remove => Some(Action::Remove),
            syntax::Change::Add(key) => {
                let value = self.value(key)?;
                let checked = check_added(value.value_type());
                self.complaints.hear(Rank::Operand, checked).map(|()| Action::Add(value))
            }
            syntax::Change::Delete(key) => {
                let value = self.value(key)?;
                let checked = check_deleted(value.value_type());
                self.complaints.hear(Rank::Operand, checked).map(|()| Action::Delete(value))
            }
        }
    }

    fn set_value(&mut self, value: &syntax::SetValue) -> Option<SetValue> {
        match value {
            syntax::SetValue::Operand(syntax::Operand::Call(call)) => self.call(call),
            syntax::SetValue::Operand(operand) => self.term(operand).map(SetValue::Term),
            syntax::SetValue::Sum { sign, left, right } => {
                let (left, right) = (self.term(left), self.term(right));
                let (left, right) = left.zip(right)?;
                let numbers = check_constants(sign.name(), ValueType::N, [&left, &right]);
                self.complaints.hear(Rank::Function, numbers)?;
                Some(SetValue::Sum { sign: *sign, left, right })
            }
        }
    }

    /// A call that gives the whole value.
    fn call(&mut self, call: &Call) -> Option<SetValue> {
        match self.function(call)? {
            SetFunction::IfNotExists => self.if_not_exists(&call.args).map(SetValue::Term),
            SetFunction::ListAppend => {
                let terms: Vec<_> = call.args.iter().map(|arg| self.term(arg)).collect();
                self.check_count(SetFunction::ListAppend, &call.args)?;
                let [left, right] =
                    <[Term; 2]>::try_from(terms.into_iter().collect::<Option<Vec<_>>>()?).ok()?;
                let lists = check_constants(SetFunction::ListAppend.name(), ValueType::L, [&left, &right]);
                self.complaints.hear(Rank::Function, lists)?;
                Some(SetValue::ListAppend(left, right))
            }
        }
    }

    fn term(&mut self, operand: &syntax::Operand) -> Option<Term> {
        match operand {
            syntax::Operand::Path(path) => self.path(path).map(Term::Path),
            syntax::Operand::Value(key) => self.value(key).map(Term::Value),
            syntax::Operand::Call(call) => match self.function(call)? {
                SetFunction::IfNotExists => self.if_not_exists(&call.args),
                // DynamoDB has it as the whole value only. Its operands may still be what is complained about.
                SetFunction::ListAppend => {
                    call.args.iter().for_each(|arg| drop(self.term(arg)));
                    let misused = ExpressionError::MisusedFunction(SetFunction::ListAppend.name());
                    self.complaints.hear(Rank::Function, Err(misused))
                }
            },
        }
    }

    fn if_not_exists(&mut self, args: &[syntax::Operand]) -> Option<Term> {
        let terms: Vec<_> = args.iter().map(|arg| self.term(arg)).collect();
        self.check_count(SetFunction::IfNotExists, args)?;
        let [first, other] = <[Term; 2]>::try_from(terms.into_iter().collect::<Option<Vec<_>>>()?).ok()?;
        let path = match first {
            Term::Path(path) => Ok(path),
            _ => Err(ExpressionError::NeedsPath(SetFunction::IfNotExists.name())),
        };
        let path = self.complaints.hear(Rank::Function, path)?;
        Some(Term::IfNotExists(path, Box::new(other)))
    }

    fn function(&mut self, call: &Call) -> Option<SetFunction> {
        let function = SetFunction::of(call);
        self.complaints.hear(Rank::Function, function)
    }

    /// Both functions take two operands.
    fn check_count(&mut self, function: SetFunction, args: &[syntax::Operand]) -> Option<()> {
        let count = match args.len() {
            2 => Ok(()),
            count => Err(ExpressionError::OperandCount { operator: function.name(), count }),
        };
        self.complaints.hear(Rank::Function, count)
    }
}

fn check_added(kind: ValueType) -> Result<()> {
    match kind {
        ValueType::N | ValueType::Ss | ValueType::Ns | ValueType::Bs => Ok(()),
        actual => Err(ExpressionError::ActionType { section: syntax::Section::Add, actual }),
    }
}

fn check_deleted(kind: ValueType) -> Result<()> {
    match kind {
        ValueType::Ss | ValueType::Ns | ValueType::Bs => Ok(()),
        actual => Err(ExpressionError::ActionType { section: syntax::Section::Delete, actual }),
    }
}

/// Checks the type of what is constant among operands.
fn check_constants(operator: &'static str, wanted: ValueType, terms: [&Term; 2]) -> Result<()> {
    let constant = |term: &&Term| match term {
        Term::Value(value) => Some(value.value_type()),
        Term::Path(_) | Term::IfNotExists(..) => None,
    };
    match terms.iter().filter_map(constant).find(|kind| *kind != wanted) {
        Some(actual) => Err(ExpressionError::OperandType { operator, actual }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
