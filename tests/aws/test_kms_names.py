"""Aliases and grants."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from asking import ANY, constraint, invalid, refused

ALICE = "arn:aws:iam::000000000000:user/alice"
BOB = "arn:aws:iam::000000000000:user/bob"
MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def fresh(kms):
    return kms.create_key()["KeyMetadata"]


# --- aliases ---------------------------------------------------------------------------------------------------------------------


def test_an_alias_comes_moves_and_goes(kms, service, key, fresh, name):
    alias, arn = f"alias/{name}", service.alias_arn(f"alias/{name}")
    kms.create_alias(AliasName=alias, TargetKeyId=fresh["KeyId"])
    (listed,) = kms.list_aliases(KeyId=fresh["KeyId"])["Aliases"]
    assert (listed["AliasName"], listed["AliasArn"], listed["TargetKeyId"]) == (alias, arn, fresh["KeyId"])
    assert listed["CreationDate"] == listed["LastUpdatedDate"] and abs(listed["CreationDate"] - datetime.now(timezone.utc)) < timedelta(minutes=1)
    with refused("AlreadyExistsException", f"An alias with the name {arn} already exists"):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms.update_alias(AliasName=alias, TargetKeyId=key["Arn"])
    assert kms.list_aliases(KeyId=fresh["KeyId"])["Aliases"] == []
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key["KeyId"]
    kms.delete_alias(AliasName=alias)
    for request in (lambda: kms.describe_key(KeyId=alias), lambda: kms.delete_alias(AliasName=alias), lambda: kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"])):
        with refused("NotFoundException", f"Alias {arn} is not found."):
            request()


PREFIX = 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'


@pytest.mark.parametrize("alias, text", [
    ("x", PREFIX), ("Alias/x", PREFIX), ("alias", PREFIX), ("aliasx/y", PREFIX), ("alias/", "Invalid identifier"), ("alias/a:b", "alias/a:b contains invalid characters for an alias"),
    ("", re.compile("1 validation error detected: Value '' at 'aliasName' failed to satisfy constraint: Member must have length greater than or equal to 1")), ("alias/" + "x" * 251, re.compile("1 validation error detected: .*at 'aliasName' failed to satisfy constraint: Member must have length less than or equal to 256")),
    ("alias/a b", ANY), ("alias/ä", ANY), ("alias/a*", ANY), ("alias/a.b", ANY),
])  # fmt: skip
def test_names_that_are_none(kms, key, alias, text):
    with invalid(text):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])


@pytest.mark.parametrize("alias", ["alias/a", "alias/A-Z_0/9", "alias/x/y/z", "alias/" + "x" * 250, "alias/awsome"])
def test_names(kms, key, alias):
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms.delete_alias(AliasName=alias)


def test_names_of_amazons_are_reserved(kms, key):
    for alias in ("alias/aws/x", "alias/aws/dynamodb"):
        for request in (lambda: kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"]), lambda: kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"]), lambda: kms.delete_alias(AliasName=alias)):
            with refused(_ReservedOrDenied(), ANY):
                request()


class _ReservedOrDenied:
    """AWS's code is not known for certain."""

    def __eq__(self, code):
        return code in ("NotAuthorizedException", "AccessDeniedException", "ValidationException")


@pytest.mark.parametrize("target, code, text", [("alias/x", "ValidationException", "Aliases must refer to keys. Not aliases"), (MISSING, "NotFoundException", None), ("nobody", "NotFoundException", "Invalid keyId 'nobody'"), ("", "ValidationException", None)])
def test_targets(kms, name, target, code, text):
    with refused(code, text or ANY):
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=target)


def test_50_aliases_are_the_most(kms, fresh, name):
    for at in range(50):
        kms.create_alias(AliasName=f"alias/{name}-{at}", TargetKeyId=fresh["KeyId"])
    with refused("LimitExceededException", ANY):
        kms.create_alias(AliasName=f"alias/{name}-50", TargetKeyId=fresh["KeyId"])
    whole = [each["AliasName"] for page in kms.get_paginator("list_aliases").paginate(KeyId=fresh["KeyId"]) for each in page["Aliases"]]
    assert len(whole) == 50
    found, start = [], {}
    while True:
        page = kms.list_aliases(KeyId=fresh["KeyId"], Limit=8, **start)
        found += [each["AliasName"] for each in page["Aliases"]]
        if not page["Truncated"]:
            break
        start = {"Marker": page["NextMarker"]}
    assert found == whole


def test_a_mac_key_and_another_share_no_alias(kms, key, name):
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    mac_key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    with refused("ValidationException", ANY):
        kms.update_alias(AliasName=f"alias/{name}", TargetKeyId=mac_key["KeyId"])


# --- grants ----------------------------------------------------------------------------------------------------------------------

GRANT = {"GranteePrincipal": ALICE, "Operations": ["Encrypt", "Decrypt"]}


def test_a_grant_comes_and_goes(kms, service, fresh):
    made = kms.create_grant(KeyId=fresh["KeyId"], **GRANT, RetiringPrincipal=BOB, Name="first", Constraints={"EncryptionContextSubset": {"a": "b"}})
    assert re.fullmatch("[0-9a-f]{64}", made["GrantId"]) and made["GrantToken"]
    (grant,) = kms.list_grants(KeyId=fresh["KeyId"])["Grants"]
    assert abs(grant.pop("CreationDate") - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert grant == {
        "KeyId": fresh["Arn"], "GrantId": made["GrantId"], "Name": "first", "GranteePrincipal": ALICE, "RetiringPrincipal": BOB, "IssuingAccount": f"arn:aws:iam::{service.account}:root",
        "Operations": grant["Operations"], "Constraints": {"EncryptionContextSubset": {"a": "b"}},
    }  # fmt: skip
    assert sorted(grant["Operations"]) == ["Decrypt", "Encrypt"]
    kms.revoke_grant(KeyId=fresh["KeyId"], GrantId=made["GrantId"])
    assert kms.list_grants(KeyId=fresh["KeyId"])["Grants"] == []
    with refused("NotFoundException", ANY):
        kms.revoke_grant(KeyId=fresh["KeyId"], GrantId=made["GrantId"])


def test_a_name_makes_it_the_same_grant(kms, fresh):
    one, again = (kms.create_grant(KeyId=fresh["KeyId"], **GRANT, Name="same") for _ in range(2))
    assert one["GrantId"] == again["GrantId"]
    assert kms.create_grant(KeyId=fresh["KeyId"], **{**GRANT, "Operations": ["Encrypt"]}, Name="same")["GrantId"] != one["GrantId"]
    assert len({kms.create_grant(KeyId=fresh["KeyId"], **GRANT)["GrantId"] for _ in range(3)}) == 3
    assert len(kms.list_grants(KeyId=fresh["KeyId"])["Grants"]) == 5


def test_retiring(kms, fresh):
    by_id, by_token = (kms.create_grant(KeyId=fresh["KeyId"], **GRANT) for _ in range(2))
    kms.retire_grant(KeyId=fresh["Arn"], GrantId=by_id["GrantId"])
    kms.retire_grant(GrantToken=by_token["GrantToken"])
    assert kms.list_grants(KeyId=fresh["KeyId"])["Grants"] == []
    for others in ({}, {"GrantId": by_id["GrantId"]}, {"KeyId": fresh["Arn"]}):
        with refused("ValidationException", ANY):
            kms.retire_grant(**others)
    with refused("InvalidGrantTokenException", ANY):
        kms.retire_grant(GrantToken="nonsense")


def test_grants_are_listed_in_pages_and_selected(kms, fresh):
    made = [kms.create_grant(KeyId=fresh["KeyId"], **{**GRANT, "GranteePrincipal": grantee})["GrantId"] for grantee in (ALICE, BOB) * 4]
    whole = [grant["GrantId"] for page in kms.get_paginator("list_grants").paginate(KeyId=fresh["KeyId"]) for grant in page["Grants"]]
    assert sorted(whole) == sorted(made)
    found, start = [], {}
    while True:
        page = kms.list_grants(KeyId=fresh["KeyId"], Limit=3, **start)
        found += [grant["GrantId"] for grant in page["Grants"]]
        if not page["Truncated"]:
            break
        start = {"Marker": page["NextMarker"]}
    assert found == whole
    assert {grant["GrantId"] for grant in kms.list_grants(KeyId=fresh["KeyId"], GranteePrincipal=BOB)["Grants"]} == set(made[1::2])
    assert [grant["GrantId"] for grant in kms.list_grants(KeyId=fresh["KeyId"], GrantId=made[0])["Grants"]] == made[:1]


def test_retirable_grants(kms, fresh, name):
    principal = f"arn:aws:iam::000000000000:user/{name}"
    made = {kms.create_grant(KeyId=fresh["KeyId"], **GRANT, RetiringPrincipal=principal)["GrantId"] for _ in range(3)}
    kms.create_grant(KeyId=fresh["KeyId"], **GRANT)
    assert {grant["GrantId"] for grant in kms.list_retirable_grants(RetiringPrincipal=principal)["Grants"]} == made
    page = kms.list_retirable_grants(RetiringPrincipal=principal, Limit=2)
    assert page["Truncated"] and len(page["Grants"]) == 2
    rest = kms.list_retirable_grants(RetiringPrincipal=principal, Limit=2, Marker=page["NextMarker"])
    assert {grant["GrantId"] for grant in page["Grants"] + rest["Grants"]} == made


OPERATIONS = "Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo CreateGrant RetireGrant DescribeKey".split()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(kms, key, operation):
    made = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=ALICE, Operations=[operation])["GrantId"]
    (grant,) = kms.list_grants(KeyId=key["KeyId"], GrantId=made)["Grants"]
    assert grant["Operations"] == [operation]


@pytest.mark.parametrize("others, text", [
    ({"Operations": ["Everything"]}, re.compile("1 validation error detected: Value .*at 'operations.*' failed to satisfy constraint: Member must satisfy.* enum value set: .*", re.S)), ({"Operations": None}, re.compile(".*Value null at 'operations' failed to satisfy constraint: Member must not be null")),
    ({"GranteePrincipal": None}, ANY), ({"GranteePrincipal": "nobody"}, ANY), ({"Name": ""}, constraint("", "name", "have length greater than or equal to 1")), ({"Name": "x" * 257}, constraint("x" * 257, "name", "have length less than or equal to 256")),
    ({"Operations": ["GenerateMac"]}, ANY),
])  # fmt: skip
def test_is_no_grant(kms, key, others, text):
    request = {member: value for member, value in {**GRANT, **others}.items() if value is not None}
    code = "InvalidArnException" if others.get("GranteePrincipal") == "nobody" else "ValidationException"
    with refused(code, text):
        kms.create_grant(KeyId=key["KeyId"], **request)


@pytest.mark.parametrize("token", ["nonsense", "x" * 8192])
def test_tokens_that_are_none(kms, key, token):
    with refused("InvalidGrantTokenException", ANY):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", GrantTokens=[token])


def test_grants_survive_disabling_and_not_more(kms, fresh):
    made = kms.create_grant(KeyId=fresh["KeyId"], **GRANT)
    kms.disable_key(KeyId=fresh["KeyId"])
    assert len(kms.list_grants(KeyId=fresh["KeyId"])["Grants"]) == 1
    kms.schedule_key_deletion(KeyId=fresh["KeyId"], PendingWindowInDays=7)
    kms.revoke_grant(KeyId=fresh["KeyId"], GrantId=made["GrantId"])
    assert kms.list_grants(KeyId=fresh["KeyId"])["Grants"] == []
