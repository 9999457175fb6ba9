//! What operations say, as trees. The model reads the trees; the product gets their text ([`super::text`]), which the model never
//! reads.

use super::value::Value;

/// A place in an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) head: String,
    pub(super) steps: Vec<Step>,
}

/// In the order of indexes, where two lead into one list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

impl Path {
    /// An attribute, whole.
    pub(super) fn to(head: &str) -> Self {
        Self { head: head.to_owned(), steps: Vec::new() }
    }

    /// Whether one is within the other, or one takes for a map what the other takes for a list: no expression may name both.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        if self.head != other.head {
            return false;
        }
        for pair in self.steps.iter().zip(&other.steps) {
            match pair {
                (Step::Field(one), Step::Field(two)) if one == two => {}
                (Step::Index(one), Step::Index(two)) if one == two => {}
                (Step::Field(_), Step::Field(_)) | (Step::Index(_), Step::Index(_)) => return false,
                (Step::Field(_), Step::Index(_)) | (Step::Index(_), Step::Field(_)) => return true,
            }
        }
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    Value(Value),
    Size(Path),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What an item is asked.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Compare(Operand, Comparator, Operand),
    Between(Operand, Value, Value),
    In(Operand, Vec<Value>),
    Exists(Path),
    Missing(Path),
    Type(Path, &'static str),
    Begins(Path, Value),
    Contains(Path, Operand),
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
}

/// What SET takes.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Path(Path),
    Value(Value),
    /// `if_not_exists`
    Or(Path, Box<Term>),
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Term(Term),
    Plus(Term, Term),
    Minus(Term, Term),
    /// `list_append`
    Append(Term, Term),
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Set(Source),
    Remove,
    Add(Value),
    Delete(Value),
}

/// An update: what becomes of which place.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) changes: Vec<(Path, Change)>,
    /// Which section comes first in the text.
    pub(super) first: usize,
}

/// What a sort key is asked.
#[derive(Clone, Debug)]
pub(super) enum Range {
    /// Never [`Comparator::NotEqual`].
    Compare(Comparator, Value),
    Between(Value, Value),
    Begins(Value),
}

/// An operator of the parameters from before there were expressions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operator {
    Compare(Comparator),
    In,
    Between,
    Begins,
    Contains,
    NotContains,
    There,
    NotThere,
}

/// What an attribute is asked, in one of those parameters.
#[derive(Clone, Debug)]
pub(super) struct OldTest {
    pub(super) attribute: String,
    pub(super) operator: Operator,
    pub(super) values: Vec<Value>,
}

/// Several of them, each of another attribute.
#[derive(Clone, Debug)]
pub(super) struct OldTests {
    pub(super) tests: Vec<OldTest>,
    /// Whether one is enough.
    pub(super) any: bool,
}

/// What becomes of an attribute, in AttributeUpdates.
#[derive(Clone, Debug)]
pub(super) enum OldChange {
    Put(Value),
    Add(Value),
    Delete(Option<Value>),
}

/// What an item must be for a write to be made, or to be in an answer.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    None,
    Expression(Test),
    Attributes(OldTests),
}

/// What an update does.
#[derive(Clone, Debug)]
pub(super) enum Changes {
    None,
    Expression(Update),
    Attributes(Vec<(String, OldChange)>),
}

/// Which parts of items are wanted.
#[derive(Clone, Debug)]
pub(super) enum Parts {
    All,
    Expression(Vec<Path>),
    Attributes(Vec<String>),
}
