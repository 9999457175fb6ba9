"""The texts that the newer layer of DynamoDB counts, to the letter, and those that it leaves bare: section 4.8 of the facts."""

import re

import pytest

from asking import BS, COUNTED, NS, OOM, SS, N, S, invalid

NUMBER = "The parameter cannot be converted to a numeric value: x"
VALUES = [
    (N("x"), NUMBER), (N(""), "The parameter cannot be converted to a numeric value: "), (N("1E126"), "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (N("1E-131"), "Number underflow. Attempting to store a number with magnitude smaller than supported range"), (N("1" * 39), "Attempting to store more than 38 significant digits in a Number"),
    (SS("a", "b", "b"), OOM + 'Input collection ["a", "b", "b"] contains duplicates.'), (NS(1, 1), OOM + "Input collection contains duplicates."),
    (BS(b"\x00", b"\xff", b"\x00"), OOM + 'Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.'),
]  # fmt: skip


@pytest.mark.parametrize("value, text", VALUES, ids=[text[:40] for _, text in VALUES])
def test_values_of_a_put(item, value, text):
    with invalid(COUNTED + text, exactly=True):
        item.put({"v": value})


@pytest.mark.parametrize("value, text", VALUES, ids=[text[:40] for _, text in VALUES])
def test_values_of_other_operations_are_not_counted(db, hashed, value, text):
    # There duplicates are worded as of old, and so is the empty number.
    of_old = "(?!1 validation).*contains duplicates.*" if "duplicates" in text else re.escape(text.removesuffix(": "))
    with invalid(re.compile(f"ExpressionAttributeValues contains invalid value: {of_old} for key :v")):
        db.scan(TableName=hashed, FilterExpression="a = :v", ExpressionAttributeValues={":v": value})
    with invalid(re.compile(of_old)):
        db.batch_write_item(RequestItems={hashed: [{"PutRequest": {"Item": {"pk": S("a"), "v": value}}}]})


UNDEFINED = "Invalid {}Expression: An expression attribute value used in expression is not defined; attribute value: :v"


def test_undefined_and_unused_names_are_counted_in_writes(item, db):
    with invalid(COUNTED + UNDEFINED.format("Condition"), exactly=True):
        item.put(ConditionExpression="a = :v")
    with invalid(COUNTED + UNDEFINED.format("Condition"), exactly=True):
        item.delete(ConditionExpression="a = :v")
    with invalid(COUNTED + UNDEFINED.format("Update"), exactly=True):
        item.update("SET a = :v")
    with invalid(UNDEFINED.format("KeyCondition"), exactly=True):
        db.query(TableName=item.table, KeyConditionExpression="pk = :v")
    unused = "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"
    for request in (lambda: item.put(ConditionExpression="attribute_exists(a)", ExpressionAttributeNames={"#x": "y"}), lambda: item.update("REMOVE a", names={"#x": "y"})):
        with invalid(COUNTED + unused, exactly=True):
            request()
    with invalid(unused, exactly=True):
        item.answer(ProjectionExpression="a", ExpressionAttributeNames={"#x": "y"})


def test_values_without_an_expression(item):
    with invalid(COUNTED + "ExpressionAttributeValues can only be specified when using expressions", exactly=True):
        item.put(ExpressionAttributeValues={":v": S("a")})
    with invalid(COUNTED + "ExpressionAttributeNames can only be specified when using expressions", exactly=True):
        item.delete(ExpressionAttributeNames={"#a": "a"})


def test_a_name_and_an_enum(item, db):
    with invalid(COUNTED + "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1", exactly=True):
        db.put_item(TableName="", Item=item.key)
    with invalid(COUNTED + "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]", exactly=True):
        item.update(ReturnValues="SOME")


def test_constraints_are_collected(db):
    with invalid(
        "2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0",
        exactly=True,
    ) as caught:
        db.scan(TableName="abc", Limit=0, Segment=-1, TotalSegments=2)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
