//! Promise: an application that reads and writes items with the SDK does so here without a change: every type, expressions,
//! typed errors, paginators and batches.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::RequestId as _;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, DeleteRequest, KeySchemaElement, KeyType,
    KeysAndAttributes, PutRequest, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
    ScalarAttributeType, Select, WriteRequest,
};
use sdk_tests::{Services, assert_says};

type Item = HashMap<String, AttributeValue>;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item<const N: usize>(members: [(&str, AttributeValue); N]) -> Item {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn key(partition: &str, sort: u32) -> Item {
    item([("pk", s(partition)), ("sk", n(sort))])
}

/// A service with the table `Items` of a string `pk` and a number `sk`.
async fn services() -> Services {
    let services = Services::start().await;
    let attribute = |name: &str, kind: ScalarAttributeType| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build()
            .expect("a definition")
    };
    let element = |name: &str, role: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().expect("an element")
    };
    let create = services
        .tables
        .create_table()
        .table_name("Items")
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .attribute_definitions(attribute("sk", ScalarAttributeType::N))
        .key_schema(element("pk", KeyType::Hash))
        .key_schema(element("sk", KeyType::Range))
        .billing_mode(BillingMode::PayPerRequest);
    create.send().await.expect("the table is made");
    services
}

async fn put(tables: &Client, item: Item) {
    tables.put_item().table_name("Items").set_item(Some(item)).send().await.expect("written");
}

async fn get(tables: &Client, key: Item) -> Option<Item> {
    let get = tables.get_item().table_name("Items").set_key(Some(key)).consistent_read(true);
    get.send().await.expect("read").item
}

#[tokio::test]
async fn every_type_is_read_as_it_was_written() {
    let services = services().await;
    let tables = &services.tables;
    let blob = |bytes: &[u8]| AttributeValue::B(Blob::new(bytes));
    let mut written = key("types", 1);
    written.extend(item([
        ("empty", s("")),
        ("text", s("a\u{0}\"\\\n\u{10FFFF}")),
        ("number", n("-1234567890123456789012345678901234567.8")),
        ("tiny", n("0.00001")),
        ("bytes", blob(&[0, 255, 1])),
        ("nothing", blob(&[])),
        ("truth", AttributeValue::Bool(false)),
        ("null", AttributeValue::Null(true)),
        (
            "list",
            AttributeValue::L(vec![
                s("x"),
                AttributeValue::L(vec![]),
                AttributeValue::M(item([("y", n(1))])),
            ]),
        ),
        ("map", AttributeValue::M(item([("inner name", AttributeValue::Null(true))]))),
        ("texts", AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()])),
        ("numbers", AttributeValue::Ns(vec!["1".to_owned(), "2.5".to_owned()])),
        ("blobs", AttributeValue::Bs(vec![Blob::new(*b"a"), Blob::new(*b"b")])),
    ]));
    put(tables, written.clone()).await;
    assert_eq!(get(tables, key("types", 1)).await, Some(written));
    assert_eq!(get(tables, key("types", 2)).await, None);
}

#[tokio::test]
async fn a_condition_that_fails_is_a_typed_error_with_the_item() {
    let services = services().await;
    let tables = &services.tables;
    let mut there = key("a", 1);
    there.insert("v".to_owned(), n(1));
    put(tables, there.clone()).await;
    let all_old = ReturnValuesOnConditionCheckFailure::AllOld;

    let write = || {
        let write = tables.put_item().table_name("Items").set_item(Some(key("a", 1)));
        write.condition_expression("attribute_not_exists(#p)").expression_attribute_names("#p", "pk")
    };
    let refused = write().return_values_on_condition_check_failure(all_old.clone()).send().await;
    let refused = refused.expect_err("it is there").into_service_error();
    assert!(refused.is_conditional_check_failed_exception(), "{refused:?}");
    assert_says(&refused, "ConditionalCheckFailedException", "The conditional request failed");
    let PutItemError::ConditionalCheckFailedException(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.item(), Some(&there));
    let refused = write().send().await.expect_err("it is there").into_service_error();
    let PutItemError::ConditionalCheckFailedException(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.item(), None, "nobody asked for it");

    let update = tables.update_item().table_name("Items").set_key(Some(key("a", 1)));
    let update = update.update_expression("SET v = v + :one").condition_expression("v > :five");
    let update = update.expression_attribute_values(":one", n(1)).expression_attribute_values(":five", n(5));
    let refused = update.return_values_on_condition_check_failure(all_old.clone()).send().await;
    let refused = refused.expect_err("1 is not more than 5").into_service_error();
    let UpdateItemError::ConditionalCheckFailedException(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.item(), Some(&there));

    let delete = tables.delete_item().table_name("Items").set_key(Some(key("a", 1)));
    let delete = delete.condition_expression("contains(v, :x)").expression_attribute_values(":x", s("x"));
    let refused = delete.return_values_on_condition_check_failure(all_old).send().await;
    let refused = refused.expect_err("a number contains nothing").into_service_error();
    let DeleteItemError::ConditionalCheckFailedException(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.item(), Some(&there));
    assert_eq!(get(tables, key("a", 1)).await, Some(there), "nothing was changed");
}

#[tokio::test]
async fn updates_say_what_was_and_what_is() {
    let services = services().await;
    let tables = &services.tables;
    let update = |expression: &str| {
        let update = tables.update_item().table_name("Items").set_key(Some(key("u", 1)));
        update.update_expression(expression)
    };
    let made = update("SET #n = if_not_exists(#n, :zero) + :one, tags = :tags, deep = :deep")
        .expression_attribute_names("#n", "count")
        .expression_attribute_values(":zero", n(0))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":tags", AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]))
        .expression_attribute_values(
            ":deep",
            AttributeValue::M(item([("kernel", AttributeValue::L(vec![n(1)]))])),
        )
        .return_values(ReturnValue::AllNew);
    let made = made.send().await.expect("made").attributes.expect("asked for");
    assert_eq!((made.get("count"), made.len()), (Some(&n(1)), 5));

    let changed =
        update("SET deep.kernel[1] = :two, #n = #n + :two REMOVE absent ADD grandtotal :two DELETE tags :b")
            .expression_attribute_names("#n", "count")
            .expression_attribute_values(":two", n(2))
            .expression_attribute_values(":b", AttributeValue::Ss(vec!["b".to_owned()]));
    let changed = changed.return_values(ReturnValue::UpdatedNew).send().await.expect("changed");
    let changed = changed.attributes.expect("asked for");
    assert_eq!((changed.get("count"), changed.get("grandtotal")), (Some(&n(3)), Some(&n(2))));
    assert_eq!(changed.get("tags"), Some(&AttributeValue::Ss(vec!["a".to_owned()])));

    let old = update("SET #n = :x").expression_attribute_names("#n", "count");
    let old = old.expression_attribute_values(":x", s("text")).return_values(ReturnValue::UpdatedOld);
    assert_eq!(old.send().await.expect("changed").attributes, Some(item([("count", n(3))])));

    let wrong = update("ADD #n :one").expression_attribute_names("#n", "count");
    let wrong =
        wrong.expression_attribute_values(":one", n(1)).send().await.expect_err("a text is no number");
    let text = "An operand in the update expression has an incorrect data type";
    assert_says(&wrong.into_service_error(), "ValidationException", text);
    let reserved = update("SET name = :one").expression_attribute_values(":one", n(1)).send().await;
    let reserved = reserved.expect_err("a reserved word").into_service_error();
    let text = "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name";
    assert_says(&reserved, "ValidationException", text);
}

#[tokio::test]
async fn queries_and_scans_are_paginated_filtered_and_projected() {
    let services = services().await;
    let tables = &services.tables;
    for number in 1..=10 {
        let mut written = key("q", number);
        written.extend(item([("even", AttributeValue::Bool(number % 2 == 0)), ("text", s("x"))]));
        put(tables, written).await;
    }
    put(tables, key("other", 1)).await;
    let query = || {
        let query = tables.query().table_name("Items").key_condition_expression("pk = :p AND sk > :s");
        query.expression_attribute_values(":p", s("q")).expression_attribute_values(":s", n(2))
    };
    let sorts =
        |items: &[Item]| items.iter().map(|item| item["sk"].as_n().unwrap().clone()).collect::<Vec<_>>();
    let found = query().limit(3).into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    assert_eq!(sorts(&found.expect("pages")), ["3", "4", "5", "6", "7", "8", "9", "10"]);
    let even = query()
        .filter_expression("even = :t AND attribute_exists(#t)")
        .expression_attribute_names("#t", "text")
        .expression_attribute_values(":t", AttributeValue::Bool(true))
        .projection_expression("sk")
        .scan_index_forward(false)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let even = even.send().await.expect("a page");
    assert_eq!((even.count(), even.scanned_count()), (4, 8));
    assert_eq!(even.items(), [10, 8, 6, 4].map(|number| item([("sk", n(number))])));
    let capacity = even.consumed_capacity().and_then(|capacity| capacity.capacity_units());
    assert!(capacity.is_some_and(|units| units > 0.0), "{even:?}");
    let count = query().select(Select::Count).send().await.expect("a count");
    assert_eq!((count.count(), count.items().len()), (8, 0));

    let all = tables.scan().table_name("Items").limit(4).into_paginator().items().send();
    assert_eq!(all.collect::<Result<Vec<_>, _>>().await.expect("pages").len(), 11);
    let mut parallel = 0;
    for segment in 0..3 {
        let part = tables.scan().table_name("Items").segment(segment).total_segments(3);
        parallel +=
            part.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.expect("pages").len();
    }
    assert_eq!(parallel, 11);
    let wrong = tables.query().table_name("Items").key_condition_expression("sk = :s");
    let wrong = wrong.expression_attribute_values(":s", n(1)).send().await.expect_err("no partition");
    let text = "Query condition missed key schema element: pk";
    assert_says(&wrong.into_service_error(), "ValidationException", text);
}

#[tokio::test]
async fn batches_write_and_read() {
    let services = services().await;
    let tables = &services.tables;
    let put = |number| {
        let put = PutRequest::builder().set_item(Some(key("b", number))).build().expect("a put");
        WriteRequest::builder().put_request(put).build()
    };
    let delete = |number| {
        let delete = DeleteRequest::builder().set_key(Some(key("b", number))).build().expect("a delete");
        WriteRequest::builder().delete_request(delete).build()
    };
    let write =
        |requests: Vec<WriteRequest>| tables.batch_write_item().request_items("Items", requests).send();
    let written = write((1..=25).map(put).collect()).await.expect("written");
    assert_eq!(written.unprocessed_items().map(HashMap::len).unwrap_or_default(), 0);
    write((1..=5).map(delete).collect()).await.expect("deleted");
    let wanted =
        KeysAndAttributes::builder().set_keys(Some((1..=25).map(|number| key("b", number)).collect()));
    let wanted = wanted.projection_expression("sk").consistent_read(true).build().expect("keys");
    let read = tables.batch_get_item().request_items("Items", wanted).send().await.expect("read");
    assert_eq!(read.responses().expect("answers")["Items"].len(), 20);
    assert_eq!(read.unprocessed_keys().map(HashMap::len).unwrap_or_default(), 0);

    let twice = write(vec![put(1), delete(1)]).await.expect_err("one item twice").into_service_error();
    assert_says(&twice, "ValidationException", "Provided list of item keys contains duplicates");
    let many = write((1..=26).map(put).collect()).await.expect_err("too many").into_service_error();
    assert_says(&many, "ValidationException", "Member must have length less than or equal to 25");
    let absent = tables.batch_write_item().request_items("Absent", vec![put(1)]).send().await;
    let absent = absent.expect_err("no table").into_service_error();
    assert!(absent.is_resource_not_found_exception(), "{absent:?}");
}

#[tokio::test]
async fn writes_give_old_values_and_answers_name_their_requests() {
    let services = services().await;
    let tables = &services.tables;
    put(tables, key("r", 1)).await;
    let replaced = tables.put_item().table_name("Items").set_item(Some(key("r", 1)));
    let replaced = replaced.return_values(ReturnValue::AllOld).send().await.expect("written");
    assert_eq!(replaced.attributes(), Some(&key("r", 1)));
    let deleted = tables.delete_item().table_name("Items").set_key(Some(key("r", 1)));
    let deleted = deleted.return_values(ReturnValue::AllOld).send().await.expect("deleted");
    assert_eq!(deleted.attributes(), Some(&key("r", 1)));
    let ids = [replaced.request_id(), deleted.request_id()].map(|id| id.expect("an id").to_owned());
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 52), "{ids:?}");
}

/// A client that signs with another's secret, or with a key that nobody has, is told what AWS tells.
#[tokio::test]
async fn who_does_not_hold_the_secret_is_nobody() {
    let services = services().await;
    let known = services.stack.root_credentials().expect("the root has credentials");
    for (id, secret, code) in [
        (&*known.access_key_id, "another secret", "InvalidSignatureException"),
        ("AKIAIOSFODNN7EXAMPLE", "another secret", "UnrecognizedClientException"),
    ] {
        let credentials = aws_sdk_dynamodb::config::Credentials::new(id, secret, None, None, "tests");
        let config = services.tables.config().to_builder().credentials_provider(credentials).build();
        let refused = Client::from_conf(config).list_tables().send().await.expect_err("nobody");
        assert_says(&refused.into_service_error(), code, "");
    }
}
