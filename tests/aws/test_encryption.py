"""Tables and their keys: every way to say which key, what is refused, and what a disabled key, a switch and a deletion mean. Sections
1.4 to 1.6 and 2.7 of the facts, row by row."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import N, OOM, S, constraint, invalid, refused, until

GOOD = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}  # fmt: skip
WRAPPED = "com.amazonaws.services.kms.model.{0}: {1} (Service: AWSKMS; Status Code: 400; Error Code: {2}; Request ID: "


def wrapped(prefix, code, text):
    """KMS's refusal as DynamoDB tells it, with the name that KMS's client has for the exception."""
    name = "AWSKMSException" if code in ("AccessDeniedException", "ValidationException") else code
    return re.compile(re.escape(f"{prefix}: " + WRAPPED.format(name, text, code)) + r"\S+; Proxy: null\)")


def disabled(arn):
    return wrapped("KMS key disabled error", "DisabledException", f"{arn} is disabled.")


def sse(db, table):
    return db.describe_table(TableName=table)["Table"].get("SSEDescription")


def under(arn):
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}


@pytest.fixture(scope="module")
def managed(db, kms):
    """The ARN of the managed key, which is made by its first use."""
    return kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]


@pytest.fixture
def table(db, name):
    """A table, its specification to be given: table(Enabled=True)."""
    made = []

    def make(specification=None):
        others = {} if specification is None else {"SSESpecification": specification}
        made.append(f"{name}-{len(made)}")
        description = db.create_table(TableName=made[-1], **GOOD, **others)["TableDescription"]
        return made[-1], description

    yield make
    for each in made:
        try:
            db.delete_table(TableName=each)
        except db.exceptions.ResourceNotFoundException:
            pass


@pytest.fixture
def customer(kms):
    """The metadata of a key of its own."""
    return kms.create_key()["KeyMetadata"]


def switch(db, table, specification):
    db.update_table(TableName=table, SSESpecification=specification)
    until(30, "the switch is done", lambda: (sse(db, table) or {}).get("Status") != "UPDATING")
    return sse(db, table)


# --- which key ------------------------------------------------------------------------------------------------------------

OWNED, MANAGED, CUSTOMER = "owned", "managed", "customer"
ACCEPTED = [
    (None, OWNED), ({}, OWNED), ({"Enabled": False}, OWNED), ({"Enabled": True}, MANAGED), ({"Enabled": True, "SSEType": "KMS"}, MANAGED), ({"SSEType": "KMS"}, MANAGED),
    ({"SSEType": "KMS", "KMSMasterKeyId": "x"}, CUSTOMER), ({"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "x"}, CUSTOMER),
    ({"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"}, MANAGED), ({"SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"}, MANAGED),
]  # fmt: skip


def expected(kind, managed, key):
    return {OWNED: None, MANAGED: under(managed), CUSTOMER: under(key["Arn"])}[kind]


def filled(specification, key):
    if specification and specification.get("KMSMasterKeyId") == "x":
        return {**specification, "KMSMasterKeyId": key["KeyId"]}
    return specification


@pytest.mark.parametrize("specification, kind", ACCEPTED, ids=lambda value: str(value))
def test_create_table_under(db, table, key, managed, specification, kind):
    name, made = table(filled(specification, key))
    assert made.get("SSEDescription") == sse(db, name) == expected(kind, managed, key)


@pytest.mark.parametrize("specification, kind", ACCEPTED[1:], ids=lambda value: str(value))
@pytest.mark.parametrize("start", [{"Enabled": False}, {"Enabled": True}, {"SSEType": "KMS", "KMSMasterKeyId": "x"}], ids=["owned", "managed", "customer"])
def test_update_table_to(db, table, key, customer, managed, specification, kind, start):
    name, made = table(filled(start, customer))
    db.put_item(TableName=name, Item={"pk": S("a"), "n": N(1)})
    if made.get("SSEDescription") is None and kind == OWNED:
        with invalid(OOM + "Table is already encrypted by default"):
            db.update_table(TableName=name, SSESpecification=specification)
        return
    answer = db.update_table(TableName=name, SSESpecification=filled(specification, key))["TableDescription"]
    assert answer["TableStatus"] == "ACTIVE"
    assert answer["SSEDescription"] == {**(made.get("SSEDescription") or {}), "Status": "UPDATING"}, "the old key, and that it is on its way"
    until(30, "the switch is done", lambda: (sse(db, name) or {}).get("Status") != "UPDATING")
    assert sse(db, name) == expected(kind, managed, key)
    assert db.get_item(TableName=name, Key={"pk": S("a")})["Item"]["n"] == N(1)


def test_no_specification_is_no_change(db, table, managed):
    name, _ = table({"Enabled": True})
    db.update_table(TableName=name, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert sse(db, name) == under(managed)


@pytest.mark.parametrize("form", ["{KeyId}", "{Arn}", "alias", "alias ARN"])
def test_a_customer_key_has_four_names(db, kms, service, table, key, name, form):
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    named = {"alias": alias, "alias ARN": service.alias_arn(alias)}.get(form, form.format(**key))
    _, made = table({"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": named})
    assert made["SSEDescription"] == under(key["Arn"])


def test_an_alias_counts_when_it_is_said(db, kms, table, key, customer, name):
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    of_alias = {"SSEType": "KMS", "KMSMasterKeyId": alias}
    table_name, _ = table(of_alias)
    kms.update_alias(AliasName=alias, TargetKeyId=customer["KeyId"])
    assert sse(db, table_name) == under(key["Arn"])
    assert switch(db, table_name, of_alias) == under(customer["Arn"])


CONTRADICTIONS = [
    ({"Enabled": True, "KMSMasterKeyId": "x"}, OOM + "SSEType KMS is required if KMSMasterKeyId is specified"), ({"Enabled": False, "SSEType": "KMS"}, OOM + "SSEType can not be specified if Enabled is false"),
    ({"Enabled": False, "KMSMasterKeyId": "x"}, OOM + "KMSMasterKeyId can not be specified if Enabled is false"),
    ({"Enabled": False, "SSEType": "KMS", "KMSMasterKeyId": "x"}, OOM + "SSEType can not be specified if Enabled is false"), ({"Enabled": True, "SSEType": "AES256"}, OOM + "SSEType AES256 is not supported"),
    ({"SSEType": "kms"}, constraint("kms", "sSESpecification.sSEType", "satisfy enum value set: [AES256, KMS]")), ({"SSEType": ""}, constraint("", "sSESpecification.sSEType", "satisfy enum value set: [AES256, KMS]")),
    ({"SSEType": "KMS", "KMSMasterKeyId": ""}, constraint("", "sSESpecification.kMSMasterKeyId", "have length greater than or equal to 1")),
]  # fmt: skip


@pytest.mark.parametrize("specification, text", CONTRADICTIONS, ids=lambda value: str(value)[:60])
def test_contradictions(db, hashed, specification, text):
    with invalid(text):
        db.create_table(TableName="Never", **GOOD, SSESpecification=specification)
    with invalid(text):
        db.update_table(TableName=hashed, SSESpecification=specification)
    with invalid(text):
        db.update_table(TableName="Nowhere", SSESpecification=specification)
    with refused("ResourceNotFoundException", "Requested resource not found: Table: Never not found"):
        db.describe_table(TableName="Never")


def test_the_exact_key_again(db, table, key):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": key["Arn"]})
    with invalid(OOM + "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key"):
        db.update_table(TableName=name, SSESpecification={"SSEType": "KMS", "KMSMasterKeyId": key["Arn"]})
    assert switch(db, name, {"SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}) == under(key["Arn"]), "by its id it is a switch"


def test_the_managed_key_again(db, table, managed):
    name, _ = table({"Enabled": True})
    assert switch(db, name, {"Enabled": True}) == switch(db, name, {"SSEType": "KMS"}) == under(managed)


# --- keys that cannot be used ----------------------------------------------------------------------------------------------


def test_keys_that_are_not_there(db, service, hashed):
    missing = "00000000-0000-4000-8000-000000000000"
    not_found = [
        (missing, f"Key '{service.key_arn(missing)}' does not exist"), (service.key_arn(missing), f"Key '{service.key_arn(missing)}' does not exist"),
        ("alias/nobody", f"Alias {service.alias_arn('alias/nobody')} is not found."), ("nobody", "Invalid keyId 'nobody'"),
        (f"arn:aws:kms:eu-central-1:{service.account}:key/{missing}", "Invalid arn eu-central-1"),
    ]  # fmt: skip
    for named, text in not_found:
        specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": named}
        for request in (lambda: db.create_table(TableName="Never", **GOOD, SSESpecification=specification), lambda: db.update_table(TableName=hashed, SSESpecification=specification)):
            with refused("ValidationException", wrapped("KMS validation error", "NotFoundException", text)):
                request()


def test_a_key_for_codes(db, kms, hashed):
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    text = "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key."
    for request in (lambda: db.create_table(TableName="Never", **GOOD, SSESpecification=specification), lambda: db.update_table(TableName=hashed, SSESpecification=specification)):
        with refused("ValidationException", wrapped("KMS internal error", "ValidationException", text)):
            request()
    with refused("ResourceNotFoundException", "Requested resource not found: Table: Never not found"):
        db.describe_table(TableName="Never")


def test_a_key_of_another_account(db, service, hashed):
    foreign = f"arn:aws:kms:{service.region}:444455556666:key/00000000-0000-4000-8000-000000000000"
    text = f"User: arn:aws:iam::{service.account}:root is not authorized to perform: kms:DescribeKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": foreign}
    for request in (lambda: db.create_table(TableName="Never", **GOOD, SSESpecification=specification), lambda: db.update_table(TableName=hashed, SSESpecification=specification)):
        with refused("AccessDeniedException", wrapped("KMS key access denied error", "AccessDeniedException", text)):
            request()


def test_a_disabled_and_a_deleted_key(db, kms, hashed, customer):
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]}
    requests = [lambda: db.create_table(TableName="Never", **GOOD, SSESpecification=specification), lambda: db.update_table(TableName=hashed, SSESpecification=specification)]
    kms.disable_key(KeyId=customer["KeyId"])
    for request in requests:
        with refused("ValidationException", disabled(customer["Arn"])):
            request()
    kms.schedule_key_deletion(KeyId=customer["KeyId"], PendingWindowInDays=7)
    for request in requests:
        with refused("ValidationException", wrapped("KMS validation error", "KMSInvalidStateException", f"{customer['Arn']} is pending deletion.")):
            request()
    with refused("ResourceNotFoundException", "Requested resource not found: Table: Never not found"):
        db.describe_table(TableName="Never")
    assert sse(db, hashed) is None


# --- a key that becomes unusable -------------------------------------------------------------------------------------------


def data_plane(db, table):
    key = {"TableName": table, "Key": {"pk": S("a")}}
    return {
        "GetItem": lambda: db.get_item(**key), "PutItem": lambda: db.put_item(TableName=table, Item={"pk": S("a")}), "UpdateItem": lambda: db.update_item(**key), "DeleteItem": lambda: db.delete_item(**key),
        "Query": lambda: db.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a")}), "Scan": lambda: db.scan(TableName=table),
        "BatchGetItem": lambda: db.batch_get_item(RequestItems={table: {"Keys": [{"pk": S("a")}]}}),
        "BatchWriteItem": lambda: db.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {"pk": S("a")}}}]}),
    }  # fmt: skip


def fails(request, code="ValidationException"):
    from botocore.exceptions import ClientError

    try:
        request()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return True
    return False


def status(db, table):
    return db.describe_table(TableName=table)["Table"]["TableStatus"]


def test_a_disabled_key_and_its_table(db, kms, table, customer, key):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    other, _ = table({"SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]})
    for each in (name, other):
        db.put_item(TableName=each, Item={"pk": S("a"), "n": N(1)})
    kms.disable_key(KeyId=customer["KeyId"])
    # Here a lease ends with the change that is reported, and not at the end of five minutes.
    until(5, "the disabled key bites", lambda: fails(data_plane(db, name)["GetItem"]))
    for request in data_plane(db, name).values():
        with refused("ValidationException", disabled(customer["Arn"])):
            request()
    for request in data_plane(db, other).values():
        request()
    until(30, "the table is marked", lambda: status(db, name) == "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    marked = sse(db, name)
    assert marked.pop("InaccessibleEncryptionDateTime").timestamp() > 0
    assert marked == under(customer["Arn"])
    # What needs no key works; and every change of keys needs the old one.
    arn = db.describe_table(TableName=name)["Table"]["TableArn"]
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert db.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    db.describe_time_to_live(TableName=name)
    db.describe_continuous_backups(TableName=name)
    db.update_table(TableName=name, DeletionProtectionEnabled=True)
    db.update_table(TableName=name, DeletionProtectionEnabled=False)
    db.update_table(TableName=name, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert name in [each for page in db.get_paginator("list_tables").paginate() for each in page["TableNames"]]
    for specification in ({"Enabled": False}, {"Enabled": True}, {"SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}):
        with refused("ValidationException", disabled(customer["Arn"])):
            db.update_table(TableName=name, SSESpecification=specification)
    kms.enable_key(KeyId=customer["KeyId"])
    until(30, "the table works again", lambda: not fails(data_plane(db, name)["GetItem"]))
    until(30, "and says so", lambda: status(db, name) == "ACTIVE")
    assert sse(db, name) == under(customer["Arn"])
    assert db.get_item(TableName=name, Key={"pk": S("a")})["Item"]["n"] == N(1)


def test_a_key_that_waits_for_its_deletion(db, kms, table, customer):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    db.put_item(TableName=name, Item={"pk": S("a"), "n": N(1)})
    kms.schedule_key_deletion(KeyId=customer["KeyId"], PendingWindowInDays=7)
    until(5, "it bites", lambda: fails(data_plane(db, name)["GetItem"]))
    with refused("ValidationException", wrapped("KMS validation error", "KMSInvalidStateException", f"{customer['Arn']} is pending deletion.")):
        data_plane(db, name)["GetItem"]()
    kms.cancel_key_deletion(KeyId=customer["KeyId"])
    assert kms.describe_key(KeyId=customer["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    until(30, "it is disabled", lambda: "is disabled." in message(data_plane(db, name)["GetItem"]))
    kms.enable_key(KeyId=customer["KeyId"])
    until(30, "the table works again", lambda: not fails(data_plane(db, name)["GetItem"]))


def message(request):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        request()
    return caught.value.response["Error"]["Message"]


def test_a_table_of_a_disabled_key_can_be_deleted(db, kms, table, customer):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    kms.disable_key(KeyId=customer["KeyId"])
    db.delete_table(TableName=name)
    with refused("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"):
        db.describe_table(TableName=name)


def test_revoked_grants_mark_a_table_and_another_key_heals_it(db, kms, table, customer, managed):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    db.put_item(TableName=name, Item={"pk": S("a"), "n": N(1)})
    for grant in grants(kms, customer["KeyId"], name):
        kms.revoke_grant(KeyId=customer["KeyId"], GrantId=grant["GrantId"])
    until(30, "the table is marked", lambda: status(db, name) == "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    assert switch(db, name, {"Enabled": True})["KMSMasterKeyArn"] == managed
    until(30, "the table is whole", lambda: status(db, name) == "ACTIVE")
    assert db.get_item(TableName=name, Key={"pk": S("a")})["Item"]["n"] == N(1)


# --- what DynamoDB does at KMS ----------------------------------------------------------------------------------------------


def grants(kms, key_id, table):
    found = kms.list_grants(KeyId=key_id)["Grants"]
    return [grant for grant in found if grant["Constraints"]["EncryptionContextSubset"]["aws:dynamodb:tableName"] == table]


def test_two_grants_for_each_table(db, kms, service, table, customer, managed):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    principal = f"dynamodb.{service.region}.amazonaws.com"
    made = grants(kms, customer["KeyId"], name)
    assert len(made) == 2
    for grant in made:
        assert (grant["GranteePrincipal"], grant["RetiringPrincipal"]) == (principal, principal)
        assert grant["IssuingAccount"] == f"arn:aws:iam::{service.account}:root"
        assert set(grant["Operations"]) == {"DescribeKey", "GenerateDataKey", "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "RetireGrant"}
        assert grant["Constraints"] == {"EncryptionContextSubset": {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": service.account}}
        assert re.fullmatch("[0-9a-f]{64}", grant["GrantId"]) and grant["KeyId"] == customer["Arn"] and grant["Name"]
    switch(db, name, {"Enabled": True})
    until(30, "the grants are retired", lambda: not grants(kms, customer["KeyId"], name))
    assert len(grants(kms, managed, name)) == 2
    db.delete_table(TableName=name)
    until(30, "the grants are retired", lambda: not grants(kms, managed, name))


def test_rotation_changes_nothing_for_a_table(db, kms, table, customer):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    db.put_item(TableName=name, Item={"pk": S("a"), "n": N(1)})
    before = kms.generate_data_key(KeyId=customer["KeyId"], KeySpec="AES_256")["KeyMaterialId"]
    kms.rotate_key_on_demand(KeyId=customer["KeyId"])
    assert kms.generate_data_key(KeyId=customer["KeyId"], KeySpec="AES_256")["KeyMaterialId"] != before
    assert db.get_item(TableName=name, Key={"pk": S("a")})["Item"]["n"] == N(1)
    db.put_item(TableName=name, Item={"pk": S("b")})
    assert switch(db, name, {"Enabled": False}) is None
    assert db.get_item(TableName=name, Key={"pk": S("a")})["Item"]["n"] == N(1)


def test_switches_under_load_fail_no_request(service, db, table, customer, key):
    name, _ = table({"SSEType": "KMS", "KMSMasterKeyId": customer["KeyId"]})
    stop, clients = [], [service.client("dynamodb") for _ in range(3)]

    def work(number, client):
        count = 0
        while not stop:
            client.put_item(TableName=name, Item={"pk": S(f"w{number}"), "n": N(count)})
            assert client.get_item(TableName=name, Key={"pk": S(f"w{number}")}, ConsistentRead=True)["Item"]["n"] == N(count)
            count += 1
        return count

    with ThreadPoolExecutor(len(clients)) as pool:
        workers = [pool.submit(work, number, client) for number, client in enumerate(clients)]
        try:
            for named in (key["Arn"], customer["Arn"], "alias/aws/dynamodb", key["Arn"]):
                switch(db, name, {"SSEType": "KMS", "KMSMasterKeyId": named})
            switch(db, name, {"Enabled": False})
        finally:
            stop.append(True)
        assert all(worker.result() > 0 for worker in workers)


def test_the_managed_key_is_listed_before_its_first_use():
    from keystead import Keystead

    fresh = Keystead()
    try:
        kms, db = fresh.client("kms"), fresh.client("dynamodb")
        (alias,) = [each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/aws/dynamodb"]
        assert alias == {"AliasName": "alias/aws/dynamodb", "AliasArn": fresh.alias_arn("alias/aws/dynamodb")}
        description = db.create_table(TableName="Music", **GOOD, SSESpecification={"Enabled": True})["TableDescription"]["SSEDescription"]
        (alias,) = [each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/aws/dynamodb"]
        assert description == under(fresh.key_arn(alias["TargetKeyId"])) and "CreationDate" in alias
        metadata = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
        assert [metadata[member] for member in ("Arn", "KeyManager", "Enabled", "Origin", "KeyState")] == [description["KMSMasterKeyArn"], "AWS", True, "AWS_KMS", "Enabled"]
    finally:
        fresh.stop()


def test_aws_quota_of_key_changes_is_kept_on_demand():
    from keystead import Keystead

    strict = Keystead("--sse-change-quota=on")
    try:
        db, kms = strict.client("dynamodb"), strict.client("kms")
        keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
        db.create_table(TableName="Music", **GOOD)
        for at in range(4):
            switch(db, "Music", {"SSEType": "KMS", "KMSMasterKeyId": keys[at % 2]})
        # What is refused counts for nothing, and the quota comes before the key is looked at.
        for named in (keys[0], "alias/nobody", "alias/aws/dynamodb"):
            with refused("LimitExceededException", re.compile("Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at \\S+. After the first 4 change, each subsequent change in the same window can be performed at most once every 21600 seconds. Number of updates today: 4. Last change at .+")):
                db.update_table(TableName="Music", SSESpecification={"SSEType": "KMS", "KMSMasterKeyId": named})
        with invalid(OOM + "SSEType can not be specified if Enabled is false"):
            db.update_table(TableName="Music", SSESpecification={"Enabled": False, "SSEType": "KMS"})
        assert switch(db, "Music", {"Enabled": False}) is None, "to the owned key always"
    finally:
        strict.stop()
