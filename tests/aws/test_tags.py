"""Tags of tables."""

import re

import pytest

from asking import constraint, invalid, refused


@pytest.fixture
def arn(service, make_table):
    return service.table_arn(make_table(pk="S"))


def tags(db, arn):
    return {tag["Key"]: tag["Value"] for page in db.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn) for tag in page["Tags"]}


def pairs(**named):
    return [{"Key": key, "Value": value} for key, value in named.items()]


def test_tags_come_and_go(db, arn):
    assert tags(db, arn) == {}
    db.tag_resource(ResourceArn=arn, Tags=pairs(a="1", b=""))
    db.tag_resource(ResourceArn=arn, Tags=pairs(a="2", ä="日"))
    assert tags(db, arn) == {"a": "2", "b": "", "ä": "日"}
    db.untag_resource(ResourceArn=arn, TagKeys=["a", "nothing"])
    assert tags(db, arn) == {"b": "", "ä": "日"}


def test_a_table_is_made_with_tags(db, service, make_table):
    table = make_table(pk="S", others={"Tags": pairs(a="1")}.items())
    assert tags(db, service.table_arn(table)) == {"a": "1"}


def test_50_are_the_most(db, arn):
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{at}", "Value": "v"} for at in range(50)])
    assert len(tags(db, arn)) == 50
    db.tag_resource(ResourceArn=arn, Tags=pairs(k0="other"))
    with invalid("Number of Tags exceed the current limit for the provided ResourceArn"):
        db.tag_resource(ResourceArn=arn, Tags=pairs(one_more="v"))


def test_many_come_in_pages(db, arn):
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{at}", "Value": "v"} for at in range(30)])
    found, request, pages = [], {"ResourceArn": arn}, 0
    while True:
        page = db.list_tags_of_resource(**request)
        found += [tag["Key"] for tag in page["Tags"]]
        pages += 1
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert sorted(found) == sorted(f"k{at}" for at in range(30))


@pytest.mark.parametrize("given, text", [
    ([], "Atleast one Tag needs to be provided as Input."), (pairs(**{"aws:x": "1"}), "Tag Key cannot be prefixed with aws:, Key: aws:x"),
    (pairs(k="1") + pairs(k="2"), "Duplicate Tag Keys provided as input: Duplicate Tag Key found k"), ([{"Key": "", "Value": "v"}], constraint("", "tags.1.member.key", "have length greater than or equal to 1")),
    ([{"Key": "k" * 129, "Value": "v"}], constraint("k" * 129, "tags.1.member.key", "have length less than or equal to 128")), ([{"Key": "k", "Value": "v" * 257}], constraint("v" * 257, "tags.1.member.value", "have length less than or equal to 256")),
    ([{"Key": "k"}], re.compile("1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null")),
])  # fmt: skip
def test_tags_that_are_none(db, arn, given, text):
    with invalid(text):
        db.tag_resource(ResourceArn=arn, Tags=given)
    assert tags(db, arn) == {}


def test_untagging_needs_keys(db, arn):
    with invalid("Atleast one Tag Key needs to be provided as Input."):
        db.untag_resource(ResourceArn=arn, TagKeys=[])


def test_a_table_that_is_not_there(db, service):
    arn = service.table_arn("Nowhere")
    for request in (lambda: db.tag_resource(ResourceArn=arn, Tags=pairs(a="1")), lambda: db.untag_resource(ResourceArn=arn, TagKeys=["a"]), lambda: db.list_tags_of_resource(ResourceArn=arn)):
        with refused("ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn} not found", exactly=True):
            request()
