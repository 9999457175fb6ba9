//! Promise: an application that makes, changes and deletes tables with the SDK does so here without a change.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::RequestId as _;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ProvisionedThroughput,
    ScalarAttributeType, SseDescription, SseSpecification, SseStatus, SseType, TableClass, TableDescription,
    TableStatus, Tag,
};
use sdk_tests::{Services, assert_says};
use tests::eventually;

/// A waiter or a switch that takes longer is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// The table of the tutorial, to be made.
fn music(tables: &Client, name: &str) -> CreateTableFluentBuilder {
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::S).build().expect("a definition")
    };
    let key = |name: &str, role: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().expect("an element")
    };
    tables
        .create_table()
        .table_name(name)
        .attribute_definitions(attribute("Artist"))
        .attribute_definitions(attribute("SongTitle"))
        .key_schema(key("Artist", KeyType::Hash))
        .key_schema(key("SongTitle", KeyType::Range))
        .billing_mode(BillingMode::PayPerRequest)
}

fn under_kms(key: Option<&str>) -> SseSpecification {
    SseSpecification::builder()
        .enabled(true)
        .sse_type(SseType::Kms)
        .set_kms_master_key_id(key.map(str::to_owned))
        .build()
}

fn owned() -> SseSpecification {
    SseSpecification::builder().enabled(false).build()
}

async fn describe(tables: &Client, name: &str) -> TableDescription {
    let answer = tables.describe_table().table_name(name).send().await.expect("described");
    answer.table.expect("a description")
}

/// Waits until no switch is under way.
async fn settled(tables: &Client, name: &str) -> Option<SseDescription> {
    eventually("the switch is done", STUCK, async || {
        let sse = describe(tables, name).await.sse_description;
        let pending = sse.as_ref().is_some_and(|sse| sse.status() == Some(&SseStatus::Updating));
        (!pending).then_some(sse)
    })
    .await
}

async fn customer_key(services: &Services) -> String {
    let made = services.keys.create_key().send().await.expect("a key");
    made.key_metadata.and_then(|key| key.arn).expect("a key has an ARN")
}

#[tokio::test]
async fn a_table_under_each_kind_of_key_lives_and_dies() {
    let services = Services::start().await;
    let tables = &services.tables;
    let key = customer_key(&services).await;
    let kinds = [
        ("Owned", None),
        ("Default", Some(owned())),
        ("Managed", Some(under_kms(None))),
        ("Customer", Some(under_kms(Some(&key)))),
    ];
    for (name, sse) in kinds {
        let made = music(tables, name).set_sse_specification(sse).send().await.expect("made");
        assert!(made.request_id().is_some_and(|id| id.len() == 52), "{made:?}");
        let made = made.table_description.expect("a description");
        assert_eq!(made.table_status(), Some(&TableStatus::Creating));
        tables.wait_until_table_exists().table_name(name).wait(STUCK).await.expect("the table is there");
        let described = describe(tables, name).await;
        let arn = format!("arn:aws:dynamodb:us-east-1:000000000000:table/{name}");
        assert_eq!((described.table_arn(), described.item_count()), (Some(&*arn), Some(0)));
        assert!(described.creation_date_time().is_some() && described.table_id().is_some());
        assert_eq!(described.key_schema().len(), 2);
        let sse = described.sse_description();
        match name {
            "Owned" | "Default" => assert_eq!(sse, None),
            _ => assert_eq!(sse.and_then(SseDescription::status), Some(&SseStatus::Enabled)),
        }
        let arn = sse.and_then(SseDescription::kms_master_key_arn);
        assert_eq!(arn == Some(&*key), name == "Customer", "{arn:?}");

        let again = music(tables, name).send().await.expect_err("it is there").into_service_error();
        assert!(again.is_resource_in_use_exception(), "{again:?}");
        assert_says(&again, "ResourceInUseException", &format!("Table already exists: {name}"));

        let deleted = tables.delete_table().table_name(name).send().await.expect("deleted");
        let deleted = deleted.table_description.expect("a description");
        assert_eq!(deleted.table_status(), Some(&TableStatus::Deleting));
        tables.wait_until_table_not_exists().table_name(name).wait(STUCK).await.expect("the table is gone");
        let gone = tables.describe_table().table_name(name).send().await.expect_err("it is gone");
        let gone = gone.into_service_error();
        assert!(gone.is_resource_not_found_exception(), "{gone:?}");
        let text = format!("Requested resource not found: Table: {name} not found");
        assert_says(&gone, "ResourceNotFoundException", &text);
    }
}

#[tokio::test]
async fn a_table_moves_from_each_kind_of_key_to_each_other() {
    let services = Services::start().await;
    let tables = &services.tables;
    let (one, two) = (customer_key(&services).await, customer_key(&services).await);
    music(tables, "Music").send().await.expect("made");
    let song = [("Artist", "No One You Know"), ("SongTitle", "Call Me Today")]
        .map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
    let put = tables.put_item().table_name("Music").set_item(Some(song.clone().into()));
    put.send().await.expect("written");
    // Each of the three to each other, and one customer key to another.
    let route = [
        under_kms(None),
        owned(),
        under_kms(Some(&one)),
        under_kms(Some(&two)),
        under_kms(None),
        under_kms(Some(&one)),
        owned(),
    ];
    for sse in route {
        let update = tables.update_table().table_name("Music").sse_specification(sse.clone());
        let updated = update.send().await.expect("a switch").table_description.expect("a description");
        let status = updated.sse_description().and_then(SseDescription::status);
        assert_eq!(
            (updated.table_status(), status),
            (Some(&TableStatus::Active), Some(&SseStatus::Updating))
        );
        let found = settled(tables, "Music").await;
        assert_eq!(found.is_some(), sse.enabled() == Some(true), "{found:?}");
        if let Some(key) = sse.kms_master_key_id() {
            assert_eq!(found.as_ref().and_then(SseDescription::kms_master_key_arn), Some(key));
        }
        let get = tables.get_item().table_name("Music").set_key(Some(song.clone().into()));
        assert_eq!(get.send().await.expect("read").item, Some(song.clone().into()));
    }
    let again = tables.update_table().table_name("Music").sse_specification(owned()).send().await;
    let text = "One or more parameter values were invalid: Table is already encrypted by default";
    assert_says(&again.expect_err("nothing to do").into_service_error(), "ValidationException", text);
}

#[tokio::test]
async fn names_come_page_by_page() {
    let services = Services::start().await;
    let tables = &services.tables;
    for number in 0..5 {
        music(tables, &format!("Table-{number}")).send().await.expect("made");
    }
    let pages = tables.list_tables().limit(2).into_paginator().send().collect::<Result<Vec<_>, _>>().await;
    assert_eq!(pages.expect("pages").len(), 3);
    let names = tables.list_tables().limit(2).into_paginator().items().send();
    let names = names.collect::<Result<Vec<_>, _>>().await.expect("names");
    assert_eq!(names, ["Table-0", "Table-1", "Table-2", "Table-3", "Table-4"]);
}

#[tokio::test]
async fn settings_change_and_tags_come_and_go() {
    let services = Services::start().await;
    let tables = &services.tables;
    let units = ProvisionedThroughput::builder().read_capacity_units(7).write_capacity_units(3).build();
    let units = units.expect("a throughput");
    let create = music(tables, "Music").billing_mode(BillingMode::Provisioned);
    create.provisioned_throughput(units).deletion_protection_enabled(true).send().await.expect("made");
    let described = describe(tables, "Music").await;
    let units = described.provisioned_throughput().expect("units");
    assert_eq!((units.read_capacity_units(), units.write_capacity_units()), (Some(7), Some(3)));
    let refused = tables.delete_table().table_name("Music").send().await.expect_err("it is protected");
    assert_says(&refused.into_service_error(), "ValidationException", "deletion protection");

    let update = || tables.update_table().table_name("Music");
    update().billing_mode(BillingMode::PayPerRequest).send().await.expect("on demand");
    update().table_class(TableClass::StandardInfrequentAccess).send().await.expect("another class");
    update().deletion_protection_enabled(false).send().await.expect("unprotected");
    let described = describe(tables, "Music").await;
    let billing = described.billing_mode_summary().and_then(|billing| billing.billing_mode());
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    let class = described.table_class_summary().and_then(|class| class.table_class());
    assert_eq!(class, Some(&TableClass::StandardInfrequentAccess));

    let arn = described.table_arn().expect("an ARN");
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().expect("a tag");
    let request = tables.tag_resource().resource_arn(arn).tags(tag("team", "a")).tags(tag("stage", ""));
    request.send().await.expect("tagged");
    tables.untag_resource().resource_arn(arn).tag_keys("stage").send().await.expect("untagged");
    let listed = tables.list_tags_of_resource().resource_arn(arn).send().await.expect("tags");
    assert_eq!(listed.tags(), [tag("team", "a")]);
}

#[tokio::test]
async fn what_else_an_application_asks_at_its_start_is_answered() {
    let services = Services::start().await;
    let tables = &services.tables;
    music(tables, "Music").send().await.expect("made");
    let limits = tables.describe_limits().send().await.expect("limits");
    assert!(limits.account_max_read_capacity_units().is_some_and(|units| units > 0), "{limits:?}");
    let endpoints = tables.describe_endpoints().send().await.expect("endpoints");
    assert_eq!(endpoints.endpoints()[0].address(), services.stack.table_address().to_string());
    let backups = tables.describe_continuous_backups().table_name("Music").send().await.expect("backups");
    let backups = backups.continuous_backups_description.expect("a description");
    assert_eq!(backups.continuous_backups_status().as_str(), "DISABLED");
    let ttl = tables.describe_time_to_live().table_name("Music").send().await.expect("time to live");
    let ttl = ttl.time_to_live_description.expect("a description");
    assert_eq!(ttl.time_to_live_status().map(|status| status.as_str()), Some("DISABLED"));
    // What is not there yet says so, in a shape that the SDK takes for an error of the service.
    let refused = tables.list_backups().send().await.expect_err("not offered").into_service_error();
    assert!(
        refused.code().is_some() && refused.message().is_some_and(|text| !text.is_empty()),
        "{refused:?}"
    );
}

/// The consequence that all is for: a key's owner disables it, and an application that uses its table learns why.
#[tokio::test]
async fn a_disabled_key_is_told_in_the_sdks_terms_and_heals() {
    let services = Services::start().await;
    let (tables, keys) = (&services.tables, &services.keys);
    let key = customer_key(&services).await;
    music(tables, "Music").sse_specification(under_kms(Some(&key))).send().await.expect("made");
    let song = || {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        tables.get_item().table_name("Music").key("Artist", text("a")).key("SongTitle", text("b"))
    };
    song().send().await.expect("the key is enabled");
    keys.disable_key().key_id(&key).send().await.expect("disabled");
    let refused = eventually("reads are refused", STUCK, async || song().send().await.err()).await;
    let text = format!(
        "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {key} is disabled. (Service: AWSKMS; \
         Status Code: 400; Error Code: DisabledException; Request ID: "
    );
    assert_says(&refused.into_service_error(), "ValidationException", &text);
    let marked = TableStatus::InaccessibleEncryptionCredentials;
    let described = eventually("the status tells", STUCK, async || {
        let table = describe(tables, "Music").await;
        (table.table_status() == Some(&marked)).then_some(table)
    })
    .await;
    let since = described.sse_description().and_then(SseDescription::inaccessible_encryption_date_time);
    assert!(since.is_some(), "{described:?}");
    keys.enable_key().key_id(&key).send().await.expect("enabled");
    eventually("reads go through", STUCK, async || song().send().await.ok()).await;
    eventually("the status heals", STUCK, async || {
        (describe(tables, "Music").await.table_status() == Some(&TableStatus::Active)).then_some(())
    })
    .await;
}
