"""Numbers: which texts are numbers, how they come back, how they compare, and that arithmetic is exact."""

from decimal import Decimal

import pytest

from asking import L, M, N, NS, S, invalid, refused

OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
DIGITS = "Attempting to store more than 38 significant digits in a Number"

BACK = [
    ("0", "0"), ("-0", "0"), ("0.0", "0"), ("0.000", "0"), ("000", "0"), ("0e125", "0"), ("0E0", "0"), ("-0.0e5", "0"), ("0e-130", "0"),
    ("1", "1"), ("01", "1"), ("+1", "1"), ("-1", "-1"), ("1.0", "1"), ("1.", "1"), (".5", "0.5"), ("-.5", "-0.5"), ("+.5", "0.5"),
    ("0042.1200", "42.12"), ("42.1200", "42.12"), ("100", "100"), ("1e2", "100"), ("1E2", "100"), ("1E+2", "100"), ("1e+02", "100"),
    ("1e-2", "0.01"), ("123.456e2", "12345.6"), ("123.456e3", "123456"), ("123.456e4", "1234560"), ("0.001e3", "1"), ("1e0", "1"),
    ("1E125", "1" + "0" * 125), ("-1E125", "-1" + "0" * 125), ("1E-130", "0." + "0" * 129 + "1"), ("-1E-130", "-0." + "0" * 129 + "1"),
    ("9" * 38, "9" * 38), ("-" + "9" * 38, "-" + "9" * 38), ("9" * 38 + "E88", "9" * 38 + "0" * 88),
    ("9." + "9" * 37 + "E125", "9" * 38 + "0" * 88), ("0." + "9" * 38, "0." + "9" * 38),
    ("1" + "0" * 37, "1" + "0" * 37), ("1" + "0" * 60, "1" + "0" * 60), ("0." + "0" * 60 + "1", "0." + "0" * 60 + "1"),
    ("1." + "0" * 100, "1"), ("0" * 100 + "1", "1"), ("1234567890123456789.0123456789012345678", "1234567890123456789.0123456789012345678"),
    ("3.14159", "3.14159"), ("12345678901234567890", "12345678901234567890"), ("0.1", "0.1"), ("1e-1", "0.1"), ("99.99", "99.99"),
    ("1" + "0" * 125, "1" + "0" * 125), ("10e124", "1" + "0" * 125), ("0.1e126", "1" + "0" * 125), ("10e-131", "0." + "0" * 129 + "1"),
]  # fmt: skip

WRONG = [
    *[(text, f"The parameter cannot be converted to a numeric value: {text}") for text in (
        "", " ", "a", "NaN", "Infinity", "-Infinity", "inf", "nan", "0x10", "1 ", " 1", "1 2", "1,000", "1_000", "--1", "+-1", "-", "+", ".",
        "e5", "1e", "1e+", "1e-", "1e1.5", "1.2.3", "1e5e5", "١", "½", "1\n", "\t1", "1f", "1d", "0b1", "one", "1e99999999999999999999",
        "1e-99999999999999999999", "9223372036854775808e9223372036854775808", "true", "null", "-.", ".e1", "$1", "1%",
    )],
    ("1E126", OVERFLOW), ("-1E126", OVERFLOW), ("9" * 38 + "E89", OVERFLOW), ("10E125", OVERFLOW), ("1E200", OVERFLOW), ("1E1000000", OVERFLOW),
    ("0e126", OVERFLOW), ("1" + "0" * 126, OVERFLOW),
    ("1E-131", UNDERFLOW), ("-1E-131", UNDERFLOW), ("0.1E-130", UNDERFLOW), ("1E-200", UNDERFLOW), ("1E-1000000", UNDERFLOW), ("0e-131", UNDERFLOW),
    ("0." + "0" * 130 + "1", UNDERFLOW),
    ("1" * 39, DIGITS), ("-" + "1" * 39, DIGITS), ("0." + "1" * 39, DIGITS), ("1" * 20 + "." + "1" * 19, DIGITS), ("1" + "0" * 37 + "1", DIGITS),
    ("9" * 39, DIGITS), ("1." + "0" * 37 + "1", DIGITS),
]  # fmt: skip


@pytest.mark.parametrize("sent, back", BACK, ids=[sent[:30] for sent, _ in BACK])
def test_a_number_comes_back_in_its_one_form(item, sent, back):
    item.put({"n": N(sent), "l": L(N(sent)), "m": M(x=N(sent)), "ns": NS(sent)})
    assert item.get() == {"n": N(back), "l": L(N(back)), "m": M(x=N(back)), "ns": NS(back)}
    assert Decimal(back) == Decimal(sent)


@pytest.mark.parametrize("sent, text", WRONG, ids=[repr(sent[:30]) for sent, _ in WRONG])
def test_what_is_no_number_is_refused(item, db, hashed, sent, text):
    for attribute in (N(sent), L(N(sent)), M(x=N(sent)), NS(sent), NS("1", sent)):
        with invalid(text):
            item.put({"n": attribute})
    with invalid(text):
        item.update("SET n = :n", {":n": N(sent)})
    of_old = text.removesuffix(": ")  # where the number is the empty text
    with invalid(f"ExpressionAttributeValues contains invalid value: {of_old} for key :n"):
        db.scan(TableName=hashed, FilterExpression="n = :n", ExpressionAttributeValues={":n": N(sent)})
    with invalid(text):
        db.get_item(TableName=hashed, Key={"pk": N(sent)})
    assert item.get() is None


def test_a_number_has_to_be_a_text_on_the_wire(item, db, hashed):
    with refused("SerializationException", "NUMBER_VALUE cannot be converted to String"):
        db.put_item(TableName=hashed, Item={**item.key, "n": {"N": 1}})


SAME = [("1", "1.0"), ("100", "1e2"), ("0", "-0"), ("0.5", ".50"), ("1E125", "1" + "0" * 125)]


@pytest.mark.parametrize("one, other", SAME)
def test_numbers_are_equal_by_value(item, one, other):
    item.put({"n": N(one), "l": L(N(one)), "ns": NS(one)})
    assert item.holds("n = :n AND l = :l AND ns = :ns AND contains(ns, :n) AND contains(l, :n) AND n IN (:n) AND NOT n <> :n",
                      {":n": N(other), ":l": L(N(other)), ":ns": NS(other)})  # fmt: skip
    with invalid("One or more parameter values were invalid: Input collection contains duplicates."):
        item.put({"ns": NS(one, other)})


ORDER = [
    "-9.9999999999999999999999999999999999999E125", "-1E125", "-1000", "-10", "-9.5", "-1.01", "-1", "-0.5", "-1E-130", "0", "1E-130", "0.01",
    "0.1", "0.5", "1", "1.01", "2", "9", "9.5", "10", "11", "100", "1000", "99999999999999999999", "1E125",
    "9.9999999999999999999999999999999999999E125",
]  # fmt: skip


@pytest.mark.parametrize("at", range(len(ORDER) - 1))
def test_numbers_are_ordered_by_value(item, at):
    low, high = ORDER[at], ORDER[at + 1]
    item.put({"n": N(low)})
    values = {":n": N(high)}
    assert item.holds("n < :n AND n <= :n AND n <> :n AND :n > n AND :n >= n AND NOT n = :n AND NOT n > :n AND NOT n >= :n", values)
    assert item.holds("n BETWEEN :l AND :n AND NOT :n BETWEEN :l AND :l", {":n": N(high), ":l": N(low)})


@pytest.mark.parametrize("descending", [False, True])
def test_sort_keys_are_in_order(db, make_table, descending):
    table = make_table(pk="S", sk="N")
    for number in reversed(ORDER):
        db.put_item(TableName=table, Item={"pk": S("a"), "sk": N(number)})
    answer = db.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": S("a")}, ScanIndexForward=not descending)
    found = [Decimal(each["sk"]["N"]) for each in answer["Items"]]
    assert found == sorted(map(Decimal, ORDER), reverse=descending)


SUMS = [
    ("1", "+", "2", "3"), ("0.1", "+", "0.2", "0.3"), ("1", "-", "1", "0"), ("10", "-", "0.5", "9.5"), ("-1", "+", "1", "0"), ("0", "-", "0", "0"),
    ("1E37", "+", "1", "1" + "0" * 36 + "1"), ("9" * 38, "-", "1", "9" * 37 + "8"), ("9" * 38, "+", "1", "1" + "0" * 38), ("1E125", "-", "1E125", "0"),
    ("1E-130", "+", "1E-130", "0." + "0" * 129 + "2"), ("1E-130", "-", "1E-130", "0"), ("5E124", "+", "5E124", "1" + "0" * 125),
    ("123456789.987654321", "-", "0.987654321", "123456789"), ("-5", "-", "-5", "0"), ("1.50", "+", "1.50", "3"), ("99", "+", "1", "100"),
]  # fmt: skip


@pytest.mark.parametrize("left, sign, right, result", SUMS)
def test_arithmetic_is_exact(item, left, sign, right, result):
    item.put({"n": N(left)})
    item.update(f"SET m = n {sign} :r", {":r": N(right)})
    assert item.get()["m"] == N(result)
    if sign == "+":
        item.update("ADD n :r", {":r": N(right)})
        assert item.get()["n"] == N(result)


@pytest.mark.parametrize("left, sign, right", [("9E125", "+", "9E125"), ("-9E125", "-", "9E125"), ("1E50", "+", "1"), ("1E50", "-", "1"), ("1E125", "+", "1E-130"), ("1E38", "+", "1.5")])
def test_what_does_not_fit_is_refused(item, left, sign, right):
    item.put({"n": N(left)})
    with invalid(OVERFLOW):
        item.update(f"SET n = n {sign} :r", {":r": N(right)})
    assert Decimal(item.get()["n"]["N"]) == Decimal(left)
