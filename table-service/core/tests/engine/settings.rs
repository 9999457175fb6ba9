//! Settings that are recorded and not enforced: which changes UpdateTable takes, and in what order it complains.

use super::*;

fn update(change: impl FnOnce(&mut UpdateTable)) -> UpdateTable {
    let mut request = UpdateTable { table_name: "Music".to_owned(), ..Default::default() };
    change(&mut request);
    request
}

async fn refusal(world: &World, request: UpdateTable) -> String {
    let error = world.tables.update_table(&root(), request).await.unwrap_err();
    assert_eq!(error.reason(), "ValidationException");
    error.public_message().into_owned()
}

const AT_LEAST_ONE: &str = "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must \
                            have value greater than or equal to 1";

/// Regression: the range was checked alone, and after the table had been looked up.
#[tokio::test(start_paused = true)]
async fn a_throughput_out_of_range_is_listed_with_what_else_is_wrong_before_a_table_is_looked_for() {
    let world = world().await;
    let request = update(|request| {
        request.billing_mode = Member::Other("FREE".into());
        request.provisioned_throughput = Some((0, 1));
        request.sse_specification = customer("");
    });
    assert_eq!(
        refusal(&world, request).await,
        format!(
            "3 validation errors detected: Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy \
             enum value set: [PROVISIONED, PAY_PER_REQUEST]; {AT_LEAST_ONE}; Value '' at 'sSESpecification.kMSMasterKeyId' \
             failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    );
    let request =
        CreateTable { table_name: "x".to_owned(), provisioned_throughput: Some((0, 1)), ..music(None) };
    let error = world.tables.create_table(&root(), request).await.unwrap_err();
    assert_eq!(
        error.public_message(),
        format!(
            "2 validation errors detected: Value 'x' at 'tableName' failed to satisfy constraint: Member must have length \
             greater than or equal to 3; {AT_LEAST_ONE}"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn one_update_makes_one_kind_of_change() {
    let world = world().await;
    world.create(None).await;
    let throughput = update(|request| {
        request.billing_mode = Member::Known(BillingMode::Provisioned);
        request.provisioned_throughput = Some((10, 5));
    });
    world.tables.update_table(&root(), throughput).await.unwrap();

    let unchanged = update(|request| request.provisioned_throughput = Some((10, 5)));
    assert_eq!(
        refusal(&world, unchanged).await,
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for the table: 10. Requested ReadCapacityUnits: 10. Current WriteCapacityUnits \
         provisioned for the table: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for \
         current limits and how to request higher limits."
    );

    let before = world.describe();
    let with_protection = [
        update(|request| request.provisioned_throughput = Some((1, 1))),
        update(|request| request.billing_mode = Member::Known(BillingMode::PayPerRequest)),
    ];
    for request in with_protection {
        let request = UpdateTable { deletion_protection: Some(true), ..request };
        assert_eq!(
            refusal(&world, request).await,
            "One or more parameter values were invalid: DeletionProtection modification must be the only operation in the \
             request"
        );
    }
    let with_switch = update(|request| {
        request.deletion_protection = Some(true);
        request.sse_specification = managed();
    });
    assert_eq!(
        refusal(&world, with_switch).await,
        "One or more parameter values were invalid: Server-Side Encryption modification must be the only operation in the \
         request"
    );
    assert_eq!(world.describe(), before);
}

#[tokio::test(start_paused = true)]
async fn a_new_table_is_provisioned_unless_it_says_otherwise() {
    let world = world().await;
    let create = async |mode, throughput| {
        let request = CreateTable { billing_mode: mode, provisioned_throughput: throughput, ..music(None) };
        world.tables.create_table(&root(), request).await
    };
    for mode in [Member::Absent, Member::Known(BillingMode::Provisioned)] {
        let error = create(mode, None).await.unwrap_err();
        assert_eq!(
            error.public_message(),
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when \
             BillingMode is PROVISIONED"
        );
    }
    let made = create(Member::Absent, Some((10, 5))).await.unwrap();
    assert_eq!((made.billing.units(), made.billing_history.on_demand_ms), ((10, 5), None));
}

#[tokio::test(start_paused = true)]
async fn a_table_class_is_remembered_and_changed_alone() {
    let world = world().await;
    world.create(None).await;
    assert_eq!(world.describe().table_class, None);
    let class = |class| update(|request| request.table_class = Member::Known(class));
    let infrequent = class(TableClass::StandardInfrequentAccess);
    let answer = world.tables.update_table(&root(), infrequent).await.unwrap();
    assert_eq!((answer.status, answer.table_class), (TableStatus::Updating, None), "as it was");
    let changed = world.describe().table_class.unwrap();
    assert_eq!(changed.class, TableClass::StandardInfrequentAccess);
    assert!(changed.changed_ms.is_some());
    let with_billing = UpdateTable {
        billing_mode: Member::Known(BillingMode::PayPerRequest),
        ..class(TableClass::Standard)
    };
    assert_eq!(
        refusal(&world, with_billing).await,
        "One or more parameter values were invalid: TableClass modification must be the only operation in the request"
    );
    let unknown = update(|request| request.table_class = Member::Other("GOLD".into()));
    assert!(refusal(&world, unknown).await.ends_with("[STANDARD, STANDARD_INFREQUENT_ACCESS]"));
    assert_eq!(world.describe().table_class, Some(changed));
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";

fn tags(tables: &Tables, caller: &Caller) -> Result<Vec<Tag>, TableError> {
    let request = ListTagsOfResource { resource_arn: ARN.to_owned(), next_token: None };
    tables.list_tags_of_resource(caller, &request).map(|page| page.tags)
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_replaced_and_taken_away_and_survive_a_restart() {
    let world = world().await;
    let request = CreateTable { tags: vec![tag("team", "blue")], ..music(None) };
    world.tables.create_table(&root(), request).await.unwrap();
    let add = |tags| TagResource { resource_arn: ARN.to_owned(), tags };
    world.tables.tag_resource(&root(), add(vec![tag("team", "red"), tag("cost", "")])).await.unwrap();
    let reopened = open(&world.kms, &world.store).await;
    assert_eq!(tags(&reopened, &root()).unwrap(), [tag("cost", ""), tag("team", "red")]);
    let remove = |keys: &[&str]| UntagResource {
        resource_arn: ARN.to_owned(),
        tag_keys: keys.iter().map(|key| key.to_string()).collect(),
    };
    reopened.untag_resource(&root(), remove(&["cost", "never there"])).await.unwrap();
    assert_eq!(tags(&reopened, &root()).unwrap(), [tag("team", "red")]);

    let text = |error: TableError| (error.reason(), error.public_message().into_owned());
    assert_eq!(
        text(reopened.tag_resource(&root(), add(vec![])).await.unwrap_err()),
        ("ValidationException", "Atleast one Tag needs to be provided as Input.".to_owned())
    );
    assert_eq!(
        text(reopened.untag_resource(&root(), remove(&[])).await.unwrap_err()),
        ("ValidationException", "Atleast one Tag Key needs to be provided as Input.".to_owned())
    );
    let missing = TagResource { resource_arn: ARN.replace("Music", "Gone"), tags: vec![tag("a", "b")] };
    assert_eq!(
        text(reopened.tag_resource(&root(), missing).await.unwrap_err()),
        (
            "ResourceNotFoundException",
            format!("Requested resource not found: ResourcArn: {} not found", ARN.replace("Music", "Gone"))
        )
    );
    let no_arn = TagResource { resource_arn: "Music".to_owned(), tags: vec![tag("a", "b")] };
    assert_eq!(text(reopened.tag_resource(&root(), no_arn).await.unwrap_err()).0, "ValidationException");
    assert_eq!(tags(&reopened, &root()).unwrap(), [tag("team", "red")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_always_disabled_is_so_of_tables_that_exist() {
    let world = world().await;
    world.create(None).await;
    for name in ["Music", ARN] {
        world.tables.describe_time_to_live(&root(), name).unwrap();
        world.tables.describe_continuous_backups(&root(), name).unwrap();
    }
    let error = world.tables.describe_time_to_live(&root(), "Gone").unwrap_err();
    assert_eq!(error.reason(), "ResourceNotFoundException");
    let error = world.tables.describe_continuous_backups(&root(), "Gone").unwrap_err();
    assert_eq!(
        (error.reason(), &*error.public_message()),
        ("TableNotFoundException", "Table not found: Gone")
    );
    assert_eq!(world.tables.describe_limits(&root()).unwrap().table, (40_000, 40_000));
    assert_eq!(world.tables.describe_endpoints(&root(), "here:1").unwrap().address, "here:1");
}
