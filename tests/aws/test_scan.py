"""Scan: everything once, in pages, in segments, filtered and projected."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import N, S, constraint, invalid


@pytest.fixture(scope="module")
def filled(db, make_table):
    """A table of 60 items in 12 partitions, and the keys of all."""
    table = make_table(pk="S", sk="N")
    keys = [(f"p{at % 12}", at) for at in range(60)]
    for pk, sk in keys:
        db.put_item(TableName=table, Item={"pk": S(pk), "sk": N(sk), "odd": N(sk % 2), "v": S("x" * sk)})
    return table, set(keys)


def key(item):
    return item["pk"]["S"], int(item["sk"]["N"])


def all_of(db, **request):
    found, pages = [], 0
    while True:
        answer = db.scan(**request)
        found += map(key, answer["Items"])
        pages += 1
        if "LastEvaluatedKey" not in answer:
            return found, pages
        assert key(answer["LastEvaluatedKey"]) == found[-1]
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def test_everything_is_there_once(db, filled):
    table, keys = filled
    answer = db.scan(TableName=table)
    assert (answer["Count"], answer["ScannedCount"]) == (60, 60) and "LastEvaluatedKey" not in answer
    found = [key(item) for item in answer["Items"]]
    assert len(found) == 60 and set(found) == keys
    for partition in {pk for pk, _ in keys}:
        mine = [sk for pk, sk in found if pk == partition]
        assert mine == sorted(mine), "each partition is in order"


@pytest.mark.parametrize("limit", [1, 2, 7, 11, 30, 59, 60, 61])
def test_pages_are_the_whole_in_pieces(db, filled, limit):
    table, _ = filled
    whole, _ = all_of(db, TableName=table)
    found, pages = all_of(db, TableName=table, Limit=limit)
    assert (found, pages) == (whole, 60 // limit + 1)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 8, 16, 100, 1_000])
def test_segments_share_everything(service, filled, total):
    table, keys = filled
    client = service.client("dynamodb")
    with ThreadPoolExecutor(8) as pool:
        parts = pool.map(lambda segment: all_of(client, TableName=table, Segment=segment, TotalSegments=total, Limit=5)[0], range(total))
    found = [each for part in parts for each in part]
    assert len(found) == 60 and set(found) == keys


def test_a_partition_is_in_one_segment(db, filled):
    table, _ = filled
    where = {}
    for segment in range(4):
        for pk, _ in all_of(db, TableName=table, Segment=segment, TotalSegments=4)[0]:
            assert where.setdefault(pk, segment) == segment


def test_filters_and_projections(db, filled):
    table, _ = filled
    answer = db.scan(TableName=table, FilterExpression="odd = :v", ExpressionAttributeValues={":v": N(1)}, ProjectionExpression="sk")
    assert (answer["Count"], answer["ScannedCount"]) == (30, 60)
    assert all(item.keys() == {"sk"} and int(item["sk"]["N"]) % 2 for item in answer["Items"])
    keyed = db.scan(TableName=table, FilterExpression="pk = :v AND sk > :n", ExpressionAttributeValues={":v": S("p1"), ":n": N(20)})
    assert sorted(key(item)[1] for item in keyed["Items"]) == [25, 37, 49]
    none = db.scan(TableName=table, FilterExpression="odd = :v", ExpressionAttributeValues={":v": N(7)}, Limit=5)
    assert (none["Count"], none["ScannedCount"], none["Items"]) == (0, 5, []) and "LastEvaluatedKey" in none
    count = db.scan(TableName=table, Select="COUNT")
    assert count["Count"] == 60 and "Items" not in count


MISSING = "The {} parameter is required but was not present in the request when {}"


@pytest.mark.parametrize("others, text", [
    ({"Segment": 0}, MISSING.format("TotalSegments", "Segment parameter is present")), ({"TotalSegments": 2}, MISSING.format("Segment", "parameter TotalSegments is present")),
    ({"Segment": 2, "TotalSegments": 2}, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"),
    ({"Segment": 999_999, "TotalSegments": 1}, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 999999 is not less than TotalSegments: 1"),
    ({"Segment": -1, "TotalSegments": 2}, constraint(-1, "segment", "have value greater than or equal to 0")), ({"Segment": 0, "TotalSegments": 0}, constraint(0, "totalSegments", "have value greater than or equal to 1")),
    ({"Segment": 1_000_000, "TotalSegments": 1_000_000}, constraint(1_000_000, "segment", "have value less than or equal to 999999")),
    ({"Segment": 0, "TotalSegments": 1_000_001}, constraint(1_000_001, "totalSegments", "have value less than or equal to 1000000")),
    ({"Limit": 0}, constraint(0, "limit", "have value greater than or equal to 1")), ({"ExclusiveStartKey": {"pk": S("a")}}, re.compile("The provided starting key is invalid.*")),
    ({"ExclusiveStartKey": {"pk": S("a"), "sk": S("b")}}, re.compile("The provided starting key is invalid.*")),
    ({"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ({"Select": "COUNT", "ProjectionExpression": "a"}, "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    ({"ExpressionAttributeValues": {":v": S("a")}}, re.compile("ExpressionAttributeValues can only be specified when using expressions.*")), ({"ExpressionAttributeNames": {"#v": "a"}}, re.compile("ExpressionAttributeNames can only be specified when using expressions.*")),
    ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
    ({"FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": {}}}, "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v"),
])  # fmt: skip
def test_members_that_do_not_go(db, filled, others, text):
    with invalid(text):
        db.scan(TableName=filled[0], **others)


def test_an_empty_table(db, make_table):
    answer = db.scan(TableName=make_table(pk="B"))
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 0) and "LastEvaluatedKey" not in answer


def test_a_page_is_at_most_a_megabyte(db, make_table):
    table = make_table(pk="S")
    for at in range(25):
        db.put_item(TableName=table, Item={"pk": S(str(at)), "v": S("x" * 100_000)})
    found, pages, request = 0, [], {"TableName": table, "ProjectionExpression": "pk"}
    while True:
        answer = db.scan(**request)
        pages.append(answer["Count"])
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert sum(pages) == 25 and all(10 <= page <= 11 for page in pages[:-1]), (found, pages)
