"""Attribute values: each type there and back, what may not be one, keys, nesting, and the size of an item to the byte."""

import base64
import json
import random
import re

import pytest

from asking import BOOL, BS, EACH_TYPE, FALSE, NS, NULL, OOM, SS, B, L, M, N, S, invalid, normal_item, refused

EMPTY_VALUE = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
NESTED = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
TOO_LARGE = "Item size has exceeded the maximum allowed size"

TEXTS = [
    "", " ", "a", "ä", "日本語", "🦀", "a\u0000b", "\n\t\r", "\"quoted\"", "back\\slash", "\u2028", "\u007f", "é", "e\u0301", "</script>", "x" * 10_000,
    "\ufeff", "\uffff", "𐀀", "#a", ":v", "a.b", "[0]",
]  # fmt: skip
BINARIES = [b"", b"\x00", b"\xff" * 3, bytes(range(256)), b"abc", b"\x80", b"0" * 5000]
VALUES = [
    *map(S, TEXTS), *map(B, BINARIES), BOOL, FALSE, NULL, L(), M(), L(S("")), M(a=S("")), L(L(L())), M(a=M(b=M())), L(NULL, BOOL, FALSE),
    SS("a"), SS("b", "a"), SS(""), SS("", "a"), SS("ä", "日本"), NS(1), NS(3, 1, 2), NS("-1", "1e2"), BS(b""), BS(b"b", b"a"), BS(b"\x00", b"\xff"),
    L(*EACH_TYPE.values()), M(**EACH_TYPE), L(M(a=L(M(b=SS("c"))))),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: json.dumps(value, default=repr)[:40])
def test_a_value_comes_back_as_it_was(item, value):
    item.put({"v": value})
    expected = {"v": {"NS": ["-1", "100"]}} if value == NS("-1", "1e2") else {"v": value}
    assert normal_item(item.get()) == normal_item(expected)


@pytest.mark.parametrize("attribute", ["a", "A", " ", "ä", "日本", "a.b", "a[0]", "#x", ":x", "SET", "size", "_", "1", "-", "x" * 255, "y" * 1000, "z" * 65535, "\u0000"])
def test_an_attribute_may_have_any_name(item, attribute):
    item.put({attribute: S("v")})
    assert item.get() == {attribute: S("v")}
    assert item.update("SET #n = :v", {":v": S("w")}, {"#n": attribute}, ReturnValues="UPDATED_NEW")["Attributes"] == {attribute: S("w")}


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: L(value), lambda value: M(a=value), lambda value: L(M(a=L(S("x"), value)))], ids=["plain", "in a list", "in a map", "deeper"])
@pytest.mark.parametrize(
    "value, text",
    [
        ({}, EMPTY_VALUE),
        ({"S": "a", "N": "1"}, SEVERAL),
        ({"S": "a", "NULL": True}, SEVERAL),
        ({"L": [], "M": {}}, SEVERAL),
        ({"NULL": False}, OOM + "Null attribute value types must have the value of true"),
        (SS(), OOM + "An string set  may not be empty"),
        (NS(), OOM + "An number set  may not be empty"),
        (BS(), OOM + "Binary sets should not be empty"),
        (SS("a", "b", "b"), OOM + 'Input collection ["a", "b", "b"] contains duplicates.'),
        (SS("a", "a"), OOM + 'Input collection ["a", "a"] contains duplicates.'),
        (SS("", ""), OOM + 'Input collection ["", ""] contains duplicates.'),
        (NS(1, 1), OOM + "Input collection contains duplicates."),
        (NS("1", "1.0"), OOM + "Input collection contains duplicates."),
        (BS(b"\x00", b"\xff", b"\x00"), OOM + 'Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.'),
    ],
    ids=["empty", "S and N", "S and NULL", "L and M", "NULL false", "no SS", "no NS", "no BS", "SS twice", "SS two", "SS empty twice", "NS twice", "NS equal", "BS twice"],
)  # fmt: skip
def test_what_is_no_value_is_refused(item, value, text, wrap):
    with invalid(text):
        item.put({"v": wrap(value)})
    with invalid(text):
        item.update("SET v = :v", {":v": wrap(value)})
    # A scan words duplicates as of old.
    of_old = ".*contains duplicates.*" if "duplicates" in text else re.escape(text)
    with invalid(re.compile(f"ExpressionAttributeValues contains invalid value: {of_old} for key :v")):
        item.db.scan(TableName=item.table, FilterExpression="v = :v", ExpressionAttributeValues={":v": wrap(value)})
    assert item.get() is None


def nested(wraps, kind):
    value = S("x")
    for _ in range(wraps):
        value = L(value) if kind == "L" else M(a=value)
    return value


@pytest.mark.parametrize("kind", ["L", "M"])
def test_nesting_ends_at_32_levels(item, kind):
    for wraps in (1, 30, 31):
        item.put({"v": nested(wraps, kind)})
        assert item.get() == {"v": nested(wraps, kind)}
        item.update("SET v = :v", {":v": nested(wraps, kind)})
    for wraps in (32, 33, 50):
        with invalid(NESTED):
            item.put({"v": nested(wraps, kind)})
        with invalid(re.compile(f"(1 validation error detected: )?(ExpressionAttributeValues contains invalid value: )?{NESTED}( for key :v)?")):
            item.update("SET v = :v", {":v": nested(wraps, kind)})


def test_an_update_may_not_nest_deeper_either(item):
    item.put({"v": nested(31, "M")})
    path = ".".join(["v"] + ["a"] * 31)
    with invalid(NESTED):
        item.update(f"SET {path} = :m", {":m": M(a=S("x"))})
    item.update(f"SET {path} = :m", {":m": N(1)})


# --- keys -----------------------------------------------------------------------------------------------------------------


def empty_key(name, kind="string"):
    return f"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"


NOT_OF_SCHEMA = "The provided key element does not match the schema"


@pytest.mark.parametrize("attributes, text", [
    ({}, "Missing the key pk in the item"),
    ({"sk": S("a")}, "Missing the key pk in the item"),
    ({"pk": S("a")}, "Missing the key sk in the item"),
    ({"pk": N(1), "sk": S("a")}, "Type mismatch for key pk expected: S actual: N"),
    ({"pk": S("a"), "sk": B(b"a")}, "Type mismatch for key sk expected: S actual: B"),
    *[({"pk": S("a"), "sk": value}, f"Type mismatch for key sk expected: S actual: {kind}") for kind, value in EACH_TYPE.items() if kind != "S"],
    ({"pk": S("p" * 2049), "sk": S("a")}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ({"pk": S("é" * 1025), "sk": S("a")}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ({"pk": S("a"), "sk": S("s" * 1025)}, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
    ({"pk": S("a"), "sk": S("é" * 513)}, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
])  # fmt: skip
def test_an_item_has_its_keys(db, ranged, attributes, text):
    with invalid(OOM + text):
        db.put_item(TableName=ranged, Item={**attributes, "other": S("x")})


@pytest.mark.parametrize("kind, empty", [("string", S("")), ("binary", B(b""))])
@pytest.mark.parametrize("attribute", ["pk", "sk"])
def test_a_key_is_not_empty(db, make_table, kind, empty, attribute):
    letter = next(iter(empty))
    table = make_table(pk=letter, sk=letter)
    good = S("a") if letter == "S" else B(b"a")
    key = {"pk": good, "sk": good, attribute: empty}
    for request in (
        lambda: db.put_item(TableName=table, Item=key),
        lambda: db.get_item(TableName=table, Key=key),
        lambda: db.delete_item(TableName=table, Key=key),
        lambda: db.update_item(TableName=table, Key=key),
        lambda: db.batch_get_item(RequestItems={table: {"Keys": [key]}}),
        lambda: db.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": key}}]}),
        lambda: db.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}}]}),
    ):
        with invalid(empty_key(attribute, kind)):
            request()


@pytest.mark.parametrize("key", [
    {}, {"pk": S("a")}, {"sk": S("a")}, {"pk": S("a"), "sk": N(1)}, {"pk": N(1), "sk": S("a")}, {"pk": S("a"), "sk": S("b"), "more": S("c")},
    {"pk": S("a"), "other": S("b")}, {"pk": S("a"), "sk": NULL}, {"pk": S("a"), "sk": SS("a")}, {"PK": S("a"), "sk": S("a")},
])  # fmt: skip
def test_a_key_is_of_the_schema(db, ranged, key):
    for request in (db.get_item, db.delete_item, db.update_item):
        with invalid(NOT_OF_SCHEMA):
            request(TableName=ranged, Key=key)
    with invalid(NOT_OF_SCHEMA):
        db.batch_get_item(RequestItems={ranged: {"Keys": [key]}})


@pytest.mark.parametrize("pk, sk", [("p" * 2048, "s" * 1024), ("é" * 1024, "é" * 512), ("🦀" * 512, "🦀" * 256), ("a", "\u0000"), (" ", " ")])
def test_keys_of_every_allowed_length(db, ranged, pk, sk):
    key = {"pk": S(pk), "sk": S(sk)}
    db.put_item(TableName=ranged, Item=key)
    assert db.get_item(TableName=ranged, Key=key)["Item"] == key


@pytest.mark.parametrize("letter, values", [("S", ["a", "A", "ä", " "]), ("N", ["1", "-1", "0", "1.5"]), ("B", [b"a", b"\x00", b"\xff"])])
def test_each_value_of_a_key_is_another_item(db, make_table, letter, values):
    table = make_table(pk=letter)
    for at, value in enumerate(values):
        db.put_item(TableName=table, Item={"pk": {letter: value}, "n": N(at)})
    for at, value in enumerate(values):
        assert db.get_item(TableName=table, Key={"pk": {letter: value}})["Item"]["n"] == N(at)


def test_equal_numbers_are_one_key(db, make_table):
    table = make_table(pk="N")
    db.put_item(TableName=table, Item={"pk": N("1"), "v": S("first")})
    for spelling in ("1.0", "01", "1e0", "10e-1", "+1"):
        assert db.get_item(TableName=table, Key={"pk": N(spelling)})["Item"] == {"pk": N(1), "v": S("first")}


# --- sizes: names and values in UTF-8; see the guide ------------------------------------------------------------------------

LIMIT = 409_600


def size_of(name, value):
    """Of an attribute, by the rules of AWS, written down a second time."""
    return len(name.encode()) + value_size(value)


def value_size(value):
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "B":
            return len(inner)
        case "N":
            return number_size(inner)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(value_size({kind[0]: each}) for each in inner)
        case "L":
            return 3 + sum(1 + value_size(each) for each in inner)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(each) for name, each in inner.items())


def number_size(text):
    from decimal import Decimal

    number = Decimal(text)
    if number == 0:
        return 1
    whole, _, fraction = format(abs(number), "f").partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    # Zeros at the inner ends of a number that has only one side are not significant.
    if not fraction:
        whole = whole.rstrip("0")
    if not whole:
        fraction = fraction.lstrip("0")
    return 1 + -(-len(whole) // 2) + -(-len(fraction) // 2) + (number < 0)


FILLED = [
    {}, {"n": N("3.14159")}, {"n": N("123456")}, {"n": N("-1")}, {"n": N("1E125")}, {"b": BOOL}, {"z": NULL}, {"s": SS("a", "bc")}, {"ns": NS(1, 22, 333)},
    {"bs": BS(b"a", b"bcd")}, {"l": L()}, {"m": M()}, {"l": L(S("a"), N(1))}, {"m": M(ab=S("c"), d=L(BOOL))}, {"ä": S("ö")}, {"n": N("100.001")},
]  # fmt: skip


@pytest.mark.parametrize("attributes", FILLED, ids=lambda value: json.dumps(value, default=repr))
def test_an_item_of_409600_bytes_is_the_largest(item, attributes):
    used = size_of("pk", item.key["pk"]) + sum(size_of(name, value) for name, value in attributes.items())
    fill = LIMIT - used - len("fill")
    item.put({**attributes, "fill": S("x" * fill)})
    with invalid(TOO_LARGE):
        item.put({**attributes, "fill": S("x" * (fill + 1))})
    item.put({**attributes, "fill": B(b"x" * fill)})
    item.update("SET fill = :f", {":f": S("y" * fill)})
    with invalid("Item size to update has exceeded the maximum allowed size"):
        item.update("SET fill = :f", {":f": S("y" * (fill + 1))})
    with invalid(TOO_LARGE):
        item.db.batch_write_item(RequestItems={item.table: [{"PutRequest": {"Item": {**item.key, **attributes, "fill": S("x" * (fill + 1))}}}]})
    assert item.get()["fill"] == S("y" * fill)


# --- what the wire says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value, text", [
    ({"S": 1}, "NUMBER_VALUE cannot be converted to String"),
    ({"S": True}, "TRUE_VALUE cannot be converted to String"),
    ({"S": False}, "FALSE_VALUE cannot be converted to String"),
    ({"N": 1.5}, re.compile("(NUMBER_VALUE|DECIMAL_VALUE) cannot be converted to String")),
    ({"BOOL": "yes"}, re.compile(".*")),
    ({"SS": "a"}, re.compile(".*")),
    ({"L": {}}, re.compile(".*")),
    ({"M": []}, re.compile(".*")),
    ("a", re.compile(".*")),
    (1, re.compile(".*")),
    ([], re.compile(".*")),
])  # fmt: skip
def test_what_is_of_another_type_does_not_read(raw, hashed, value, text):
    answer = raw("PutItem", {"TableName": hashed, "Item": {"pk": {"S": "a"}, "v": value}})
    assert (answer.status, answer.code) == (400, "SerializationException"), answer.body
    assert text.fullmatch(answer.message) if isinstance(text, re.Pattern) else answer.message == text


@pytest.mark.parametrize("text", ["a", "=", "abc", "ab=c", "a===", "*", "YQ", "é"])
def test_what_is_not_base64_does_not_read(raw, hashed, text):
    answer = raw("PutItem", {"TableName": hashed, "Item": {"pk": {"S": "a"}, "v": {"B": text}}})
    assert (answer.status, answer.code) == (400, "SerializationException"), answer.body


def test_null_members_are_as_absent(raw, hashed):
    body = {"TableName": hashed, "Item": {"pk": {"S": "null", "N": None}, "v": {"S": "x", "L": None}}, "ConditionExpression": None, "Expected": None}
    assert raw("PutItem", body).status == 200
    assert raw("GetItem", {"TableName": hashed, "Key": {"pk": {"S": "null"}}}).json["Item"]["v"] == {"S": "x"}


def test_random_items_come_back(item):
    dice = random.Random(7)

    def value(depth):
        kind = dice.choice("S N B BOOL NULL SS NS BS L M".split() if depth else ["S", "N", "B", "BOOL", "NULL"])
        text = lambda: "".join(dice.choice("aäß日🦀 \\\"\n") for _ in range(dice.randrange(8)))  # noqa: E731
        match kind:
            case "S":
                return S(text())
            case "N":
                return N(dice.randrange(-(10**20), 10**20))
            case "B":
                return B(dice.randbytes(dice.randrange(8)))
            case "BOOL":
                return {"BOOL": dice.random() < 0.5}
            case "NULL":
                return NULL
            case "SS":
                return SS(*{text() for _ in range(3)})
            case "NS":
                return NS(*{dice.randrange(100) for _ in range(3)})
            case "BS":
                return BS(*{dice.randbytes(2) for _ in range(3)})
            case "L":
                return L(*(value(depth - 1) for _ in range(dice.randrange(4))))
            case "M":
                return {"M": {text(): value(depth - 1) for _ in range(dice.randrange(4))}} if depth else M()

    for _ in range(100):
        attributes = {f"a{at}": value(4) for at in range(5)}
        for inner in attributes.values():
            drop_empty_names(inner)
        item.put(attributes)
        assert normal_item(item.get()) == normal_item(attributes)


def drop_empty_names(value):
    ((kind, inner),) = value.items()
    if kind == "M":
        inner.pop("", None)
        for each in inner.values():
            drop_empty_names(each)
    if kind == "L":
        for each in inner:
            drop_empty_names(each)


def test_binary_is_base64_on_the_wire(raw, hashed):
    octets = bytes(range(256))
    raw("PutItem", {"TableName": hashed, "Item": {"pk": {"S": "base64"}, "b": {"B": base64.b64encode(octets).decode()}}})
    answer = raw("GetItem", {"TableName": hashed, "Key": {"pk": {"S": "base64"}}})
    assert base64.b64decode(answer.json["Item"]["b"]["B"]) == octets


def test_a_request_has_to_have_an_item(db, hashed):
    with refused("ValidationException", re.compile(".*Value null at 'item' failed to satisfy constraint: Member must not be null")):
        db.put_item(TableName=hashed)
