"""KMS keys: their metadata, lists, states and what each state allows, tags, policies, rotation; and the managed key."""

import json
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from asking import ANY, constraint, invalid, refused


def state(kms, key):
    return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


@pytest.fixture
def fresh(kms):
    return kms.create_key()["KeyMetadata"]


def test_the_metadata_of_a_key(kms, service):
    made = kms.create_key(Description="ä key")["KeyMetadata"]
    assert abs(made.pop("CreationDate") - datetime.now(timezone.utc)) < timedelta(minutes=1)
    material = made.pop("CurrentKeyMaterialId")
    assert re.fullmatch("[0-9a-f]{64}", material)
    identifier = made["KeyId"]
    assert str(uuid.UUID(identifier)) == identifier and uuid.UUID(identifier).version == 4
    assert made == {
        "AWSAccountId": service.account, "KeyId": identifier, "Arn": service.key_arn(identifier), "Enabled": True, "Description": "ä key", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled",
        "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": False,
    }  # fmt: skip
    found = kms.describe_key(KeyId=identifier)["KeyMetadata"]
    assert {**made, "CurrentKeyMaterialId": material, "CreationDate": found["CreationDate"]} == found


@pytest.mark.parametrize("others", [{}, {"KeySpec": "SYMMETRIC_DEFAULT"}, {"CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}, {"KeyUsage": "ENCRYPT_DECRYPT"}, {"Origin": "AWS_KMS"}, {"MultiRegion": False}, {"Description": ""}, {"Description": "x" * 8192}, {"Tags": [{"TagKey": "a", "TagValue": ""}]}])
def test_ways_to_make_one(kms, others):
    assert kms.create_key(**others)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize("others, text", [
    ({"Description": "x" * 8193}, re.compile("1 validation error detected: Value .*at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192")),
    ({"KeySpec": "AES_256"}, re.compile("1 validation error detected: Value 'AES_256' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: \\[.*\\]")),
    ({"KeyUsage": "ALL"}, re.compile("1 validation error detected: Value 'ALL' at 'keyUsage' failed to satisfy constraint: Member must satisfy enum value set: \\[.*\\]")),
    ({"Origin": "HERE"}, re.compile("1 validation error detected: Value 'HERE' at 'origin' failed to satisfy constraint: Member must satisfy enum value set: \\[.*\\]")),
    ({"KeySpec": "HMAC_256"}, "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."),
    ({"Tags": [{"TagKey": "", "TagValue": "x"}]}, constraint("", "tags.1.member.tagKey", "have length greater than or equal to 1")),
])  # fmt: skip
def test_is_no_key(kms, others, text):
    with invalid(text):
        kms.create_key(**others)


def test_keys_are_listed_in_pages(kms, service):
    made = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)}
    whole = [(key["KeyId"], key["KeyArn"]) for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    assert made <= {identifier for identifier, _ in whole} and len(set(whole)) == len(whole)
    assert all(arn == service.key_arn(identifier) for identifier, arn in whole)
    found, start = [], {}
    while True:
        page = kms.list_keys(Limit=2, **start)
        found += [(key["KeyId"], key["KeyArn"]) for key in page["Keys"]]
        assert ("NextMarker" in page) == page["Truncated"]
        if not page["Truncated"]:
            break
        assert len(page["Keys"]) == 2
        start = {"Marker": page["NextMarker"]}
    assert found == whole


@pytest.mark.parametrize("operation, others", [("list_keys", {}), ("list_aliases", {}), ("list_grants", {"KeyId": "key"}), ("list_resource_tags", {"KeyId": "key"}), ("list_key_policies", {"KeyId": "key"}), ("list_key_rotations", {"KeyId": "key"}), ("list_retirable_grants", {"RetiringPrincipal": "arn:aws:iam::000000000000:root"})])
def test_limits_and_markers(kms, key, operation, others):
    others = {name: key["KeyId"] if name == "KeyId" else value for name, value in others.items()}
    most = {"list_keys": 1000, "list_key_policies": 1000, "list_key_rotations": 1000, "list_resource_tags": 50}.get(operation, 100)
    ask = getattr(kms, operation)
    assert ask(**others)["Truncated"] in (True, False)
    with invalid(constraint(0, "limit", "have value greater than or equal to 1")):
        ask(**others, Limit=0)
    if operation in ("list_keys", "list_key_policies", "list_key_rotations"):
        ask(**others, Limit=most)
        with invalid(constraint(1001, "limit", "have value less than or equal to 1000")):
            ask(**others, Limit=1001)
    with refused("InvalidMarkerException", ANY):
        ask(**others, Marker="nonsense")


# --- names of keys --------------------------------------------------------------------------------------------------------------

MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("named, code, text", [
    ("nobody", "NotFoundException", "Invalid keyId 'nobody'"), (MISSING.replace("-", ""), "NotFoundException", f"Invalid keyId '{MISSING.replace('-', '')}'"), (MISSING, "NotFoundException", "Key '{missing}' does not exist"),
    ("{missing}", "NotFoundException", "Key '{missing}' does not exist"), ("alias/nobody", "NotFoundException", "Alias {alias} is not found."), ("{alias}", "NotFoundException", "Alias {alias} is not found."),
    ("arn:aws:kms:eu-west-1:000000000000:key/" + MISSING, "NotFoundException", "Invalid arn eu-west-1"), ("arn:aws:kms:nonsense", "InvalidArnException", None), ("", "ValidationException", "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1"),
    ("x" * 2049, "ValidationException", None),
])  # fmt: skip
def test_names_that_are_none(kms, service, named, code, text):
    known = {"{missing}": service.key_arn(MISSING), "{alias}": service.alias_arn("alias/nobody")}
    for name, value in known.items():
        named = named.replace(name, value)
        text = text and text.replace(name, value)
    with refused(code, text or ANY):
        kms.describe_key(KeyId=named)
    with refused(code, text or ANY):
        kms.encrypt(KeyId=named, Plaintext=b"x")


def test_a_key_has_to_be_named(kms):
    for operation, others in (("describe_key", {}), ("enable_key", {}), ("encrypt", {"Plaintext": b"x"}), ("list_grants", {}), ("schedule_key_deletion", {})):
        with refused("ValidationException", re.compile(".*Value null at 'keyId' failed to satisfy constraint: Member must not be null")):
            getattr(kms, operation)(**others)


MANAGEMENT = ["enable_key", "disable_key", "schedule_key_deletion", "cancel_key_deletion", "list_grants", "list_resource_tags", "get_key_policy", "list_key_policies", "enable_key_rotation", "disable_key_rotation", "get_key_rotation_status", "rotate_key_on_demand", "list_key_rotations"]


@pytest.mark.parametrize("operation", MANAGEMENT)
def test_management_takes_no_alias(kms, service, key, name, operation):
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    for named in (alias, service.alias_arn(alias)):
        with refused("NotFoundException" if named == alias else "ValidationException", ANY):
            getattr(kms, operation)(KeyId=named)
    with refused("NotFoundException", f"Key '{service.key_arn(MISSING)}' does not exist"):
        getattr(kms, operation)(KeyId=MISSING)


# --- states ---------------------------------------------------------------------------------------------------------------------

USES = {
    "encrypt": {"Plaintext": b"x"}, "generate_data_key": {"KeySpec": "AES_256"}, "generate_data_key_without_plaintext": {"KeySpec": "AES_256"},
    "create_grant": {"GranteePrincipal": "arn:aws:iam::000000000000:user/alice", "Operations": ["Decrypt"]}, "rotate_key_on_demand": {},
}  # fmt: skip
ALWAYS = ["describe_key", "get_key_policy", "list_grants", "list_key_policies", "list_resource_tags"]
TAGS = {"tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, "untag_resource": {"TagKeys": ["a"]}, "update_key_description": {"Description": "new"}}


def asks(kms, operation, key, others=None):
    return getattr(kms, operation)(KeyId=key["KeyId"], **(others or {}))


def test_an_enabled_key(kms, fresh):
    for operation, others in {**{each: {} for each in ALWAYS}, **USES, **TAGS, "enable_key": {}, "enable_key_rotation": {}, "disable_key_rotation": {}, "get_key_rotation_status": {}}.items():
        asks(kms, operation, fresh, others)
    with refused("KMSInvalidStateException", f"{fresh['Arn']} is not pending deletion."):
        asks(kms, "cancel_key_deletion", fresh)


def test_a_disabled_key(kms, fresh):
    blob = kms.encrypt(KeyId=fresh["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for _ in range(2):
        kms.disable_key(KeyId=fresh["KeyId"])
    metadata = kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Enabled"]) == ("Disabled", False)
    disabled = f"{fresh['Arn']} is disabled."
    for operation, others in {**USES, "enable_key_rotation": {}, "disable_key_rotation": {}}.items():
        with refused("DisabledException", disabled):
            asks(kms, operation, fresh, others)
    for request in (lambda: kms.decrypt(CiphertextBlob=blob), lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=fresh["KeyId"])):
        with refused("DisabledException", disabled):
            request()
    for operation, others in {**{each: {} for each in ALWAYS}, **TAGS, "get_key_rotation_status": {}}.items():
        asks(kms, operation, fresh, others)
    with refused("KMSInvalidStateException", f"{fresh['Arn']} is not pending deletion."):
        asks(kms, "cancel_key_deletion", fresh)
    for _ in range(2):
        kms.enable_key(KeyId=fresh["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_that_waits_for_its_deletion(kms, fresh, name):
    blob = kms.encrypt(KeyId=fresh["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    answer = kms.schedule_key_deletion(KeyId=fresh["KeyId"], PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (fresh["Arn"], "PendingDeletion", 7)
    assert abs(answer["DeletionDate"] - datetime.now(timezone.utc) - timedelta(days=7)) < timedelta(days=1)
    metadata = kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Enabled"], metadata["DeletionDate"]) == ("PendingDeletion", False, answer["DeletionDate"])
    pending = f"{fresh['Arn']} is pending deletion."
    for operation, others in {**USES, **TAGS, "enable_key": {}, "disable_key": {}, "schedule_key_deletion": {}, "enable_key_rotation": {}, "disable_key_rotation": {}}.items():
        with refused("KMSInvalidStateException", pending):
            asks(kms, operation, fresh, others)
    with refused("KMSInvalidStateException", pending):
        kms.decrypt(CiphertextBlob=blob)
    with refused("KMSInvalidStateException", pending):
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=fresh["KeyId"])
    for operation in ALWAYS:
        asks(kms, operation, fresh)
    assert kms.get_key_rotation_status(KeyId=fresh["KeyId"])["KeyRotationEnabled"] is False
    assert kms.cancel_key_deletion(KeyId=fresh["KeyId"])["KeyId"] == fresh["Arn"]
    assert state(kms, fresh["KeyId"]) == "Disabled"
    assert "DeletionDate" not in kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]
    kms.enable_key(KeyId=fresh["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("days", [7, 8, 29, 30, None])
def test_waiting_periods(kms, fresh, days):
    answer = kms.schedule_key_deletion(KeyId=fresh["KeyId"], **({"PendingWindowInDays": days} if days else {}))
    assert answer["PendingWindowInDays"] == (days or 30)


@pytest.mark.parametrize("days", [6, 31, 1, 365])
def test_waiting_periods_out_of_range(kms, key, days):
    with invalid("PendingWindowInDays must be between 7 and 30"):
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=days)


# --- descriptions, tags, policies, rotation ------------------------------------------------------------------------------------


def test_descriptions(kms, fresh):
    for text in ("new", "", "ä" * 8192):
        kms.update_key_description(KeyId=fresh["Arn"], Description=text)
        assert kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]["Description"] == text
    with invalid(re.compile("1 validation error detected: .*at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192")):
        kms.update_key_description(KeyId=fresh["KeyId"], Description="x" * 8193)


def tags(kms, key):
    return {tag["TagKey"]: tag["TagValue"] for page in kms.get_paginator("list_resource_tags").paginate(KeyId=key["KeyId"]) for tag in page["Tags"]}


def pairs(**named):
    return [{"TagKey": key, "TagValue": value} for key, value in named.items()]


def test_tags(kms):
    key = kms.create_key(Tags=pairs(a="1"))["KeyMetadata"]
    assert tags(kms, key) == {"a": "1"}
    kms.tag_resource(KeyId=key["KeyId"], Tags=pairs(a="2", b=""))
    kms.tag_resource(KeyId=key["Arn"], Tags=pairs(ä="ö"))
    assert tags(kms, key) == {"a": "2", "b": "", "ä": "ö"}
    kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a", "nothing"])
    assert tags(kms, key) == {"b": "", "ä": "ö"}


def test_tags_in_pages(kms, fresh):
    kms.tag_resource(KeyId=fresh["KeyId"], Tags=[{"TagKey": f"k{at:02}", "TagValue": "v"} for at in range(50)])
    found, start = [], {}
    while True:
        page = kms.list_resource_tags(KeyId=fresh["KeyId"], Limit=7, **start)
        found += [tag["TagKey"] for tag in page["Tags"]]
        if not page["Truncated"]:
            break
        start = {"Marker": page["NextMarker"]}
    assert sorted(found) == [f"k{at:02}" for at in range(50)]
    kms.tag_resource(KeyId=fresh["KeyId"], Tags=pairs(k00="other"))
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=fresh["KeyId"], Tags=pairs(one_more="v"))


@pytest.mark.parametrize("given, text", [
    (pairs(a="1") + pairs(a="2"), "Duplicate tag keys"), (pairs(**{"aws:x": "1"}), "Tags beginning with aws: are reserved"), (pairs(**{"AWS:x": "1"}), "Tags beginning with aws: are reserved"), (pairs(**{f"k{at}": "v" for at in range(51)}), "Too many tags"),
])  # fmt: skip
def test_tags_that_are_none(kms, key, given, text):
    with refused("TagException", text):
        kms.tag_resource(KeyId=key["KeyId"], Tags=given)
    with refused("TagException", text):
        kms.create_key(Tags=given)


@pytest.mark.parametrize("given, text", [
    (pairs(**{"": "v"}), constraint("", "tags.1.member.tagKey", "have length greater than or equal to 1")), (pairs(**{"k" * 129: "v"}), constraint("k" * 129, "tags.1.member.tagKey", "have length less than or equal to 128")),
    (pairs(k="v" * 257), constraint("v" * 257, "tags.1.member.tagValue", "have length less than or equal to 256")), (pairs(a="b") + pairs(**{"": "v"}), constraint("", "tags.2.member.tagKey", "have length greater than or equal to 1")),
])  # fmt: skip
def test_tags_out_of_range(kms, key, given, text):
    with invalid(text):
        kms.tag_resource(KeyId=key["KeyId"], Tags=given)


def default_policy(service):
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{service.account}:root"}, "Action": "kms:*", "Resource": "*"}]}


def test_policies(kms, service, fresh):
    answer = kms.get_key_policy(KeyId=fresh["KeyId"], PolicyName="default")
    assert json.loads(answer["Policy"]) == default_policy(service) and answer["PolicyName"] == "default"
    assert json.loads(kms.get_key_policy(KeyId=fresh["KeyId"])["Policy"]) == default_policy(service)
    names = kms.list_key_policies(KeyId=fresh["KeyId"])
    assert (names["PolicyNames"], names["Truncated"]) == (["default"], False)
    text = json.dumps(default_policy(service))
    kms.put_key_policy(KeyId=fresh["KeyId"], Policy=text)
    assert kms.get_key_policy(KeyId=fresh["KeyId"])["Policy"] == text, "as it was put"
    assert kms.create_key(Policy=text)["KeyMetadata"]["Enabled"]
    with refused("NotFoundException", "No such policy exists"):
        kms.get_key_policy(KeyId=fresh["KeyId"], PolicyName="other")


@pytest.mark.parametrize("policy", ["", "{", "nonsense", "[]", '{"Statement": 1}', '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}'])
def test_policies_that_are_none(kms, fresh, policy):
    before = kms.get_key_policy(KeyId=fresh["KeyId"])["Policy"]
    with refused("ValidationException" if policy == "" else "MalformedPolicyDocumentException", ANY):
        kms.put_key_policy(KeyId=fresh["KeyId"], Policy=policy)
    assert kms.get_key_policy(KeyId=fresh["KeyId"])["Policy"] == before


def test_a_policy_that_is_not_evaluated_yet_is_refused(kms, service, fresh):
    policy = default_policy(service)
    policy["Statement"].append({"Sid": "deny", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}})
    for request in (lambda: kms.put_key_policy(KeyId=fresh["KeyId"], Policy=json.dumps(policy)), lambda: kms.create_key(Policy=json.dumps(policy))):
        with refused("UnsupportedOperationException", re.compile(".+")):
            request()
    assert json.loads(kms.get_key_policy(KeyId=fresh["KeyId"])["Policy"]) == default_policy(service)


def test_rotation_by_the_calendar(kms, fresh):
    answer = kms.get_key_rotation_status(KeyId=fresh["KeyId"])
    assert answer["KeyRotationEnabled"] is False and not answer.keys() & {"RotationPeriodInDays", "NextRotationDate"}
    for days in (None, 90, 2560):
        kms.enable_key_rotation(KeyId=fresh["KeyId"], **({"RotationPeriodInDays": days} if days else {}))
        answer = kms.get_key_rotation_status(KeyId=fresh["KeyId"])
        assert (answer["KeyRotationEnabled"], answer["RotationPeriodInDays"]) == (True, days or 365)
        assert abs(answer["NextRotationDate"] - datetime.now(timezone.utc) - timedelta(days=days or 365)) < timedelta(days=1)
    kms.disable_key_rotation(KeyId=fresh["KeyId"])
    assert kms.get_key_rotation_status(KeyId=fresh["KeyId"])["KeyRotationEnabled"] is False
    for days, rule in ((89, "have value greater than or equal to 90"), (2561, "have value less than or equal to 2560")):
        with invalid(constraint(days, "rotationPeriodInDays", rule)):
            kms.enable_key_rotation(KeyId=fresh["KeyId"], RotationPeriodInDays=days)


def test_rotation_on_demand(kms, fresh):
    blob = kms.encrypt(KeyId=fresh["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    before = kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    assert kms.list_key_rotations(KeyId=fresh["KeyId"])["Rotations"] == []
    kms.rotate_key_on_demand(KeyId=fresh["KeyId"])
    after = kms.describe_key(KeyId=fresh["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    assert after != before
    opened = kms.decrypt(CiphertextBlob=blob)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"x", before)
    assert kms.generate_data_key(KeyId=fresh["KeyId"], KeySpec="AES_256")["KeyMaterialId"] == after
    (rotation,) = kms.list_key_rotations(KeyId=fresh["KeyId"])["Rotations"]
    assert (rotation["RotationType"], rotation["KeyMaterialId"]) == ("ON_DEMAND", after) and "RotationDate" in rotation
    assert fresh["KeyId"] in rotation["KeyId"]
    whole = kms.list_key_rotations(KeyId=fresh["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert {(each["KeyMaterialId"], each["KeyMaterialState"]) for each in whole} == {(before, "NON_CURRENT"), (after, "CURRENT")}
    with refused("ConflictException", ANY):
        kms.rotate_key_on_demand(KeyId=fresh["KeyId"])


# --- the managed key -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def managed(kms):
    return kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]


def test_the_managed_key_may_be_looked_at(kms, service, managed):
    assert [managed[member] for member in ("KeyManager", "KeyState", "Origin", "Enabled")] == ["AWS", "Enabled", "AWS_KMS", True]
    assert kms.get_key_rotation_status(KeyId=managed["KeyId"])["KeyRotationEnabled"] is True
    policy = json.loads(kms.get_key_policy(KeyId=managed["KeyId"])["Policy"])
    assert policy["Id"] == "auto-dynamodb-1" and len(policy["Statement"]) == 3
    assert policy["Statement"][0]["Condition"]["StringEquals"] == {"kms:CallerAccount": service.account, "kms:ViaService": f"dynamodb.{service.region}.amazonaws.com"}
    assert kms.list_key_policies(KeyId=managed["KeyId"])["PolicyNames"] == ["default"]
    assert kms.list_resource_tags(KeyId=managed["KeyId"])["Tags"] == []
    kms.list_grants(KeyId=managed["KeyId"])
    kms.list_key_rotations(KeyId=managed["KeyId"])


@pytest.mark.parametrize("operation, others", [
    ("disable_key", {}), ("enable_key", {}), ("schedule_key_deletion", {}), ("cancel_key_deletion", {}), ("put_key_policy", {"Policy": "{}"}), ("enable_key_rotation", {}), ("disable_key_rotation", {}), ("rotate_key_on_demand", {}),
    ("update_key_description", {"Description": "mine"}), ("tag_resource", {"Tags": pairs(a="b")}), ("untag_resource", {"TagKeys": ["a"]}), *USES.items(),
])  # fmt: skip
def test_the_managed_key_may_not_be_used_or_changed(kms, managed, operation, others):
    action = "".join(word.title() for word in operation.split("_"))
    with refused("AccessDeniedException", re.compile(f"User: \\S+ is not authorized to perform: kms:{action} on resource: {managed['Arn']} .*")):
        getattr(kms, operation)(KeyId=managed["KeyId"], **others)


def test_nothing_opens_under_the_managed_key_directly(kms, managed):
    with refused("AccessDeniedException", re.compile(".+")):
        kms.create_alias(AliasName="alias/mine", TargetKeyId=managed["KeyId"])
