"""Encrypting, decrypting, data keys, MACs and randomness: contexts, blobs, algorithms, sizes, dry runs."""

import base64
import os
import re

import pytest

from asking import ANY, constraint, invalid, refused

REFUSED_BLOB = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."
DRY = "The request would have succeeded, but the DryRun option is set."


@pytest.fixture(scope="module")
def other(kms):
    return kms.create_key()["KeyMetadata"]


def sealed(kms, key, plaintext=b"secret", **others):
    return kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext, **others)["CiphertextBlob"]


@pytest.mark.parametrize("plaintext", [b"x", b"\x00", os.urandom(32), b"a" * 4095, b"a" * 4096, "ä".encode()])
@pytest.mark.parametrize("context", [None, {}, {"a": "b"}, {"a": "", "ä": "日本", "b" * 100: "c" * 1000}])
def test_there_and_back(kms, key, plaintext, context):
    others = {} if context is None else {"EncryptionContext": context}
    answer = kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext, **others)
    assert (answer["KeyId"], answer["EncryptionAlgorithm"]) == (key["Arn"], "SYMMETRIC_DEFAULT")
    blob = answer["CiphertextBlob"]
    assert len(blob) <= 6144 and (len(plaintext) < 8 or plaintext not in blob)
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext, **others)["CiphertextBlob"] != blob
    for named in ({}, {"KeyId": key["KeyId"]}, {"KeyId": key["Arn"]}, {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}):
        opened = kms.decrypt(CiphertextBlob=blob, **others, **named)
        assert (opened["Plaintext"], opened["KeyId"], opened["EncryptionAlgorithm"]) == (plaintext, key["Arn"], "SYMMETRIC_DEFAULT")
        assert opened["KeyMaterialId"] == key["CurrentKeyMaterialId"]


@pytest.mark.parametrize("made, given", [
    ({"a": "b"}, {}), ({}, {"a": "b"}), ({"a": "b"}, {"a": "B"}), ({"a": "b"}, {"A": "b"}), ({"a": "b"}, {"a": "b", "c": "d"}), ({"a": "b", "c": "d"}, {"a": "b"}), ({"a": "b", "c": "d"}, {"a": "d", "c": "b"}), ({"a": "b"}, {"b": "a"}),
    ({"ab": "c"}, {"a": "bc"}), ({"tenant": "1admin"}, {"tenant1": "admin"}), ({"a": "b", "c": "d"}, {"a": "bcd"}), ({"a": ""}, {}), ({"a": "b"}, {"a": "b "}), ({"a": "é"}, {"a": "e\u0301"}), ({"": "a"} and {"x": "a"}, {"x": ""}),
])  # fmt: skip
def test_another_context_opens_nothing(kms, key, made, given):
    blob = sealed(kms, key, EncryptionContext=made)
    for request in (lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=given), lambda: kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=given, DestinationKeyId=key["KeyId"])):
        with refused("InvalidCiphertextException", "", exactly=True):
            request()


def test_the_order_of_a_context_does_not_matter(kms, key):
    blob = sealed(kms, key, EncryptionContext={"a": "1", "b": "2"})
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"b": "2", "a": "1"})["Plaintext"] == b"secret"


def test_an_altered_blob_opens_nothing(kms, key):
    blob = sealed(kms, key)
    for at in range(len(blob)):
        altered = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with refused(_either, ANY):
            kms.decrypt(CiphertextBlob=altered)
    for altered in (blob[:-1], blob + b"x", blob[1:], b"x", b"\x00" * 100, b"x" * 6144, blob * 2, os.urandom(200)):
        with refused(_either, ANY):
            kms.decrypt(CiphertextBlob=altered)


class _Either:
    """An altered blob is no blob, or one of a key that is not there."""

    def __eq__(self, code):
        return code in ("InvalidCiphertextException", "AccessDeniedException")


_either = _Either()


def test_another_key_opens_nothing(kms, key, other):
    blob = sealed(kms, key)
    with refused("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."):
        kms.decrypt(CiphertextBlob=blob, KeyId=other["KeyId"])
    with refused("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."):
        kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=other["KeyId"], DestinationKeyId=key["KeyId"])


def test_re_encryption(kms, key, other):
    blob = sealed(kms, key, EncryptionContext={"a": "b"})
    answer = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "b"}, DestinationKeyId=other["KeyId"], DestinationEncryptionContext={"c": "d"})
    assert (answer["SourceKeyId"], answer["KeyId"]) == (key["Arn"], other["Arn"])
    assert (answer["SourceEncryptionAlgorithm"], answer["DestinationEncryptionAlgorithm"]) == ("SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT")
    assert (answer["SourceKeyMaterialId"], answer["DestinationKeyMaterialId"]) == (key["CurrentKeyMaterialId"], other["CurrentKeyMaterialId"])
    opened = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"], EncryptionContext={"c": "d"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", other["Arn"])


@pytest.mark.parametrize("named", ["KeyId", "Arn", "alias", "alias ARN"])
def test_a_key_has_four_names(kms, service, key, name, named):
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    reference = {"alias": alias, "alias ARN": service.alias_arn(alias)}.get(named) or key[named]
    assert kms.encrypt(KeyId=reference, Plaintext=b"x")["KeyId"] == key["Arn"]
    assert kms.generate_data_key(KeyId=reference, KeySpec="AES_128")["KeyId"] == key["Arn"]
    assert kms.describe_key(KeyId=reference)["KeyMetadata"]["Arn"] == key["Arn"]
    assert kms.decrypt(KeyId=reference, CiphertextBlob=sealed(kms, key))["KeyId"] == key["Arn"]


# --- data keys ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size, length", [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), *[({"NumberOfBytes": number}, number) for number in (1, 16, 64, 1023, 1024)]])
@pytest.mark.parametrize("context", [{}, {"a": "b"}])
def test_data_keys(kms, key, size, length, context):
    made = kms.generate_data_key(KeyId=key["KeyId"], **size, EncryptionContext=context)
    assert len(made["Plaintext"]) == length and (made["KeyId"], made["KeyMaterialId"]) == (key["Arn"], key["CurrentKeyMaterialId"])
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context)["Plaintext"] == made["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], **size, EncryptionContext=context)
    assert "Plaintext" not in hidden and (hidden["KeyId"], hidden["KeyMaterialId"]) == (key["Arn"], key["CurrentKeyMaterialId"])
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"], EncryptionContext=context)["Plaintext"]) == length
    with refused("InvalidCiphertextException", "", exactly=True):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"other": "one"})


@pytest.mark.parametrize("size, text", [
    ({}, "Please specify either number of bytes or key spec."), ({"KeySpec": "AES_256", "NumberOfBytes": 32}, "Please specify either number of bytes or key spec."), ({"NumberOfBytes": 0}, constraint(0, "numberOfBytes", "have value greater than or equal to 1")),
    ({"NumberOfBytes": 1025}, constraint(1025, "numberOfBytes", "have value less than or equal to 1024")), ({"NumberOfBytes": -1}, constraint(-1, "numberOfBytes", "have value greater than or equal to 1")),
    ({"KeySpec": "AES_512"}, constraint("AES_512", "keySpec", "satisfy enum value set: [AES_256, AES_128]")),
])  # fmt: skip
def test_sizes_of_data_keys(kms, key, size, text):
    for request in (kms.generate_data_key, kms.generate_data_key_without_plaintext):
        with invalid(text):
            request(KeyId=key["KeyId"], **size)


def test_randomness(kms):
    for number in (1, 32, 1024):
        assert len(kms.generate_random(NumberOfBytes=number)["Plaintext"]) == number
    assert kms.generate_random(NumberOfBytes=32)["Plaintext"] != kms.generate_random(NumberOfBytes=32)["Plaintext"]
    for others, text in (({}, "NumberOfBytes is required."), ({"NumberOfBytes": 0}, constraint(0, "numberOfBytes", "have value greater than or equal to 1")), ({"NumberOfBytes": 1025}, constraint(1025, "numberOfBytes", "have value less than or equal to 1024"))):
        with invalid(text):
            kms.generate_random(**others)


# --- constraints -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation, others, text", [
    ("encrypt", {"Plaintext": b""}, constraint(None, "plaintext", "have length greater than or equal to 1")), ("encrypt", {"Plaintext": b"x" * 4097}, constraint(None, "plaintext", "have length less than or equal to 4096")),
    ("decrypt", {"CiphertextBlob": b""}, constraint(None, "ciphertextBlob", "have length greater than or equal to 1")), ("decrypt", {"CiphertextBlob": b"x" * 6145}, constraint(None, "ciphertextBlob", "have length less than or equal to 6144")),
    ("encrypt", {"Plaintext": b"x", "EncryptionAlgorithm": "AES"}, constraint("AES", "encryptionAlgorithm", "satisfy enum value set: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE]")),
    ("encrypt", {"Plaintext": b"x", "GrantTokens": ["t"] * 11}, re.compile("1 validation error detected: .*at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10")),
])  # fmt: skip
def test_members_out_of_range(kms, key, operation, others, text):
    with invalid(text):
        getattr(kms, operation)(KeyId=key["KeyId"], **others)


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_algorithms_of_other_keys(kms, key, algorithm):
    with refused("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT."):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionAlgorithm=algorithm)
    with refused("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT."):
        kms.decrypt(KeyId=key["KeyId"], CiphertextBlob=sealed(kms, key), EncryptionAlgorithm=algorithm)


def test_a_blob_of_nobody(kms, key):
    blob = bytearray(sealed(kms, key))
    blob[1:17] = os.urandom(16)
    with refused("AccessDeniedException", REFUSED_BLOB):
        kms.decrypt(CiphertextBlob=bytes(blob))


def test_bytes_are_base64_on_the_wire(raw_kms, key):
    for text in ("*", "a", "YQ", "=YQ=", "é"):
        answer = raw_kms("Encrypt", {"KeyId": key["KeyId"], "Plaintext": text})
        assert (answer.status, answer.code or answer.json["__type"]) == (400, "SerializationException") or answer.json["__type"] == "SerializationException", answer.body
    answer = raw_kms("Encrypt", {"KeyId": key["KeyId"], "Plaintext": base64.b64encode(b"x").decode()})
    assert base64.b64decode(answer.json["CiphertextBlob"], validate=True)


# --- dry runs ----------------------------------------------------------------------------------------------------------------------


def dry_runs(kms, key):
    blob = sealed(kms, key)
    grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::000000000000:user/dry", Operations=["Decrypt"])
    identifier = {"KeyId": key["Arn"], "GrantId": grant["GrantId"]}
    return {
        "encrypt": {"KeyId": key["KeyId"], "Plaintext": b"x"}, "decrypt": {"CiphertextBlob": blob}, "re_encrypt": {"CiphertextBlob": blob, "DestinationKeyId": key["KeyId"]}, "generate_data_key": {"KeyId": key["KeyId"], "KeySpec": "AES_256"},
        "generate_data_key_without_plaintext": {"KeyId": key["KeyId"], "KeySpec": "AES_256"}, "create_grant": {"KeyId": key["KeyId"], "GranteePrincipal": "arn:aws:iam::000000000000:user/dry", "Operations": ["Encrypt"]},
        "revoke_grant": identifier, "retire_grant": identifier,
    }  # fmt: skip


def test_dry_runs_do_nothing(kms, key):
    requests = dry_runs(kms, key)
    count = len(kms.list_grants(KeyId=key["KeyId"])["Grants"])
    for operation, others in requests.items():
        with refused("DryRunOperationException", DRY, exactly=True):
            getattr(kms, operation)(**others, DryRun=True)
    assert len(kms.list_grants(KeyId=key["KeyId"])["Grants"]) == count
    for operation in ("encrypt", "decrypt", "generate_data_key"):
        getattr(kms, operation)(**requests[operation], DryRun=False)


def test_a_dry_run_fails_as_the_run_would(kms):
    key = kms.create_key()["KeyMetadata"]
    blob = sealed(kms, key)
    with refused("InvalidCiphertextException", "", exactly=True):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"}, DryRun=True)
    kms.disable_key(KeyId=key["KeyId"])
    with refused("DisabledException", f"{key['Arn']} is disabled."):
        kms.decrypt(CiphertextBlob=blob, DryRun=True)
    with refused("DisabledException", f"{key['Arn']} is disabled."):
        kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", DryRun=True)


# --- MACs ---------------------------------------------------------------------------------------------------------------------------

BITS = [224, 256, 384, 512]


@pytest.fixture(scope="module")
def mac_keys(kms):
    return {bits: kms.create_key(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"] for bits in BITS}


@pytest.mark.parametrize("bits", BITS)
def test_macs(kms, mac_keys, bits):
    key = mac_keys[bits]
    assert (key["KeySpec"], key["KeyUsage"], key["MacAlgorithms"]) == (f"HMAC_{bits}", "GENERATE_VERIFY_MAC", [f"HMAC_SHA_{bits}"])
    assert not key.keys() & {"EncryptionAlgorithms", "SigningAlgorithms"}
    algorithm = {"KeyId": key["KeyId"], "MacAlgorithm": f"HMAC_SHA_{bits}"}
    for message in (b"x", b"m" * 4096):
        made = kms.generate_mac(**algorithm, Message=message)
        assert (len(made["Mac"]), made["KeyId"], made["MacAlgorithm"]) == (bits // 8, key["Arn"], f"HMAC_SHA_{bits}")
        assert kms.generate_mac(**algorithm, Message=message)["Mac"] == made["Mac"]
        verified = kms.verify_mac(**algorithm, Message=message, Mac=made["Mac"])
        assert (verified["MacValid"], verified["KeyId"], verified["MacAlgorithm"]) == (True, key["Arn"], f"HMAC_SHA_{bits}")
        for wrong in (made["Mac"][:-1] + bytes([made["Mac"][-1] ^ 1]), made["Mac"][:-1], b"x"):
            with refused("KMSInvalidMacException", "", exactly=True):
                kms.verify_mac(**algorithm, Message=message, Mac=wrong)
    with refused("DryRunOperationException", DRY):
        kms.generate_mac(**algorithm, Message=b"x", DryRun=True)
    with invalid(constraint(None, "message", "have length less than or equal to 4096")):
        kms.generate_mac(**algorithm, Message=b"m" * 4097)
    other = next(each for each in BITS if each != bits)
    with refused("InvalidKeyUsageException", f"Algorithm HMAC_SHA_{other} is incompatible with key spec HMAC_{bits}."):
        kms.generate_mac(KeyId=key["KeyId"], MacAlgorithm=f"HMAC_SHA_{other}", Message=b"x")


def test_keys_do_what_they_are_for(kms, key, mac_keys):
    with refused("InvalidKeyUsageException", f"{key['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."):
        kms.generate_mac(KeyId=key["KeyId"], MacAlgorithm="HMAC_SHA_256", Message=b"x")
    mac_key = mac_keys[256]
    with refused("InvalidKeyUsageException", f"{mac_key['Arn']} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt."):
        kms.encrypt(KeyId=mac_key["KeyId"], Plaintext=b"x")
    with refused("InvalidKeyUsageException", f"{mac_key['Arn']} key usage is GENERATE_VERIFY_MAC which is not valid for GenerateDataKey."):
        kms.generate_data_key(KeyId=mac_key["KeyId"], KeySpec="AES_256")
    with refused("UnsupportedOperationException", ANY):
        kms.rotate_key_on_demand(KeyId=mac_key["KeyId"])


def test_a_disabled_mac_key(kms):
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    with refused("DisabledException", f"{key['Arn']} is disabled."):
        kms.generate_mac(KeyId=key["KeyId"], MacAlgorithm="HMAC_SHA_256", Message=b"x")


@pytest.mark.parametrize("others", [{"KeySpec": "HMAC_256", "KeyUsage": "ENCRYPT_DECRYPT"}, {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "GENERATE_VERIFY_MAC"}])
def test_uses_that_no_such_key_has(kms, others):
    with invalid(re.compile(".+")):
        kms.create_key(**others)
