"""The resource API of boto3, as applications use it: Python values, the builder of conditions, batches, collections, errors."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def resource(service):
    return service.resource()


@pytest.fixture(scope="module")
def music(resource):
    """Amazon's example, filled."""
    table = resource.create_table(
        TableName="Resource-Music",
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "SongTitle", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("Artist", "SongTitle")],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 5},
    )
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for artist in ("Acme Band", "No One You Know"):
            for at in range(30):
                batch.put_item(Item={"Artist": artist, "SongTitle": f"Song {at:02}", "Awards": at, "Price": Decimal("1.5") * at, "Genres": {"rock", f"g{at % 3}"}, "Info": {"Year": 1990 + at, "Parts": [1, "two", None, True]}})
    yield table
    table.delete()
    table.wait_until_not_exists()


def test_a_table_loads(music):
    music.reload()
    assert (music.table_status, music.item_count is not None, music.key_schema[0]["AttributeName"]) == ("ACTIVE", True, "Artist")
    assert music.creation_date_time.year >= 2024 and music.table_arn.endswith(":table/Resource-Music")


def test_python_values(music):
    item = {
        "Artist": "Values", "SongTitle": "x", "text": "ä", "int": 1, "decimal": Decimal("3.14"), "big": Decimal("9" * 38), "bytes": Binary(b"\x00\xff"), "true": True, "none": None, "list": [1, [2, {"a": None}]], "map": {"a": {"b": []}},
        "texts": {"a", "b"}, "numbers": {1, Decimal("2.5")}, "binaries": {Binary(b"a"), Binary(b"b")}, "empty": "", "nothing": {},
    }  # fmt: skip
    music.put_item(Item=item)
    found = music.get_item(Key={"Artist": "Values", "SongTitle": "x"})["Item"]
    assert found == item
    assert isinstance(found["int"], Decimal) and found["bytes"].value == b"\x00\xff"
    music.delete_item(Key={"Artist": "Values", "SongTitle": "x"})
    assert "Item" not in music.get_item(Key={"Artist": "Values", "SongTitle": "x"})


def titles(answer):
    return [int(item["SongTitle"][-2:]) for item in answer["Items"]]


@pytest.mark.parametrize("condition, expected", [
    (Key("SongTitle").eq("Song 05"), [5]), (Key("SongTitle").lt("Song 03"), [0, 1, 2]), (Key("SongTitle").lte("Song 03"), [0, 1, 2, 3]), (Key("SongTitle").gt("Song 27"), [28, 29]), (Key("SongTitle").gte("Song 27"), [27, 28, 29]),
    (Key("SongTitle").between("Song 10", "Song 12"), [10, 11, 12]), (Key("SongTitle").begins_with("Song 2"), list(range(20, 30))), (None, list(range(30))),
])  # fmt: skip
def test_key_conditions(music, condition, expected):
    whole = Key("Artist").eq("Acme Band")
    answer = music.query(KeyConditionExpression=whole & condition if condition else whole)
    assert titles(answer) == expected
    assert titles(music.query(KeyConditionExpression=whole & condition if condition else whole, ScanIndexForward=False)) == expected[::-1]


FILTERS = [
    (Attr("Awards").eq(7), [7]), (Attr("Awards").ne(7), [at for at in range(30) if at != 7]), (Attr("Awards").lt(2), [0, 1]), (Attr("Awards").lte(2), [0, 1, 2]), (Attr("Awards").gt(28), [29]), (Attr("Awards").gte(28), [28, 29]),
    (Attr("Awards").between(3, 5), [3, 4, 5]), (Attr("Awards").is_in([1, 9, 100]), [1, 9]), (Attr("Price").eq(Decimal("4.5")), [3]), (Attr("Genres").contains("g1"), list(range(1, 30, 3))), (Attr("SongName").exists(), []), (Attr("Awards").exists() & Attr("Awards").lt(1), [0]),
    (Attr("Info").attribute_type("M") & Attr("Awards").eq(2), [2]), (Attr("Info.Year").eq(1995), [5]), (Attr("Info.Parts[1]").eq("two") & Attr("Awards").lt(2), [0, 1]), (Attr("Genres").size().eq(2) & Attr("Awards").eq(4), [4]), (~Attr("Awards").gte(2), [0, 1]),
    ((Attr("Awards").eq(1) | Attr("Awards").eq(3)) & ~Attr("Awards").eq(3), [1]), (Attr("Nothing").not_exists() & Attr("Awards").eq(1), [1]), (Attr("Info.Parts[0]").eq(1) & Attr("Info.Parts").size().gt(3) & Attr("Awards").lt(1), [0]),
]  # fmt: skip


@pytest.mark.parametrize("at", range(len(FILTERS)))
def test_filters(music, at):
    condition, expected = FILTERS[at]
    assert titles(music.query(KeyConditionExpression=Key("Artist").eq("Acme Band"), FilterExpression=condition)) == expected
    assert sorted(titles(music.scan(FilterExpression=condition & Attr("Artist").eq("Acme Band")))) == expected


def test_pages_by_hand_and_by_paginator(music, resource):
    found, request = [], {"KeyConditionExpression": Key("Artist").eq("Acme Band"), "Limit": 7}
    while True:
        answer = music.query(**request)
        found += titles(answer)
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert found == list(range(30))
    pages = resource.meta.client.get_paginator("scan").paginate(TableName=music.name, PaginationConfig={"PageSize": 7, "MaxItems": 50})
    assert sum(len(page["Items"]) for page in pages) == 50
    pages = resource.meta.client.get_paginator("query").paginate(TableName=music.name, KeyConditionExpression=Key("Artist").eq("Acme Band"), PaginationConfig={"PageSize": 4})
    assert sum(page["Count"] for page in pages) == 30


def test_updates(music):
    key = {"Artist": "Update", "SongTitle": "x"}
    answer = music.update_item(
        Key=key, UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one, Info = :info ADD Genres :g", ExpressionAttributeNames={"#n": "Count"},
        ExpressionAttributeValues={":zero": 0, ":one": 1, ":info": {"a": [1]}, ":g": {"rock"}}, ReturnValues="ALL_NEW",
    )  # fmt: skip
    assert answer["Attributes"] == {**key, "Count": 1, "Info": {"a": [1]}, "Genres": {"rock"}}
    with pytest.raises(music.meta.client.exceptions.ConditionalCheckFailedException):
        music.update_item(Key=key, UpdateExpression="REMOVE Info", ConditionExpression=Attr("Info").not_exists())
    music.update_item(Key=key, UpdateExpression="REMOVE Info.a[0]", ConditionExpression=Attr("Info.a[0]").eq(1))
    assert music.get_item(Key=key, ProjectionExpression="Info")["Item"] == {"Info": {"a": []}}
    music.delete_item(Key=key, ConditionExpression=Key("Artist").eq("Update"))


def test_batches(music, resource):
    with music.batch_writer(overwrite_by_pkeys=["Artist", "SongTitle"]) as batch:
        for at in range(60):
            batch.put_item(Item={"Artist": "Batch", "SongTitle": str(at % 40), "at": at})
        for at in range(5):
            batch.delete_item(Key={"Artist": "Batch", "SongTitle": str(at)})
    assert music.query(KeyConditionExpression=Key("Artist").eq("Batch"), Select="COUNT")["Count"] == 35
    got = resource.batch_get_item(RequestItems={music.name: {"Keys": [{"Artist": "Batch", "SongTitle": str(at)} for at in (7, 30)]}})
    assert sorted(item["at"] for item in got["Responses"][music.name]) == [30, 47]
    with music.batch_writer() as batch:
        for at in range(40):
            batch.delete_item(Key={"Artist": "Batch", "SongTitle": str(at)})


def test_the_collection_of_tables(resource, music):
    assert music.name in [table.name for table in resource.tables.all()]
    assert len(list(resource.tables.limit(1))) == 1


@pytest.mark.parametrize("request_, code", [
    (lambda table: table.get_item(Key={"Artist": "a"}), "ValidationException"), (lambda table: table.put_item(Item={"Artist": 1, "SongTitle": "x"}), "ValidationException"),
    (lambda table: table.put_item(Item={"Artist": "a", "SongTitle": "x"}, ConditionExpression=Attr("Artist").exists()), "ConditionalCheckFailedException"), (lambda table: table.query(KeyConditionExpression=Key("SongTitle").eq("x")), "ValidationException"),
    (lambda table: table.update(BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}), "ValidationException"),
], ids=range(5))  # fmt: skip
def test_errors_have_their_names(music, request_, code):
    with pytest.raises(ClientError) as caught:
        request_(music)
    assert caught.value.response["Error"]["Code"] == code
    assert type(caught.value).__name__ in (code, "ClientError")


def test_a_table_that_is_not_there(resource):
    with pytest.raises(resource.meta.client.exceptions.ResourceNotFoundException):
        resource.Table("Nowhere").load()
    with pytest.raises(resource.meta.client.exceptions.ResourceNotFoundException):
        resource.Table("Nowhere").scan()


def test_a_client_with_retries_and_checksums_of_old(service, hashed):
    """botocore's legacy retries are what compares x-amz-crc32; they would turn a wrong one into an error."""
    from botocore.config import Config

    client = service.client("dynamodb", Config(retries={"mode": "legacy", "max_attempts": 2}))
    for at in range(20):
        client.put_item(TableName=hashed, Item={"pk": {"S": "crc"}, "v": {"S": "ä" * at}})
        assert client.get_item(TableName=hashed, Key={"pk": {"S": "crc"}})["ResponseMetadata"]["RetryAttempts"] == 0
