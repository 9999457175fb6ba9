"""Query: key conditions of every kind of sort key, what is none, order, pages, filters, and what is selected."""

import re

import pytest

from asking import BOOL, EACH_TYPE, NULL, OOM, SS, B, L, M, N, S, constraint, expression, invalid

SORTED = {
    "S": [S(text) for text in ("", "A", "a", "aa", "ab", "b", "ba", "ä", "日", "🦀")][1:],
    "N": [N(number) for number in ("-1" + "0" * 100, "-10", "-9", "-0.5", "0", "0.5", "1", "9", "10", "1" + "0" * 100)],
    "B": [B(octets) for octets in (b"\x00", b"\x00\x01", b"\x01", b"a", b"ab", b"b", b"\x7f", b"\x80", b"\xff", b"\xff\x00")],
}


@pytest.fixture(scope="module", params=["S", "N", "B"])
def filled(request, db, make_table):
    """A table with a sort key of some type, its partition `p` full of values, and the values in their order."""
    table = make_table(pk="S", sk=request.param)
    for at, value in enumerate(reversed(SORTED[request.param])):
        db.put_item(TableName=table, Item={"pk": S("p"), "sk": value, "at": N(at)})
        db.put_item(TableName=table, Item={"pk": S("other"), "sk": value})
    return table, SORTED[request.param]


def keys(answer):
    return [item["sk"] for item in answer["Items"]]


def ask(db, table, condition, values=None, **others):
    return db.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues={":p": S("p"), **(values or {})}, **others)


@pytest.mark.parametrize("forward", [True, False])
def test_a_partition_is_in_order(db, filled, forward):
    table, values = filled
    expected = values if forward else values[::-1]
    answer = ask(db, table, "pk = :p", ScanIndexForward=forward)
    assert keys(answer) == expected
    assert (answer["Count"], answer["ScannedCount"], "LastEvaluatedKey" in answer) == (len(values), len(values), False)


@pytest.mark.parametrize("operator, test", [
    ("=", lambda at, bound: at == bound), ("<", lambda at, bound: at < bound), ("<=", lambda at, bound: at <= bound), (">", lambda at, bound: at > bound), (">=", lambda at, bound: at >= bound),
])  # fmt: skip
@pytest.mark.parametrize("bound", range(0, 9, 2))
def test_comparisons(db, filled, operator, test, bound):
    table, values = filled
    expected = [value for at, value in enumerate(values) if test(at, bound)]
    turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[operator]
    for condition in (f"pk = :p AND sk {operator} :v", f"sk {operator} :v AND pk = :p", f":v {turned} sk AND :p = pk", f"(pk = :p) AND (sk {operator} :v)", f"(pk = :p AND sk {operator} :v)"):
        assert keys(ask(db, table, condition, {":v": values[bound]})) == expected
    assert keys(ask(db, table, f"pk = :p AND sk {operator} :v", {":v": values[bound]}, ScanIndexForward=False)) == expected[::-1]


@pytest.mark.parametrize("low, high", [(0, 8), (2, 5), (3, 3), (0, 0), (8, 8)])
def test_between(db, filled, low, high):
    table, values = filled
    bounds = {":l": values[low], ":h": values[high]}
    assert keys(ask(db, table, "pk = :p AND sk BETWEEN :l AND :h", bounds)) == values[low : high + 1]
    assert keys(ask(db, table, "sk between :l and :h and pk = :p", bounds, ScanIndexForward=False)) == values[low : high + 1][::-1]


@pytest.mark.parametrize("prefix", ["a", "b", "A", "x", "日"])
def test_begins_with(db, filled, prefix):
    table, values = filled
    ((kind, _),) = values[0].items()
    if kind == "N":
        with invalid(expression("KeyCondition", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N")):
            ask(db, table, "pk = :p AND begins_with(sk, :v)", {":v": N(1)})
        return
    start = prefix if kind == "S" else prefix.encode()
    expected = [value for value in values if value[kind].startswith(start)]
    assert keys(ask(db, table, "pk = :p AND begins_with(sk, :v)", {":v": {kind: start}})) == expected
    assert keys(ask(db, table, "begins_with(sk, :v) AND pk = :p", {":v": {kind: start}}, ScanIndexForward=False)) == expected[::-1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 9, 10, 11])
def test_pages_are_the_whole_in_pieces(db, filled, limit, forward):
    table, values = filled
    found, start, pages = [], {}, 0
    while True:
        answer = ask(db, table, "pk = :p", Limit=limit, ScanIndexForward=forward, **start)
        found += keys(answer)
        pages += 1
        assert len(answer["Items"]) <= limit and answer["Count"] == answer["ScannedCount"] == len(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"] == {"pk": S("p"), "sk": found[-1]}
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert found == (values if forward else values[::-1])
    assert pages == len(values) // limit + 1


@pytest.mark.parametrize("condition, bound", [("sk > :v", 2), ("sk < :v", 7), ("sk >= :v", 1)])
def test_pages_of_a_range(db, filled, condition, bound):
    table, values = filled
    whole = keys(ask(db, table, f"pk = :p AND {condition}", {":v": values[bound]}))
    found, start = [], {}
    while True:
        answer = ask(db, table, f"pk = :p AND {condition}", {":v": values[bound]}, Limit=2, **start)
        found += keys(answer)
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert found == whole


def test_a_page_may_start_at_a_key_that_is_not_there(db, make_table):
    table = make_table(pk="S", sk="N")
    for number in (1, 3, 5):
        db.put_item(TableName=table, Item={"pk": S("p"), "sk": N(number)})
    assert keys(ask(db, table, "pk = :p", ExclusiveStartKey={"pk": S("p"), "sk": N(2)})) == [N(3), N(5)]
    assert keys(ask(db, table, "pk = :p", ExclusiveStartKey={"pk": S("p"), "sk": N(4)}, ScanIndexForward=False)) == [N(3), N(1)]


# --- what is no key condition ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(make_table):
    return make_table(pk="S", sk="N")


VALUES = {":p": S("p"), ":n": N(1), ":m": N(2), ":s": S("s"), ":t": BOOL, ":l": L()}

NONE = [
    ("", expression("KeyCondition", "The expression can not be empty;")),
    ("sk = :n", "Query condition missed key schema element: pk"), ("x = :s", "Query condition missed key schema element: pk"), ("pk = :p AND x = :s", "Query condition missed key schema element: sk"),
    ("pk < :p", "Query key condition not supported"), ("pk > :p", "Query key condition not supported"), ("pk BETWEEN :p AND :s", "Query key condition not supported"), ("begins_with(pk, :p)", "Query key condition not supported"),
    ("pk = :p OR sk = :n", "Invalid operator used in KeyConditionExpression: OR"), ("NOT pk = :p", "Invalid operator used in KeyConditionExpression: NOT"), ("pk <> :p", "Invalid operator used in KeyConditionExpression: <>"),
    ("pk = :p AND sk <> :n", "Invalid operator used in KeyConditionExpression: <>"), ("pk = :p AND sk IN (:n)", "Invalid operator used in KeyConditionExpression: IN"),
    ("pk = :p AND attribute_exists(sk)", "Invalid operator used in KeyConditionExpression: attribute_exists"), ("pk = :p AND contains(sk, :n)", "Invalid operator used in KeyConditionExpression: contains"),
    ("pk = :p AND pk = :s", expression("KeyCondition", "KeyConditionExpressions must only contain one condition per key")),
    ("pk = :p AND sk > :n AND sk < :m", expression("KeyCondition", "KeyConditionExpressions must only contain one condition per key")),
    ("pk = :p AND sk = :n AND x = :s", "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"),
    ("pk = :n", OOM + "Condition parameter type does not match schema type"), ("pk = :p AND sk = :s", OOM + "Condition parameter type does not match schema type"),
    ("pk = :p AND sk > :s", OOM + "Condition parameter type does not match schema type"), ("pk = :p AND begins_with(sk, :s)", OOM + "Condition parameter type does not match schema type"),
    ("pk = :t", OOM + "Condition parameter type does not match schema type"), ("pk = :p AND sk = :l", OOM + "Condition parameter type does not match schema type"),
    ("pk = :p AND sk < :t", expression("KeyCondition", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL")),
    ("pk = :p AND sk >= :l", expression("KeyCondition", "Incorrect operand type for operator or function; operator or function: >=, operand type: L")),
    ("pk = :p AND sk BETWEEN :t AND :t", expression("KeyCondition", "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL")),
    ("pk = :p AND begins_with(sk, :n)", expression("KeyCondition", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N")),
    ("pk = :p AND sk BETWEEN :m AND :n", expression("KeyCondition", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}")),
    ("pk.a = :p", "KeyConditionExpressions cannot have conditions on nested attributes"), ("pk = :p AND sk[0] = :n", "KeyConditionExpressions cannot have conditions on nested attributes"),
    ("pk = :u", expression("KeyCondition", "An expression attribute value used in expression is not defined; attribute value: :u")), ("#u = :p", expression("KeyCondition", "An expression attribute name used in the document path is not defined; attribute name: #u")),
    ("name = :p", expression("KeyCondition", "Attribute name is a reserved keyword; reserved keyword: name")), ("((pk = :p))", expression("KeyCondition", "The expression has redundant parentheses;")),
    ("foo(pk)", expression("KeyCondition", "Invalid function name; function: foo")), ("pk = :p AND size(sk) = :n", re.compile(".*")), ("pk = sk", re.compile(".*")), (":p = :s", re.compile(".*")),
]  # fmt: skip


@pytest.mark.parametrize("condition, text", NONE, ids=[condition or "empty" for condition, _ in NONE])
def test_is_none(db, table, condition, text):
    used = {name: VALUES[name] for name in set(re.findall(r":\w", condition)) & VALUES.keys()}
    with invalid(text):
        db.query(TableName=table, KeyConditionExpression=condition, **({"ExpressionAttributeValues": used} if used else {}))


@pytest.mark.parametrize("condition", ["pk", "pk =", "= :p", "pk = :p AND", "pk = :p sk = :n", "pk == :p", "pk = 'a'", "pk = :p,", "(pk = :p", "pk = :p)", "pk = :p && sk = :n", "SELECT pk"])
def test_is_no_expression(db, table, condition):
    with invalid(re.compile("Invalid KeyConditionExpression: (Syntax error; token: .*, near: .*|Attribute name is a reserved keyword; .*)")):
        db.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues={":p": S("p"), ":n": N(1)})


@pytest.mark.parametrize("others, text", [
    ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("")}}, re.compile(".*cannot contain an empty string value.*")),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("x" * 2049)}}, re.compile(".*Size of hashkey has exceeded the maximum size limit of2048 bytes")),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("p"), ":x": S("x")}}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("p")}, "ExpressionAttributeNames": {"#x": "x"}}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"),
])  # fmt: skip
def test_members_that_do_not_go(db, table, others, text):
    with invalid(text):
        db.query(TableName=table, **others)


@pytest.mark.parametrize("start, text", [
    ({"pk": S("p")}, "The provided starting key is invalid"), ({"pk": S("p"), "sk": S("s")}, re.compile("The provided (starting key is invalid.*|key element does not match the schema)")), ({"pk": S("p"), "sk": N(1), "x": N(1)}, "The provided starting key is invalid"),
    ({"pk": S("q"), "sk": N(1)}, "The provided starting key is outside query boundaries based on provided conditions"), ({"sk": N(1)}, "The provided starting key is invalid"),
])  # fmt: skip
def test_starting_keys(db, table, start, text):
    with invalid(text):
        ask(db, table, "pk = :p", ExclusiveStartKey=start)


@pytest.mark.parametrize("limit, rule", [(0, "have value greater than or equal to 1"), (-1, "have value greater than or equal to 1")])
def test_limits(db, table, limit, rule):
    with invalid(re.compile(f"1 validation error detected: Value .*at '[lL]imit' failed to satisfy constraint: Member must {rule}")):
        ask(db, table, "pk = :p", Limit=limit)


# --- filters and selections ------------------------------------------------------------------------------------------------


def test_a_filter_works_behind_the_limit(db, filled):
    table, values = filled
    answer = ask(db, table, "pk = :p", {":v": N(5)}, FilterExpression="#at >= :v", ExpressionAttributeNames={"#at": "at"})
    count = len(values)
    assert (answer["Count"], answer["ScannedCount"]) == (count - 5, count)
    page = ask(db, table, "pk = :p", {":v": N(-1)}, FilterExpression="#at = :v", ExpressionAttributeNames={"#at": "at"}, Limit=3)
    assert (page["Count"], page["ScannedCount"], page["Items"], page["LastEvaluatedKey"]) == (0, 3, [], {"pk": S("p"), "sk": values[2]})


@pytest.mark.parametrize("key", ["pk", "sk"])
def test_a_filter_has_no_key_in_it(db, table, key):
    with invalid(f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"):
        ask(db, table, "pk = :p", {":v": N(5)}, FilterExpression=f"a = :v AND {key} <> :v")


def test_selections(db, filled):
    table, values = filled
    count = ask(db, table, "pk = :p", Select="COUNT")
    assert ("Items" in count, count["Count"], count["ScannedCount"]) == (False, len(values), len(values))
    assert ask(db, table, "pk = :p", Select="ALL_ATTRIBUTES", Limit=1)["Items"][0].keys() == {"pk", "sk", "at"}
    assert ask(db, table, "pk = :p", Select="SPECIFIC_ATTRIBUTES", ProjectionExpression="sk", Limit=1)["Items"] == [{"sk": values[0]}]
    assert ask(db, table, "pk = :p", ProjectionExpression="sk", Limit=1)["Items"] == [{"sk": values[0]}]


@pytest.mark.parametrize("others, text", [
    ({"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    ({"Select": "COUNT", "ProjectionExpression": "sk"}, "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    ({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "sk"}, "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
    ({"Select": "EVERYTHING"}, constraint("EVERYTHING", "select", "satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]")),
])  # fmt: skip
def test_selections_that_do_not_go(db, table, others, text):
    with invalid(text):
        ask(db, table, "pk = :p", **others)


def test_a_page_is_at_most_a_megabyte(db, make_table):
    table = make_table(pk="S", sk="N")
    for at in range(12):
        db.put_item(TableName=table, Item={"pk": S("p"), "sk": N(at), "v": S("x" * 100_000)})
    first = ask(db, table, "pk = :p")
    assert 10 <= first["Count"] <= 11 and first["LastEvaluatedKey"] == {"pk": S("p"), "sk": first["Items"][-1]["sk"]}
    # It is what is read that counts, not what is answered.
    counted = ask(db, table, "pk = :p", {":n": NULL}, FilterExpression="v = :n", Select="COUNT")
    assert (counted["Count"], counted["ScannedCount"]) == (0, first["Count"]) and "LastEvaluatedKey" in counted
    rest = ask(db, table, "pk = :p", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert first["Count"] + rest["Count"] == 12 and "LastEvaluatedKey" not in rest


def test_a_table_without_sort_key(db, hashed):
    db.put_item(TableName=hashed, Item={"pk": S("p"), "v": M(a=SS("x"))})
    assert ask(db, hashed, "pk = :p")["Items"] == [{"pk": S("p"), "v": M(a=SS("x"))}]
    assert ask(db, hashed, "pk = :p", Limit=1)["Count"] == 1
    with invalid(re.compile(".*")):
        ask(db, hashed, "pk = :p AND sk = :v", {":v": N(1)})


def test_an_empty_partition(db, table):
    answer = ask(db, table, "pk = :p")
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 0)
    assert "LastEvaluatedKey" not in ask(db, table, "pk = :p", Limit=1)


@pytest.mark.parametrize("kind", [kind for kind in EACH_TYPE if kind != "S"])
def test_the_partition_key_has_its_type(db, table, kind):
    with invalid(OOM + "Condition parameter type does not match schema type"):
        db.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": EACH_TYPE[kind]})
