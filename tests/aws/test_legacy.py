"""The parameters from before there were expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter,
ConditionalOperator, AttributesToGet."""

import re

import pytest

from asking import NULL, OOM, SS, B, L, M, N, S, constraint, invalid, normal_item, refused

ITEM = {"s": S("text"), "n": N(5), "ss": SS("a", "b"), "l": L(S("a")), "z": NULL, "b": B(b"x")}

CONDITIONS = [
    ("s", "EQ", [S("text")], True), ("s", "EQ", [S("other")], False), ("s", "EQ", [N(5)], False), ("gone", "EQ", [S("x")], False), ("ss", "EQ", [SS("b", "a")], True),
    ("s", "NE", [S("other")], True), ("s", "NE", [S("text")], False), ("gone", "NE", [S("x")], True), ("n", "NE", [S("5")], True),
    ("n", "LT", [N(6)], True), ("n", "LT", [N(5)], False), ("n", "LE", [N(5)], True), ("n", "GT", [N(4)], True), ("n", "GT", [N(5)], False), ("n", "GE", [N(5)], True), ("n", "LT", [S("z")], False), ("gone", "LT", [N(9)], False),
    ("n", "BETWEEN", [N(5), N(6)], True), ("n", "BETWEEN", [N(1), N(4)], False), ("n", "IN", [N(1), N(5)], True), ("n", "IN", [N(1)], False), ("gone", "IN", [N(1)], False),
    ("s", "NOT_NULL", [], True), ("gone", "NOT_NULL", [], False), ("gone", "NULL", [], True), ("s", "NULL", [], False), ("z", "NULL", [], False), ("z", "NOT_NULL", [], True),
    ("s", "CONTAINS", [S("ex")], True), ("ss", "CONTAINS", [S("a")], True), ("l", "CONTAINS", [S("a")], True), ("s", "CONTAINS", [S("q")], False), ("gone", "CONTAINS", [S("a")], False),
    ("s", "NOT_CONTAINS", [S("q")], True), ("s", "NOT_CONTAINS", [S("ex")], False), ("gone", "NOT_CONTAINS", [S("a")], False), ("ss", "NOT_CONTAINS", [S("c")], True),
    ("s", "BEGINS_WITH", [S("te")], True), ("s", "BEGINS_WITH", [S("x")], False), ("gone", "BEGINS_WITH", [S("a")], False), ("b", "BEGINS_WITH", [B(b"x")], True),
]  # fmt: skip


@pytest.mark.parametrize("attribute, operator, values, holds", CONDITIONS)
def test_conditions(item, db, attribute, operator, values, holds):
    item.put(ITEM)
    condition = {"ComparisonOperator": operator, **({"AttributeValueList": values} if values else {})}
    query = db.query(TableName=item.table, KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [item.key["pk"]]}}, QueryFilter={attribute: condition})
    assert (query["Count"], query["ScannedCount"]) == (int(holds), 1)
    scan = db.scan(TableName=item.table, ScanFilter={attribute: condition, "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [item.key["pk"]]}})
    assert scan["Count"] == int(holds)
    if holds:
        item.put(ITEM, Expected={attribute: condition})
    else:
        with refused("ConditionalCheckFailedException", "The conditional request failed"):
            item.put(ITEM, Expected={attribute: condition})


def test_values_and_existence(item):
    item.put({"a": S("1")}, Expected={"a": {"Exists": False}})
    with refused("ConditionalCheckFailedException", "The conditional request failed"):
        item.put({"a": S("1")}, Expected={"a": {"Exists": False}})
    item.put({"a": S("2")}, Expected={"a": {"Value": S("1")}})
    item.put({"a": S("3")}, Expected={"a": {"Value": S("2"), "Exists": True}})
    with refused("ConditionalCheckFailedException", "The conditional request failed"):
        item.delete(Expected={"a": {"Value": S("1")}})
    item.delete(Expected={"a": {"Value": S("3")}})


@pytest.mark.parametrize("operator, holds", [("AND", False), ("OR", True), (None, False)])
def test_conditions_are_joined(item, db, operator, holds):
    item.put(ITEM)
    conditions = {"s": {"ComparisonOperator": "EQ", "AttributeValueList": [S("text")]}, "n": {"ComparisonOperator": "EQ", "AttributeValueList": [N(6)]}}
    joined = {"ConditionalOperator": operator} if operator else {}
    query = db.query(TableName=item.table, KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [item.key["pk"]]}}, QueryFilter=conditions, **joined)
    assert query["Count"] == int(holds)
    if holds:
        item.delete(Expected=conditions, **joined)
    else:
        with refused("ConditionalCheckFailedException", "The conditional request failed"):
            item.delete(Expected=conditions, **joined)


ARGUMENTS = [
    ("EQ", [], "Invalid number of argument(s) for the EQ ComparisonOperator"), ("EQ", [S("a"), S("b")], "Invalid number of argument(s) for the EQ ComparisonOperator"), ("BETWEEN", [N(1)], "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    ("NULL", [N(1)], "Invalid number of argument(s) for the NULL ComparisonOperator"), ("NOT_NULL", [N(1)], "Invalid number of argument(s) for the NOT_NULL ComparisonOperator"), ("IN", [], "Invalid number of argument(s) for the IN ComparisonOperator"),
    ("LT", [SS("a")], "ComparisonOperator LT is not valid for SS AttributeValue type"), ("GE", [L()], "ComparisonOperator GE is not valid for L AttributeValue type"), ("BEGINS_WITH", [N(1)], "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"),
    ("CONTAINS", [SS("a")], "ComparisonOperator CONTAINS is not valid for SS AttributeValue type"), ("LT", [M()], "ComparisonOperator LT is not valid for M AttributeValue type"),
]  # fmt: skip


@pytest.mark.parametrize("operator, values, text", ARGUMENTS)
def test_arguments(item, db, operator, values, text):
    with invalid(OOM + text):
        db.scan(TableName=item.table, ScanFilter={"a": {"ComparisonOperator": operator, "AttributeValueList": values}})


def test_unknown_operators(db, hashed):
    with refused("ValidationException", re.compile("1 validation error detected: .*Member must satisfy enum value set: \\[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS\\]")):
        db.scan(TableName=hashed, ScanFilter={"a": {"ComparisonOperator": "LIKE", "AttributeValueList": [S("a")]}})
    with refused("ValidationException", re.compile("1 validation error detected: .*Member must satisfy enum value set: \\[OR, AND\\]")):
        db.scan(TableName=hashed, ScanFilter={"a": {"ComparisonOperator": "NULL"}}, ConditionalOperator="XOR")


MIXED = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{}}} Expression parameters: {{{}}}"


def test_the_two_ways_do_not_mix(item, db):
    condition = {"a": {"Exists": False}}
    with invalid(MIXED.format("Expected", "ConditionExpression")):
        item.put(Expected=condition, ConditionExpression="attribute_exists(a)")
    with invalid(MIXED.format("Expected", "ConditionExpression")):
        item.delete(Expected=condition, ConditionExpression="attribute_exists(a)")
    with invalid(MIXED.format("AttributeUpdates", "UpdateExpression")):
        item.update("REMOVE a", AttributeUpdates={"a": {"Action": "DELETE"}})
    with invalid(MIXED.format("ScanFilter", "FilterExpression")):
        db.scan(TableName=item.table, ScanFilter={"a": {"ComparisonOperator": "NULL"}}, FilterExpression="attribute_exists(a)")
    with invalid(MIXED.format("KeyConditions", "KeyConditionExpression")):
        db.query(TableName=item.table, KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("a")]}}, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a")})


UPDATES = [
    ("s", {"Value": S("new")}, {"s": S("new")}), ("s", {"Action": "PUT", "Value": N(1)}, {"s": N(1)}), ("x", {"Action": "PUT", "Value": S("new")}, {"x": S("new")}), ("s", {"Action": "DELETE"}, {"s": None}), ("x", {"Action": "DELETE"}, {}),
    ("n", {"Action": "ADD", "Value": N(2)}, {"n": N(7)}), ("x", {"Action": "ADD", "Value": N(2)}, {"x": N(2)}), ("ss", {"Action": "ADD", "Value": SS("c")}, {"ss": SS("a", "b", "c")}), ("ss", {"Action": "DELETE", "Value": SS("a")}, {"ss": SS("b")}),
    ("ss", {"Action": "DELETE", "Value": SS("a", "b")}, {"ss": None}), ("l", {"Action": "ADD", "Value": L(S("b"))}, {"l": L(S("a"), S("b"))}), ("a.b", {"Value": S("dot")}, {"a.b": S("dot")}), ("#x", {"Value": S("x")}, {"#x": S("x")}),
]  # fmt: skip


@pytest.mark.parametrize("attribute, update, changed", UPDATES, ids=lambda value: str(value)[:40])
def test_attribute_updates(item, attribute, update, changed):
    item.put(ITEM)
    item.update(AttributeUpdates={attribute: update})
    expected = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    assert normal_item(item.get()) == normal_item(expected)


@pytest.mark.parametrize("update, text", [
    ({"Action": "PUT"}, OOM + "Only DELETE action is allowed when no attribute value is specified"), ({"Action": "ADD"}, OOM + "Only DELETE action is allowed when no attribute value is specified"),
    ({"Action": "ADD", "Value": S("a")}, OOM + "ADD action is not supported for the type S"), ({"Action": "DELETE", "Value": S("a")}, OOM + "DELETE action with value is not supported for the type S"),
    ({"Action": "ADD", "Value": SS("x")}, "Type mismatch for attribute to update"), ({"Action": "SET", "Value": S("a")}, re.compile(".*Member must satisfy enum value set: .*")),
])  # fmt: skip
def test_attribute_updates_that_do_not_go(item, update, text):
    item.put({"a": N(1)})
    with invalid(text):
        item.update(AttributeUpdates={"a": update})


def test_a_key_is_not_updated(item):
    with invalid(OOM + "Cannot update attribute pk. This attribute is part of the key"):
        item.update(AttributeUpdates={"pk": {"Value": S("a")}})


def test_key_conditions(db, ranged):
    for sk in ("a", "ab", "b", "c"):
        db.put_item(TableName=ranged, Item={"pk": S("legacy"), "sk": S(sk)})

    def found(operator, *values):
        conditions = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("legacy")]}, "sk": {"ComparisonOperator": operator, "AttributeValueList": [S(value) for value in values]}}
        return "".join(item["sk"]["S"] + " " for item in db.query(TableName=ranged, KeyConditions=conditions)["Items"]).split()

    assert found("EQ", "b") == ["b"]
    assert found("LT", "b") == ["a", "ab"]
    assert found("LE", "b") == ["a", "ab", "b"]
    assert found("GT", "ab") == ["b", "c"]
    assert found("GE", "b") == ["b", "c"]
    assert found("BETWEEN", "ab", "b") == ["ab", "b"]
    assert found("BEGINS_WITH", "a") == ["a", "ab"]
    for operator, values in (("NE", ["b"]), ("IN", ["a", "b"]), ("NULL", []), ("CONTAINS", ["a"])):
        with invalid("Attempted conditional constraint is not an indexable operation"):
            found(operator, *values)


@pytest.mark.parametrize("conditions, text", [
    ({}, re.compile(".*")), ({"sk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("a")]}}, "Query condition missed key schema element: pk"),
    ({"pk": {"ComparisonOperator": "GT", "AttributeValueList": [S("a")]}}, "Query key condition not supported"),
    ({name: {"ComparisonOperator": "EQ", "AttributeValueList": [S("a")]} for name in ("pk", "sk", "x")}, "Conditions can be of length 1 or 2 only"),
    ({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [N(1)]}}, OOM + "Condition parameter type does not match schema type"),
])  # fmt: skip
def test_key_conditions_that_are_none(db, ranged, conditions, text):
    with invalid(text):
        db.query(TableName=ranged, KeyConditions=conditions)


def test_constraint_texts_name_the_place(db, hashed):
    with invalid(constraint("null", "scanFilter.a.member.comparisonOperator", "not be null").replace("'null'", "null")):
        db.scan(TableName=hashed, ScanFilter={"a": {"AttributeValueList": [S("a")]}})
