"""ReturnConsumedCapacity: what each operation consumes, to the half unit."""

import pytest

from asking import N, S, refused


def sized(bytes_, key="k"):
    """An item of this size, under the key `pk`."""
    used = len("pk") + len(key) + len("v")
    return {"pk": S(key), "v": S("x" * (bytes_ - used))}


def units(answer, table):
    assert answer["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": answer["ConsumedCapacity"]["CapacityUnits"]}
    return answer["ConsumedCapacity"]["CapacityUnits"]


@pytest.mark.parametrize("bytes_, writes", [(20, 1), (1023, 1), (1024, 1), (1025, 2), (2048, 2), (2049, 3), (10_240, 10), (409_600, 400)])
def test_a_write_takes_a_unit_for_each_kilobyte(db, hashed, bytes_, writes):
    db.delete_item(TableName=hashed, Key={"pk": S("k")})
    total = {"TableName": hashed, "ReturnConsumedCapacity": "TOTAL"}
    assert units(db.put_item(**total, Item=sized(bytes_)), hashed) == writes
    assert units(db.put_item(**total, Item=sized(20)), hashed) == writes, "the larger of before and after counts"
    assert units(db.put_item(**total, Item=sized(bytes_)), hashed) == writes
    assert units(db.update_item(**total, Key={"pk": S("k")}, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": S("")}), hashed) == writes
    db.put_item(TableName=hashed, Item=sized(bytes_))
    assert units(db.delete_item(**total, Key={"pk": S("k")}), hashed) == writes
    assert units(db.delete_item(**total, Key={"pk": S("k")}), hashed) == 1


@pytest.mark.parametrize("bytes_, reads", [(20, 1), (4095, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 3), (409_600, 100)])
def test_a_read_takes_a_unit_for_each_four_kilobytes(db, hashed, bytes_, reads):
    db.put_item(TableName=hashed, Item=sized(bytes_, "r"))
    one = {"TableName": hashed, "Key": {"pk": S("r")}, "ReturnConsumedCapacity": "TOTAL"}
    assert units(db.get_item(**one, ConsistentRead=True), hashed) == reads
    assert units(db.get_item(**one), hashed) == reads / 2
    assert units(db.get_item(**one, ProjectionExpression="pk"), hashed) == reads / 2
    query = {"TableName": hashed, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("r")}, "ReturnConsumedCapacity": "TOTAL"}
    for others in ({}, {"Select": "COUNT"}, {"ProjectionExpression": "pk"}):
        assert units(db.query(**query, **others), hashed) == reads / 2
        assert units(db.query(**query, **others, ConsistentRead=True), hashed) == reads


def test_nothing_takes_the_least(db, hashed):
    one = {"TableName": hashed, "Key": {"pk": S("nobody")}, "ReturnConsumedCapacity": "TOTAL"}
    assert units(db.get_item(**one), hashed) == 0.5
    assert units(db.get_item(**one, ConsistentRead=True), hashed) == 1


def test_a_page_is_rounded_once(db, make_table):
    table = make_table(pk="S", sk="N")
    for at in range(10):
        db.put_item(TableName=table, Item={"pk": S("p"), "sk": N(at + 1), "v": S("x" * 1000)})
    query = {"TableName": table, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("p")}, "ReturnConsumedCapacity": "TOTAL", "ConsistentRead": True}
    assert units(db.query(**query), table) == 3
    assert units(db.query(**query, Limit=1), table) == 1
    assert units(db.scan(TableName=table, ReturnConsumedCapacity="TOTAL"), table) == 1.5
    answer = db.batch_get_item(RequestItems={table: {"Keys": [{"pk": S("p"), "sk": N(at + 1)} for at in range(10)], "ConsistentRead": True}}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 10}], "in a batch each item is rounded"


def test_batches_have_a_figure_for_each_table(db, hashed, ranged):
    answer = db.batch_write_item(RequestItems={hashed: [{"PutRequest": {"Item": sized(1025, "b1")}}, {"PutRequest": {"Item": sized(20, "b2")}}], ranged: [{"DeleteRequest": {"Key": {"pk": S("x"), "sk": S("y")}}}]}, ReturnConsumedCapacity="TOTAL")
    assert {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]} == {hashed: 3, ranged: 1}
    answer = db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S("b1")}, {"pk": S("nobody")}]}}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": hashed, "CapacityUnits": 1}]


def test_by_index(db, hashed):
    answer = db.put_item(TableName=hashed, Item=sized(20), ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == {"TableName": hashed, "CapacityUnits": 1, "Table": {"CapacityUnits": 1}}


@pytest.mark.parametrize("others", [{}, {"ReturnConsumedCapacity": "NONE"}])
def test_only_on_demand(db, hashed, others):
    assert "ConsumedCapacity" not in db.put_item(TableName=hashed, Item=sized(20), **others)
    assert "ConsumedCapacity" not in db.scan(TableName=hashed, **others)
    assert "ConsumedCapacity" not in db.batch_get_item(RequestItems={hashed: {"Keys": [{"pk": S("a")}]}}, **others)


def test_a_failed_condition_says_nothing_of_it(db, hashed):
    db.put_item(TableName=hashed, Item=sized(20))
    with refused("ConditionalCheckFailedException", "The conditional request failed") as caught:
        db.put_item(TableName=hashed, Item=sized(20), ConditionExpression="attribute_not_exists(pk)", ReturnConsumedCapacity="TOTAL")
    assert "ConsumedCapacity" not in caught.value.response


# Sizes of numbers: one byte, one for each two digits before and behind the point, and one for the sign.
@pytest.mark.parametrize("number, size", [("1", 2), ("10", 2), ("12", 2), ("123", 3), ("1234", 3), ("123456", 4), ("3.14159", 5), ("1E125", 2), ("-1", 3), ("-12.5", 4), ("0.5", 2), ("100", 2), ("12300", 3), ("1E-130", 2)])
def test_sizes_of_numbers(db, hashed, number, size):
    fill = 1024 - len("pk" + "n" + "v" + "d") - size
    total = {"TableName": hashed, "ReturnConsumedCapacity": "TOTAL"}
    for more, expected in ((0, 1), (1, 2)):
        db.delete_item(TableName=hashed, Key={"pk": S("n")})
        item = {"pk": S("n"), "v": S("x" * (fill + more)), "d": N(number)}
        assert units(db.put_item(**total, Item=item), hashed) == expected
