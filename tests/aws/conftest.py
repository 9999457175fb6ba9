"""One keystead for all tests, one table of each kind for each module, and a partition of its own for each test."""

import itertools

import pytest

from keystead import Keystead
from wire import Wire

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def service():
    keystead = Keystead()
    yield keystead
    keystead.stop()


@pytest.fixture(scope="session")
def db(service):
    """A DynamoDB client that sends whatever it is given, once."""
    return service.client("dynamodb")


@pytest.fixture(scope="session")
def kms(service):
    """A KMS client that sends whatever it is given, once."""
    return service.client("kms")


@pytest.fixture(scope="session")
def raw(service):
    """Requests to the table service, byte by byte."""
    return Wire(service, "dynamodb")


@pytest.fixture(scope="session")
def raw_kms(service):
    """Requests to the key-management service, byte by byte."""
    return Wire(service, "kms")


@pytest.fixture
def name():
    """A name that nothing else has."""
    return f"name-{next(_numbers)}"


@pytest.fixture(scope="session")
def make_table(db):
    """make_table(pk="S", sk="N", **others): makes a table with these key attributes and gives its name."""

    def make(others=(), **keys):
        name = f"Table-{next(_numbers)}"
        kinds = zip(keys, ("HASH", "RANGE"))
        request = {
            "TableName": name,
            "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": keys[key]} for key in keys],
            "BillingMode": "PAY_PER_REQUEST",
            **dict(others),
        }
        db.create_table(**request)
        return name

    return make


@pytest.fixture(scope="module")
def hashed(make_table):
    """A table with the partition key `pk`, a text."""
    return make_table(pk="S")


@pytest.fixture(scope="module")
def ranged(make_table):
    """A table with the partition key `pk` and the sort key `sk`, both texts."""
    return make_table(pk="S", sk="S")


class Item:
    """One item of the table `hashed`, and requests about it."""

    def __init__(self, db, table, name):
        self.db, self.table, self.key = db, table, {"pk": {"S": name}}

    def put(self, attributes=None, /, **others):
        request = {"TableName": self.table, "Item": {**self.key, **(attributes or {})}, **others}
        return self.db.put_item(**request)

    def update(self, expression=None, values=None, names=None, **others):
        return self.db.update_item(**self._request("UpdateExpression", expression, values, names, others))

    def delete(self, **others):
        return self.db.delete_item(TableName=self.table, Key=self.key, **others)

    def answer(self, **others):
        return self.db.get_item(TableName=self.table, Key=self.key, **others)

    def get(self, **others):
        """All attributes but the key; None if there is no item."""
        item = self.answer(**others).get("Item")
        return item and {name: value for name, value in item.items() if name != "pk"}

    def holds(self, condition, values=None, names=None):
        """Whether a condition is true of the item as it is."""
        request = self._request("ConditionExpression", condition, values, names, {})
        try:
            self.db.update_item(**request)
        except self.db.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _request(self, member, expression, values, names, others):
        request = {"TableName": self.table, "Key": self.key, **others}
        for name, value in ((member, expression), ("ExpressionAttributeValues", values), ("ExpressionAttributeNames", names)):
            if value is not None:
                request[name] = value
        return request


@pytest.fixture
def item(db, hashed, name):
    return Item(db, hashed, name)


@pytest.fixture(scope="module")
def key(kms):
    """A customer key: its metadata."""
    return kms.create_key(Description="of a test module")["KeyMetadata"]
