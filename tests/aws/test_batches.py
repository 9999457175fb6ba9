"""BatchGetItem and BatchWriteItem: several tables at once, and the limits."""

import re

import pytest

from asking import N, S, expression, invalid, refused

MISSING = "Requested resource not found"


def put(**attributes):
    return {"PutRequest": {"Item": attributes}}


def delete(**key):
    return {"DeleteRequest": {"Key": key}}


def test_several_tables_at_once(db, hashed, ranged):
    answer = db.batch_write_item(RequestItems={hashed: [put(pk=S("b1"), v=N(1)), put(pk=S("b2"), v=N(2))], ranged: [put(pk=S("b"), sk=S("1"), v=N(3))]})
    assert answer["UnprocessedItems"] == {}
    got = db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S(name)} for name in ("b1", "b2", "nobody")]}, ranged: {"Keys": [{"pk": S("b"), "sk": S("1")}], "ProjectionExpression": "v", "ConsistentRead": True}})
    assert got["UnprocessedKeys"] == {}
    assert sorted(item["v"]["N"] for item in got["Responses"][hashed]) == ["1", "2"]
    assert got["Responses"][ranged] == [{"v": N(3)}]
    db.batch_write_item(RequestItems={hashed: [delete(pk=S("b1")), put(pk=S("b3")), delete(pk=S("never"))]})
    got = db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S(name)} for name in ("b1", "b3")]}})
    assert got["Responses"][hashed] == [{"pk": S("b3")}]


def test_of_what_is_not_there_there_is_an_empty_list(db, hashed):
    assert db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S("nobody")}]}})["Responses"] == {hashed: []}


def test_25_writes_and_100_reads_are_the_most(db, hashed):
    db.batch_write_item(RequestItems={hashed: [put(pk=S(f"m{at}")) for at in range(25)]})
    with invalid(re.compile(".*(Too many items requested for the BatchWriteItem call|Member must have length less than or equal to 25.*)")):
        db.batch_write_item(RequestItems={hashed: [put(pk=S(f"m{at}")) for at in range(26)]})
    got = db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S(f"m{at}")} for at in range(100)]}})
    assert len(got["Responses"][hashed]) == 25
    with invalid(re.compile(".*(Too many items requested for the BatchGetItem call|Member must have length less than or equal to 100.*)")):
        db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S(f"m{at}")} for at in range(101)]}})


def test_tables_share_the_limits(db, hashed, ranged):
    half = [put(pk=S(f"m{at}"), sk=S("x")) for at in range(13)]
    with invalid(re.compile(".*Too many items requested for the BatchWriteItem call")):
        db.batch_write_item(RequestItems={hashed: half, ranged: half})
    with invalid("Too many items requested for the BatchGetItem call"):
        db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S(f"m{at}")} for at in range(51)]}, ranged: {"Keys": [{"pk": S(f"m{at}"), "sk": S("x")} for at in range(51)]}})


def test_no_key_twice(db, hashed, make_table):
    text = "Provided list of item keys contains duplicates"
    for requests in ([put(pk=S("a")), put(pk=S("a"), v=N(1))], [put(pk=S("a")), delete(pk=S("a"))], [delete(pk=S("a")), delete(pk=S("a"))]):
        with invalid(text):
            db.batch_write_item(RequestItems={hashed: requests})
    with invalid(text):
        db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S("a")}, {"pk": S("a")}]}})
    numbers = make_table(pk="N")
    with invalid(text):
        db.batch_get_item(RequestItems={numbers: {"Keys": [{"pk": N("1")}, {"pk": N("1.0")}]}})


@pytest.mark.parametrize("body, rule", [({}, "not be null"), ({"RequestItems": None}, "not be null"), ({"RequestItems": {}}, "have length greater than or equal to 1")])
@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
def test_a_batch_has_something_in_it(raw, operation, body, rule):
    answer = raw(operation, body)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert re.fullmatch(f"1 validation error detected: Value .*at '[rR]equestItems' failed to satisfy constraint: Member must {rule}", answer.message), answer.message


def test_so_has_each_table(db, hashed):
    with invalid(re.compile("1 validation error detected: Value .*Member must have length greater than or equal to 1.*")):
        db.batch_write_item(RequestItems={hashed: []})
    with invalid(re.compile("1 validation error detected: Value .* failed to satisfy constraint: Member must have length greater than or equal to 1.*")):
        db.batch_get_item(RequestItems={hashed: {"Keys": []}})


@pytest.mark.parametrize("request_", [{}, {**put(pk=S("a")), **delete(pk=S("b"))}])
def test_a_write_is_a_put_or_a_delete(db, hashed, request_):
    with invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes" if request_ else re.compile(".*")):
        db.batch_write_item(RequestItems={hashed: [request_]})


def test_one_that_is_wrong_refuses_all(db, hashed, name):
    for wrong in (put(v=N(1)), put(pk=N(1)), put(pk=S("")), put(pk=S("x"), v={}), put(pk=S("x"), v=S("x" * 409_600)), delete(pk=N(1)), delete(pk=S("a"), x=S("b"))):
        with refused("ValidationException", re.compile(".*", re.S)):
            db.batch_write_item(RequestItems={hashed: [put(pk=S(name)), wrong]})
    assert "Item" not in db.get_item(TableName=hashed, Key={"pk": S(name)})


def test_a_table_that_is_not_there(db, hashed, name):
    with refused("ResourceNotFoundException", MISSING, exactly=True):
        db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S("a")}]}, "Nowhere": {"Keys": [{"pk": S("a")}]}})
    with refused("ResourceNotFoundException", MISSING, exactly=True):
        db.batch_write_item(RequestItems={hashed: [put(pk=S(name))], "Nowhere": [put(pk=S("a"))]})
    assert "Item" not in db.get_item(TableName=hashed, Key={"pk": S(name)})


def test_expressions_of_a_batch(db, hashed):
    keys = {"Keys": [{"pk": S("a")}]}
    with invalid(expression("Projection", "Attribute name is a reserved keyword; reserved keyword: name")):
        db.batch_get_item(RequestItems={hashed: {**keys, "ProjectionExpression": "name"}})
    with invalid("ExpressionAttributeNames can only be specified when using expressions"):
        db.batch_get_item(RequestItems={hashed: {**keys, "ExpressionAttributeNames": {"#a": "a"}}})
    db.put_item(TableName=hashed, Item={"pk": S("a"), "name": S("n")})
    got = db.batch_get_item(RequestItems={hashed: {**keys, "ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "name"}}})
    assert got["Responses"][hashed] == [{"name": S("n")}]
    got = db.batch_get_item(RequestItems={hashed: {**keys, "AttributesToGet": ["name"]}})
    assert got["Responses"][hashed] == [{"name": S("n")}]


def test_16_megabytes_of_answers_and_no_more(db, make_table):
    table = make_table(pk="S")
    for at in range(45):
        db.put_item(TableName=table, Item={"pk": S(f"{at}"), "v": S("x" * 400_000)})
    wanted, found, rounds = {table: {"Keys": [{"pk": S(f"{at}")} for at in range(45)]}}, set(), 0
    while wanted:
        got = db.batch_get_item(RequestItems=wanted)
        part = [item["pk"]["S"] for item in got["Responses"][table]]
        assert len(part) * 400_000 <= 16 * 1024 * 1024 and part
        found.update(part)
        wanted, rounds = got["UnprocessedKeys"], rounds + 1
    assert len(found) == 45 and rounds == 2
