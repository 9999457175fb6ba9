"""Conditions, as in ConditionExpression and FilterExpression: what is true of an item, what is no condition, and in which order that
is found."""

import re

import pytest

from asking import BOOL, BS, EACH_TYPE, FALSE, NS, NULL, SS, B, L, M, N, S, expression, invalid

ITEM = {
    "s": S("text"), "n": N(5), "b": B(b"octets"), "t": BOOL, "f": FALSE, "z": NULL, "ss": SS("a", "b"), "ns": NS(1, 2), "bs": BS(b"x", b"y"),
    "l": L(S("a"), N(1), M(k=S("v"))), "m": M(a=N(1), b=M(c=S("deep")), l=L(N(7))), "blank": S(""), "same": S("text"), "el": L(), "em": M(),
    "wide": S("a🦀ä"), "dotted.name": S("dot"),
}  # fmt: skip

TRUE = [
    # Comparisons, of every type with itself.
    ("s = :v", S("text")), ("n = :v", N("5.0")), ("b = :v", B(b"octets")), ("t = :v", BOOL), ("f = :v", FALSE), ("z = :v", NULL),
    ("ss = :v", SS("b", "a")), ("ns = :v", NS("2", "1.0")), ("bs = :v", BS(b"y", b"x")), ("l = :v", ITEM["l"]), ("m = :v", ITEM["m"]),
    ("blank = :v", S("")), ("el = :v", L()), ("em = :v", M()), ("s = same", None), (":v = s", S("text")),
    ("s <> :v", S("other")), ("s <> :v", N(5)), ("absent <> :v", S("x")), ("n <> :v", S("5")), ("ss <> :v", SS("a")), ("l <> :v", L(S("a"))),
    ("n < :v", N(6)), ("n <= :v", N(5)), ("n > :v", N(4)), ("n >= :v", N(5)), ("s < :v", S("texu")), ("s > :v", S("tex")), ("s >= :v", S("text")),
    ("b < :v", B(b"octett")), ("b > :v", B(b"")), ("b <= :v", B(b"octets")), ("blank < :v", S("a")), ("s > :v", S("Text")), ("s < :v", S("ä")),
    ("wide > :v", S("a")),
    # Without the attribute, or with another type, only <> is true.
    ("NOT absent = :v", S("x")), ("NOT absent < :v", N(1)), ("NOT n < :v", S("z")), ("NOT n = :v", S("5")), ("NOT t > :v", S("a")),
    ("absent <> s", None), ("NOT absent = s", None), ("absent <> gone", None), ("NOT absent = gone", None),
    # BETWEEN and IN.
    ("n BETWEEN :v AND :v", N(5)), ("s BETWEEN :v AND same", S("te")), ("NOT absent BETWEEN :v AND :v", N(1)),
    ("s IN (:v)", S("text")), ("s IN (same, :v)", S("x")), ("NOT s IN (:v)", S("x")), ("NOT absent IN (:v)", S("x")), ("n in (:v)", N(5)),
    ("ss IN (:v)", SS("a", "b")), ("NOT n IN (:v, absent)", S("5")),
    # Functions.
    ("attribute_exists(s)", None), ("attribute_exists(z)", None), ("attribute_exists(m.b.c)", None), ("attribute_exists(l[2].k)", None),
    ("attribute_not_exists(absent)", None), ("attribute_not_exists(m.x)", None), ("attribute_not_exists(l[3])", None),
    ("attribute_not_exists(s.x)", None), ("attribute_not_exists(s[0])", None), ("attribute_not_exists(l.a)", None), ("attribute_not_exists(m[0])", None),
    ("begins_with(s, :v)", S("te")), ("begins_with(s, :v)", S("")), ("begins_with(b, :v)", B(b"oct")), ("NOT begins_with(s, :v)", S("ex")),
    ("NOT begins_with(n, :v)", S("5")), ("NOT begins_with(absent, :v)", S("a")), ("begins_with(s, same)", None), ("NOT begins_with(s, :v)", B(b"te")),
    ("contains(s, :v)", S("ex")), ("contains(b, :v)", B(b"tet")), ("contains(ss, :v)", S("a")), ("contains(ns, :v)", N("1.0")), ("contains(bs, :v)", B(b"x")),
    ("contains(l, :v)", S("a")), ("contains(l, :v)", N("1.0")), ("contains(l, :v)", M(k=S("v"))), ("NOT contains(s, :v)", S("z")), ("NOT contains(ss, :v)", S("c")),
    ("NOT contains(ss, :v)", N(1)), ("NOT contains(n, :v)", N(5)), ("NOT contains(m, :v)", S("a")), ("NOT contains(absent, :v)", S("a")),
    ("contains(s, :v)", S("")), ("NOT contains(ss, :v)", SS("a")), ("contains(same, s)", None),
    ("size(s) = :v", N(4)), ("size(b) = :v", N(6)), ("size(ss) = :v", N(2)), ("size(l) = :v", N(3)), ("size(m) = :v", N(3)), ("size(blank) = :v", N(0)),
    ("size(wide) = :v", N(4)), ("size(el) = :v", N(0)), ("size(m.b.c) = :v", N(4)), ("size(l[2]) = :v", N(1)), ("NOT size(n) >= :v", N(0)), ("NOT size(t) >= :v", N(0)),
    ("NOT size(z) >= :v", N(0)), ("NOT size(absent) >= :v", N(0)), ("size(s) > size(ss)", None), (":v < size(s)", N(3)), ("size(s) BETWEEN :v AND :v", N(4)),
    ("size(s) IN (:v, n)", N(4)),
    # Paths.
    ("m.a = :v", N(1)), ("m.b.c = :v", S("deep")), ("l[0] = :v", S("a")), ("l[2].k = :v", S("v")), ("m.l[0] = :v", N(7)), ("m . a = :v", N(1)), ("l [0] = :v", S("a")),
    # And, or, not, and what binds how.
    ("s = :v AND n > l[1]", S("text")), ("s = n OR s = :v", S("text")), ("NOT (s = n) AND NOT s = n OR n = s", None), ("NOT s = n AND s = same", None),
    ("s = same OR s = n AND s = n", None), ("NOT (s = same AND s = n)", None), ("(s = same OR s = n) AND n = l[1] OR s = same", None),
    ("not s = n and s = same", None), ("Not s = n Or s = n", None), ("(s = same) AND ((n > l[1]) OR (s = n))", None),
    ("  s  =  :v  ", S("text")), ("s=:v", S("text")), ("n>=:v", N(5)), ("(s) = (:v)", S("text")), ("\ts\n=\r:v", S("text")),
]  # fmt: skip


@pytest.mark.parametrize("condition, value", TRUE, ids=[condition for condition, _ in TRUE])
def test_is_true(item, db, condition, value):
    item.put(ITEM)
    values = value and {":v": value}
    assert item.holds(condition, values)
    assert not item.holds(f"NOT ({condition.strip()})", values)
    request = {"TableName": item.table, "KeyConditionExpression": "pk = :pk", "FilterExpression": condition}
    answer = db.query(**request, ExpressionAttributeValues={":pk": item.key["pk"], **(values or {})})
    assert (answer["Count"], answer["ScannedCount"]) == (1, 1)


@pytest.mark.parametrize("kind", EACH_TYPE)
def test_every_type_has_its_name(item, kind):
    item.put({"v": EACH_TYPE[kind]})
    for other in EACH_TYPE:
        assert item.holds("attribute_type(v, :t)", {":t": S(other)}) == (other == kind)
    assert not item.holds("attribute_type(absent, :t)", {":t": S(kind)})


@pytest.mark.parametrize("one", EACH_TYPE)
@pytest.mark.parametrize("other", EACH_TYPE)
def test_types_are_compared_with_themselves_only(item, one, other):
    item.put({"a": EACH_TYPE[one], "b": EACH_TYPE[other]})
    assert item.holds("a = b") == (one == other)
    assert item.holds("a <> b") == (one != other)
    ordered = one == other and one in ("S", "N", "B")
    for operator in ("<=", ">="):
        assert item.holds(f"a {operator} b") == ordered
    assert not item.holds("a < b") and not item.holds("a > b")


ORDERED = ["", "\u0000", " ", "0", "A", "a", "aa", "b", "ä", "\uffff", "🦀"]


@pytest.mark.parametrize("at", range(len(ORDERED) - 1))
def test_texts_are_ordered_by_their_bytes(item, at):
    low, high = ORDERED[at], ORDERED[at + 1]
    item.put({"s": S(low), "b": B(low.encode())})
    assert item.holds("s < :s AND b < :b AND s <= :s AND NOT s > :s", {":s": S(high), ":b": B(high.encode())})


def test_bytes_are_unsigned(item):
    item.put({"b": B(b"\x7f")})
    assert item.holds("b < :b", {":b": B(b"\x80")})


# --- what is none --------------------------------------------------------------------------------------------------------

V = {":v": S("x"), ":w": S("y")}
OPERAND_TYPE = "Incorrect operand type for operator or function; operator or function: {}, operand type: {}"
COUNT = "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}"

NONE = [
    ("", {}, "The expression can not be empty;"),
    ("((s = :v))", {":v"}, "The expression has redundant parentheses;"),
    ("((s)) = :v", {":v"}, "The expression has redundant parentheses;"),
    ("(((s = :v)))", {":v"}, "The expression has redundant parentheses;"),
    ("foo(s)", {}, "Invalid function name; function: foo"),
    ("Size(s) = :v", {":v"}, "Invalid function name; function: Size"),
    ("ATTRIBUTE_EXISTS(s)", {}, "Invalid function name; function: ATTRIBUTE_EXISTS"),
    ("Contains(s, :v)", {":v"}, "Invalid function name; function: Contains"),
    ("size(s)", {}, "The function is not allowed to be used this way in an expression; function: size"),
    ("attribute_exists(s) = :v", {":v"}, "The function is not allowed to be used this way in an expression; function: attribute_exists"),
    ("begins_with(s, :v) = :v", {":v"}, "The function is not allowed to be used this way in an expression; function: begins_with"),
    ("s = contains(s, :v)", {":v"}, "The function is not allowed to be used this way in an expression; function: contains"),
    ("s = :nobody", {}, "An expression attribute value used in expression is not defined; attribute value: :nobody"),
    ("#nobody = :v", {":v"}, "An expression attribute name used in the document path is not defined; attribute name: #nobody"),
    ("s.#nobody = :v", {":v"}, "An expression attribute name used in the document path is not defined; attribute name: #nobody"),
    ("attribute_exists(:v)", {":v"}, "Operator or function requires a document path; operator or function: attribute_exists"),
    ("attribute_not_exists(:v)", {":v"}, "Operator or function requires a document path; operator or function: attribute_not_exists"),
    ("attribute_exists()", {}, None),
    ("attribute_exists(a, b)", {}, COUNT.format("attribute_exists", 2)),
    ("attribute_not_exists(a, b, c)", {}, COUNT.format("attribute_not_exists", 3)),
    ("begins_with(a)", {}, COUNT.format("begins_with", 1)),
    ("begins_with(a, :v, :w)", {":v", ":w"}, COUNT.format("begins_with", 3)),
    ("contains(a)", {}, COUNT.format("contains", 1)),
    ("contains(a, :v, :w)", {":v", ":w"}, COUNT.format("contains", 3)),
    ("attribute_type(a)", {}, COUNT.format("attribute_type", 1)),
    ("size(a, b) = :v", {":v"}, COUNT.format("size", 2)),
    ("s = s", {}, "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [s]"),
    ("m.a < m.a", {}, "The first operand must be distinct from the remaining operands for this operator or function; operator: <, first operand: [m, a]"),
    ("contains(a, a)", {}, "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]"),
    ("begins_with(a, a)", {}, "The first operand must be distinct from the remaining operands for this operator or function; operator: begins_with, first operand: [a]"),
]  # fmt: skip


@pytest.mark.parametrize("condition, used, text", NONE, ids=[condition or "empty" for condition, _, _ in NONE])
def test_is_none(item, db, condition, used, text):
    values = {name: V[name] for name in sorted(used)} or None
    for kind, ask in (
        ("Condition", lambda: item.holds(condition, values)),
        ("Filter", lambda: db.scan(TableName=item.table, FilterExpression=condition, **({"ExpressionAttributeValues": values} if values else {}))),
    ):
        with invalid(expression(kind, text) if text else re.compile(f"(1 validation error detected: )?Invalid {kind}Expression: .*")):
            ask()


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("kind", ["BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
def test_only_three_types_have_an_order(item, operator, kind):
    with invalid(expression("Condition", OPERAND_TYPE.format(operator, kind))):
        item.holds(f"a {operator} :v", {":v": EACH_TYPE[kind]})


@pytest.mark.parametrize("kind", ["N", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
def test_begins_with_takes_texts_and_bytes(item, kind):
    with invalid(expression("Condition", OPERAND_TYPE.format("begins_with", kind))):
        item.holds("begins_with(a, :v)", {":v": EACH_TYPE[kind]})


@pytest.mark.parametrize("kind", ["N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
def test_a_type_is_named_by_a_text(item, kind):
    with invalid(expression("Condition", OPERAND_TYPE.format("attribute_type", kind))):
        item.holds("attribute_type(a, :v)", {":v": EACH_TYPE[kind]})


@pytest.mark.parametrize("name", ["s", "STRING", "", "SSS", "X", "bool", "LIST"])
def test_a_type_has_one_name(item, name):
    with invalid(re.compile(".*Invalid ConditionExpression: Invalid attribute type name found; type: .*")):
        item.holds("attribute_type(a, :v)", {":v": S(name)})


@pytest.mark.parametrize("kind", ["N", "BOOL", "NULL", "S", "B"])
def test_the_size_of_a_constant(item, kind):
    item.put({"a": N(1)})
    if kind in ("S", "B"):
        assert item.holds("size(:v) > a", {":v": EACH_TYPE[kind]})
    else:
        with invalid(expression("Condition", OPERAND_TYPE.format("size", kind))):
            item.holds("size(:v) > a", {":v": EACH_TYPE[kind]})


@pytest.mark.parametrize("low, high, kinds", [(N(2), N(1), ("{N:2}", "{N:1}")), (S("b"), S("a"), ("{S:b}", "{S:a}"))])
def test_bounds_are_in_order(item, low, high, kinds):
    text = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}"
    with invalid(expression("Condition", text.format(*kinds))):
        item.holds("a BETWEEN :l AND :h", {":l": low, ":h": high})


def test_bounds_are_of_one_type(item):
    with invalid(re.compile(".*Invalid ConditionExpression: The BETWEEN operator requires same data type for lower and upper bounds; .*")):
        item.holds("a BETWEEN :l AND :h", {":l": N(1), ":h": S("a")})


SYNTAX = [
    "s", "s =", "= :v", "s = :v AND", "AND s = :v", "s == :v", "s != :v", "s = :v OR", "NOT", "(s = :v", "s = :v)", "s = :v s = :v", "s :v", "s = 5", "s = 'a'", 's = "a"',
    "s BETWEEN :v", "s BETWEEN :v OR :v", "s IN :v", "s IN ()", "s IN (:v", "s IN (:v,)", "s[] = :v", "s[-1] = :v", "s[a] = :v", "s[:v] = :v", "s. = :v", ".s = :v", "s..a = :v",
    "_s = :v", "1s = :v", "# = :v", ": = s", "s = :", "s = :v;", "s = :v -- no", "s LIKE :v", "s = NULL", "s IS NULL", "s = :v && s = :v", "!s", "s = :v + :v", "s = - :v",
    "s.[0] = :v", "s[0]a = :v", "attribute_exists s", "attribute_exists(s", "attribute_exists(s))", "s = :v,", "s, n", "s ~ :v", "s = :v AND AND s = :v", "NOT NOT", "()", "s = ()", "s[1.5] = :v",
    "size s = :v", "\u00e4 = :v", "s = :\u00e4", "a-b = :v", "a b = :v", "SET s = :v", "s = \u0000", "s < > :v", "s > = :v",
]  # fmt: skip


@pytest.mark.parametrize("condition", SYNTAX)
def test_is_no_condition(item, condition):
    with invalid(re.compile(r"(1 validation error detected: )?Invalid ConditionExpression: (Syntax error; token: .*, near: .*|Attribute name is a reserved keyword; .*)", re.S)):
        item.holds(condition, {":v": S("x")})


def test_what_does_not_fit_is_shown_with_its_neighbours(item):
    with invalid(expression("Condition", 'Syntax error; token: ":v", near: "s :v"')):
        item.holds("s :v", {":v": S("x")})
    with invalid(re.compile('.*Invalid ConditionExpression: Syntax error; token: "<EOF>", near: ".*"')):
        item.holds("s =")


# The order in which faults are found, whatever the order in which they stand there.
REPORTED = [
    ("redundant parentheses", "((a = a))", "The expression has redundant parentheses;"),
    ("an unknown function", "foo(a)", "Invalid function name; function: foo"),
    ("a misused function", "size(a)", "The function is not allowed to be used this way in an expression; function: size"),
    ("a reserved word", "name = a", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("an undefined placeholder", "#u = a", "An expression attribute name used in the document path is not defined; attribute name: #u"),
    ("a count of operands", "begins_with(a)", COUNT.format("begins_with", 1)),
    ("operands that are not distinct", "b = b", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [b]"),
    ("an operand's type", "a < :l", OPERAND_TYPE.format("<", "L")),
]  # fmt: skip


# What is wrong with the text as such comes before what is wrong with its operands, wherever it stands.
@pytest.mark.parametrize("first, second", [(first, second) for first in range(4) for second in range(first + 1, len(REPORTED))])
def test_the_graver_fault_is_reported(item, first, second):
    texts = [REPORTED[first][1], REPORTED[second][1]]
    for condition in (" AND ".join(texts), " OR ".join(reversed(texts))):
        values = {":l": L()} if ":l" in condition else None
        with invalid(expression("Condition", REPORTED[first][2])):
            item.holds(condition, values)


# --- limits --------------------------------------------------------------------------------------------------------------


def test_an_expression_has_at_most_4096_bytes(item):
    longest = "s = :v" + " " * (4096 - 6)
    item.put({"s": S("x")})
    assert item.holds(longest, {":v": S("x")})
    with invalid(re.compile(r".*Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4097")):
        item.holds(longest + " ", {":v": S("x")})


def test_in_takes_100_operands(item):
    item.put({"n": N(99)})
    values = {f":v{at}": N(at) for at in range(101)}
    hundred = ", ".join(list(values)[:100])
    assert item.holds(f"n IN ({hundred})", {name: values[name] for name in list(values)[:100]})
    with invalid(re.compile(".*Invalid ConditionExpression: .*")):
        item.holds(f"n IN ({hundred}, :v100)", values)


def test_300_operators_are_the_most(item):
    item.put({"a": N(1), "b": N(1)})
    assert item.holds(" OR ".join(["a<b"] * 149 + ["a=b"]))
    with invalid(re.compile(".*Invalid ConditionExpression: .*")):
        item.holds(" OR ".join(["a<b"] * 301))


@pytest.mark.parametrize("text", ["(" * 5000, "NOT " * 1000, "a." * 2000 + "b = c", "a" + "[0]" * 1300 + " = b", "size(" * 800])
def test_deep_ones_are_refused(item, text):
    with invalid(re.compile("(1 validation error detected: )?Invalid ConditionExpression: .*", re.S)):
        item.holds(text)


# --- names and values ----------------------------------------------------------------------------------------------------


def test_a_dot_in_a_name_is_a_character(item):
    item.put(ITEM)
    assert item.holds("#d = :v", {":v": S("dot")}, {"#d": "dotted.name"})
    assert item.holds("#m.#a = :v AND #l[0] = :w", {":v": N(1), ":w": S("a")}, {"#m": "m", "#a": "a", "#l": "l"})


UNUSED = "Value provided in ExpressionAttribute{} unused in expressions: keys: {{{}}}"


@pytest.mark.parametrize("names, values, text", [
    ({"#a": "s", "#b": "x"}, {":v": S("x")}, UNUSED.format("Names", "#b")),
    ({"#a": "s"}, {":v": S("x"), ":w": S("x")}, UNUSED.format("Values", ":w")),
    ({}, {":v": S("x")}, "ExpressionAttributeNames must not be empty"),
    ({"#a": "s"}, {}, "ExpressionAttributeValues must not be empty"),
    ({"a": "s"}, {":v": S("x")}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
    ({"#": "s"}, {":v": S("x")}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'),
    ({"#a-b": "s"}, {":v": S("x")}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'),
    ({"##": "s"}, {":v": S("x")}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "##"'),
    ({"#a": "s"}, {"v": S("x")}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'),
    ({"#a": "s"}, {":": S("x")}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: ":"'),
    ({"#a": "s"}, {":v.": S("x")}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: ":v."'),
])  # fmt: skip
def test_placeholders_have_a_form_and_a_use(item, names, values, text):
    with invalid(text):
        item.holds("#a = :v", values, names)


@pytest.mark.parametrize("name", ["#1", "#_", "#A_b9", "#" + "x" * 254])
def test_placeholders_may_begin_with_anything(item, name):
    item.put({"s": S("x")})
    assert item.holds(f"{name} = :9", {":9": S("x")}, {name: "s"})


def test_placeholders_have_a_length(item):
    with invalid(re.compile(".*ExpressionAttributeNames contains invalid key: .*")):
        item.holds("a = b", None, {"#" + "x" * 255: "s"})


def test_placeholders_need_an_expression(db, item):
    with invalid("ExpressionAttributeNames can only be specified when using expressions"):
        item.put(ExpressionAttributeNames={"#a": "s"})
    with invalid("ExpressionAttributeValues can only be specified when using expressions"):
        item.delete(ExpressionAttributeValues={":v": S("x")})
    with invalid("ExpressionAttributeNames can only be specified when using expressions"):
        item.answer(ExpressionAttributeNames={"#a": "s"})


def test_a_path_does_not_lead_into_a_key(item):
    with invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"):
        item.holds("pk.a = :v", {":v": S("x")})


# --- what comes first ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition, values, text", [
    ("s = ", None, re.compile(".*Syntax error.*")),
    ("s = :v", None, re.compile(".*is not defined; attribute value: :v")),
    ("s = :v", {":v": S("a"), ":w": S("b")}, re.compile(".*unused in expressions.*")),
    ("s = :v", {":v": {}}, re.compile(".*Supplied AttributeValue is empty.*")),
    ("name = :v", {":v": S("a")}, re.compile(".*reserved keyword.*")),
])  # fmt: skip
def test_a_wrong_condition_is_found_before_the_table_is_missed(db, condition, values, text):
    request = {"TableName": "Nowhere", "Key": {"pk": S("a")}, "ConditionExpression": condition}
    with invalid(text):
        db.delete_item(**request, **({"ExpressionAttributeValues": values} if values else {}))


def test_a_failed_condition_may_show_the_item(item):
    failed = item.db.exceptions.ConditionalCheckFailedException
    item.put({"s": S("x")})
    for request in (item.put, item.update, item.delete):
        for wanted, shown in (("ALL_OLD", {**item.key, "s": S("x")}), ("NONE", None), (None, None)):
            others = {"ReturnValuesOnConditionCheckFailure": wanted} if wanted else {}
            with pytest.raises(failed) as caught:
                request(ConditionExpression="attribute_not_exists(s)", **others)
            assert caught.value.response["Error"] == {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
            assert caught.value.response.get("Item") == shown
    item.delete()
    with pytest.raises(failed) as caught:
        item.put(ConditionExpression="attribute_exists(s)", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert "Item" not in caught.value.response
    assert item.get() is None
