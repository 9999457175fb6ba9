//! Random operations. They are right by themselves, so that what becomes of them depends on the items alone; names and values
//! are few, so that they meet, and each name mostly has values of one type, so that most updates fit.

use bigdecimal::BigDecimal;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::syntax::{
    Change, Changes, Comparator, Condition, OldChange, OldTest, OldTests, Operand, Operator, Parts, Path,
    Range, Source, Step, Term, Test, Update,
};
use super::table::{Action, KEYS, LAYOUTS, key_value};
use super::value::{Map, Value};

/// Which item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) hash: usize,
    pub(super) range: usize,
}

/// A write to one item, and what its answer is to have.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) place: Place,
    pub(super) action: Action,
    pub(super) condition: Condition,
    /// Which of its five values ReturnValues has; puts and deletes know two.
    pub(super) returns: usize,
    /// Whether a refusal shows the item.
    pub(super) shows: bool,
    /// Whether the answer says what was consumed.
    pub(super) metered: bool,
}

/// What a page is to hold.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) filter: Condition,
    pub(super) parts: Parts,
    pub(super) limit: Option<usize>,
    pub(super) counts: bool,
    pub(super) consistent: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) place: Place,
    pub(super) range: Option<Range>,
    pub(super) backward: bool,
    pub(super) reading: Reading,
    /// How the key condition is written; by attribute if [`Self::is_old`].
    pub(super) style: usize,
    pub(super) is_old: bool,
}

/// One step of a play.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Write(Write),
    Get {
        place: Place,
        parts: Parts,
        consistent: bool,
    },
    Query(Query),
    Scan {
        table: usize,
        reading: Reading,
        segments: i32,
    },
    BatchWrite(Vec<(Place, Option<Map>)>),
    BatchGet {
        places: Vec<Place>,
        parts: Parts,
    },
    /// The table moves to another key, and the next steps may meet it on its way.
    Switch {
        table: usize,
        key: usize,
    },
    /// The service dies and starts again.
    Restart,
    /// A step whose n-th call of the store fails; a commit may have been made all the same.
    Failing {
        call: usize,
        made: bool,
        event: Box<Event>,
    },
}

fn any_head() -> impl Strategy<Value = String> {
    // One that is a reserved word, and two that look like what they are not.
    prop_oneof![12 => select(vec!["a", "b", "c", "d"]), 1 => select(vec!["size", "#a", "a.b"])]
        .prop_map(String::from)
}

fn any_number() -> impl Strategy<Value = BigDecimal> {
    let few = vec!["0", "1", "-1", "2.50", "25E-1", "3", "1E3", "0.1", "1E125", "-1E-130", "9E125"];
    let nines = "9".repeat(38);
    prop_oneof![12 => select(few).prop_map(String::from), 1 => Just(nines)]
        .prop_map(|text| text.parse().unwrap())
}

fn any_text() -> impl Strategy<Value = String> {
    let few = select(vec!["", "a", "ab", "b", "é", "\u{10000}", "S", "\0"]).prop_map(String::from);
    prop_oneof![40 => few, 1 => (1_000_usize..5_000).prop_map(|length| "x".repeat(length))]
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    select(vec![&b""[..], b"a", b"\0", b"\0\xff", b"ab"]).prop_map(<[u8]>::to_vec)
}

fn any_scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(Value::S),
        any_number().prop_map(Value::N),
        any_bytes().prop_map(Value::B),
    ]
}

fn any_set() -> impl Strategy<Value = Value> {
    prop_oneof![
        btree_set(any_text(), 1..4).prop_map(Value::Ss),
        btree_set(any_number(), 1..4).prop_map(Value::Ns),
        btree_set(any_bytes(), 1..4).prop_map(Value::Bs),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => any_scalar(),
        2 => any_set(),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            btree_map(any_head(), inner.clone(), 0..4).prop_map(Value::M),
            vec(inner, 0..4).prop_map(Value::L)
        ]
    })
}

/// A value such as the attribute mostly has: numbers, lists, maps, sets.
fn usual(name: &str) -> BoxedStrategy<Value> {
    match name {
        "a" => any_number().prop_map(Value::N).boxed(),
        "b" => vec(any_value(), 0..4).prop_map(Value::L).boxed(),
        "c" => btree_map(any_head(), any_value(), 0..4).prop_map(Value::M).boxed(),
        "d" => any_set().boxed(),
        _ => any_scalar().boxed(),
    }
}

/// Attributes that are no key.
fn any_attributes() -> impl Strategy<Value = Map> {
    let attribute = any_head().prop_flat_map(|name| {
        let value = prop_oneof![4 => usual(&name), 1 => any_value().boxed()];
        (Just(name), value)
    });
    vec(attribute, 0..5).prop_map(|attributes| attributes.into_iter().collect())
}

fn any_path() -> impl Strategy<Value = Path> {
    let field = || any_head().prop_map(Step::Field);
    let index = || (0_usize..5).prop_map(Step::Index);
    any_head().prop_flat_map(move |head| {
        let first = match head.as_str() {
            "b" => index().boxed(),
            "c" => field().boxed(),
            _ => prop_oneof![field(), index()].boxed(),
        };
        let nests = matches!(head.as_str(), "b" | "c");
        let depth = if nests { 0..=2_usize } else { 0..=0 };
        (depth, first, prop_oneof![field(), index()]).prop_map(move |(depth, first, second)| Path {
            head: head.clone(),
            steps: [first, second].into_iter().take(depth).collect(),
        })
    })
}

fn any_comparator() -> impl Strategy<Value = Comparator> {
    use Comparator::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
    select(vec![Equal, NotEqual, Less, AtMost, Greater, AtLeast])
}

fn is_order(op: Comparator) -> bool {
    !matches!(op, Comparator::Equal | Comparator::NotEqual)
}

/// Two values of one type, the lower first.
fn any_bounds() -> impl Strategy<Value = (Value, Value)> {
    let pair = prop_oneof![
        (any_text(), any_text()).prop_map(|(one, two)| (Value::S(one), Value::S(two))),
        (any_number(), any_number()).prop_map(|(one, two)| (Value::N(one), Value::N(two))),
        (any_bytes(), any_bytes()).prop_map(|(one, two)| (Value::B(one), Value::B(two))),
    ];
    pair.prop_map(|(one, two)| if one <= two { (one, two) } else { (two, one) })
}

fn any_operand() -> impl Strategy<Value = Operand> {
    prop_oneof![4 => any_path().prop_map(Operand::Path), 1 => any_path().prop_map(Operand::Size)]
}

/// A value that a comparison may have beside that operand: of another place, or any that there is an order for.
fn any_other(op: Comparator) -> BoxedStrategy<Operand> {
    let value = if is_order(op) { any_scalar().boxed() } else { any_value().boxed() };
    prop_oneof![4 => value.prop_map(Operand::Value), 1 => any_path().prop_map(Operand::Path)].boxed()
}

fn any_comparison() -> impl Strategy<Value = Test> {
    (any_comparator(), any_operand(), any::<bool>()).prop_flat_map(|(op, left, swaps)| {
        any_other(op).prop_map(move |right| {
            // One operand twice is refused.
            let right = if right == left { Operand::Value(Value::S("a".to_owned())) } else { right };
            match swaps {
                true => Test::Compare(right, op, left.clone()),
                false => Test::Compare(left.clone(), op, right),
            }
        })
    })
}

fn any_test() -> impl Strategy<Value = Test> {
    let prefix = prop_oneof![any_text().prop_map(Value::S), any_bytes().prop_map(Value::B)];
    let kind = select(vec!["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"]);
    let leaf = prop_oneof![
        4 => any_comparison(),
        1 => (any_operand(), any_bounds()).prop_map(|(value, (low, high))| Test::Between(value, low, high)),
        1 => (any_operand(), vec(any_value(), 1..4)).prop_map(|(value, list)| Test::In(value, list)),
        2 => any_path().prop_map(Test::Exists),
        2 => any_path().prop_map(Test::Missing),
        1 => (any_path(), kind).prop_map(|(path, kind)| Test::Type(path, kind)),
        1 => (any_path(), prefix).prop_map(|(path, prefix)| Test::Begins(path, prefix)),
        1 => (any_path(), any_value().prop_map(Operand::Value)).prop_map(|(path, part)| Test::Contains(path, part)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Test::All),
            vec(inner.clone(), 2..4).prop_map(Test::Any),
            inner.prop_map(|test| Test::Not(Box::new(test))),
        ]
    })
}

/// A condition of a write, which may ask for the key too: of an item that is not there, that is not there either.
fn any_write_test() -> impl Strategy<Value = Test> {
    let key = select(vec!["hash", "range"]).prop_map(Path::to).boxed();
    let value = prop_oneof![Just(Value::S("a".to_owned())), Just(Value::N(0.into())), any_scalar()];
    let of_key = prop_oneof![
        2 => key.clone().prop_map(Test::Exists),
        2 => key.clone().prop_map(Test::Missing),
        1 => (key, any_comparator(), value)
            .prop_map(|(key, op, value)| Test::Compare(Operand::Path(key), op, Operand::Value(value))),
    ]
    .boxed();
    prop_oneof![
        5 => any_test(),
        1 => of_key.clone(),
        1 => (of_key.clone(), any_test()).prop_map(|(one, other)| Test::All(vec![one, other])),
        1 => (any_test(), of_key).prop_map(|(one, other)| Test::Any(vec![one, other])),
    ]
}

fn any_old_test() -> impl Strategy<Value = OldTest> {
    use Operator::{Begins, Between, Contains, In, NotContains, NotThere, There};
    let compare = any_comparator().prop_flat_map(|op| {
        let value = if is_order(op) { any_scalar().boxed() } else { any_value().boxed() };
        (Just(Operator::Compare(op)), value.prop_map(|value| vec![value]))
    });
    let prefix = prop_oneof![any_text().prop_map(Value::S), any_bytes().prop_map(Value::B)];
    let texts = vec(any_text().prop_map(Value::S), 1..4);
    let numbers = vec(any_number().prop_map(Value::N), 1..4);
    let one = any_scalar().prop_map(|value| vec![value]);
    let test = prop_oneof![
        3 => compare,
        1 => (Just(In), prop_oneof![texts, numbers]),
        1 => (Just(Between), any_bounds().prop_map(|(low, high)| vec![low, high])),
        1 => (Just(Begins), prefix.prop_map(|prefix| vec![prefix])),
        1 => (select(vec![Contains, NotContains]), one),
        2 => (select(vec![There, NotThere]), Just(Vec::new())),
    ];
    (any_head(), test).prop_map(|(attribute, (operator, values))| OldTest { attribute, operator, values })
}

fn any_old_tests() -> impl Strategy<Value = OldTests> {
    (vec(any_old_test(), 1..4), any::<bool>()).prop_map(|(mut tests, any)| {
        tests.sort_by(|one, other| one.attribute.cmp(&other.attribute));
        tests.dedup_by(|one, other| one.attribute == other.attribute);
        OldTests { tests, any }
    })
}

fn any_term() -> impl Strategy<Value = Term> {
    term(any_value().boxed())
}

/// A term whose constants are of this kind.
fn term(values: BoxedStrategy<Value>) -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![any_path().prop_map(Term::Path), values.prop_map(Term::Value)];
    leaf.prop_recursive(2, 3, 1, |inner| {
        (any_path(), inner).prop_map(|(path, other)| Term::Or(path, Box::new(other)))
    })
}

fn any_source() -> impl Strategy<Value = Source> {
    let number = || term(any_number().prop_map(Value::N).boxed());
    let list = || term(vec(any_value(), 0..3).prop_map(Value::L).boxed());
    prop_oneof![
        3 => any_term().prop_map(Source::Term),
        2 => (number(), number()).prop_map(|(left, right)| Source::Plus(left, right)),
        1 => (number(), number()).prop_map(|(left, right)| Source::Minus(left, right)),
        2 => (list(), list()).prop_map(|(left, right)| Source::Append(left, right)),
    ]
}

/// What may well become of what is at a path: sums of numbers, lists that grow.
fn likely(path: &Path) -> BoxedStrategy<Change> {
    let at = || Term::Path(path.clone());
    match (path.head.as_str(), path.steps.is_empty()) {
        ("a", true) => {
            let plus = any_number().prop_map({
                let at = at();
                move |number| Change::Set(Source::Plus(at.clone(), Term::Value(Value::N(number))))
            });
            prop_oneof![plus, any_number().prop_map(|number| Change::Add(Value::N(number)))].boxed()
        }
        ("b", true) => {
            let at = Term::Or(path.clone(), Box::new(Term::Value(Value::L(Vec::new()))));
            let append = move |list| Change::Set(Source::Append(at.clone(), Term::Value(Value::L(list))));
            vec(any_value(), 0..3).prop_map(append).boxed()
        }
        ("d", true) => {
            prop_oneof![any_set().prop_map(Change::Add), any_set().prop_map(Change::Delete)].boxed()
        }
        _ => any_value().prop_map(|value| Change::Set(Source::Term(Term::Value(value)))).boxed(),
    }
}

fn any_change(path: &Path) -> impl Strategy<Value = Change> + use<> {
    let added = prop_oneof![any_number().prop_map(Value::N), any_set()];
    prop_oneof![
        6 => likely(path),
        3 => any_source().prop_map(Change::Set),
        3 => Just(Change::Remove),
        1 => added.prop_map(Change::Add),
        1 => any_set().prop_map(Change::Delete),
    ]
}

fn any_update() -> impl Strategy<Value = Update> {
    let change = any_path().prop_flat_map(|path| {
        let change = any_change(&path);
        (Just(path), change)
    });
    (vec(change, 1..5), 0_usize..4).prop_map(|(all, first)| {
        let mut changes: Vec<(Path, Change)> = Vec::new();
        for (path, change) in all {
            if !changes.iter().any(|(other, _)| other.clashes(&path)) {
                changes.push((path, change));
            }
        }
        Update { changes, first }
    })
}

fn any_old_changes() -> impl Strategy<Value = Changes> {
    let change = any_head().prop_flat_map(|name| {
        let list = vec(any_value(), 0..3).prop_map(Value::L);
        let added = prop_oneof![any_number().prop_map(Value::N), any_set(), list];
        let change = prop_oneof![
            usual(&name).prop_map(OldChange::Put),
            added.prop_map(OldChange::Add),
            Just(OldChange::Delete(None)),
            any_set().prop_map(|set| OldChange::Delete(Some(set))),
        ];
        (Just(name), change)
    });
    vec(change, 1..4).prop_map(|mut changes| {
        changes.sort_by(|one, other| one.0.cmp(&other.0));
        changes.dedup_by(|one, other| one.0 == other.0);
        Changes::Attributes(changes)
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    (0..LAYOUTS.len(), 0_usize..2, 0..KEYS).prop_map(|(table, hash, range)| Place { table, hash, range })
}

/// A condition, and a change that may stand in one request with it.
fn any_condition_and_changes() -> impl Strategy<Value = (Condition, Changes)> {
    let new = || any_write_test().prop_map(Condition::Expression);
    let old = || any_old_tests().prop_map(Condition::Attributes);
    let update = || any_update().prop_map(Changes::Expression);
    prop_oneof![
        6 => (Just(Condition::None), update()),
        1 => (Just(Condition::None), Just(Changes::None)),
        4 => (new(), update()),
        1 => (new(), Just(Changes::None)),
        2 => (prop_oneof![Just(Condition::None), old()], any_old_changes()),
    ]
}

fn any_condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        3 => Just(Condition::None),
        3 => any_write_test().prop_map(Condition::Expression),
        1 => any_old_tests().prop_map(Condition::Attributes),
    ]
}

fn any_write() -> impl Strategy<Value = Write> {
    let what = prop_oneof![
        4 => (any_condition(), any_attributes().prop_map(Action::Put)),
        6 => any_condition_and_changes().prop_map(|(condition, changes)| (condition, Action::Update(changes))),
        2 => (any_condition(), Just(Action::Delete)),
    ];
    (any_place(), what, 0_usize..5, any::<bool>(), any::<bool>()).prop_map(
        |(place, (condition, action), returns, shows, metered)| Write {
            place,
            action,
            condition,
            returns,
            shows,
            metered,
        },
    )
}

fn any_paths() -> impl Strategy<Value = Vec<Path>> {
    let path = prop_oneof![8 => any_path(), 1 => select(vec![Path::to("hash"), Path::to("range")])];
    vec(path, 1..5).prop_map(|all| {
        let mut paths: Vec<Path> = Vec::new();
        for path in all {
            if !paths.iter().any(|other| other.clashes(&path)) {
                paths.push(path);
            }
        }
        paths
    })
}

fn any_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![8 => any_head(), 1 => Just("range".to_owned())];
    btree_set(name, 1..4).prop_map(|names| names.into_iter().collect())
}

fn any_parts() -> impl Strategy<Value = Parts> {
    prop_oneof![
        2 => Just(Parts::All),
        2 => any_paths().prop_map(Parts::Expression),
        1 => any_names().prop_map(Parts::Attributes),
    ]
}

/// A reading, and whether it is said in the older parameters.
fn any_reading() -> impl Strategy<Value = (Reading, bool)> {
    let test = || any_test().prop_map(Condition::Expression);
    let old_test = || any_old_tests().prop_map(Condition::Attributes);
    let said = prop_oneof![
        3 => (Just(Condition::None), Just(Parts::All), any::<bool>()),
        4 => (test(), prop_oneof![Just(Parts::All), any_paths().prop_map(Parts::Expression)], any::<bool>()),
        2 => (old_test(), prop_oneof![Just(Parts::All), any_names().prop_map(Parts::Attributes)], Just(true)),
    ];
    let limit = proptest::option::weighted(0.6, 1_usize..6);
    (said, limit, any::<bool>(), any::<bool>()).prop_map(
        |((filter, parts, is_old), limit, counts, consistent)| {
            // A count has no parts.
            let counts = counts && matches!(parts, Parts::All);
            (Reading { filter, parts, limit, counts, consistent }, is_old)
        },
    )
}

/// A range of sort keys of a table's type, mostly with bounds that are keys.
fn any_range(table: usize) -> BoxedStrategy<Option<Range>> {
    let Some(kind) = LAYOUTS[table].range else { return Just(None).boxed() };
    let value = move || (0..KEYS).prop_map(move |number| key_value(kind, number));
    let compare = (any_comparator(), value()).prop_map(|(op, value)| match op {
        Comparator::NotEqual => Range::Compare(Comparator::Equal, value),
        op => Range::Compare(op, value),
    });
    let between = (value(), value()).prop_map(|(one, other)| match one <= other {
        true => Range::Between(one, other),
        false => Range::Between(other, one),
    });
    let begins = value().prop_map(|value| match value {
        Value::N(_) => Range::Compare(Comparator::AtLeast, value),
        prefix => Range::Begins(prefix),
    });
    prop_oneof![
        2 => Just(None),
        2 => compare.prop_map(Some),
        1 => between.prop_map(Some),
        1 => begins.prop_map(Some),
    ]
    .boxed()
}

fn any_query() -> impl Strategy<Value = Query> {
    any_place().prop_flat_map(|place| {
        let rest = (any_reading(), any::<bool>(), 0_usize..16);
        (any_range(place.table), rest).prop_map(move |(range, ((reading, is_old), backward, style))| Query {
            place,
            range,
            backward,
            reading,
            style,
            is_old,
        })
    })
}

fn any_places(most: usize) -> impl Strategy<Value = Vec<Place>> {
    vec(any_place(), 1..most).prop_map(|mut places| {
        // One key once: a table without sort key has one key for each number.
        let name = |place: &Place| {
            let hash = if LAYOUTS[place.table].range.is_some() { place.hash } else { 0 };
            (place.table, hash, place.range)
        };
        places.sort_by_key(name);
        places.dedup_by_key(|place| name(place));
        places
    })
}

/// A step that asks the tables for something.
fn any_request() -> impl Strategy<Value = Event> {
    let writes = any_places(12).prop_flat_map(|places| {
        let count = places.len();
        let items = vec(proptest::option::weighted(0.7, any_attributes()), count..=count);
        items.prop_map(move |items| Event::BatchWrite(places.iter().copied().zip(items).collect()))
    });
    let scan = (0..LAYOUTS.len(), any_reading(), 1..4_i32)
        .prop_map(|(table, (reading, _), segments)| Event::Scan { table, reading, segments });
    prop_oneof![
        10 => any_write().prop_map(Event::Write),
        3 => (any_place(), any_parts(), any::<bool>())
            .prop_map(|(place, parts, consistent)| Event::Get { place, parts, consistent }),
        4 => any_query().prop_map(Event::Query),
        1 => scan,
        3 => writes,
        1 => (any_places(12), any_parts()).prop_map(|(places, parts)| Event::BatchGet { places, parts }),
    ]
}

/// Any step.
pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let failing = (1_usize..8, any::<bool>(), any_request().prop_map(Box::new))
        .prop_map(|(call, made, event)| Event::Failing { call, made, event });
    prop_oneof![
        24 => any_request(),
        3 => failing,
        1 => (0..LAYOUTS.len(), 0_usize..4).prop_map(|(table, key)| Event::Switch { table, key }),
        1 => Just(Event::Restart),
    ]
}
