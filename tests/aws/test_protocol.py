"""What is on the wire, for both services: heads, error bodies, signatures, limits, and what is no request at all."""

import gzip
import json
import re
import socket
import uuid
import zlib

import pytest

from wire import TARGETS, TYPES, Wire, exchange

SERVICES = ["dynamodb", "kms"]
HARMLESS = {"dynamodb": "ListTables", "kms": "ListKeys"}
SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@pytest.fixture(params=SERVICES)
def wire(request, service):
    return Wire(service, request.param)


def ask(wire, body=b"{}", **others):
    others.setdefault("operation", HARMLESS[wire.service])
    return wire.send(body, **others)


def test_an_answer(wire):
    answer = ask(wire)
    assert answer.status == 200 and isinstance(answer.json, dict)
    assert answer.headers["content-type"] == TYPES[wire.service]
    assert int(answer.headers["content-length"]) == len(answer.body)
    identifier = answer.headers["x-amzn-requestid"]
    if wire.service == "dynamodb":
        assert re.fullmatch("[A-Z0-9]{52}", identifier)
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)
    else:
        assert str(uuid.UUID(identifier)) == identifier
        assert "x-amz-crc32" not in answer.headers
    assert ask(wire).headers["x-amzn-requestid"] != identifier


@pytest.mark.parametrize("service_name", SERVICES)
def test_a_date_that_the_application_sets(service, service_name):
    client, operation = service.client(service_name), HARMLESS[service_name]
    dates = []

    def set_date(request, **_):
        request.headers["Date"] = "any: botocore writes its own, and signs that"

    def note(request, **_):
        dates.append((request.headers["Date"], request.headers.get("X-Amz-Date")))

    client.meta.events.register(f"before-sign.{service_name}.{operation}", set_date)
    client.meta.events.register(f"before-send.{service_name}.{operation}", note)
    client.list_tables() if service_name == "dynamodb" else client.list_keys()
    [(date, own)] = dates
    date = date if isinstance(date, str) else date.decode()
    assert date.endswith((" -0000", " GMT")) and own is None


def test_a_refusal_has_them_too(wire):
    answer = ask(wire, b'{"Limit": 0}')
    assert (answer.status, answer.code, answer.headers["content-type"]) == (400, "ValidationException", TYPES[wire.service])
    assert answer.headers["x-amzn-requestid"]
    if wire.service == "dynamodb":
        assert answer.namespace == "com.amazon.coral.validate"
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)


@pytest.mark.parametrize("operation, body, namespace, code", [
    ("DescribeTable", {"TableName": "Nowhere"}, "com.amazonaws.dynamodb.v20120810", "ResourceNotFoundException"), ("GetItem", {}, "com.amazon.coral.validate", "ValidationException"),
    ("Nothing", {}, "com.amazon.coral.service", "UnknownOperationException"), ("ListTables", b"{", "com.amazon.coral.service", "SerializationException"),
])  # fmt: skip
def test_codes_have_a_namespace(raw, operation, body, namespace, code):
    answer = raw(operation, body)
    assert (answer.status, answer.json["__type"]) == (400, f"{namespace}#{code}")


@pytest.mark.parametrize("operation", ["CreateAlias", "DisableKey", "EnableKey", "DeleteAlias"])
def test_operations_without_output_have_an_empty_body(raw_kms, kms, operation):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/x{key}", TargetKeyId=key)
    body = {"KeyId": key, "AliasName": f"alias/{'x' if operation == 'DeleteAlias' else 'y'}{key}", "TargetKeyId": key}
    answer = raw_kms(operation, body)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


# --- what is no request ----------------------------------------------------------------------------------------------------


def test_an_unknown_operation(wire):
    for operation in ("Nothing", "", "listtables", "ListTables2", "List Tables", "x" * 1000):
        answer = ask(wire, operation=operation)
        assert (answer.status, answer.code, answer.message) == (400, "UnknownOperationException", None), operation


@pytest.mark.parametrize("target", ["ListTables", "DynamoDB.ListTables", "DynamoDB_20111205.ListTables", ".ListTables", "x", ""])
def test_an_unknown_target(wire, target):
    answer = ask(wire, headers={"X-Amz-Target": target})
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_no_target(wire):
    answer = ask(wire, headers={"X-Amz-Target": None})
    assert answer.status in (400, 404) and b"UnknownOperationException" in answer.body


@pytest.mark.parametrize("body", [b"", b"{", b"}", b"nonsense", b"null", b"[]", b'"a"', b"{}{}", b"{'a': 1}", b'{"a": 01}', b'{"a": 1,}', b"\xff\xfe", b'{"a": "\xff"}', b'{"a": NaN}', b'{"a"}', b'{"a": \'b\'}', b"\x00"])
def test_a_body_that_is_no_json_object(wire, body):
    answer = ask(wire, body)
    assert (answer.status, answer.code) == (400, "SerializationException"), answer.body


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
def test_a_body_that_is_nested_deeply(wire, depth):
    for body in (b'{"a":' * depth + b"1" + b"}" * depth, b'{"a":' + b"[" * depth + b"]" * depth + b"}", b"[" * depth):
        answer = ask(wire, body)
        assert answer.status in (200, 400, 413), depth
        if answer.status == 400:
            assert answer.code in ("SerializationException", "ValidationException")
    assert ask(wire).status == 200


def test_unknown_members_are_ignored(wire):
    assert ask(wire, b'{"Unheard": {"of": [1, 2, {"a": null}]}, "NeverTo": 1e400}').status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_methods_and_paths(wire, method):
    answer = exchange(wire.address, method, "/", {}, None)
    if method == "GET" and wire.service == "dynamodb":
        assert (answer.status, answer.body.decode()) == (200, f"healthy: dynamodb.{wire.keystead.region}.amazonaws.com ")
    elif method == "GET":
        assert answer.status in (200, 404)
    else:
        assert answer.status == 404
        assert method == "HEAD" or answer.body == b"<UnknownOperationException/>\n"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "x"])
def test_other_content_types(wire, content_type):
    answer = ask(wire, headers={"Content-Type": content_type})
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


# --- limits -----------------------------------------------------------------------------------------------------------------

LIMIT = 16 * 1024 * 1024


def test_a_body_beyond_16_megabytes(raw):
    answer = raw.send(b'{"a": "' + b"x" * LIMIT + b'"}')
    assert (answer.status, answer.body) == (413, b"")
    assert raw.send(b'{"a": "' + b"x" * (LIMIT - 9) + b'"}').status == 200


def test_a_body_that_says_it_is_large_is_not_read(wire):
    host, port = wire.address.rsplit(":", 1)
    head = wire.signed("POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.{HARMLESS[wire.service]}"}, b"{}")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        lines = [f"{name}: {value}" for name, value in head.items()] + [f"Host: {wire.address}", f"Content-Length: {10**12}"]
        connection.sendall(("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
        assert b"413" in connection.recv(64)


def test_large_heads(wire):
    try:
        assert ask(wire, headers={"X-Large": "x" * 100_000}).status in (400, 413, 431)
    except ConnectionError:
        pass  # answered and closed while the head was still being sent
    assert ask(wire).status == 200


def test_a_compressed_body(wire):
    good = gzip.compress(b"{}")
    assert ask(wire, good, headers={"Content-Encoding": "gzip"}).status == 200
    assert ask(wire, b"{}", headers={"Content-Encoding": "gzip"}).status == 400
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    assert ask(wire, bomb, headers={"Content-Encoding": "gzip"}).status == 413
    assert ask(wire).status == 200


# --- signatures ---------------------------------------------------------------------------------------------------------------


def refused(answer, code, status=None):
    assert answer.code == code, answer.body
    assert answer.status in ((400, 403) if status is None else (status,))
    return answer.message


def test_an_unsigned_request(wire):
    assert refused(ask(wire, sign=False), "MissingAuthenticationTokenException") == "Request is missing Authentication Token"


def test_a_wrong_secret(wire):
    assert refused(ask(wire, secret="not-the-secret"), "InvalidSignatureException") == SIGNATURE


def test_an_unknown_key(wire):
    assert refused(ask(wire, key="AKIANOBODY00000000XX"), "UnrecognizedClientException") == "The security token included in the request is invalid."


@pytest.mark.parametrize("skew", [-16 * 60, 16 * 60, -86_400, 86_400 * 365])
def test_a_clock_that_is_wrong(wire, skew):
    message = refused(ask(wire, skew=skew), "InvalidSignatureException")
    assert message.startswith("Signature expired: " if skew < 0 else "Signature not yet current: "), message


@pytest.mark.parametrize("skew", [-14 * 60, 14 * 60])
def test_a_clock_that_is_a_little_wrong(wire, skew):
    assert ask(wire, skew=skew).status == 200


@pytest.mark.parametrize("signing", [{"service": "s3"}, {"region": "eu-north-1"}, {"service": "dynamodb2"}])
def test_another_scope(wire, signing):
    answer = ask(wire, **signing)
    assert answer.status in (400, 403) and answer.code in ("InvalidSignatureException", "IncompleteSignatureException"), answer.body


def altered(name, change):
    def alter(headers):
        key = next(key for key in headers if key.lower() == name)
        headers[key] = change(headers[key])

    return alter


@pytest.mark.parametrize("name, change", [
    ("authorization", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")), ("authorization", lambda value: re.sub("Signature=.*", "Signature=" + "0" * 64, value)), ("authorization", lambda value: re.sub("Signature=.*", "Signature=", value)),
    ("authorization", lambda value: value.upper()), ("authorization", lambda value: value.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512")), ("authorization", lambda value: re.sub("SignedHeaders=[^,]*, ", "", value)), ("authorization", lambda value: re.sub("Credential=[^,]*, ", "", value)),
    ("authorization", lambda value: re.sub(", Signature=.*", "", value)), ("authorization", lambda value: re.sub("SignedHeaders=[^,]*", "SignedHeaders=host", value)), ("authorization", lambda value: value.replace("/aws4_request", "/aws5_request")),
    ("authorization", lambda value: value + ", Signature=" + "0" * 64), ("authorization", lambda value: "AWS4-HMAC-SHA256"), ("authorization", lambda value: "Bearer x"), ("authorization", lambda value: ""), ("authorization", lambda value: "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature="),
    ("x-amz-date", lambda value: "20200101T000000Z"), ("x-amz-date", lambda value: "nonsense"), ("x-amz-date", lambda value: ""), ("x-amz-target", lambda value: value[:-1]),
], ids=range(19))  # fmt: skip
def test_an_altered_head(wire, name, change):
    answer = ask(wire, change=altered(name, change))
    assert answer.status in (400, 403), answer.body
    assert answer.code in ("InvalidSignatureException", "IncompleteSignatureException", "MissingAuthenticationTokenException", "UnrecognizedClientException", "UnknownOperationException"), answer.body


def test_an_altered_body(wire):
    head = wire.signed("POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.{HARMLESS[wire.service]}"}, b"{}")
    for body in (b"{ }", b'{"Limit": 1}'):
        assert refused(exchange(wire.address, "POST", "/", head, body), "InvalidSignatureException") == SIGNATURE


def test_a_body_that_only_claims_its_hash(wire):
    import hashlib

    head = wire.signed("POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.{HARMLESS[wire.service]}", "X-Amz-Content-Sha256": hashlib.sha256(b"{}").hexdigest()}, b"{}")
    refused(exchange(wire.address, "POST", "/", head, b'{"Limit": 1}'), "InvalidSignatureException")
    head = wire.signed("POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.{HARMLESS[wire.service]}", "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}, b"{}")
    assert exchange(wire.address, "POST", "/", head, b'{"Limit": 1}').status in (400, 403)


def test_a_session_token_that_nobody_gave(wire):
    answer = ask(wire, token="a-token")
    assert (answer.status, answer.code) == (400, "UnrecognizedClientException")


def test_secrets_are_in_no_answer(wire):
    for answer in (ask(wire, secret="not-the-secret"), ask(wire, key="AKIANOBODY00000000XX"), ask(wire, sign=False)):
        text = answer.body.decode() + json.dumps(answer.headers)
        assert wire.keystead.secret not in text and "not-the-secret" not in text


def test_a_request_without_a_signature_says_nothing_of_what_is_there(wire, hashed):
    there = exchange(wire.address, "POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.DescribeTable"}, json.dumps({"TableName": hashed}).encode())
    not_there = exchange(wire.address, "POST", "/", {"Content-Type": TYPES[wire.service], "X-Amz-Target": f"{TARGETS[wire.service]}.DescribeTable"}, json.dumps({"TableName": "Nowhere"}).encode())
    assert (there.status, there.body) == (not_there.status, not_there.body)


# --- one endpoint for both ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service_name", SERVICES)
def test_one_endpoint_is_enough(service, service_name):
    other = service.tables_address if service_name == "kms" else service.kms_address
    client = service.client(service_name, endpoint_url=f"http://{other}")
    if service_name == "kms":
        key = client.create_key()["KeyMetadata"]
        assert service.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] == key
    else:
        assert client.list_tables()["TableNames"] == service.client("dynamodb").list_tables()["TableNames"]
