//! The evaluator against another that shares nothing with it but the syntax: values are text, numbers a foreign decimal.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::error::ExpressionKind;
use crate::expr::bind;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::expr::syntax::{Comparator, Expr, Name, Operand, Path, Step};
use crate::value::arbitrary::{any_value, to_raw};
use crate::value::{AttributeValue, Item};

type Values = BTreeMap<String, AttributeValue>;

/// What an operand stands for, and the units of its size where it is a size.
fn meaning(operand: &Operand, item: &Item, values: &Values) -> Option<AttributeValue> {
    match operand {
        Operand::Value(key) => values.get(key).cloned(),
        Operand::Path(path) => find(path, item),
        Operand::Call(call) => {
            let size = match meaning(&call.args[0], item, values)? {
                AttributeValue::S(text) => text.chars().map(char::len_utf16).sum(),
                AttributeValue::B(bytes) => bytes.len(),
                AttributeValue::L(list) => list.len(),
                AttributeValue::M(map) => map.len(),
                AttributeValue::Ss(set) => set.len(),
                AttributeValue::Ns(set) => set.len(),
                AttributeValue::Bs(set) => set.len(),
                _ => return None,
            };
            Some(AttributeValue::N(size.to_string().parse().unwrap()))
        }
    }
}

fn find(path: &Path, item: &Item) -> Option<AttributeValue> {
    let text = |name: &Name| match name {
        Name::Plain(name) | Name::Placeholder(name) => name.clone(),
    };
    let mut value = item.get(&text(&path.head))?.clone();
    for step in &path.rest {
        value = match (step, value) {
            (Step::Field(name), AttributeValue::M(mut map)) => map.remove(&text(name))?,
            (Step::Index(index), AttributeValue::L(list)) => {
                list.into_iter().nth(usize::try_from(*index).unwrap())?
            }
            _ => return None,
        };
    }
    Some(value)
}

fn same(left: &AttributeValue, right: &AttributeValue) -> bool {
    match (left, right) {
        (AttributeValue::N(left), AttributeValue::N(right)) => {
            BigDecimal::from_str(&left.to_string()) == BigDecimal::from_str(&right.to_string())
        }
        (AttributeValue::L(left), AttributeValue::L(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (left, right) => left == right,
    }
}

fn rank(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    match (left, right) {
        (AttributeValue::N(left), AttributeValue::N(right)) => {
            let decimal = |text: String| BigDecimal::from_str(&text).unwrap();
            Some(decimal(left.to_string()).cmp(&decimal(right.to_string())))
        }
        (AttributeValue::S(left), AttributeValue::S(right)) => Some(left.bytes().cmp(right.bytes())),
        (AttributeValue::B(left), AttributeValue::B(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn compared(op: Comparator, left: Option<&AttributeValue>, right: Option<&AttributeValue>) -> bool {
    let pair = left.zip(right);
    let ranked = pair.and_then(|(left, right)| rank(left, right));
    match op {
        Comparator::Equal => pair.is_some_and(|(left, right)| same(left, right)),
        Comparator::NotEqual => !compared(Comparator::Equal, left, right),
        Comparator::Less => ranked == Some(Ordering::Less),
        Comparator::Greater => ranked == Some(Ordering::Greater),
        Comparator::AtMost => matches!(ranked, Some(Ordering::Less | Ordering::Equal)),
        Comparator::AtLeast => matches!(ranked, Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn has(whole: &AttributeValue, part: &AttributeValue) -> bool {
    let members = |value: &AttributeValue| -> Vec<AttributeValue> {
        match value {
            AttributeValue::L(list) => list.clone(),
            AttributeValue::Ss(set) => set.iter().cloned().map(AttributeValue::S).collect(),
            AttributeValue::Ns(set) => set.iter().copied().map(AttributeValue::N).collect(),
            AttributeValue::Bs(set) => set.iter().cloned().map(AttributeValue::B).collect(),
            _ => Vec::new(),
        }
    };
    match (whole, part) {
        (AttributeValue::S(whole), AttributeValue::S(part)) => {
            part.is_empty() || whole.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
        }
        (AttributeValue::B(whole), AttributeValue::B(part)) => {
            part.is_empty() || whole.windows(part.len()).any(|window| window == part.as_slice())
        }
        (whole, part) => members(whole).iter().any(|member| same(member, part)),
    }
}

fn truth(expr: &Expr, item: &Item, values: &Values) -> bool {
    let of = |operand| meaning(operand, item, values);
    match expr {
        Expr::Compare { op, left, right } => compared(*op, of(left).as_ref(), of(right).as_ref()),
        Expr::Between { value, low, high } => {
            compared(Comparator::AtLeast, of(value).as_ref(), of(low).as_ref())
                && compared(Comparator::AtMost, of(value).as_ref(), of(high).as_ref())
        }
        Expr::In { value, list } => {
            list.iter().any(|each| compared(Comparator::Equal, of(value).as_ref(), of(each).as_ref()))
        }
        Expr::All(all) => !all.iter().any(|expr| !truth(expr, item, values)),
        Expr::Any(any) => any.iter().any(|expr| truth(expr, item, values)),
        Expr::Not(inner) => !truth(inner, item, values),
        Expr::Call(call) => {
            let args: Vec<_> = call.args.iter().map(of).collect();
            match (call.name.as_str(), args.as_slice()) {
                ("attribute_exists", [value]) => value.is_some(),
                ("attribute_not_exists", [value]) => value.is_none(),
                ("attribute_type", [Some(value), Some(AttributeValue::S(name))]) => {
                    value.value_type().name() == name
                }
                ("begins_with", [Some(AttributeValue::S(text)), Some(AttributeValue::S(prefix))]) => {
                    text.get(..prefix.len()) == Some(prefix)
                }
                ("begins_with", [Some(AttributeValue::B(bytes)), Some(AttributeValue::B(prefix))]) => {
                    bytes.get(..prefix.len()) == Some(prefix)
                }
                ("contains", [Some(whole), Some(part)]) => has(whole, part),
                _ => false,
            }
        }
    }
}

/// Texts of conditions over attributes `a` to `c`, fields of these names, small indexes, and the values below.
fn any_condition() -> impl Strategy<Value = String> {
    let path = prop_oneof![3 => "[abc]", 1 => "[abc]\\.[abc]", 1 => "[abc]\\[[012]\\]"];
    let operand = prop_oneof![
        4 => path.clone(),
        4 => ":v[0-5]",
        1 => path.clone().prop_map(|path| format!("size({path})")),
    ];
    let op = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let kind = prop::sample::select(vec![":S", ":N", ":B", ":M", ":L", ":SS"]);
    let leaf = prop_oneof![
        (operand.clone(), op, operand.clone()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        (operand.clone(), operand.clone(), operand.clone())
            .prop_map(|(value, low, high)| format!("{value} BETWEEN {low} AND {high}")),
        (operand.clone(), operand.clone(), operand.clone())
            .prop_map(|(value, one, two)| format!("{value} IN ({one}, {two})")),
        path.clone().prop_map(|path| format!("attribute_exists({path})")),
        path.clone().prop_map(|path| format!("attribute_not_exists({path})")),
        (path, kind).prop_map(|(path, kind)| format!("attribute_type({path}, {kind})")),
        (operand.clone(), operand.clone()).prop_map(|(one, two)| format!("begins_with({one}, {two})")),
        (operand.clone(), operand).prop_map(|(one, two)| format!("contains({one}, {two})")),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} AND {two})")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} OR {two})")),
            inner.prop_map(|one| format!("(NOT {one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_evaluators_agree(
        text in any_condition(),
        attributes in btree_map("[abc]", any_value(), 0..4),
        constants in vec(any_value(), 6),
        swapped in any::<bool>(),
    ) {
        let constants = constants.into_iter().enumerate();
        let mut values: Values = constants.map(|(number, value)| (format!(":v{number}"), value)).collect();
        // That something is there to be found: what the item has stands among the constants.
        if let (true, Some((_, value))) = (swapped, attributes.first_key_value()) {
            values.insert(":v0".to_owned(), value.clone());
            if let AttributeValue::L(list) = value {
                values.extend(list.first().map(|first| (":v1".to_owned(), first.clone())));
            }
        }
        for name in ["S", "N", "B", "M", "L", "SS"] {
            values.insert(format!(":{name}"), AttributeValue::S(name.to_owned()));
        }
        let item = Item::from(attributes);
        let raw = values.iter().map(|(key, value)| (key.clone(), to_raw(value))).collect();
        let mut substitutions = Substitutions::new(None, Some(raw), ValueErrors::Bare).unwrap();
        // The outermost parentheses may be redundant; and what is wrong for its types alone is not asked here.
        if let Ok(expr) = crate::expr::condition(ExpressionKind::Filter, &text)
            && let Ok(cond) = bind::condition(&expr, &mut substitutions)
        {
            prop_assert_eq!(cond.holds(&item), truth(&expr, &item, &values), "{} of {:?}", text, item);
        }
    }
}
