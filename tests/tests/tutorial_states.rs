//! Promise: the tutorial. The table `Music` under each kind of key, named in each way, switched in each direction, and
//! what CreateTable, UpdateTable and DescribeTable say at each step.

use std::time::Duration;

use proto::kms::{KeyManagerType, KeyState};
use proto::table::{
    CreateTableRequest, SseDescription, SseSpecification, SseStatus, SseType, TableDescription, TableStatus,
};
use tests::item::{attributes, n, s};
use tests::{ACCOUNT, Encryption, REGION, Stack, eventually, music};

fn enabled(arn: &str) -> Option<SseDescription> {
    Some(SseDescription {
        status: SseStatus::Enabled.into(),
        sse_type: SseType::Kms.into(),
        kms_master_key_arn: arn.to_owned(),
        inaccessible_encryption_date_time: None,
    })
}

/// Makes `Music`, checks that the answer and the table once it is ACTIVE carry `expected`, and writes one item.
async fn create(
    stack: &Stack,
    request: CreateTableRequest,
    expected: &Option<SseDescription>,
) -> TableDescription {
    let tables = stack.tables();
    let answer =
        tables.create_table(request).await.expect("the table is made").table_description.expect("described");
    assert_eq!(answer.sse_description, *expected, "in the answer of CreateTable");
    assert_eq!(answer.table_arn, format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Music"));
    assert!([TableStatus::Creating, TableStatus::Active].contains(&answer.table_status()), "{answer:?}");
    let described = tables.active("Music").await;
    assert_eq!(described.sse_description, *expected, "once the table is ACTIVE");
    assert_eq!(described.table_id, answer.table_id);
    tables.put("Music", song()).await.expect("the item is written");
    described
}

fn key() -> tests::item::Attributes {
    attributes([("Artist", s("Acme Band")), ("SongTitle", s("Happy Day"))])
}

fn song() -> tests::item::Attributes {
    let mut item = key();
    item.extend(attributes([("AlbumTitle", s("Songs About Life")), ("Awards", n(10))]));
    item
}

async fn assert_song_reads(stack: &Stack) {
    let found = stack.tables().get("Music", key()).await.expect("the item is read");
    assert_eq!(found, Some(song()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_table_does_not_mention_encryption() {
    let stack = Stack::together().await;
    let specifications = [
        None,
        Some(SseSpecification::default()),
        Some(SseSpecification { enabled: Some(false), ..Default::default() }),
    ];
    for specification in specifications {
        create(&stack, CreateTableRequest { sse_specification: specification, ..music(None) }, &None).await;
        assert_song_reads(&stack).await;
        stack.tables().drop_table("Music").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_ask_for_the_managed_key_gives_the_same_key() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let specification = |enabled, sse_type: SseType, key: Option<&str>| {
        Some(SseSpecification {
            enabled,
            sse_type: sse_type.into(),
            kms_master_key_id: key.map(str::to_owned),
        })
    };
    let forms = [
        specification(Some(true), SseType::Unspecified, None),
        specification(Some(true), SseType::Kms, None),
        specification(None, SseType::Kms, None),
        specification(Some(true), SseType::Kms, Some("alias/aws/dynamodb")),
        specification(None, SseType::Kms, Some("alias/aws/dynamodb")),
    ];
    let managed = kms.describe("alias/aws/dynamodb").await.expect("the first use makes the key");
    assert_eq!((managed.key_manager(), managed.key_state()), (KeyManagerType::Aws, KeyState::Enabled));
    for form in forms {
        create(&stack, CreateTableRequest { sse_specification: form, ..music(None) }, &enabled(&managed.arn))
            .await;
        assert_song_reads(&stack).await;
        stack.tables().drop_table("Music").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_key_may_be_named_by_id_arn_alias_or_alias_arn() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    assert_eq!(key.arn, format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", key.key_id));
    kms.alias("alias/music", &key.key_id).await;
    let names = [
        key.key_id.clone(),
        key.arn.clone(),
        "alias/music".to_owned(),
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/music"),
    ];
    for name in names {
        for enabled_member in [Some(true), None] {
            let mut request = music(Some(&Encryption::Customer(name.clone())));
            request.sse_specification.as_mut().expect("was set").enabled = enabled_member;
            create(&stack, request, &enabled(&key.arn)).await;
            assert_song_reads(&stack).await;
            stack.tables().drop_table("Music").await;
        }
    }
}

/// Switches `Music` and checks every state that can be seen on the way.
async fn switch(
    stack: &Stack,
    from: &Option<SseDescription>,
    to: &Encryption,
    expected: &Option<SseDescription>,
) {
    let answer = stack.tables().ask_switch("Music", to).await.expect("the switch is accepted");
    assert_eq!(answer.table_status(), TableStatus::Active, "TableStatus stays ACTIVE");
    // The answer: UPDATING, with the old key's ARN, or with none when the old key was the owned one.
    let answered = answer.sse_description.expect("a switch is shown");
    let old = from.as_ref().map(|sse| sse.kms_master_key_arn.clone()).unwrap_or_default();
    assert_eq!((answered.status(), answered.kms_master_key_arn), (SseStatus::Updating, old));
    eventually("the switch is done", Duration::from_secs(30), async || {
        let table = stack.tables().describe("Music").await.expect("described");
        assert_eq!(table.table_status(), TableStatus::Active, "TableStatus stays ACTIVE");
        assert_song_reads(stack).await;
        match &table.sse_description {
            Some(sse) if sse.status() == SseStatus::Updating => None,
            done => {
                assert_eq!(done, expected);
                Some(())
            }
        }
    })
    .await;
    assert_song_reads(stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_switches_in_all_six_directions() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let managed = kms.describe("alias/aws/dynamodb").await.expect("the first use makes the key");
    let customer = (Encryption::Customer(key.arn.clone()), enabled(&key.arn));
    let managed = (Encryption::Managed, enabled(&managed.arn));
    let owned = (Encryption::Owned, None);
    create(&stack, music(None), &None).await;
    // A round through three kinds in which each ordered pair occurs once.
    let route = [&owned, &managed, &customer, &owned, &customer, &managed, &owned];
    for pair in route.windows(2) {
        switch(&stack, &pair[0].1, &pair[1].0, &pair[1].1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_from_one_customer_key_to_another_and_a_repeated_one() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let (first, second) = (kms.customer_key().await, kms.customer_key().await);
    kms.alias("alias/music", &first.key_id).await;
    let by_alias = Encryption::Customer("alias/music".to_owned());
    create(&stack, music(Some(&by_alias)), &enabled(&first.arn)).await;

    // Only the exact current ARN is noticed as a repetition; the alias runs a switch.
    let again = stack.tables().ask_switch("Music", &Encryption::Customer(first.arn.clone())).await;
    again.expect_err("a repetition is refused").assert_is(
        "ValidationException",
        "One or more parameter values were invalid: Table is already encrypted with given KMSMasterKeyId. Use \
         KMSMasterKeyId parameter if you want to change Master Key",
    );
    switch(&stack, &enabled(&first.arn), &by_alias, &enabled(&first.arn)).await;

    // A moved alias does not move the table; sending it again does.
    let update = proto::kms::UpdateAliasRequest {
        alias_name: "alias/music".to_owned(),
        target_key_id: second.key_id.clone(),
    };
    kms.update_alias(update).await.expect("the alias moves");
    let unmoved = stack.tables().describe("Music").await.expect("described");
    assert_eq!(unmoved.sse_description, enabled(&first.arn));
    switch(&stack, &enabled(&first.arn), &by_alias, &enabled(&second.arn)).await;
    stack.stop().await;
}
