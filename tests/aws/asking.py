"""What the tests say again and again: that a request is refused, with which code and text; and what values look like."""

import re
import time
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

OOM = "One or more parameter values were invalid: "
# DynamoDB's newer layer of validation counts what it finds, and Regions differ in what is checked there. So a text is compared
# without it, unless a test writes it down: the texts that are known to be counted, in test_wording.py.
COUNTED = "1 validation error detected: "


class Anything:
    """Equal to any text: where AWS's is not known."""

    def __eq__(self, other):
        return isinstance(other, str)

    def __repr__(self):
        return "any text"


ANY = Anything()


@contextmanager
def refused(code, text, exactly=False, status=400):
    """What is done inside must be refused with this code and this text: a str, a pattern for the whole, or ANY."""
    with pytest.raises(ClientError) as caught:
        yield caught
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer["Error"]
    matches(answer["Error"]["Message"], text, exactly)


def invalid(text, exactly=False):
    return refused("ValidationException", text, exactly)


def matches(said, text, exactly=False):
    if isinstance(text, re.Pattern):
        assert text.fullmatch(said), said
    elif exactly or not isinstance(text, str) or text.startswith(COUNTED):
        assert said == text
    else:
        assert said.removeprefix(COUNTED) == text


def constraint(value, path, rule):
    """The text for one member that breaks a rule of the API's model. A value of hundreds of characters need not be repeated."""
    shown = "Value" if value is None else f"Value '{value}'"
    text = f"{COUNTED}{shown} at '{path}' failed to satisfy constraint: Member must {rule}"
    if len(str(value)) < 100:
        return text
    return re.compile(re.escape(text).replace(re.escape(f" '{value}'"), f"( '{re.escape(value)}')?"))


def expression(kind, text):
    return f"Invalid {kind}Expression: {text}"


def until(seconds, what, test):
    """Waits for what must become so."""
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def S(text):
    return {"S": text}


def N(number):
    return {"N": str(number)}


def B(octets):
    return {"B": octets}


def M(**attributes):
    return {"M": attributes}


def L(*elements):
    return {"L": list(elements)}


def SS(*texts):
    return {"SS": list(texts)}


def NS(*numbers):
    return {"NS": [str(number) for number in numbers]}


def BS(*octets):
    return {"BS": list(octets)}


BOOL, FALSE, NULL = {"BOOL": True}, {"BOOL": False}, {"NULL": True}
# One value of each type.
EACH_TYPE = {
    "S": S("text"), "N": N(1), "B": B(b"octets"), "SS": SS("a"), "NS": NS(1), "BS": BS(b"a"),
    "L": L(S("a")), "M": M(a=S("b")), "BOOL": BOOL, "NULL": NULL,
}  # fmt: skip


def normal(value):
    """A value in which sets have an order, for comparing answers."""
    ((kind, inner),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted(inner)}
    if kind == "L":
        return {kind: [normal(each) for each in inner]}
    if kind == "M":
        return {kind: {name: normal(each) for name, each in inner.items()}}
    return value


def normal_item(item):
    return {name: normal(value) for name, value in item.items()}
