//! The trees as requests say them: expressions with their placeholders, and the parameters from before there were any.

use std::collections::BTreeMap;

use shape::Member;
use table_core::expr::legacy;
use table_core::value::raw;

use super::syntax::{
    Change, Comparator, Condition, OldChange, OldTest, OldTests, Operand, Operator, Path, Range, Source,
    Step, Term, Test, Update,
};
use super::value::Value;

/// Names that may stand in an expression as they are.
const PLAIN: [&str; 4] = ["a", "b", "c", "d"];

/// Writes the expressions of one request, which share their placeholders.
#[derive(Default)]
pub(super) struct Writer {
    names: BTreeMap<String, String>,
    values: raw::Map,
    written: usize,
}

impl Writer {
    /// The placeholders, where there are any.
    pub(super) fn placeholders(self) -> (Option<BTreeMap<String, String>>, Option<raw::Map>) {
        (
            Some(self.names).filter(|names| !names.is_empty()),
            Some(self.values).filter(|values| !values.is_empty()),
        )
    }

    /// One time in three, a name that could stand as it is has a placeholder.
    fn name(&mut self, name: &str) -> String {
        self.written += 1;
        if PLAIN.contains(&name) && !self.written.is_multiple_of(3) {
            return name.to_owned();
        }
        if let Some((key, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return key.clone();
        }
        let key = format!("#n{}", self.names.len());
        self.names.insert(key.clone(), name.to_owned());
        key
    }

    fn value(&mut self, value: &Value) -> String {
        let key = format!(":v{}", self.values.len());
        self.values.insert(key.clone(), value.to_raw());
        key
    }

    fn path(&mut self, path: &Path) -> String {
        let mut text = self.name(&path.head);
        for step in &path.steps {
            text += &match step {
                Step::Field(name) => format!(".{}", self.name(name)),
                Step::Index(index) => format!("[{index}]"),
            };
        }
        text
    }

    pub(super) fn paths(&mut self, paths: &[Path]) -> String {
        paths.iter().map(|path| self.path(path)).collect::<Vec<_>>().join(", ")
    }

    fn operand(&mut self, operand: &Operand) -> String {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(value) => self.value(value),
            Operand::Size(path) => format!("size({})", self.path(path)),
        }
    }

    pub(super) fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Compare(left, op, right) => {
                let left = self.operand(left);
                format!("{left} {} {}", op.sign(), self.operand(right))
            }
            Test::Between(value, low, high) => {
                let (value, low) = (self.operand(value), self.value(low));
                format!("{value} BETWEEN {low} and {}", self.value(high))
            }
            Test::In(value, list) => {
                let value = self.operand(value);
                let list: Vec<_> = list.iter().map(|each| self.value(each)).collect();
                format!("{value} in({})", list.join(","))
            }
            Test::Exists(path) => format!("attribute_exists({})", self.path(path)),
            Test::Missing(path) => format!("attribute_not_exists({})", self.path(path)),
            Test::Type(path, kind) => {
                let path = self.path(path);
                format!("attribute_type({path}, {})", self.value(&Value::S((*kind).to_owned())))
            }
            Test::Begins(path, prefix) => {
                let path = self.path(path);
                format!("begins_with({path}, {})", self.value(prefix))
            }
            Test::Contains(path, part) => {
                let path = self.path(path);
                format!("contains ({path}, {})", self.operand(part))
            }
            Test::All(tests) => self.joined(tests, " AND "),
            Test::Any(tests) => self.joined(tests, " or "),
            Test::Not(test) => format!("NOT ({})", self.test(test)),
        }
    }

    fn joined(&mut self, tests: &[Test], word: &str) -> String {
        let each = |test: &Test| match test {
            Test::All(_) | Test::Any(_) => format!("({})", self.test(test)),
            _ => self.test(test),
        };
        tests.iter().map(each).collect::<Vec<_>>().join(word)
    }

    fn term(&mut self, term: &Term) -> String {
        match term {
            Term::Path(path) => self.path(path),
            Term::Value(value) => self.value(value),
            Term::Or(path, other) => {
                let path = self.path(path);
                format!("if_not_exists({path}, {})", self.term(other))
            }
        }
    }

    fn source(&mut self, source: &Source) -> String {
        let (left, between, right, end) = match source {
            Source::Term(term) => return self.term(term),
            Source::Plus(left, right) => (left, " + ", right, ""),
            Source::Minus(left, right) => (left, "-", right, ""),
            Source::Append(left, right) => (left, ", ", right, ")"),
        };
        let begin = if end.is_empty() { "" } else { "list_append(" };
        let left = self.term(left);
        format!("{begin}{left}{between}{}{end}", self.term(right))
    }

    pub(super) fn update(&mut self, update: &Update) -> String {
        let mut sections: [(&str, Vec<String>); 4] =
            ["SET", "remove", "ADD", "DELETE"].map(|word| (word, Vec::new()));
        for (path, change) in &update.changes {
            let path = self.path(path);
            let (section, text) = match change {
                Change::Set(source) => (0, format!("{path} = {}", self.source(source))),
                Change::Remove => (1, path),
                Change::Add(value) => (2, format!("{path} {}", self.value(value))),
                Change::Delete(value) => (3, format!("{path} {}", self.value(value))),
            };
            sections[section].1.push(text);
        }
        sections.rotate_left(update.first % 4);
        let stated = sections.iter().filter(|(_, changes)| !changes.is_empty());
        stated.map(|(word, changes)| format!("{word} {}", changes.join(", "))).collect::<Vec<_>>().join(" ")
    }

    /// A key condition; `style` chooses among its forms: which half comes first, parentheses, and what comes first in a
    /// comparison.
    pub(super) fn key(&mut self, hash: &Value, range: Option<&Range>, style: usize) -> String {
        let name = self.name("hash");
        let (mut first, equal) = match style % 2 {
            0 => (name, self.value(hash)),
            _ => (self.value(hash), name),
        };
        first = format!("{first} = {equal}");
        let Some(range) = range else { return first };
        let name = self.name("range");
        let mut second = match range {
            Range::Compare(op, value) if style & 2 == 0 => {
                format!("{name} {} {}", op.sign(), self.value(value))
            }
            Range::Compare(op, value) => {
                format!("{} {} {name}", self.value(value), op.reversed().sign())
            }
            Range::Between(low, high) => {
                let low = self.value(low);
                format!("{name} BETWEEN {low} AND {}", self.value(high))
            }
            Range::Begins(prefix) => format!("begins_with({name}, {})", self.value(prefix)),
        };
        if style & 4 != 0 {
            first = format!("({first})");
            second = format!("( {second} )");
        }
        if style & 8 != 0 { format!("{second} and {first}") } else { format!("{first} AND {second}") }
    }
}

impl Comparator {
    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// What it is with its operands swapped.
    const fn reversed(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }
}

impl Operator {
    const fn name(self) -> legacy::ComparisonOperator {
        use legacy::ComparisonOperator as Name;
        match self {
            Self::Compare(Comparator::Equal) => Name::Eq,
            Self::Compare(Comparator::NotEqual) => Name::Ne,
            Self::Compare(Comparator::Less) => Name::Lt,
            Self::Compare(Comparator::AtMost) => Name::Le,
            Self::Compare(Comparator::Greater) => Name::Gt,
            Self::Compare(Comparator::AtLeast) => Name::Ge,
            Self::In => Name::In,
            Self::Between => Name::Between,
            Self::Begins => Name::BeginsWith,
            Self::Contains => Name::Contains,
            Self::NotContains => Name::NotContains,
            Self::There => Name::NotNull,
            Self::NotThere => Name::Null,
        }
    }
}

fn old(operator: Operator, values: &[Value]) -> legacy::Condition {
    let values: Vec<_> = values.iter().map(Value::to_raw).collect();
    legacy::Condition {
        attribute_value_list: Some(values).filter(|values| !values.is_empty()),
        comparison_operator: Member::Known(operator.name()),
    }
}

/// A key condition by attribute.
pub(super) fn old_key(hash: &Value, range: Option<&Range>) -> legacy::Conditions {
    let equal = old(Operator::Compare(Comparator::Equal), std::slice::from_ref(hash));
    let range = range.map(|range| match range {
        Range::Compare(op, value) => old(Operator::Compare(*op), std::slice::from_ref(value)),
        Range::Between(low, high) => old(Operator::Between, &[low.clone(), high.clone()]),
        Range::Begins(prefix) => old(Operator::Begins, std::slice::from_ref(prefix)),
    });
    [("hash", Some(equal)), ("range", range)]
        .into_iter()
        .filter_map(|(name, condition)| Some((name.to_owned(), condition?)))
        .collect()
}

impl OldTests {
    /// What joins them. With one there is nothing to join, and AND need not be said.
    fn operator(&self) -> Member<legacy::ConditionalOperator> {
        match (self.tests.len(), self.any) {
            (0 | 1, _) => Member::Absent,
            (_, true) => Member::Known(legacy::ConditionalOperator::Or),
            (2, false) => Member::Absent,
            (_, false) => Member::Known(legacy::ConditionalOperator::And),
        }
    }

    fn conditions(&self) -> legacy::Conditions {
        let condition = |test: &OldTest| (test.attribute.clone(), old(test.operator, &test.values));
        self.tests.iter().map(condition).collect()
    }

    fn expected(&self) -> legacy::Expected {
        let expectation = |test: &OldTest| {
            let expected = match (test.operator, test.values.as_slice()) {
                (Operator::NotThere, _) => {
                    legacy::ExpectedAttributeValue { exists: Some(false), ..Default::default() }
                }
                (Operator::Compare(Comparator::Equal), [value]) if value.is_scalar() => {
                    legacy::ExpectedAttributeValue { value: Some(value.to_raw()), ..Default::default() }
                }
                (operator, values) => {
                    let legacy::Condition { attribute_value_list, comparison_operator } =
                        old(operator, values);
                    legacy::ExpectedAttributeValue {
                        attribute_value_list,
                        comparison_operator,
                        ..Default::default()
                    }
                }
            };
            (test.attribute.clone(), expected)
        };
        self.tests.iter().map(expectation).collect()
    }
}

/// A condition as the parameters of a request: an expression; conditions by attribute and what joins them.
pub(super) struct Said<T> {
    pub(super) expression: Option<String>,
    pub(super) attributes: Option<T>,
    pub(super) operator: Member<legacy::ConditionalOperator>,
}

impl Condition {
    fn said<T>(&self, writer: &mut Writer, form: fn(&OldTests) -> T) -> Said<T> {
        let (expression, attributes, operator) = match self {
            Self::None => (None, None, Member::Absent),
            Self::Expression(test) => (Some(writer.test(test)), None, Member::Absent),
            Self::Attributes(tests) => (None, Some(form(tests)), tests.operator()),
        };
        Said { expression, attributes, operator }
    }

    /// For a write.
    pub(super) fn expected(&self, writer: &mut Writer) -> Said<legacy::Expected> {
        self.said(writer, OldTests::expected)
    }

    /// For a read.
    pub(super) fn filter(&self, writer: &mut Writer) -> Said<legacy::Conditions> {
        self.said(writer, OldTests::conditions)
    }
}

/// An update by attribute.
pub(super) fn old_changes(changes: &[(String, OldChange)]) -> legacy::AttributeUpdates {
    use legacy::AttributeAction as Action;
    let change = |(name, change): &(String, OldChange)| {
        let (action, value) = match change {
            // PUT need not be said.
            OldChange::Put(Value::Null) => (Member::Absent, Some(Value::Null.to_raw())),
            OldChange::Put(value) => (Member::Known(Action::Put), Some(value.to_raw())),
            OldChange::Add(value) => (Member::Known(Action::Add), Some(value.to_raw())),
            OldChange::Delete(value) => (Member::Known(Action::Delete), value.as_ref().map(Value::to_raw)),
        };
        (name.clone(), legacy::AttributeValueUpdate { value, action })
    };
    changes.iter().map(change).collect()
}
