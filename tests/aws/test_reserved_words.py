"""The 573 words that may not stand for an attribute name, in each kind of expression and in any case, and how else to write them."""

import re
from pathlib import Path

import pytest

from asking import S, expression, invalid

WORDS = Path(__file__).with_name("reserved_words.txt").read_text().split()
# Words that are also part of the language itself: where a name is expected they do not read as one.
SYNTAX = {"AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE"}


def _either(kind, word):
    text = f"Invalid {kind}Expression: (Syntax error; token: .*|Attribute name is a reserved keyword; reserved keyword: {word})"
    return re.compile(f"(1 validation error detected: )?{text}")


def test_there_are_573():
    assert len(WORDS) == len(set(WORDS)) == 573


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_refused_as_a_name(db, hashed, word):
    spellings = [word, word.lower(), word.title()]
    key, value = {"pk": S("reserved")}, {":v": S("x")}
    one_key = {"TableName": hashed, "Key": key}
    requests = [
        ("Condition", lambda w: db.delete_item(**one_key, ConditionExpression=f"{w} = :v", ExpressionAttributeValues=value)),
        ("Condition", lambda w: db.delete_item(**one_key, ConditionExpression=f"a.{w} = :v", ExpressionAttributeValues=value)),
        ("Filter", lambda w: db.scan(TableName=hashed, FilterExpression=f"{w} = :v", ExpressionAttributeValues=value)),
        ("Projection", lambda w: db.get_item(**one_key, ProjectionExpression=f"pk, {w}")),
        ("Projection", lambda w: db.get_item(**one_key, ProjectionExpression=f"a[1].{w}")),
        ("Update", lambda w: db.update_item(**one_key, UpdateExpression=f"SET {w} = :v", ExpressionAttributeValues=value)),
        ("Update", lambda w: db.update_item(**one_key, UpdateExpression=f"REMOVE {w}")),
        ("KeyCondition", lambda w: db.query(TableName=hashed, KeyConditionExpression=f"{w} = :v", ExpressionAttributeValues=value)),
    ]
    for at, (kind, request) in enumerate(requests):
        written = spellings[at % 3]
        if word in SYNTAX:
            with invalid(_either(kind, written)):
                request(written)
        else:
            with invalid(expression(kind, f"Attribute name is a reserved keyword; reserved keyword: {written}")):
                request(written)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_a_name_behind_a_placeholder(db, hashed, word):
    key = {"pk": S(f"as-{word}")}
    answer = db.update_item(
        TableName=hashed,
        Key=key,
        UpdateExpression="SET #w = :v",
        ConditionExpression="attribute_not_exists(#w)",
        ExpressionAttributeNames={"#w": word.lower()},
        ExpressionAttributeValues={":v": S("x")},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {word.lower(): S("x")}


@pytest.mark.parametrize("word", ["ARTIST", "SongTitle", "ttl2", "name_", "names1", "sizes", "statuses", "pk", "Awards", "Price", "Id"])
def test_other_words_are_not(db, hashed, word):
    db.scan(TableName=hashed, FilterExpression=f"{word} = :v" if word != "pk" else "size(pk) > :v", ExpressionAttributeValues={":v": {"N": "1"}})


def test_a_reserved_word_is_found_before_an_undefined_placeholder(db, hashed):
    with invalid(expression("Condition", "Attribute name is a reserved keyword; reserved keyword: Name")):
        db.delete_item(TableName=hashed, Key={"pk": S("x")}, ConditionExpression="#a = :b AND Name = :c", ExpressionAttributeValues={":b": S("x")})
