//! What is recorded of a table beside its key: billing, table class, tags. It is described as AWS describes it, and is there
//! after the process was killed.

use proto::table::{
    BillingMode, CreateTableRequest, DescribeContinuousBackupsRequest, DescribeLimitsRequest,
    DescribeTimeToLiveRequest, ListTagsOfResourceRequest, ProvisionedThroughput, TableClass, TableStatus,
    Tag, TagResourceRequest, UntagResourceRequest, UpdateTableRequest,
};
use tests::{Stack, Tables, music};

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

async fn tags(tables: &Tables, arn: &str) -> Vec<Tag> {
    let request = ListTagsOfResourceRequest { resource_arn: arn.to_owned(), ..Default::default() };
    tables.list_tags_of_resource(request).await.expect("tags are listed").tags
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_described_and_survive_a_kill() {
    let mut stack = Stack::together().await;
    let units = |read_capacity_units, write_capacity_units| {
        Some(ProvisionedThroughput { read_capacity_units, write_capacity_units })
    };
    let request = CreateTableRequest {
        billing_mode: BillingMode::Unspecified.into(),
        provisioned_throughput: units(10, 5),
        table_class: TableClass::StandardInfrequentAccess.into(),
        tags: vec![tag("team", "blue")],
        ..music(None)
    };
    let made = stack.tables().create_table(request).await.expect("the table is made");
    let made = made.table_description.expect("described");
    assert_eq!(made.billing_mode_summary, None, "a table that was never on demand");
    let class = made.table_class_summary.expect("a class was chosen");
    assert_eq!(
        (class.table_class(), class.last_update_date_time),
        (TableClass::StandardInfrequentAccess, None)
    );

    let change = |change: fn(&mut UpdateTableRequest)| {
        let mut request = UpdateTableRequest { table_name: "Music".to_owned(), ..Default::default() };
        change(&mut request);
        request
    };
    let tables = stack.tables();
    let lowered = UpdateTableRequest { provisioned_throughput: units(9, 6), ..change(|_| {}) };
    let answer = tables.update_table(lowered).await.expect("throughput changes").table_description;
    let answer = answer.expect("described");
    assert_eq!(answer.table_status(), TableStatus::Updating);
    assert_eq!(answer.provisioned_throughput.map(|units| units.read_capacity_units), Some(10), "as it was");
    let lowered = tables.describe("Music").await.expect("described");
    let throughput = lowered.provisioned_throughput.expect("described");
    assert_eq!((throughput.read_capacity_units, throughput.write_capacity_units), (9, 6));
    assert_eq!(throughput.number_of_decreases_today, 1);
    assert!(throughput.last_increase_date_time.is_some() && throughput.last_decrease_date_time.is_some());
    let on_demand = change(|request| request.billing_mode = BillingMode::PayPerRequest.into());
    tables.update_table(on_demand).await.expect("the billing mode changes");
    let request = TagResourceRequest {
        resource_arn: made.table_arn.clone(),
        tags: vec![tag("team", "red"), tag("cost", "7")],
    };
    tables.tag_resource(request).await.expect("tags are added");
    let request =
        UntagResourceRequest { resource_arn: made.table_arn.clone(), tag_keys: vec!["cost".to_owned()] };
    tables.untag_resource(request).await.expect("a tag is taken away");

    let before = tables.describe("Music").await.expect("described");
    stack.kill().await;
    stack.start().await;
    let tables = stack.tables();
    let after = tables.describe("Music").await.expect("described");
    assert_eq!(after, before);
    let summary = after.billing_mode_summary.expect("the table is on demand");
    assert_eq!(summary.billing_mode(), BillingMode::PayPerRequest);
    assert!(summary.last_update_to_pay_per_request_date_time.is_some());
    assert_eq!(after.provisioned_throughput.map(|units| units.read_capacity_units), Some(0));
    assert_eq!(tags(&tables, &made.table_arn).await, [tag("team", "red")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_yet_is_said_to_be_disabled() {
    let stack = Stack::together().await;
    let tables = stack.tables();
    tables.create_table(music(None)).await.expect("the table is made");
    let request = DescribeTimeToLiveRequest { table_name: "Music".to_owned() };
    let answer = tables.describe_time_to_live(request).await.expect("described");
    let status =
        answer.time_to_live_description.map(|described| described.time_to_live_status().as_str_name());
    assert_eq!(status, Some("TIME_TO_LIVE_STATUS_DISABLED"));
    let request = DescribeContinuousBackupsRequest { table_name: "Gone".to_owned() };
    let refused = tables.describe_continuous_backups(request).await.expect_err("there is no such table");
    assert_eq!(
        (refused.reason.as_str(), refused.message.as_str()),
        ("TableNotFoundException", "Table not found: Gone")
    );
    let limits = tables.describe_limits(DescribeLimitsRequest {}).await.expect("described");
    assert_eq!(
        (limits.account_max_read_capacity_units, limits.table_max_write_capacity_units),
        (80_000, 40_000)
    );
}
