"""Requests byte by byte, signed as botocore signs them: for what no client sends."""

import datetime
import http.client
import json
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGETS = {"dynamodb": "DynamoDB_20120810", "kms": "TrentService"}
TYPES = {"dynamodb": "application/x-amz-json-1.0", "kms": "application/x-amz-json-1.1"}


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["__type"].rpartition("#")[2]

    @property
    def namespace(self):
        return self.json["__type"].rpartition("#")[0]

    @property
    def message(self):
        """None where the body has no text."""
        return self.json.get("message", self.json.get("Message"))


class Wire:
    """Sends to one service of a Keystead."""

    def __init__(self, keystead, service):
        self.keystead, self.service = keystead, service
        self.address = keystead.kms_address if service == "kms" else keystead.tables_address

    def __call__(self, operation, body, **others):
        return self.send(json.dumps(body) if not isinstance(body, (str, bytes)) else body, operation, **others)

    def send(self, body=b"{}", operation="ListTables", method="POST", path="/", headers=None, sign=True, change=None, **signing):
        """A request with these headers beside its own (None takes one away), signed; `change` may then alter the headers."""
        body = body.encode() if isinstance(body, str) else body
        head = {"Content-Type": TYPES[self.service], "X-Amz-Target": f"{TARGETS[self.service]}.{operation}", **(headers or {})}
        head = {name: value for name, value in head.items() if value is not None}
        if sign:
            head = self.signed(method, path, head, body, **signing)
        if change:
            change(head)
        return exchange(self.address, method, path, head, body)

    def signed(self, method, path, headers, body, key=None, secret=None, service=None, region=None, skew=0, token=None):
        keystead = self.keystead
        credentials = Credentials(key or keystead.access_key, secret or keystead.secret, token)
        request = AWSRequest(method, f"http://{self.address}{path}", headers, body)
        signer = At(credentials, service or self.service, region or keystead.region, skew)
        signer.add_auth(request)
        return dict(request.headers.items())


class At(SigV4Auth):
    """Signs as at another time, by so many seconds."""

    def __init__(self, credentials, service, region, skew):
        super().__init__(credentials, service, region)
        self.skew = skew

    def add_auth(self, request):
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.skew)
        request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        self._inject_signature_to_request(request, self.signature(self.string_to_sign(request, canonical), request))


def exchange(address, method, path, headers, body, timeout=60):
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()
