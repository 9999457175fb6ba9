use crate::error::{ExpressionKind, Invalid};
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::expr::update::Update;
use crate::value::literal::{b, item, l, m, n, ns, raw, s, ss};
use crate::value::{AttributeValue, Item};

fn bound(text: &str) -> Result<Update, String> {
    let names = [("#a", "a"), ("#dot", "x.y"), ("#set", "SET ")];
    let names = names.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    let values = raw([
        (":one", n("1")),
        (":two", n("2.50")),
        (":huge", n("9e125")),
        (":tiny", n("1e-130")),
        (":s", s("x")),
        (":b", b(b"y")),
        (":t", AttributeValue::Bool(true)),
        (":nil", AttributeValue::Null),
        (":l", l([s("p"), s("q")])),
        (":m", m([("in", n("7"))])),
        (":ss", ss(["b", "c"])),
        (":ns", ns(["2", "3"])),
    ]);
    let mut substitutions = Substitutions::new(Some(names), Some(values), ValueErrors::Bare).unwrap();
    let parsed = crate::expr::update(text).map_err(|error| error.public_text())?;
    let kind = ExpressionKind::Update;
    Update::bind(&parsed, &mut substitutions)
        .map_err(|error| Invalid::Expression { kind, error }.public_text())
}

fn updated(text: &str, item: Item) -> Result<Item, String> {
    bound(text)?.apply(item).map_err(|error| error.public_text())
}

fn sample() -> Item {
    item([
        ("pk", s("k")),
        ("a", n("5")),
        ("s", s("text")),
        ("l", l([n("0"), n("1"), n("2"), n("3")])),
        ("m", m([("x", n("1")), ("y", m([("z", s("deep"))])), ("l", l([s("e")]))])),
        ("ss", ss(["a", "b"])),
        ("ns", ns(["1", "2"])),
    ])
}

/// Each update changes the sample in these attributes alone; gone means that it is gone.
#[track_caller]
fn changes<const N: usize>(text: &str, attributes: [(&str, Option<AttributeValue>); N]) {
    let mut expected = sample();
    for (name, value) in attributes {
        match value {
            Some(value) => expected.insert(name, value),
            None => expected.remove(name),
        };
    }
    assert_eq!(updated(text, sample()), Ok(expected), "{text}");
}

#[test]
fn set_sets() {
    changes("SET a = :s", [("a", Some(s("x")))]);
    changes("set  nu=:m", [("nu", Some(m([("in", n("7"))])))]);
    changes("SET #dot = :one, #set = :two", [("x.y", Some(n("1"))), ("SET ", Some(n("2.5")))]);
    changes("SET nu = s", [("nu", Some(s("text")))]);
    changes("SET nu = m.y.z", [("nu", Some(s("deep")))]);
    changes("SET nu = l[2]", [("nu", Some(n("2")))]);
    changes("SET a = a", []);
    changes("SET nu = (:s), oth = ((a) + (:one))", [("nu", Some(s("x"))), ("oth", Some(n("6")))]);
}

#[test]
fn sums_are_exact() {
    changes("SET a = a + :two", [("a", Some(n("7.5")))]);
    changes("SET a = :two - a", [("a", Some(n("-2.5")))]);
    changes("SET a = a - a", [("a", Some(n("0")))]);
    changes("SET a = l[2] + m.x", [("a", Some(n("3")))]);
    changes("SET nu = if_not_exists(nu, :one) + :one", [("nu", Some(n("2")))]);
    changes(
        "SET a = (a + :one), l[0] = a",
        [("a", Some(n("6"))), ("l", Some(l([n("5"), n("1"), n("2"), n("3")])))],
    );
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range";
    for text in ["SET a = :huge + :huge", "ADD big :huge", "SET a = :huge - :one", "SET a = :one + :tiny"] {
        let item = item([("big", n("9e125"))]);
        assert_eq!(updated(text, item), Err(overflow.to_owned()), "{text}");
    }
}

#[test]
fn functions_give_values() {
    changes("SET a = if_not_exists(a, :s)", []);
    changes("SET nu = if_not_exists(nu, :s)", [("nu", Some(s("x")))]);
    changes("SET nu = if_not_exists(m.y.gone, if_not_exists(nope, s))", [("nu", Some(s("text")))]);
    changes("SET nu = if_not_exists(a, nope)", [("nu", Some(n("5")))]);
    changes("SET l = list_append(l, :l)", [("l", Some(l([n("0"), n("1"), n("2"), n("3"), s("p"), s("q")])))]);
    changes("SET nu = list_append(:l, m.l)", [("nu", Some(l([s("p"), s("q"), s("e")])))]);
    changes(
        "SET nu = list_append(if_not_exists(nu, :l), :l)",
        [("nu", Some(l([s("p"), s("q"), s("p"), s("q")])))],
    );
}

#[test]
fn right_sides_read_the_item_as_it_was() {
    changes("SET a = s, s = a", [("a", Some(s("text"))), ("s", Some(n("5")))]);
    changes("REMOVE a SET nu = a", [("a", None), ("nu", Some(n("5")))]);
    changes("ADD a :one SET nu = a + a", [("a", Some(n("6"))), ("nu", Some(n("10")))]);
    assert_eq!(
        updated("SET x = :one, y = x", sample()),
        Err("The provided expression refers to an attribute that does not exist in the item".to_owned())
    );
}

#[test]
fn nested_paths_lead_into_what_is_there() {
    let m_with = |x: Option<AttributeValue>, z| {
        let mut map = m([("y", m([("z", z)])), ("l", l([s("e")]))]);
        if let (AttributeValue::M(map), Some(x)) = (&mut map, x) {
            map.insert("x".to_owned(), x);
        }
        Some(map)
    };
    changes("SET m.x = :s, m.y.z = :one", [("m", m_with(Some(s("x")), n("1")))]);
    changes("REMOVE m.x", [("m", m_with(None, s("deep")))]);
    changes("REMOVE m.gone, gone, l[9]", []);
    changes("ADD m.x :two", [("m", m_with(Some(n("3.5")), s("deep")))]);
    let removed = updated("REMOVE m.y.z, m.l[0]", sample()).unwrap();
    assert_eq!(removed.get("m"), Some(&m([("x", n("1")), ("y", m([])), ("l", l([]))])));
    for text in [
        "SET gone.x = :one",
        "SET a.x = :one",
        "SET l.x = :one",
        "SET m[0] = :one",
        "SET l[9].x = :one",
        "SET m.gone.x = :one",
        "REMOVE gone.x",
        "REMOVE a.x",
        "REMOVE l.x",
        "REMOVE m.y[0]",
        "ADD gone.x :one",
        "DELETE gone[1] :ss",
    ] {
        let expected = "The document path provided in the update expression is invalid for update";
        assert_eq!(updated(text, sample()), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn elements_keep_their_places_until_all_is_done() {
    let list = |numbers: &[&str]| Some(AttributeValue::L(numbers.iter().map(|number| n(number)).collect()));
    changes("SET l[1] = :one, l[0] = :two", [("l", list(&["2.5", "1", "2", "3"]))]);
    changes("REMOVE l[0], l[2]", [("l", list(&["1", "3"]))]);
    changes("REMOVE l[3], l[1], l[0], l[2]", [("l", Some(l([])))]);
    changes("REMOVE l[1] SET l[3] = :one", [("l", list(&["0", "2", "1"]))]);
    changes("SET l[3] = :one REMOVE l[1]", [("l", list(&["0", "2", "1"]))]);
    // Behind the end in the order of the indexes, and no index there means what another one has put there.
    changes(
        "SET l[84] = :one, l[37] = :two, l[4] = :huge",
        [("l", list(&["0", "1", "2", "3", "9e125", "2.5", "1"]))],
    );
    changes("SET l[9] = :one REMOVE l[4], l[0]", [("l", list(&["1", "2", "3", "1"]))]);
    changes("ADD l[0] :one, l[7] :two", [("l", list(&["1", "1", "2", "3", "2.5"]))]);
}

#[test]
fn add_and_delete_know_numbers_and_sets() {
    changes("ADD a :two", [("a", Some(n("7.5")))]);
    changes("ADD nu :two, ss :ss", [("nu", Some(n("2.5"))), ("ss", Some(ss(["a", "b", "c"])))]);
    changes("ADD nu :ns", [("nu", Some(ns(["2", "3"])))]);
    changes("DELETE ss :ss, gone :ss", [("ss", Some(ss(["a"])))]);
    changes("DELETE ns :ns", [("ns", Some(ns(["1"])))]);
    assert_eq!(updated("DELETE x :ss", item([("x", ss(["b", "c"]))])), Ok(Item::new()));
    for text in [
        "ADD s :one",
        "ADD a :ss",
        "ADD ss :ns",
        "ADD l :ss",
        "DELETE a :ss",
        "DELETE ns :ss",
        "SET a = a + s",
        "SET a = s - :one",
        "SET a = list_append(l, a)",
        "SET a = list_append(ss, :l)",
        "SET a = if_not_exists(s, :one) + :one",
    ] {
        let expected = "An operand in the update expression has an incorrect data type";
        assert_eq!(updated(text, sample()), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn only_what_gives_makes_an_item() {
    for (text, creates) in [
        ("SET a = :one", true),
        ("ADD a :one", true),
        ("REMOVE a SET b = :one", true),
        ("REMOVE a", false),
        // The text has SET in it, and no SET.
        ("REMOVE #set", false),
        ("DELETE a :ss REMOVE b", false),
    ] {
        assert_eq!(bound(text).unwrap().creates(), creates, "{text}");
    }
}

#[test]
fn touched_parts_are_those_at_the_paths() {
    let update = bound("SET m.x = :s, l[1] = :one, l[9] = :one, nu = :s REMOVE a").unwrap();
    let expected = item([("m", m([("x", n("1"))])), ("l", l([n("1")])), ("a", n("5"))]);
    assert_eq!(update.touched(&sample()), expected);
    let after = update.apply(sample()).unwrap();
    let expected = item([("m", m([("x", s("x"))])), ("l", l([n("1")])), ("nu", s("x"))]);
    assert_eq!(update.touched(&after), expected);
    // As DynamoDB has it: what has moved to a removed element's place counts as what became of it.
    let update = bound("REMOVE l[1]").unwrap();
    assert_eq!(update.touched(&update.apply(sample()).unwrap()), item([("l", l([n("2")]))]));
}

#[test]
fn items_stay_within_their_limits() {
    let nested = |depth: usize| (1..depth).fold(n("1"), |value, _| l([value]));
    let with = |depth| item([("d", nested(depth)), ("m", m([("x", m([]))]))]);
    assert!(updated("SET m.x.y = d", with(30)).is_ok());
    assert_eq!(updated("SET m.x.y = d", with(31)), Err(Invalid::NestingTooDeep.public_text()));
    assert_eq!(updated("SET e = list_append(d, :l)", with(32)).map(|_| ()), Ok(()));
    // What is copied is counted before it is copied: 4 KB of text would make 300 MB of this.
    let large = item([("v", s(&"x".repeat(150_000))), ("w", l([s(&"x".repeat(150_000))]))]);
    let copies: Vec<_> = (0..500).map(|number| format!("c{number}=v")).collect();
    let too_large = Err("Item size to update has exceeded the maximum allowed size".to_owned());
    assert_eq!(updated(&format!("SET {}", copies.join(",")), large.clone()), too_large);
    let appended: Vec<_> = (0..100).map(|number| format!("c{number}=list_append(w,w)")).collect();
    assert_eq!(updated(&format!("SET {}", appended.join(",")), large.clone()), too_large);
    assert!(updated("SET x = v, y = v", large).is_ok());
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(bound(text).unwrap_err(), format!("Invalid UpdateExpression: {expected}"), "{text}");
}

#[test]
fn syntax_errors_show_the_token_between_its_neighbours() {
    let fails = |text: &str, token: &str, near: &str| {
        fails(text, &format!("Syntax error; token: \"{token}\", near: \"{near}\""));
    };
    fails("INVALID SYNTAX", "INVALID", "INVALID SYNTAX");
    fails("SET", "<EOF>", "SET");
    fails("SET a", "<EOF>", "a");
    fails("SET a :one", ":one", "a :one");
    fails("SET a = :one,", "<EOF>", ",");
    fails("SET a = :one b = :two", "b", ":one b =");
    fails("SET a = :one + :two + :one", "+", ":two + :one");
    fails("SET a = if_not_exists(a, :one + :two)", "+", ":one + :two");
    fails("SET a = (:one + :two) + :one", "+", ") + :one");
    fails("SET a = (:one", "<EOF>", ":one");
    fails("SET a = :one)", ")", ":one)");
    fails("SET :a = :one", ":a", "SET :a =");
    fails("SET a[:one] = :one", ":one", "[:one]");
    fails("SET a[#a] = :one", "#a", "[#a]");
    fails("SET add = :one", "add", "SET add =");
    fails("SET a = -:one", "-", "= -:one");
    fails("SET a = 1", "1", "= 1");
    fails("SET a = _f(b)", "_", "= _f");
    fails("SET _123 = :one", "_", "SET _123");
    fails("SET hi-there = :one", "-", "hi-there");
    fails("REMOVE a = :one", "=", "a = :one");
    fails("ADD a 1", "1", "a 1");
    fails("ADD a b", "b", "a b");
    fails("DELETE a", "<EOF>", "a");
    fails("SET a = size()", ")", "()");
}

#[test]
fn complaints_come_in_dynamodbs_order() {
    fails("", "The expression can not be empty;");
    let twice = "SET x = :one SET x = nope(key, #x, :x)";
    fails(twice, "Attribute name is a reserved keyword; reserved keyword: key");
    fails(&twice.replace("key", "k"), "Invalid function name; function: nope");
    let twice = "SET x = :x SET x = #x";
    fails(twice, "The \"SET\" section can only be used once in an update expression;");
    fails(
        "REMOVE a ADD b :one REMOVE c ADD d :one",
        "The \"REMOVE\" section can only be used once in an update expression;",
    );
    fails(
        "SET x = :x, x = #x",
        "An expression attribute name used in the document path is not defined; attribute name: #x",
    );
    fails(
        "SET x = :s + :x, x = #a",
        "An expression attribute value used in expression is not defined; attribute value: :x",
    );
    let paths = "must remove or rewrite one of these paths; path one: ";
    fails(
        "SET y.a = :one, y[0] = :one, x = list_append(:one, :s) REMOVE x.y ADD z :s",
        &format!("Two document paths overlap with each other; {paths}[x], path two: [x, y]"),
    );
    fails(
        "SET y.a = :one, y[0] = :one, x = list_append(:one, :s) ADD z :s",
        &format!("Two document paths conflict with each other; {paths}[y, a], path two: [y, [0]]"),
    );
    let kind = "Incorrect operand type for operator or function; ";
    fails(
        "SET x = list_append(:one, :s) ADD z :s",
        &format!("{kind}operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
    );
    fails(
        "SET x = list_append(:one, :s)",
        &format!("{kind}operator or function: list_append, operand type: N"),
    );
}

#[test]
fn operands_are_checked_before_there_is_an_item() {
    let kind = "Incorrect operand type for operator or function; ";
    for (value, name) in [
        (":s", "STRING"),
        (":b", "BINARY"),
        (":t", "BOOLEAN"),
        (":nil", "NULL"),
        (":l", "LIST"),
        (":m", "MAP"),
    ] {
        for section in ["ADD", "DELETE"] {
            let expected = format!(
                "{kind}operator: {section}, operand type: {name}, typeSet: ALLOWED_FOR_{section}_OPERAND"
            );
            fails(&format!("{section} x {value}"), &expected);
        }
    }
    fails(
        "DELETE x :one",
        &format!("{kind}operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
    );
    fails("SET x = :s + :one", &format!("{kind}operator or function: +, operand type: S"));
    fails("SET x = a - :ns", &format!("{kind}operator or function: -, operand type: NS"));
    fails(
        "SET x = list_append(a, :ss)",
        &format!("{kind}operator or function: list_append, operand type: SS"),
    );
    let count = "Incorrect number of operands for operator or function; operator or function: ";
    fails("SET x = list_append(:l)", &format!("{count}list_append, number of operands: 1"));
    fails("SET x = if_not_exists(a, :l, :l)", &format!("{count}if_not_exists, number of operands: 3"));
    let path = "Operator or function requires a document path; operator or function: if_not_exists";
    fails("SET x = if_not_exists(:one, :two)", path);
    fails("SET x = if_not_exists(if_not_exists(a, :two), :one)", path);
    let misused = "The function is not allowed to be used this way in an expression; function: list_append";
    fails("SET x = list_append(list_append(:l, :l), :l)", misused);
    fails("SET x = if_not_exists(x, list_append(:l, :l))", misused);
    fails("SET x = LIST_APPEND(:l, :l)", "Invalid function name; function: LIST_APPEND");
    fails("SET x = size(a)", "The function is not allowed in an update expression; function: size");
    fails("SET x = ((:one))", "The expression has redundant parentheses;");
    fails("SET x = ((:one + :two))", "The expression has redundant parentheses;");
}

#[test]
fn the_key_is_left_alone() {
    use crate::schema::{KeyAttribute, KeySchema, ScalarType};
    let attribute = |name: &str| KeyAttribute { name: name.to_owned(), kind: ScalarType::S };
    let schema = KeySchema { hash: attribute("pk"), range: Some(attribute("sk")) };
    for (text, key) in [
        ("SET pk = :s", "pk"),
        ("REMOVE sk", "sk"),
        ("ADD sk :one SET a = :one", "sk"),
        ("DELETE pk :ss", "pk"),
        ("SET pk.a = :s", "pk"),
    ] {
        let expected = format!(
            "One or more parameter values were invalid: Cannot update attribute {key}. This attribute is part of the key"
        );
        assert_eq!(bound(text).unwrap().spares(&schema).unwrap_err().public_text(), expected, "{text}");
    }
    assert_eq!(bound("SET a = pk, pks = sk").unwrap().spares(&schema), Ok(()));
}

#[test]
fn hostile_texts_need_little_stack() {
    let hostile = [
        format!("SET a = {}", "(".repeat(4000)),
        format!("SET a = {}b{}", "(".repeat(2000), ")".repeat(2000)),
        format!("SET a = {}", "if_not_exists(a,".repeat(250)),
        format!("SET a{} = :one", ".b".repeat(2000)),
        format!("REMOVE {}a", "a[0],".repeat(800)),
        "SET ".repeat(1000),
        "REMOVE a ".repeat(450),
        format!("SET a = b{}", "+c".repeat(2000)),
    ];
    let work = move || {
        for text in &hostile {
            assert!(bound(text).is_err(), "{text}");
        }
        let deep = (1..32).fold(n("1"), |value, _| m([("b", value)]));
        let text = format!("SET a{} = :one REMOVE c{}", ".b".repeat(31), ".b".repeat(31));
        let before = item([("a", deep.clone()), ("c", deep)]);
        assert!(updated(&text, before).is_ok());
        let operators: Vec<_> = (0..301).map(|number| format!("a{number}=b+b")).collect();
        assert!(bound(&format!("SET {}", operators[..300].join(","))).is_ok());
        fails(
            &format!("SET {}", operators.join(",")),
            "The expression contains too many operators; operator count: 301",
        );
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}
