//! Whatever tree there is, its text is parsed into that tree again: so no text means less, or something else, than it says.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::expr::syntax::{
    Action, Call, Change, Comparator, Expr, Name, Operand, Path, Section, SetValue, Sign, Step,
};

fn any_name() -> impl Strategy<Value = Name> {
    prop_oneof!["[xyz][xyz0-9_]{0,2}".prop_map(Name::Plain), "#[a-z0-9_]{1,3}".prop_map(Name::Placeholder),]
}

pub(super) fn any_path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![any_name().prop_map(Step::Field), any::<u32>().prop_map(Step::Index)];
    (any_name(), vec(step, 0..4)).prop_map(|(head, rest)| Path { head, rest })
}

fn any_value() -> impl Strategy<Value = String> {
    ":[a-z0-9_]{1,3}"
}

fn any_operand() -> impl Strategy<Value = Operand> {
    let leaf = prop_oneof![any_path().prop_map(Operand::Path), any_value().prop_map(Operand::Value)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        ("[xyz]{1,4}", vec(inner, 1..4)).prop_map(|(name, args)| Operand::Call(Call { name, args }))
    })
}

fn any_comparator() -> impl Strategy<Value = Comparator> {
    prop::sample::select(vec![
        Comparator::Equal,
        Comparator::NotEqual,
        Comparator::Less,
        Comparator::AtMost,
        Comparator::Greater,
        Comparator::AtLeast,
    ])
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let compare = (any_comparator(), any_operand(), any_operand());
    let between = (any_operand(), any_operand(), any_operand());
    let call = ("[xyz]{1,4}", vec(any_operand(), 1..4));
    let leaf = prop_oneof![
        compare.prop_map(|(op, left, right)| Expr::Compare { op, left, right }),
        between.prop_map(|(value, low, high)| Expr::Between { value, low, high }),
        (any_operand(), vec(any_operand(), 1..4)).prop_map(|(value, list)| Expr::In { value, list }),
        call.prop_map(|(name, args)| Expr::Call(Call { name, args })),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(all),
            vec(inner.clone(), 2..4).prop_map(any_of),
            inner.prop_map(|expr| Expr::Not(Box::new(expr))),
        ]
    })
}

/// Chains are flat, as the parser makes them.
fn all(exprs: Vec<Expr>) -> Expr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        Expr::All(inner) => inner,
        expr => vec![expr],
    });
    Expr::All(flat.collect())
}

fn any_of(exprs: Vec<Expr>) -> Expr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        Expr::Any(inner) => inner,
        expr => vec![expr],
    });
    Expr::Any(flat.collect())
}

fn show_name(name: &Name) -> &str {
    match name {
        Name::Plain(text) | Name::Placeholder(text) => text,
    }
}

pub(super) fn show_path(path: &Path) -> String {
    let step = |step: &Step| match step {
        Step::Field(name) => format!(".{}", show_name(name)),
        Step::Index(index) => format!("[{index}]"),
    };
    format!("{}{}", show_name(&path.head), path.rest.iter().map(step).collect::<String>())
}

fn show_call(call: &Call) -> String {
    let args: Vec<_> = call.args.iter().map(show_operand).collect();
    format!("{}({})", call.name, args.join(","))
}

fn show_operand(operand: &Operand) -> String {
    match operand {
        Operand::Path(path) => show_path(path),
        Operand::Value(value) => value.clone(),
        Operand::Call(call) => show_call(call),
    }
}

fn show(expr: &Expr) -> String {
    let in_and =
        |expr: &Expr| if matches!(expr, Expr::Any(_)) { format!("({})", show(expr)) } else { show(expr) };
    let joined = |exprs: &[Expr], show: &dyn Fn(&Expr) -> String, word: &str| {
        exprs.iter().map(show).collect::<Vec<_>>().join(word)
    };
    match expr {
        Expr::Compare { op, left, right } => {
            format!("{}{}{}", show_operand(left), op.name(), show_operand(right))
        }
        Expr::Between { value, low, high } => {
            format!("{} BETWEEN {} and {}", show_operand(value), show_operand(low), show_operand(high))
        }
        Expr::In { value, list } => {
            let list: Vec<_> = list.iter().map(show_operand).collect();
            format!("{} In ({})", show_operand(value), list.join(" , "))
        }
        Expr::Call(call) => show_call(call),
        Expr::All(exprs) => joined(exprs, &in_and, " AND "),
        Expr::Any(exprs) => joined(exprs, &show, " or "),
        Expr::Not(inner) => match &**inner {
            Expr::All(_) | Expr::Any(_) | Expr::Not(_) => format!("NOT ({})", show(inner)),
            inner => format!("not {}", show(inner)),
        },
    }
}

fn any_set_value() -> impl Strategy<Value = SetValue> {
    let sign = prop_oneof![Just(Sign::Plus), Just(Sign::Minus)];
    prop_oneof![
        any_operand().prop_map(SetValue::Operand),
        (sign, any_operand(), any_operand()).prop_map(|(sign, left, right)| SetValue::Sum {
            sign,
            left,
            right
        }),
    ]
}

fn any_actions(section: Section) -> impl Strategy<Value = Vec<Action>> {
    let change = match section {
        Section::Set => any_set_value().prop_map(Change::Set).boxed(),
        Section::Remove => Just(()).prop_map(|()| Change::Remove).boxed(),
        Section::Add => any_value().prop_map(Change::Add).boxed(),
        Section::Delete => any_value().prop_map(Change::Delete).boxed(),
    };
    vec((any_path(), change).prop_map(|(path, change)| Action { path, change }), 1..4)
}

fn any_update() -> impl Strategy<Value = Vec<(Section, Vec<Action>)>> {
    let sections = Just(Section::ALL.to_vec()).prop_shuffle();
    (sections, 1..=4_usize).prop_flat_map(|(sections, count)| {
        let some = sections.into_iter().take(count);
        some.map(|section| any_actions(section).prop_map(move |actions| (section, actions)))
            .collect::<Vec<_>>()
    })
}

fn show_action(action: &Action, parentheses: bool) -> String {
    let path = show_path(&action.path);
    match &action.change {
        Change::Remove => path,
        Change::Add(value) | Change::Delete(value) => format!("{path} {value}"),
        Change::Set(SetValue::Operand(operand)) if parentheses => {
            format!("{path} = ({})", show_operand(operand))
        }
        Change::Set(SetValue::Operand(operand)) => format!("{path}={}", show_operand(operand)),
        Change::Set(SetValue::Sum { sign, left, right }) => {
            let (left, right, sign) = (show_operand(left), show_operand(right), sign.name());
            if parentheses {
                format!("{path} = (({left}) {sign} {right})")
            } else {
                format!("{path}={left}{sign}{right}")
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn conditions_say_what_they_mean(expr in any_expr()) {
        let text = show(&expr);
        let parsed = crate::expr::parse::condition(&text);
        prop_assert!(parsed.is_ok(), "{text}");
        let parsed = parsed.unwrap();
        prop_assert_eq!(parsed.root, expr, "{}", text);
        prop_assert!(!parsed.redundant_parentheses, "{}", text);
    }

    #[test]
    fn updates_say_what_they_mean(sections in any_update(), parentheses in any::<bool>()) {
        let section = |(section, actions): &(Section, Vec<Action>)| {
            let actions: Vec<_> = actions.iter().map(|action| show_action(action, parentheses)).collect();
            format!("{} {}", section.name(), actions.join(" , "))
        };
        let text = sections.iter().map(section).collect::<Vec<_>>().join(" ");
        let parsed = crate::expr::parse::update(&text);
        prop_assert!(parsed.is_ok(), "{text}");
        let actions: Vec<_> = sections.into_iter().flat_map(|(_, actions)| actions).collect();
        let parsed = parsed.unwrap();
        prop_assert_eq!(parsed.actions, actions, "{}", text);
        prop_assert_eq!(parsed.repeated, None);
    }

    #[test]
    fn projections_say_what_they_mean(paths in vec(any_path(), 1..6)) {
        let text = paths.iter().map(show_path).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(crate::expr::parse::projection(&text).unwrap(), paths, "{}", text);
    }
}
