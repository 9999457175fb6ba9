"""What is not there yet is refused in AWS's shape, by its name, and never ignored."""

import re

import pytest

from asking import N, S, invalid, refused

OPERATIONS = {
    "transact_get_items": {"TransactItems": []}, "transact_write_items": {"TransactItems": []}, "execute_statement": {"Statement": "SELECT * FROM x"}, "batch_execute_statement": {"Statements": []},
    "execute_transaction": {"TransactStatements": []}, "update_time_to_live": {"TableName": "abc", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}}, "create_backup": {"TableName": "abc", "BackupName": "abc"},
    "list_backups": {}, "describe_backup": {"BackupArn": "x"}, "delete_backup": {"BackupArn": "x"}, "restore_table_from_backup": {"TargetTableName": "abc", "BackupArn": "x"},
    "restore_table_to_point_in_time": {"TargetTableName": "abc"}, "update_continuous_backups": {"TableName": "abc", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
    "list_global_tables": {}, "create_global_table": {"GlobalTableName": "abc", "ReplicationGroup": []}, "list_exports": {}, "list_imports": {}, "get_resource_policy": {"ResourceArn": "x"},
    "put_resource_policy": {"ResourceArn": "x", "Policy": "{}"}, "delete_resource_policy": {"ResourceArn": "x"}, "describe_contributor_insights": {"TableName": "abc"}, "list_contributor_insights": {},
    "describe_kinesis_streaming_destination": {"TableName": "abc"},
}  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(db, operation):
    name = {"describe_kinesis_streaming_destination": "DescribeKinesisStreamingDestination"}.get(operation) or "".join(word.title() for word in operation.split("_"))
    with refused("UnsupportedOperationException", f"{name} is not supported by this service yet"):
        getattr(db, operation)(**OPERATIONS[operation])


INDEX = {"IndexName": "index", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}
TABLE = {"TableName": "Never", "KeySchema": INDEX["KeySchema"], "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")], "BillingMode": "PAY_PER_REQUEST"}


@pytest.mark.parametrize("member, value", [
    ("GlobalSecondaryIndexes", [INDEX]), ("LocalSecondaryIndexes", [INDEX]), ("StreamSpecification", {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}), ("WarmThroughput", {"ReadUnitsPerSecond": 1}),
    ("OnDemandThroughput", {"MaxReadRequestUnits": 1}), ("ResourcePolicy", "{}"),
])  # fmt: skip
def test_members_of_create_table(db, member, value):
    with refused("UnsupportedOperationException", f"{member} is not supported by this service yet"):
        db.create_table(**TABLE, **{member: value})


@pytest.mark.parametrize("member, value", [
    ("GlobalSecondaryIndexUpdates", [{"Delete": {"IndexName": "index"}}]), ("StreamSpecification", {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}), ("ReplicaUpdates", [{"Create": {"RegionName": "eu-west-1"}}]),
    ("OnDemandThroughput", {"MaxReadRequestUnits": 1}), ("WarmThroughput", {"ReadUnitsPerSecond": 1}),
])  # fmt: skip
def test_members_of_update_table(db, hashed, member, value):
    with refused("UnsupportedOperationException", f"{member} is not supported by this service yet"):
        db.update_table(TableName=hashed, **{member: value})


def test_indexes_of_reads(db, hashed):
    with invalid("The table does not have the specified index: index"):
        db.query(TableName=hashed, IndexName="index", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a")})
    with invalid("The table does not have the specified index: index"):
        db.scan(TableName=hashed, IndexName="index")


@pytest.mark.parametrize("others", [
    {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, {"Origin": "EXTERNAL"}, {"Origin": "AWS_CLOUDHSM"}, {"MultiRegion": True}, {"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"},
])  # fmt: skip
def test_kinds_of_keys(kms, others):
    count = len(kms.list_keys(Limit=1000)["Keys"])
    with refused("UnsupportedOperationException", re.compile(".+")):
        kms.create_key(**others)
    assert len(kms.list_keys(Limit=1000)["Keys"]) == count


@pytest.mark.parametrize("operation", ["Sign", "Verify", "GetPublicKey", "GenerateDataKeyPair", "GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial", "ReplicateKey", "UpdatePrimaryRegion", "DescribeCustomKeyStores", "CreateCustomKeyStore", "DeriveSharedSecret"])
def test_operations_of_kms(raw_kms, operation):
    answer = raw_kms(operation, {})
    assert (answer.status, answer.json["__type"].rpartition("#")[2]) == (400, "UnsupportedOperationException"), answer.body
    assert operation in answer.message


def test_nothing_is_done_by_the_way(db, hashed):
    db.put_item(TableName=hashed, Item={"pk": S("never"), "n": N(1)})
    with refused("UnsupportedOperationException", "TransactWriteItems is not supported by this service yet"):
        db.transact_write_items(TransactItems=[{"Delete": {"TableName": hashed, "Key": {"pk": S("never")}}}])
    assert db.get_item(TableName=hashed, Key={"pk": S("never")})["Item"]["n"] == N(1)
