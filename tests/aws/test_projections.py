"""ProjectionExpression: which parts of an item are read."""

import re

import pytest

from asking import L, M, N, S, expression, invalid

ITEM = {"s": S("a"), "n": N(1), "l": L(N(0), M(a=N(1), b=N(2)), L(N(3), N(4)), N(5)), "m": M(a=N(1), b=M(c=N(2), d=L(N(3)))), "a.b": S("dot")}

PARTS = [
    ("s", {"s": S("a")}), ("s, n", {"s": S("a"), "n": N(1)}), ("s,n", {"s": S("a"), "n": N(1)}), ("absent", {}), ("s, absent", {"s": S("a")}), (" s ", {"s": S("a")}),
    ("m.a", {"m": M(a=N(1))}), ("m.b.c", {"m": M(b=M(c=N(2)))}), ("m.a, m.b.c", {"m": M(a=N(1), b=M(c=N(2)))}), ("m.absent", {}), ("m.b.absent", {}), ("s.a", {}), ("s[0]", {}), ("m[0]", {}), ("l.a", {}),
    ("m", {"m": ITEM["m"]}), ("l", {"l": ITEM["l"]}), ("m.b.d[0]", {"m": M(b=M(d=L(N(3))))}), ("m.b.d[1]", {}),
    ("l[0]", {"l": L(N(0))}), ("l[3]", {"l": L(N(5))}), ("l[9]", {}), ("l[3], l[0]", {"l": L(N(0), N(5))}), ("l[0], l[9]", {"l": L(N(0))}), ("l[1].a", {"l": L(M(a=N(1)))}),
    ("l[1].a, l[1].b", {"l": L(M(a=N(1), b=N(2)))}), ("l[2][1]", {"l": L(L(N(4)))}), ("l[2][1], l[0]", {"l": L(N(0), L(N(4)))}), ("l[2][0], l[2][1]", {"l": L(L(N(3), N(4)))}),
    ("l[1].absent", {}), ("s, m.a, l[0]", {"s": S("a"), "m": M(a=N(1)), "l": L(N(0))}),
]  # fmt: skip


@pytest.mark.parametrize("projection, parts", PARTS, ids=[projection for projection, _ in PARTS])
def test_reads(item, db, projection, parts):
    item.put(ITEM)
    assert item.answer(ProjectionExpression=projection)["Item"] == parts
    values = {":p": item.key["pk"]}
    query = db.query(TableName=item.table, KeyConditionExpression="pk = :p", ExpressionAttributeValues=values, ProjectionExpression=projection)
    assert query["Items"] == [parts]
    scan = db.scan(TableName=item.table, FilterExpression="pk = :p", ExpressionAttributeValues=values, ProjectionExpression=projection)
    assert scan["Items"] == [parts]
    batch = db.batch_get_item(RequestItems={item.table: {"Keys": [item.key], "ProjectionExpression": projection}})
    assert batch["Responses"][item.table] == [parts]


def test_names_are_names(item):
    item.put(ITEM)
    assert item.answer(ProjectionExpression="#d, #m.#b.c", ExpressionAttributeNames={"#d": "a.b", "#m": "m", "#b": "b"})["Item"] == {"a.b": S("dot"), "m": M(b=M(c=N(2)))}
    assert item.answer(ProjectionExpression="pk")["Item"] == item.key


def test_a_missing_item_is_no_item(item):
    assert "Item" not in item.answer(ProjectionExpression="s")


OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {}, path two: {}"
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {}, path two: {}"


@pytest.mark.parametrize("projection, text", [
    ("", "The expression can not be empty;"),
    ("name", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("a.Count", "Attribute name is a reserved keyword; reserved keyword: Count"),
    ("#u", "An expression attribute name used in the document path is not defined; attribute name: #u"),
    ("a, a", OVERLAP.format("[a]", "[a]")), ("a, a.b", OVERLAP.format("[a]", "[a, b]")), ("a.b.c, a.b", OVERLAP.format("[a, b, c]", "[a, b]")), ("a[0], a[0]", OVERLAP.format("[a, [0]]", "[a, [0]]")),
    ("a[0].b, a[0]", OVERLAP.format("[a, [0], b]", "[a, [0]]")), ("a.b, a[0]", CONFLICT.format("[a, b]", "[a, [0]]")), ("a[0], a.b", CONFLICT.format("[a, [0]]", "[a, b]")),
    ("b, name, #u", "Attribute name is a reserved keyword; reserved keyword: name"), ("a, a, #u", "An expression attribute name used in the document path is not defined; attribute name: #u"),
])  # fmt: skip
def test_is_none(item, db, projection, text):
    for request in (
        lambda: item.answer(ProjectionExpression=projection),
        lambda: db.scan(TableName=item.table, ProjectionExpression=projection),
        lambda: db.batch_get_item(RequestItems={item.table: {"Keys": [item.key], "ProjectionExpression": projection}}),
    ):
        with invalid(expression("Projection", text)):
            request()


@pytest.mark.parametrize("projection", [",", "a,", ",a", "a b", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", ":a", "a = b", "a, , b", "size(a)", "(a)", "*", "1a", "_a", "a-b", "a;", "a[1", "a]"])
def test_is_no_projection(item, projection):
    with invalid(re.compile("Invalid ProjectionExpression: Syntax error; token: .*, near: .*")):
        item.answer(ProjectionExpression=projection)


def test_unused_names(item):
    with invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"):
        item.answer(ProjectionExpression="#a", ExpressionAttributeNames={"#a": "a", "#b": "b"})


def test_attributes_to_get(item):
    item.put(ITEM)
    assert item.answer(AttributesToGet=["s", "absent", "a.b"])["Item"] == {"s": S("a"), "a.b": S("dot")}
    with invalid("One or more parameter values were invalid: Duplicate value in attribute name: s"):
        item.answer(AttributesToGet=["s", "s"])
    text = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    with invalid(text):
        item.answer(AttributesToGet=["s"], ProjectionExpression="s")
