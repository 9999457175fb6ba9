"""Tables: what CreateTable is asked and answers, descriptions, lists, changes, deletion, and the waiters and paginators of boto3."""

import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from asking import OOM, S, constraint, invalid, refused, until

HASH = [{"AttributeName": "pk", "KeyType": "HASH"}]
PK = [{"AttributeName": "pk", "AttributeType": "S"}]
GOOD = {"KeySchema": HASH, "AttributeDefinitions": PK, "BillingMode": "PAY_PER_REQUEST"}
NOT_FOUND = "Requested resource not found: Table: {} not found"


def keys(*pairs):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs]


def defined(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


WRONG = [
    ({"TableName": "ab"}, constraint("ab", "tableName", "have length greater than or equal to 3")),
    ({"TableName": ""}, re.compile(".*validation errors? detected: Value '' at 'tableName' failed to satisfy constraint: Member must .*")),
    ({"TableName": "x" * 256}, constraint("x" * 256, "tableName", "have length less than or equal to 255")),
    ({"TableName": "a b c"}, constraint("a b c", "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    ({"TableName": "ä123"}, constraint("ä123", "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    ({"BillingMode": "FREE"}, constraint("FREE", "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")),
    ({"KeySchema": keys(("pk", "hash"))}, constraint("hash", "keySchema.1.member.keyType", "satisfy enum value set: [HASH, RANGE]")),
    ({"AttributeDefinitions": defined(pk="BOOL")}, constraint("BOOL", "attributeDefinitions.1.member.attributeType", "satisfy enum value set: [B, N, S]")),
    ({"KeySchema": keys(("pk", "HASH"), ("a", "RANGE"), ("b", "RANGE"))}, re.compile("1 validation error detected: Value '.*' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2")),
    ({"AttributeDefinitions": defined(x="S")}, OOM + "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], AttributeDefinitions: [x]"),
    ({"AttributeDefinitions": defined(pk="S", x="S")}, OOM + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"),
    ({"KeySchema": keys(("pk", "RANGE"))}, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ({"KeySchema": keys(("pk", "HASH"), ("pk", "RANGE"))}, re.compile("Invalid KeySchema: .*")),
    ({"KeySchema": keys(("pk", "HASH"), ("b", "HASH")), "AttributeDefinitions": defined(pk="S", b="S")}, re.compile("Invalid KeySchema: .*")),
    ({"BillingMode": "PROVISIONED"}, OOM + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    ({"BillingMode": None}, OOM + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}, OOM + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
    ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}}, constraint(0, "provisionedThroughput.readCapacityUnits", "have value greater than or equal to 1")),
    ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": -5}}, constraint(-5, "provisionedThroughput.writeCapacityUnits", "have value greater than or equal to 1")),
    ({"TableClass": "COLD"}, constraint("COLD", "tableClass", "satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]")),
    ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, re.compile(".*aws:.*")),
]  # fmt: skip


@pytest.mark.parametrize("others, text", WRONG, ids=[str(others)[:70] for others, _ in WRONG])
def test_is_no_table(db, others, text):
    request = {"TableName": "Never", **GOOD, **others}
    with invalid(text):
        db.create_table(**{name: value for name, value in request.items() if value is not None})
    with refused("ResourceNotFoundException", NOT_FOUND.format("Never")):
        db.describe_table(TableName="Never")


def test_what_is_missing_is_listed(db):
    parts = "; ".join(f"Value null at '{member}' failed to satisfy constraint: Member must not be null" for member in ("tableName", "attributeDefinitions", "keySchema"))
    with refused("ValidationException", re.compile("(3 validation errors detected: .*)|.*")) as caught:
        db.create_table()
    said = caught.value.response["Error"]["Message"]
    assert sorted(said.removeprefix("3 validation errors detected: ").split("; ")) == sorted(parts.split("; "))


# --- descriptions ---------------------------------------------------------------------------------------------------------


def test_a_description_says_what_the_table_is(db, service, name):
    now = datetime.now(timezone.utc)
    request = {
        "TableName": name, "KeySchema": keys(("a", "HASH"), ("b", "RANGE")), "AttributeDefinitions": defined(a="S", b="N"),
        "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5},
    }  # fmt: skip
    made = db.create_table(**request)["TableDescription"]
    found = db.describe_table(TableName=name)["Table"]
    for description, status in ((made, "CREATING"), (found, "ACTIVE")):
        assert description["TableStatus"] == status
        assert description["TableName"] == name
        assert description["KeySchema"] == request["KeySchema"]
        assert sorted(description["AttributeDefinitions"], key=str) == sorted(request["AttributeDefinitions"], key=str)
        assert description["ProvisionedThroughput"] == {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5, "NumberOfDecreasesToday": 0}
        assert (description["ItemCount"], description["TableSizeBytes"]) == (0, 0)
        assert description["TableArn"] == service.table_arn(name)
        assert str(uuid.UUID(description["TableId"])) == description["TableId"]
        assert abs(description["CreationDateTime"] - now) < timedelta(minutes=1)
        assert description["DeletionProtectionEnabled"] is False
        assert not description.keys() & {"SSEDescription", "BillingModeSummary", "TableClassSummary", "StreamSpecification", "LocalSecondaryIndexes", "GlobalSecondaryIndexes"}
    assert made["TableId"] == found["TableId"]
    assert db.describe_table(TableName=service.table_arn(name))["Table"] == found
    db.delete_table(TableName=name)
    again = db.create_table(**request)["TableDescription"]
    assert again["TableArn"] == made["TableArn"] and again["TableId"] != made["TableId"]


def test_an_on_demand_table(db, name):
    made = db.create_table(TableName=name, **GOOD)["TableDescription"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["ProvisionedThroughput"] == {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}


@pytest.mark.parametrize("table_class", ["STANDARD", "STANDARD_INFREQUENT_ACCESS"])
def test_a_class(db, name, table_class):
    made = db.create_table(TableName=name, **GOOD, TableClass=table_class)["TableDescription"]
    assert made["TableClassSummary"]["TableClass"] == table_class


@pytest.mark.parametrize("name", ["abc", "x" * 255, "a.b", "-_-", "...", "A1_", "Music"])
def test_names(db, name):
    db.create_table(TableName=name, **GOOD)
    with refused("ResourceInUseException", f"Table already exists: {name}", exactly=True):
        db.create_table(TableName=name, **GOOD)
    assert name in names_of(db)
    assert db.delete_table(TableName=name)["TableDescription"]["TableStatus"] == "DELETING"
    assert name not in names_of(db)


def names_of(db):
    return [name for page in db.get_paginator("list_tables").paginate() for name in page["TableNames"]]


def test_tables_are_listed_in_pages(db, name):
    made = sorted(f"{name}{suffix}" for suffix in ("a", "B", "_", ".", "1", "Z", "aa", "-"))
    for each in made:
        db.create_table(TableName=each, **GOOD)
    whole = names_of(db)
    assert whole == sorted(whole) and set(made) <= set(whole)
    found, start = [], {}
    while True:
        page = db.list_tables(Limit=3, **start)
        found += page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            break
        assert page["LastEvaluatedTableName"] == page["TableNames"][-1] and len(page["TableNames"]) == 3
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert found == whole
    assert db.list_tables(ExclusiveStartTableName="zzz")["TableNames"] == []


@pytest.mark.parametrize("request_, text", [
    ({"Limit": 0}, constraint(0, "limit", "have value greater than or equal to 1")), ({"Limit": 101}, constraint(101, "limit", "have value less than or equal to 100")),
    ({"ExclusiveStartTableName": "ab"}, constraint("ab", "exclusiveStartTableName", "have length greater than or equal to 3")),
])  # fmt: skip
def test_members_of_list_tables(db, request_, text):
    with invalid(text):
        db.list_tables(**request_)


@pytest.mark.parametrize("operation, others", [("describe_table", {}), ("delete_table", {}), ("update_table", {"BillingMode": "PAY_PER_REQUEST"}), ("update_table", {"SSESpecification": {"Enabled": True}}), ("describe_time_to_live", {})])
def test_a_table_that_is_not_there(db, operation, others):
    with refused("ResourceNotFoundException", NOT_FOUND.format("Nowhere"), exactly=True):
        getattr(db, operation)(TableName="Nowhere", **others)


def test_backups_of_a_table_that_is_not_there(db):
    with refused("TableNotFoundException", "Table not found: Nowhere", exactly=True):
        db.describe_continuous_backups(TableName="Nowhere")


# --- changes ----------------------------------------------------------------------------------------------------------------

ALONE = OOM + "{} modification must be the only operation in the request"
UNITS = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}


@pytest.fixture
def provisioned(db, name):
    db.create_table(TableName=name, KeySchema=HASH, AttributeDefinitions=PK, ProvisionedThroughput=UNITS)
    return name


def change(db, table, **others):
    """Changes a table, and gives its description once it is ACTIVE again: the answer itself may still show what was."""
    db.update_table(TableName=table, **others)
    until(30, "the change is made", lambda: db.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")
    return db.describe_table(TableName=table)["Table"]


def test_billing_is_switched(db, provisioned):
    changed = change(db, provisioned, BillingMode="PAY_PER_REQUEST")
    assert changed["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    with invalid(OOM + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"):
        db.update_table(TableName=provisioned, BillingMode="PROVISIONED")
    with invalid(OOM + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"):
        db.update_table(TableName=provisioned, BillingMode="PAY_PER_REQUEST", ProvisionedThroughput=UNITS)
    changed = change(db, provisioned, BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    assert changed["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert changed["ProvisionedThroughput"]["ReadCapacityUnits"] == 10


def test_throughput_is_changed(db, provisioned):
    unchanged = (
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 10. Requested ReadCapacityUnits: 10. "
        "Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )
    with invalid(unchanged):
        db.update_table(TableName=provisioned, ProvisionedThroughput=UNITS)
    changed = change(db, provisioned, ProvisionedThroughput={"ReadCapacityUnits": 20, "WriteCapacityUnits": 5})["ProvisionedThroughput"]
    assert changed["ReadCapacityUnits"] == 20 and changed["NumberOfDecreasesToday"] == 0 and "LastIncreaseDateTime" in changed
    changed = change(db, provisioned, ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})["ProvisionedThroughput"]
    assert changed["NumberOfDecreasesToday"] == 1 and "LastDecreaseDateTime" in changed


@pytest.mark.parametrize("others, text", [
    ({}, re.compile("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")),
    ({"DeletionProtectionEnabled": True, "BillingMode": "PAY_PER_REQUEST"}, ALONE.format("DeletionProtection")), ({"TableClass": "STANDARD", "BillingMode": "PAY_PER_REQUEST"}, ALONE.format("TableClass")),
    ({"SSESpecification": {"Enabled": True}, "BillingMode": "PAY_PER_REQUEST"}, ALONE.format("Server-Side Encryption")), ({"SSESpecification": {"Enabled": True}, "TableClass": "STANDARD"}, ALONE.format("Server-Side Encryption")),
    ({"SSESpecification": {"Enabled": True}, "DeletionProtectionEnabled": True}, ALONE.format("Server-Side Encryption")), ({"BillingMode": "FREE"}, constraint("FREE", "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")),
    ({"TableClass": "COLD"}, constraint("COLD", "tableClass", "satisfy enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]")),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 1}}, re.compile("1 validation error detected: Value null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must not be null")),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}}, constraint(0, "provisionedThroughput.readCapacityUnits", "have value greater than or equal to 1")),
])  # fmt: skip
def test_changes_that_do_not_go(db, provisioned, others, text):
    with invalid(text):
        db.update_table(TableName=provisioned, **others)


def test_a_protected_table_stays(db, name):
    db.create_table(TableName=name, **GOOD, DeletionProtectionEnabled=True)
    assert db.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True
    with invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."):
        db.delete_table(TableName=name)
    db.update_table(TableName=name, DeletionProtectionEnabled=False)
    db.delete_table(TableName=name)


def test_what_was_in_a_deleted_table_is_gone(db, name):
    db.create_table(TableName=name, **GOOD)
    db.put_item(TableName=name, Item={"pk": S("a")})
    db.delete_table(TableName=name)
    with refused("ResourceNotFoundException", "Requested resource not found", exactly=True):
        db.get_item(TableName=name, Key={"pk": S("a")})
    db.create_table(TableName=name, **GOOD)
    assert "Item" not in db.get_item(TableName=name, Key={"pk": S("a")})


def test_waiters(db, name):
    db.create_table(TableName=name, **GOOD)
    db.get_waiter("table_exists").wait(TableName=name)
    db.delete_table(TableName=name)
    db.get_waiter("table_not_exists").wait(TableName=name)


# --- what is asked beside --------------------------------------------------------------------------------------------------


def test_limits_of_the_account(db):
    answer = db.describe_limits()
    del answer["ResponseMetadata"]
    assert answer == {"AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000, "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000}


def test_endpoints(db, service):
    (endpoint,) = db.describe_endpoints()["Endpoints"]
    assert endpoint["CachePeriodInMinutes"] == 1440 and endpoint["Address"]


def test_what_a_table_has_none_of(db, hashed):
    assert db.describe_time_to_live(TableName=hashed)["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}
    backups = db.describe_continuous_backups(TableName=hashed)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
