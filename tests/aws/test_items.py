"""PutItem, GetItem and DeleteItem: what they do, what they answer with, and what is found wrong before the table is looked for."""

import re

import pytest

from asking import L, N, S, SS, constraint, invalid, refused


def test_an_item_is_there_after_it_was_put_and_until_it_is_deleted(item):
    assert "Item" not in item.answer()
    assert item.put({"a": S("1")}).keys() == {"ResponseMetadata"}
    assert item.answer()["Item"] == {**item.key, "a": S("1")}
    assert item.answer(ConsistentRead=True)["Item"] == {**item.key, "a": S("1")}
    assert item.delete().keys() == {"ResponseMetadata"}
    assert "Item" not in item.answer()
    item.delete()


def test_a_put_replaces_the_whole_item(item):
    item.put({"a": S("1"), "b": S("2")})
    item.put({"c": S("3")})
    assert item.get() == {"c": S("3")}


def test_old_values_are_answered_on_demand(item):
    assert "Attributes" not in item.put({"a": S("1")}, ReturnValues="ALL_OLD")
    assert item.put({"a": S("2")}, ReturnValues="ALL_OLD")["Attributes"] == {**item.key, "a": S("1")}
    assert "Attributes" not in item.put({"a": S("3")}, ReturnValues="NONE")
    assert item.delete(ReturnValues="ALL_OLD")["Attributes"] == {**item.key, "a": S("3")}
    assert "Attributes" not in item.delete(ReturnValues="ALL_OLD")


@pytest.mark.parametrize("wanted", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
def test_a_put_and_a_delete_answer_nothing_else(item, wanted):
    for request in (item.put, item.delete):
        with invalid("ReturnValues can only be ALL_OLD or NONE"):
            request(ReturnValues=wanted)


@pytest.mark.parametrize("condition, holds", [("attribute_not_exists(pk)", False), ("attribute_exists(pk)", True), ("a = :v", True), ("a <> :v", False)])
def test_conditions_guard_writes(item, condition, holds):
    values = {"ExpressionAttributeValues": {":v": S("1")}} if ":v" in condition else {}
    for request in (lambda **others: item.put({"a": S("2")}, **others), item.delete):
        item.put({"a": S("1")})
        if holds:
            request(ConditionExpression=condition, **values)
            assert item.get() != {"a": S("1")}
        else:
            with refused("ConditionalCheckFailedException", "The conditional request failed", exactly=True):
                request(ConditionExpression=condition, **values)
            assert item.get() == {"a": S("1")}


# --- members of requests ---------------------------------------------------------------------------------------------------

NULL_TABLE = constraint("null", "tableName", "not be null").replace("'null'", "null")


def missing(*members):
    text = "; ".join(f"Value null at '{member}' failed to satisfy constraint: Member must not be null" for member in members)
    return re.compile(f"{len(members)} validation errors? detected: {re.escape(text)}")


@pytest.mark.parametrize("operation, request_, members", [
    ("get_item", {"Key": {"pk": S("a")}}, ["tableName"]), ("put_item", {"Item": {"pk": S("a")}}, ["tableName"]), ("delete_item", {"Key": {"pk": S("a")}}, ["tableName"]),
    ("update_item", {"Key": {"pk": S("a")}}, ["tableName"]), ("get_item", {"TableName": "abc"}, ["key"]), ("put_item", {"TableName": "abc"}, ["item"]), ("delete_item", {"TableName": "abc"}, ["key"]),
    ("update_item", {"TableName": "abc"}, ["key"]), ("query", {}, ["tableName"]), ("scan", {}, ["tableName"]), ("describe_table", {}, ["tableName"]), ("delete_table", {}, ["tableName"]),
    ("update_table", {}, ["tableName"]), ("describe_time_to_live", {}, ["tableName"]),
])  # fmt: skip
def test_required_members(db, operation, request_, members):
    with invalid(missing(*members)):
        getattr(db, operation)(**request_)


@pytest.mark.parametrize("operation, request_", [
    ("get_item", {"Key": {"pk": S("a")}}), ("put_item", {"Item": {"pk": S("a")}}), ("delete_item", {"Key": {"pk": S("a")}}), ("update_item", {"Key": {"pk": S("a")}}),
    ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("a")}}), ("scan", {}),
])  # fmt: skip
@pytest.mark.parametrize("name", ["Nowhere", "a", "ab", "x" * 255, "a.b-c_d"])
def test_a_table_that_is_not_there(db, operation, request_, name):
    with refused("ResourceNotFoundException", "Requested resource not found", exactly=True):
        getattr(db, operation)(TableName=name, **request_)


@pytest.mark.parametrize("operation, request_", [("get_item", {"Key": {"pk": S("a")}}), ("put_item", {"Item": {"pk": S("a")}}), ("scan", {})])
@pytest.mark.parametrize("name", ["", "x" * 256, "a b", "a/b", "ä", "a:b", "a#", "%"])
def test_names_that_no_table_has(db, operation, request_, name):
    with refused("ValidationException", re.compile(".*")):
        getattr(db, operation)(TableName=name, **request_)


def test_the_empty_name(db):
    with invalid("1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1", exactly=True):
        db.put_item(TableName="", Item={"pk": S("a")})


@pytest.mark.parametrize("others, text", [
    ({"ReturnConsumedCapacity": "SOME"}, "[INDEXES, TOTAL, NONE]"), ({"ReturnItemCollectionMetrics": "SOME"}, "[SIZE, NONE]"),
    ({"ReturnValuesOnConditionCheckFailure": "NEW"}, "[ALL_OLD, NONE]"),
])  # fmt: skip
def test_members_with_a_set_of_values(item, others, text):
    with refused("ValidationException", re.compile(f"1 validation error detected: .*Member must satisfy enum value set: {re.escape(text)}")):
        item.put(**others)


WRONG = [
    ("an empty key", {"Item": {"pk": S("")}}), ("an empty value", {"Item": {"pk": S("a"), "v": {}}}), ("an empty set", {"Item": {"pk": S("a"), "v": SS()}}), ("a bad number", {"Item": {"pk": S("a"), "v": N("x")}}),
    ("return values", {"Item": {"pk": S("a")}, "ReturnValues": "ALL_NEW"}), ("unused values", {"Item": {"pk": S("a")}, "ExpressionAttributeValues": {":v": S("a")}}),
    ("a bad expression", {"Item": {"pk": S("a")}, "ConditionExpression": "a ="}), ("a large item", {"Item": {"pk": S("a"), "v": S("x" * 409_600)}}),
]  # fmt: skip


@pytest.mark.parametrize("request_", [request for _, request in WRONG], ids=[what for what, _ in WRONG])
def test_what_is_wrong_in_itself_is_found_before_the_table_is_missed(db, request_):
    if request_["Item"]["pk"] == S(""):
        pytest.skip("which attributes are keys, the table says")
    with refused("ValidationException", re.compile(".*", re.S)):
        db.put_item(TableName="Nowhere", **request_)


def test_a_table_may_be_named_by_its_arn(db, service, item):
    arn = service.table_arn(item.table)
    db.put_item(TableName=arn, Item={**item.key, "a": S("x")})
    assert db.get_item(TableName=arn, Key=item.key)["Item"]["a"] == S("x")
    assert db.scan(TableName=arn, Limit=1)["ScannedCount"] == 1
    with refused("ResourceNotFoundException", "Requested resource not found", exactly=True):
        db.get_item(TableName=service.table_arn("Nowhere"), Key=item.key)


def test_many_items_each_are_their_own(db, hashed):
    for at in range(50):
        db.put_item(TableName=hashed, Item={"pk": S(f"many-{at}"), "l": L(N(at))})
    for at in range(50):
        assert db.get_item(TableName=hashed, Key={"pk": S(f"many-{at}")})["Item"]["l"] == L(N(at))
