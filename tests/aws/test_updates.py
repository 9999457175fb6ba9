"""UpdateExpression: what each action does, what is no update, which parts of an item are answered with, and that updates are atomic."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import BOOL, BS, EACH_TYPE, NS, NULL, OOM, SS, B, L, M, N, S, expression, invalid, normal_item

BEFORE = {"s": S("a"), "n": N(5), "l": L(N(0), N(1), N(2)), "m": M(a=N(1), b=M(c=N(2))), "ss": SS("a", "b"), "ns": NS(1, 2), "bs": BS(b"x"), "z": NULL}


def after(item, update, values=None, names=None, before=BEFORE):
    """What changed, when this is done to `before`: attributes that are new or other, and None for those that are gone."""
    item.put(before)
    item.update(update, values, names)
    found, wanted = normal_item(item.get()), normal_item(before)
    changed = {name: value for name, value in found.items() if wanted.get(name) != value}
    return changed | {name: None for name in wanted.keys() - found.keys()}


DONE = [
    # SET
    ("SET x = :v", S("new"), {"x": S("new")}), ("set x = :v", S("new"), {"x": S("new")}), ("SET s = :v", N(1), {"s": N(1)}), ("SET x = s", None, {"x": S("a")}),
    ("SET x = m", None, {"x": BEFORE["m"]}), ("SET x = l[1]", None, {"x": N(1)}), ("SET x = m.b.c", None, {"x": N(2)}),
    ("SET m.a = :v", S("v"), {"m": M(a=S("v"), b=M(c=N(2)))}), ("SET m.fresh = :v", S("v"), {"m": M(a=N(1), b=M(c=N(2)), fresh=S("v"))}),
    ("SET m.b.c = m.a", None, {"m": M(a=N(1), b=M(c=N(1)))}), ("SET m.b = :v", S("v"), {"m": M(a=N(1), b=S("v"))}),
    ("SET l[0] = :v", S("v"), {"l": L(S("v"), N(1), N(2))}), ("SET l[3] = :v", S("v"), {"l": L(N(0), N(1), N(2), S("v"))}),
    ("SET l[100] = :v", S("v"), {"l": L(N(0), N(1), N(2), S("v"))}), ("SET l[9] = :v, l[5] = n", S("v"), {"l": L(N(0), N(1), N(2), N(5), S("v"))}),
    ("SET l[0] = l[1], l[1] = l[0]", None, {"l": L(N(1), N(0), N(2))}),
    ("SET n = n + :v", N(1), {"n": N(6)}), ("SET n = n - :v", N(1), {"n": N(4)}), ("SET n = :v - n", N(1), {"n": N(-4)}), ("SET n = n+:v", N("0.5"), {"n": N("5.5")}),
    ("SET x = n + n", None, {"x": N(10)}), ("SET m.a = m.a + m.b.c", None, {"m": M(a=N(3), b=M(c=N(2)))}), ("SET l[0] = n - l[2]", None, {"l": L(N(3), N(1), N(2))}),
    ("SET x = if_not_exists(x, :v)", N(1), {"x": N(1)}), ("SET n = if_not_exists(n, :v)", N(1), {}), ("SET x = if_not_exists(n, :v)", N(1), {"x": N(5)}),
    ("SET x = if_not_exists(x, :v) + :v", N(1), {"x": N(2)}), ("SET n = if_not_exists(n, :v) + :v", N(1), {"n": N(6)}), ("SET x = :v + if_not_exists(m.q, n)", N(1), {"x": N(6)}),
    ("SET x = if_not_exists(x, if_not_exists(y, :v))", N(1), {"x": N(1)}), ("SET m.q = if_not_exists(m.q, m.a)", None, {"m": M(a=N(1), b=M(c=N(2)), q=N(1))}),
    ("SET z = if_not_exists(z, :v)", N(1), {}),
    ("SET l = list_append(l, :v)", L(S("v")), {"l": L(N(0), N(1), N(2), S("v"))}), ("SET l = list_append(:v, l)", L(S("v")), {"l": L(S("v"), N(0), N(1), N(2))}),
    ("SET x = list_append(l, l)", None, {"x": L(N(0), N(1), N(2), N(0), N(1), N(2))}), ("SET l = list_append(l, :v)", L(), {}),
    ("SET x = list_append(if_not_exists(x, :v), :v)", L(N(9)), {"x": L(N(9), N(9))}),
    ("SET x = (:v)", S("v"), {"x": S("v")}), ("SET x = (n + :v)", N(1), {"x": N(6)}), ("SET x = (n) + (:v)", N(1), {"x": N(6)}),
    # Every right side reads the item as it was.
    ("SET s = n, n = s", None, {"s": N(5), "n": S("a")}), ("SET x = n, n = :v, y = n", N(7), {"x": N(5), "n": N(7), "y": N(5)}), ("SET n = n + :v, x = n", N(1), {"n": N(6), "x": N(5)}),
    ("SET x = s REMOVE s", None, {"x": S("a"), "s": None}), ("REMOVE n SET x = n", None, {"x": N(5), "n": None}), ("SET x = n ADD n :v", N(1), {"x": N(5), "n": N(6)}),
    # REMOVE
    ("REMOVE s", None, {"s": None}), ("remove s, n", None, {"s": None, "n": None}), ("REMOVE absent", None, {}), ("REMOVE m.a", None, {"m": M(b=M(c=N(2)))}),
    ("REMOVE m.b.c", None, {"m": M(a=N(1), b=M())}), ("REMOVE m.absent", None, {}), ("REMOVE l[0]", None, {"l": L(N(1), N(2))}), ("REMOVE l[0], l[1]", None, {"l": L(N(2))}),
    ("REMOVE l[1], l[0]", None, {"l": L(N(2))}), ("REMOVE l[2], l[0]", None, {"l": L(N(1))}), ("REMOVE l[0], l[1], l[2]", None, {"l": L()}), ("REMOVE l[50]", None, {}),
    ("SET l[1] = :v REMOVE l[0]", S("v"), {"l": L(S("v"), N(2))}), ("REMOVE l[0] SET l[3] = :v", S("v"), {"l": L(N(1), N(2), S("v"))}),
    # ADD
    ("ADD n :v", N(3), {"n": N(8)}), ("add n :v", N(-5), {"n": N(0)}), ("ADD x :v", N(3), {"x": N(3)}), ("ADD m.a :v", N(3), {"m": M(a=N(4), b=M(c=N(2)))}),
    ("ADD m.x :v", N(3), {"m": M(a=N(1), b=M(c=N(2)), x=N(3))}), ("ADD l[0] :v", N(3), {"l": L(N(3), N(1), N(2))}), ("ADD ss :v", SS("c"), {"ss": SS("a", "b", "c")}),
    ("ADD ss :v", SS("a"), {}), ("ADD x :v", SS("c"), {"x": SS("c")}), ("ADD ns :v", NS("2.0", 3), {"ns": NS(1, 2, 3)}), ("ADD bs :v", BS(b"y"), {"bs": BS(b"x", b"y")}),
    # DELETE
    ("DELETE ss :v", SS("a"), {"ss": SS("b")}), ("delete ss :v", SS("a", "c"), {"ss": SS("b")}), ("DELETE ss :v", SS("a", "b"), {"ss": None}), ("DELETE ns :v", NS("1.0"), {"ns": NS(2)}),
    ("DELETE ss :v", SS("c"), {}), ("DELETE x :v", SS("c"), {}), ("DELETE bs :v", BS(b"x"), {"bs": None}),
    # Sections in any order.
    ("REMOVE s SET x = :v", S("v"), {"s": None, "x": S("v")}), ("ADD n :v REMOVE s SET x = :v", N(1), {"n": N(6), "s": None, "x": N(1)}),
]  # fmt: skip


@pytest.mark.parametrize("update, value, changed", DONE, ids=[f"{update} {value or ''}" for update, value, _ in DONE])
def test_does(item, update, value, changed):
    assert after(item, update, value and {":v": value}) == {name: each and normal_item({name: each})[name] for name, each in changed.items()}


def test_placeholders_name_parts(item):
    assert after(item, "SET #m.#b.#c = :v REMOVE #l[0]", {":v": S("v")}, {"#m": "m", "#b": "b", "#c": "c", "#l": "l"}) == {
        "m": M(a=N(1), b=M(c=S("v"))), "l": L(N(1), N(2)),
    }  # fmt: skip
    assert after(item, "SET #d = :v", {":v": S("v")}, {"#d": "m.a"}) == {"m.a": S("v")}


@pytest.mark.parametrize("update, values, made", [
    (None, None, {}), ("SET a = :v", {":v": N(1)}, {"a": N(1)}), ("ADD a :v", {":v": N(1)}, {"a": N(1)}), ("ADD a :v", {":v": SS("x")}, {"a": SS("x")}), ("REMOVE a", None, {}),
    ("DELETE a :v", {":v": SS("x")}, {}), ("SET a = if_not_exists(a, :v)", {":v": N(1)}, {"a": N(1)}),
])  # fmt: skip
def test_an_update_makes_an_item(item, update, values, made):
    item.update(update, values)
    assert item.get() == made or (item.get() is None and update in ("REMOVE a", "DELETE a :v"))


NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
NO_PATH = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"

UNDOABLE = [
    ("SET x = absent", None, NO_ATTRIBUTE), ("SET x = absent + :v", N(1), NO_ATTRIBUTE), ("SET x = m.absent", None, NO_ATTRIBUTE), ("SET x = l[5]", None, NO_ATTRIBUTE),
    ("SET x = list_append(absent, :v)", L(), NO_ATTRIBUTE), ("SET x = if_not_exists(x, absent)", None, NO_ATTRIBUTE), ("SET x = s.a", None, NO_ATTRIBUTE),
    ("SET absent.a = :v", N(1), NO_PATH), ("SET m.absent.a = :v", N(1), NO_PATH), ("SET s.a = :v", N(1), NO_PATH), ("SET s[0] = :v", N(1), NO_PATH), ("SET absent[0] = :v", N(1), NO_PATH),
    ("SET l.a = :v", N(1), NO_PATH), ("SET m[0] = :v", N(1), NO_PATH), ("SET l[9].a = :v", N(1), NO_PATH), ("ADD absent.a :v", N(1), NO_PATH), ("REMOVE absent.a", None, NO_PATH),
    ("REMOVE s.a", None, NO_PATH), ("REMOVE m[0]", None, NO_PATH), ("REMOVE l.a", None, NO_PATH), ("DELETE absent.a :v", SS("x"), NO_PATH),
    ("SET x = s + :v", N(1), WRONG_TYPE), ("SET x = :v + l", N(1), WRONG_TYPE), ("SET x = list_append(s, :v)", L(), WRONG_TYPE), ("SET x = list_append(m, l)", None, WRONG_TYPE),
    ("ADD s :v", N(1), WRONG_TYPE), ("ADD ss :v", N(1), WRONG_TYPE), ("ADD n :v", SS("x"), WRONG_TYPE), ("ADD ss :v", NS(1), WRONG_TYPE), ("ADD l :v", N(1), WRONG_TYPE), ("ADD z :v", N(1), WRONG_TYPE),
    ("DELETE n :v", SS("x"), WRONG_TYPE), ("DELETE ss :v", NS(1), WRONG_TYPE), ("DELETE l :v", SS("x"), WRONG_TYPE),
]  # fmt: skip


@pytest.mark.parametrize("update, value, text", UNDOABLE, ids=[update for update, _, _ in UNDOABLE])
def test_cannot_be_done(item, update, value, text):
    item.put(BEFORE)
    with invalid(text):
        item.update(update, value and {":v": value})
    assert normal_item(item.get()) == normal_item(BEFORE)


NONE = [
    ("", None, "The expression can not be empty;"),
    ("SET name = :v", N(1), "Attribute name is a reserved keyword; reserved keyword: name"),
    ("SET x = foo(:v)", N(1), "Invalid function name; function: foo"),
    ("SET x = IF_NOT_EXISTS(x, :v)", N(1), "Invalid function name; function: IF_NOT_EXISTS"),
    ("SET x = size(l)", None, "The function is not allowed in an update expression; function: size"),
    ("SET x = attribute_exists(l)", None, "The function is not allowed in an update expression; function: attribute_exists"),
    ("SET x = :v SET y = :v", N(1), 'The "SET" section can only be used once in an update expression;'),
    ("REMOVE x REMOVE y", None, 'The "REMOVE" section can only be used once in an update expression;'),
    ("ADD x :v ADD y :v", N(1), 'The "ADD" section can only be used once in an update expression;'),
    ("DELETE x :v SET y = :v DELETE z :v", SS("a"), 'The "DELETE" section can only be used once in an update expression;'),
    ("SET #u = :v", N(1), "An expression attribute name used in the document path is not defined; attribute name: #u"),
    ("SET x = :u", None, "An expression attribute value used in expression is not defined; attribute value: :u"),
    ("SET x = :v, x = :v", N(1), "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]"),
    ("SET x = :v REMOVE x", N(1), "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]"),
    ("SET x = :v, x.a = :v", N(1), "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x, a]"),
    ("SET x.a.b = :v REMOVE x.a", N(1), "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x, a, b], path two: [x, a]"),
    ("SET x[1] = :v ADD x[1] :v", N(1), "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x, [1]], path two: [x, [1]]"),
    ("SET x.a = :v, x[0] = :v", N(1), "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [x, a], path two: [x, [0]]"),
    ("SET x[0].a = :v REMOVE x.a", N(1), "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [x, [0], a], path two: [x, a]"),
    ("SET x = if_not_exists(x)", None, "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"),
    ("SET x = if_not_exists(x, y, :v)", N(1), "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 3"),
    ("SET x = list_append(:v)", L(), "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"),
    ("SET x = if_not_exists(:v, y)", N(1), "Operator or function requires a document path; operator or function: if_not_exists"),
    ("SET x = :v + :v", S("a"), "Incorrect operand type for operator or function; operator or function: +, operand type: S"),
    ("SET x = y - :v", L(), "Incorrect operand type for operator or function; operator or function: -, operand type: L"),
    ("SET x = list_append(y, :v)", S("a"), "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"),
]  # fmt: skip


@pytest.mark.parametrize("update, value, text", NONE, ids=[update or "empty" for update, _, _ in NONE])
def test_is_none(item, update, value, text):
    with invalid(expression("Update", text)):
        item.update(update, value and {":v": value})


LONG = {"S": "STRING", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP", "N": "NUMBER", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET"}


@pytest.mark.parametrize("section, kind", [("ADD", kind) for kind in ("S", "B", "BOOL", "NULL", "L", "M")] + [("DELETE", kind) for kind in ("S", "N", "B", "BOOL", "NULL", "L", "M")])
def test_add_and_delete_take_what_they_can(item, section, kind):
    text = f"Incorrect operand type for operator or function; operator: {section}, operand type: {LONG[kind]}"
    with invalid(re.compile(f"(1 validation error detected: )?Invalid UpdateExpression: {text}.*")):
        item.update(f"{section} x :v", {":v": EACH_TYPE[kind]})


SYNTAX = [
    "SET", "SET x", "SET x =", "SET x = :v,", "SET = :v", "x = :v", "SET x = :v y = :v", "SET x == :v", "SET x = :v + :v + :v", "SET x = :v * :v", "SET x = :v / :v", "SET x = -:v", "SET x = 5",
    "REMOVE", "REMOVE x,", "REMOVE x y", "REMOVE :v", "REMOVE x = :v", "ADD x", "ADD x y", "ADD :v x", "ADD x = :v", "ADD x :v,", "DELETE x", "DELETE x y", "DELETE", "INVALID SYNTAX", "UPDATE x",
    "SET x = :v WHERE y = :v", "SET (x = :v)", "SET x.= :v", "SET x[] = :v", "SET x = (:v", "SET x = :v)", "SET x = list_append(:v, :v", "SETx = :v", "SET x := :v", "SET x = :v;", "SET :v = x",
    "SET x = :v AND y = :v", "SET x = y = z", "REMOVE if_not_exists(x, y)",
]  # fmt: skip


@pytest.mark.parametrize("update", SYNTAX)
def test_is_no_update(item, update):
    with invalid(re.compile("(1 validation error detected: )?Invalid UpdateExpression: (Syntax error; token: .*, near: .*|Attribute name is a reserved keyword; .*|Invalid function name; .*)")):
        item.update(update, {":v": N(1)})


def test_what_does_not_fit_is_shown_with_its_neighbours(item):
    with invalid(expression("Update", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"')):
        item.update("INVALID SYNTAX")


# In this order, whatever comes first in the text.
REPORTED = [
    ("name", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("a0 = foo(a)", "Invalid function name; function: foo"),
    ("#u = a", "An expression attribute name used in the document path is not defined; attribute name: #u"),
    ("a1 = :u", "An expression attribute value used in expression is not defined; attribute value: :u"),
    ("b = b, b = b", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [b], path two: [b]"),
    ("c.d = a, c[0] = a", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [c, d], path two: [c, [0]]"),
    ("a2 = :l + a", "Incorrect operand type for operator or function; operator or function: +, operand type: L"),
]  # fmt: skip


@pytest.mark.parametrize("first, second", [(first, second) for first in range(len(REPORTED)) for second in range(first + 1, len(REPORTED))])
def test_the_graver_fault_is_reported(item, first, second):
    actions = [REPORTED[at][0] + (" = a" if REPORTED[at][0] == "name" else "") for at in (first, second)]
    for update in ("SET " + ", ".join(actions), "SET " + ", ".join(reversed(actions))):
        with invalid(expression("Update", REPORTED[first][1])):
            item.update(update, {":l": L()} if ":l" in update else None)


@pytest.mark.parametrize("update", ["SET pk = :v", "REMOVE pk", "ADD pk :v", "SET #k = :v"])
def test_a_key_is_not_updated(item, update):
    with invalid(OOM + "Cannot update attribute pk. This attribute is part of the key"):
        item.update(update, {":v": N(1)} if ":v" in update else None, {"#k": "pk"} if "#k" in update else None)


def test_a_path_does_not_lead_into_a_key(item):
    with invalid(re.compile(".*(pk is part of the key|attribute pk. This attribute is part of the key|Key: pk)")):
        item.update("SET pk.a = :v", {":v": N(1)})


def test_an_update_that_fails_its_condition_does_nothing(item):
    item.put({"n": N(1)})
    with pytest.raises(item.db.exceptions.ConditionalCheckFailedException):
        item.update("SET n = :v", {":v": N(2)}, ConditionExpression="n > :v")
    assert item.get() == {"n": N(1)}
    item.update("SET n = :v", {":v": N(2)}, ConditionExpression="n < :v")
    assert item.get() == {"n": N(2)}


# --- what is answered ------------------------------------------------------------------------------------------------------

ITEM = {"s": S("a"), "n": N(1), "l": L(N(0), N(1), N(2)), "m": M(a=N(1), b=M(c=N(2), d=N(3)))}
PARTS = [
    # update, values, UPDATED_OLD, UPDATED_NEW
    ("SET s = :v", {":v": S("b")}, {"s": S("a")}, {"s": S("b")}),
    ("SET x = :v", {":v": S("b")}, None, {"x": S("b")}),
    ("SET s = :v, x = :v", {":v": S("b")}, {"s": S("a")}, {"s": S("b"), "x": S("b")}),
    ("SET s = s0", None, None, None),
    ("REMOVE s", None, {"s": S("a")}, None),
    ("REMOVE x", None, None, None),
    ("ADD n :v", {":v": N(1)}, {"n": N(1)}, {"n": N(2)}),
    ("ADD y :v", {":v": N(1)}, None, {"y": N(1)}),
    ("SET m.a = :v", {":v": N(9)}, {"m": M(a=N(1))}, {"m": M(a=N(9))}),
    ("SET m.b.c = :v", {":v": N(9)}, {"m": M(b=M(c=N(2)))}, {"m": M(b=M(c=N(9)))}),
    ("SET m.b.c = :v, m.a = :v", {":v": N(9)}, {"m": M(a=N(1), b=M(c=N(2)))}, {"m": M(a=N(9), b=M(c=N(9)))}),
    ("SET m.x = :v", {":v": N(9)}, None, {"m": M(x=N(9))}),
    ("SET m.b = :v", {":v": N(9)}, {"m": M(b=M(c=N(2), d=N(3)))}, {"m": M(b=N(9))}),
    ("REMOVE m.b.c", None, {"m": M(b=M(c=N(2)))}, None),
    ("SET l[1] = :v", {":v": N(9)}, {"l": L(N(1))}, {"l": L(N(9))}),
    ("SET l[0] = :v, l[2] = :v", {":v": N(9)}, {"l": L(N(0), N(2))}, {"l": L(N(9), N(9))}),
    ("SET l = list_append(l, :v)", {":v": L(N(9))}, {"l": ITEM["l"]}, {"l": L(N(0), N(1), N(2), N(9))}),
]  # fmt: skip


@pytest.mark.parametrize("update, values, old, new", [each for each in PARTS if "s0" not in each[0]], ids=[each[0] for each in PARTS if "s0" not in each[0]])
def test_the_touched_parts_are_answered(item, update, values, old, new):
    for wanted, expected in (("UPDATED_OLD", old), ("UPDATED_NEW", new)):
        item.put(ITEM)
        assert item.update(update, values, ReturnValues=wanted).get("Attributes") == expected
    whole = {**ITEM, **item.key}
    item.put(ITEM)
    assert item.update(update, values, ReturnValues="ALL_OLD")["Attributes"] == whole
    item.put(ITEM)
    assert item.update(update, values, ReturnValues="ALL_NEW")["Attributes"] == {**item.get(), **item.key}
    item.put(ITEM)
    for nothing in ({"ReturnValues": "NONE"}, {}):
        assert "Attributes" not in item.update(update, values, **nothing)


def test_of_a_new_item_only_new_parts_are_answered(item):
    for wanted, expected in (("ALL_OLD", None), ("UPDATED_OLD", None), ("ALL_NEW", {**item.key, "a": N(1)}), ("UPDATED_NEW", {"a": N(1)})):
        item.delete()
        assert item.update("SET a = :v", {":v": N(1)}, ReturnValues=wanted).get("Attributes") == expected


def test_an_update_without_expression_makes_the_bare_item(item):
    assert item.update(ReturnValues="ALL_NEW")["Attributes"] == item.key
    assert item.get() == {}


def test_unknown_return_values(item):
    text = "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    with invalid(text, exactly=True):
        item.update("SET a = :v", {":v": N(1)}, ReturnValues="EVERYTHING")


# --- contention ------------------------------------------------------------------------------------------------------------


def test_counting_together_loses_nothing(service, item):
    clients = [service.client("dynamodb") for _ in range(8)]
    count = 50

    def work(client):
        for _ in range(count):
            client.update_item(TableName=item.table, Key=item.key, UpdateExpression="SET n = if_not_exists(n, :z) + :o ADD m :o", ExpressionAttributeValues={":o": N(1), ":z": N(0)})

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(work, clients))
    assert item.get() == {"n": N(8 * count), "m": N(8 * count)}


def test_of_many_that_want_to_be_first_one_is(service, item):
    clients = [service.client("dynamodb") for _ in range(8)]

    def work(client):
        try:
            client.put_item(TableName=item.table, Item={**item.key, "n": N(1)}, ConditionExpression="attribute_not_exists(pk)")
        except client.exceptions.ConditionalCheckFailedException:
            return 0
        return 1

    with ThreadPoolExecutor(len(clients)) as pool:
        assert sum(pool.map(work, clients)) == 1


def test_4096_bytes_are_the_most(item):
    update = "SET a = :v" + " " * (4096 - 10)
    item.update(update, {":v": B(b"x")})
    with invalid(re.compile(".*Invalid UpdateExpression: Expression size has exceeded the maximum allowed size; expression size: 4097")):
        item.update(update + " ", {":v": BOOL})
