//! Promise: encryption has consequences. What happens to a table when its key is disabled, deleted, denied or un-granted,
//! or when the key-management service is gone; and that it heals, and that other tables never notice. Through each door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proto::kms::{ListGrantsRequest, RevokeGrantRequest};
use proto::table::ScalarAttributeType::S;
use proto::table::{
    BatchGetItemRequest, KeysAndAttributes, QueryRequest, ScanRequest, SseStatus, TableStatus,
};
use tests::item::{Attributes, attributes, listed, n, s};
use tests::{
    Door, Encryption, PERMISSIVE, Principals, Refusal, Refused, Settings, Stack, Tables, eventually, table,
    within,
};
use tonic::Code;

tests::through_each_door! {
    a_disabled_key_stops_its_tables_within_a_second_and_enabling_it_heals_them
    the_leases_that_end_with_a_disabled_key_are_counted
    the_status_tells_that_the_key_cannot_be_used_and_recovers
    a_key_pending_deletion_stops_its_table_until_the_deletion_is_cancelled_and_the_key_enabled
    after_a_switch_away_the_old_key_may_go
    revoked_grants_make_a_table_inaccessible_and_a_switch_heals_it
    a_principal_without_decrypt_is_refused_on_a_table_that_another_reads
    a_grant_gives_a_principal_the_table_and_its_revocation_takes_it
    without_kms_tables_in_use_go_on_until_the_grace_ends_and_recover
    a_key_disabled_while_the_watch_was_down_is_noticed
    table_service_started_without_kms_comes_up_unready_and_recovers
}

/// The bound that the product promises for a revocation.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);
/// Healing has no promised bound in words; a test that waits longer has failed.
const HEALED_WITHIN: Duration = Duration::from_secs(20);

fn key(number: usize) -> Attributes {
    attributes([("pk", s("p")), ("sk", s(format!("{number:04}")))])
}

fn item(number: usize) -> Attributes {
    let mut item = key(number);
    item.extend(attributes([("v", n(number))]));
    item
}

async fn table_with_items(tables: &Tables, name: &str, encryption: &Encryption, items: usize) {
    tables.create(table(name, ("pk", S), Some(("sk", S))), encryption).await;
    for number in 0..items {
        tables.put(name, item(number)).await.expect("the item is written");
    }
}

fn query(name: &str) -> QueryRequest {
    QueryRequest {
        table_name: name.to_owned(),
        key_condition_expression: "pk = :p".to_owned(),
        expression_attribute_values: attributes([(":p", s("p"))]),
        ..Default::default()
    }
}

fn scan(name: &str) -> ScanRequest {
    ScanRequest { table_name: name.to_owned(), ..Default::default() }
}

fn batch_get(name: &str) -> BatchGetItemRequest {
    let wanted = KeysAndAttributes { keys: vec![listed(key(0))], ..Default::default() };
    BatchGetItemRequest { request_items: [(name.to_owned(), wanted)].into(), ..Default::default() }
}

/// One request of each kind that needs the table's key; the outcome of each.
async fn every_data_operation(tables: &Tables, name: &str) -> Vec<(&'static str, Result<(), Refused>)> {
    vec![
        ("GetItem", tables.get(name, key(0)).await.map(drop)),
        ("PutItem", tables.put(name, item(1)).await),
        ("DeleteItem", tables.delete(name, key(9_999)).await),
        ("Query", tables.query(query(name)).await.map(drop)),
        ("Scan", tables.scan(scan(name)).await.map(drop)),
        ("BatchGetItem", tables.batch_get_item(batch_get(name)).await.map(drop)),
        ("BatchWriteItem", tables.put_batch(name, vec![item(2)]).await),
    ]
}

#[track_caller]
fn assert_all_refused(
    outcomes: Vec<(&'static str, Result<(), Refused>)>,
    code: Code,
    reason: &str,
    text: &str,
) {
    for (operation, outcome) in outcomes {
        let refused = outcome.refused();
        assert!(refused.is(code), "{operation}: {refused:?}");
        assert_eq!(refused.reason, reason, "{operation}: {refused:?}");
        assert!(refused.message.contains(text), "{operation}: {refused:?} does not say {text:?}");
    }
}

#[track_caller]
fn assert_all_pass(outcomes: Vec<(&'static str, Result<(), Refused>)>) {
    for (operation, outcome) in outcomes {
        outcome.unwrap_or_else(|refused| panic!("{operation}: {refused:?}"));
    }
}

/// Reads a table until told to stop; the test fails if any read does.
struct Bystander {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<usize>,
}

impl Bystander {
    fn watch(tables: &Tables, name: &str) -> Self {
        let (tables, name, stop) = (tables.clone(), name.to_owned(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut reads = 0;
            while !told.load(Ordering::Relaxed) {
                let found = tables.get(&name, key(0)).await.expect("other tables never notice");
                assert_eq!(found, Some(item(0)));
                tables.put(&name, item(1)).await.expect("other tables never notice");
                reads += 1;
            }
            reads
        });
        Self { stop, task }
    }

    async fn assert_undisturbed(self) {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.task.await.expect("its reads pass") > 0);
    }
}

/// Waits until a read is refused, and checks that this took no longer than promised since `since`.
async fn refused_in_time(tables: &Tables, name: &str, since: Instant) {
    eventually("the table is refused", Duration::from_secs(30), async || {
        tables.get(name, key(0)).await.err()
    })
    .await;
    let elapsed = since.elapsed();
    assert!(elapsed < REVOKED_WITHIN, "refused only after {elapsed:?}");
    println!("{name} refused after {elapsed:?}");
}

async fn healed(tables: &Tables, name: &str) {
    eventually("the table works again", HEALED_WITHIN, async || tables.get(name, key(0)).await.ok()).await;
    assert_all_pass(every_data_operation(tables, name).await);
}

async fn a_disabled_key_stops_its_tables_within_a_second_and_enabling_it_heals_them(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let (used, other) = (kms.customer_key().await, kms.customer_key().await);
    for name in ["First", "Second"] {
        table_with_items(&tables, name, &Encryption::Customer(used.arn.clone()), 5).await;
    }
    table_with_items(&tables, "Owned", &Encryption::Owned, 5).await;
    table_with_items(&tables, "Managed", &Encryption::Managed, 5).await;
    table_with_items(&tables, "Other", &Encryption::Customer(other.arn.clone()), 5).await;
    let bystanders = ["Owned", "Managed", "Other"].map(|name| Bystander::watch(&tables, name));

    for _ in 0..3 {
        let since = Instant::now();
        kms.disable(&used.key_id).await;
        for name in ["First", "Second"] {
            refused_in_time(&tables, name, since).await;
            let text = format!(
                "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {} is disabled. (Service: \
                 AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: ",
                used.arn
            );
            let outcomes = every_data_operation(&tables, name).await;
            assert_all_refused(outcomes, Code::FailedPrecondition, "ValidationException", &text);
        }
        kms.enable(&used.key_id).await;
        for name in ["First", "Second"] {
            healed(&tables, name).await;
            assert_eq!(tables.scan_all(scan(name)).await.expect("read").len(), 5, "nothing is lost");
        }
    }
    for bystander in bystanders {
        bystander.assert_undisturbed().await;
    }
}

/// What an operator sees of it: one lease of the one caller for each of the key's tables.
async fn the_leases_that_end_with_a_disabled_key_are_counted(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let used = kms.customer_key().await;
    let of_the_key = Encryption::Customer(used.arn.clone());
    for (name, encryption) in [("First", &of_the_key), ("Second", &of_the_key), ("Owned", &Encryption::Owned)]
    {
        table_with_items(&tables, name, encryption, 1).await;
    }
    let revoked = async || stack.table_metrics().await.sum("keystead_key_leases_revoked_total", &[]);
    let before = revoked().await;
    kms.disable(&used.key_id).await;
    let both = before + 2.0;
    eventually("both are counted", HEALED_WITHIN, async || (revoked().await >= both).then_some(())).await;
    for name in ["First", "Second"] {
        tables
            .get(name, key(0))
            .await
            .refused()
            .assert_says("ValidationException", "KMS key disabled error: ");
    }
    assert_all_pass(every_data_operation(&tables, "Owned").await);
    let after = revoked().await;
    assert!((after - both).abs() < 0.5, "{before} before and {after} after two leases ended");
}

async fn the_status_tells_that_the_key_cannot_be_used_and_recovers(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let used = kms.customer_key().await;
    table_with_items(&tables, "Music", &Encryption::Customer(used.arn.clone()), 5).await;

    kms.disable(&used.key_id).await;
    let described = eventually("the status changes", HEALED_WITHIN, async || {
        let table = tables.describe("Music").await.expect("a table without its key is described");
        (table.table_status() == TableStatus::InaccessibleEncryptionCredentials).then_some(table)
    })
    .await;
    let sse = described.sse_description.expect("a customer key is shown");
    assert_eq!((sse.status(), sse.kms_master_key_arn.as_str()), (SseStatus::Enabled, used.arn.as_str()));
    assert!(sse.inaccessible_encryption_date_time.is_some());
    // No key change is possible: the old key would have to be used.
    let refused = tables.ask_switch("Music", &Encryption::Managed).await.refused();
    refused.assert_says("ValidationException", "KMS key disabled error: ");

    kms.enable(&used.key_id).await;
    let described = tables.active("Music").await;
    let sse = described.sse_description.expect("a customer key is shown");
    assert_eq!(sse.inaccessible_encryption_date_time, None);
    assert_all_pass(every_data_operation(&tables, "Music").await);

    // A table that cannot be read can still be deleted.
    kms.disable(&used.key_id).await;
    tables.drop_table("Music").await;
}

async fn a_key_pending_deletion_stops_its_table_until_the_deletion_is_cancelled_and_the_key_enabled(
    door: Door,
) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let used = kms.customer_key().await;
    table_with_items(&tables, "Music", &Encryption::Customer(used.arn.clone()), 5).await;

    let since = Instant::now();
    kms.schedule_deletion(&used.key_id).await;
    refused_in_time(&tables, "Music", since).await;
    let text = format!(
        "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: {} is pending deletion. (",
        used.arn
    );
    let outcomes = every_data_operation(&tables, "Music").await;
    assert_all_refused(outcomes, Code::FailedPrecondition, "ValidationException", &text);

    let cancel = proto::kms::CancelKeyDeletionRequest { key_id: used.key_id.clone() };
    kms.cancel_key_deletion(cancel).await.expect("cancelled");
    let refused = tables.get("Music", key(0)).await.refused();
    refused.assert_says("ValidationException", "KMS key disabled error: ");
    kms.enable(&used.key_id).await;
    healed(&tables, "Music").await;
}

async fn after_a_switch_away_the_old_key_may_go(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let (old, new) = (kms.customer_key().await, kms.customer_key().await);
    let targets = [
        ("ToOwned", Encryption::Owned),
        ("ToManaged", Encryption::Managed),
        ("ToOther", Encryption::Customer(new.arn)),
    ];
    for (name, target) in &targets {
        table_with_items(&tables, name, &Encryption::Customer(old.arn.clone()), 50).await;
        tables.switch(name, target).await;
    }
    kms.schedule_deletion(&old.key_id).await;
    for (name, target) in &targets {
        assert_eq!(tables.scan_all(scan(name)).await.expect("every item reads").len(), 50);
        for number in 0..50 {
            assert_eq!(tables.get(name, key(number)).await.expect("every item reads"), Some(item(number)));
        }
        tables.settled(name, target).await;
    }
    // Also when nothing of the old key is in memory any more.
    let stack = stack.stop().await.start().await;
    let tables = stack.tables();
    for (name, _) in &targets {
        assert_eq!(tables.query_all(query(name)).await.expect("every item reads").len(), 50);
        assert_all_pass(every_data_operation(&tables, name).await);
    }
}

async fn revoked_grants_make_a_table_inaccessible_and_a_switch_heals_it(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let used = kms.customer_key().await;
    table_with_items(&tables, "Music", &Encryption::Customer(used.arn.clone()), 5).await;
    let request = ListGrantsRequest { key_id: used.key_id.clone(), ..Default::default() };
    let grants = kms.list_grants(request).await.expect("grants are listed").grants;
    assert!(!grants.is_empty(), "a table has grants on its key");
    for grant in grants {
        assert_eq!(grant.grantee_principal, "dynamodb.us-east-1.amazonaws.com");
        let request =
            RevokeGrantRequest { key_id: used.key_id.clone(), grant_id: grant.grant_id, dry_run: false };
        kms.revoke_grant(request).await.expect("the grant is revoked");
    }
    eventually("the status changes", HEALED_WITHIN, async || {
        let table = tables.describe("Music").await.expect("described");
        (table.table_status() == TableStatus::InaccessibleEncryptionCredentials).then_some(())
    })
    .await;
    let other = kms.customer_key().await;
    tables.ask_switch("Music", &Encryption::Customer(other.arn.clone())).await.expect("a switch is possible");
    eventually("the table is healed", HEALED_WITHIN, async || {
        let table = tables.describe("Music").await.expect("described");
        let sse = table.sse_description.clone().unwrap_or_default();
        (table.table_status() == TableStatus::Active && sse.kms_master_key_arn == other.arn).then_some(())
    })
    .await;
    healed(&tables, "Music").await;
}

const NO_DECRYPT: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["dynamodb:*","kms:DescribeKey","kms:GenerateDataKey"],"Resource":"*"}]}"#;
const DENIED_DECRYPT: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]}"#;
const NO_ACCESS_TEXT: &str = "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext \
     refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. \
     (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; ";

async fn a_principal_without_decrypt_is_refused_on_a_table_that_another_reads(door: Door) {
    let principals = Principals::new()
        .with("reader", PERMISSIVE)
        .with("unallowed", NO_DECRYPT)
        .with("denied", DENIED_DECRYPT);
    let settings = Settings::knowing(principals).asked_through(door).table_flags(["--key-lease", "1s"]);
    let stack = Stack::apart(settings).await;
    let key_used = stack.kms().customer_key().await;
    let reader = stack.tables_as("reader");
    table_with_items(&reader, "Music", &Encryption::Customer(key_used.arn), 5).await;
    let bystander = Bystander::watch(&reader, "Music");

    // On the first call, while the table's key is in memory for the other principal; and over several of its leases.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        for name in ["unallowed", "denied"] {
            let outcomes = every_data_operation(&stack.tables_as(name), "Music").await;
            assert_all_refused(outcomes, Code::PermissionDenied, "AccessDeniedException", NO_ACCESS_TEXT);
        }
    }
    bystander.assert_undisturbed().await;

    // The owned key asks nobody for permission.
    table_with_items(&reader, "Owned", &Encryption::Owned, 5).await;
    for name in ["unallowed", "denied"] {
        assert_all_pass(every_data_operation(&stack.tables_as(name), "Owned").await);
    }
}

/// A grant is a permission like any other: with it a principal without a policy reads, and without it no longer.
async fn a_grant_gives_a_principal_the_table_and_its_revocation_takes_it(door: Door) {
    let principals = Principals::new().with("reader", NO_DECRYPT);
    let stack = Stack::apart(Settings::knowing(principals).asked_through(door)).await;
    let used = stack.kms().customer_key().await;
    table_with_items(&stack.tables(), "Music", &Encryption::Customer(used.arn.clone()), 5).await;
    let reader = stack.tables_as("reader");
    reader.get("Music", key(0)).await.refused().assert_says("AccessDeniedException", NO_ACCESS_TEXT);

    let request = proto::kms::CreateGrantRequest {
        key_id: used.key_id.clone(),
        grantee_principal: stack.principals().user("reader").arn.clone(),
        operations: vec![proto::kms::GrantOperation::Decrypt.into()],
        ..Default::default()
    };
    let grant = stack.kms().create_grant(request).await.expect("the grant is made");
    assert_all_pass(every_data_operation(&reader, "Music").await);

    let since = Instant::now();
    let request = RevokeGrantRequest { key_id: used.key_id, grant_id: grant.grant_id, dry_run: false };
    stack.kms().revoke_grant(request).await.expect("the grant is revoked");
    refused_in_time(&reader, "Music", since).await;
    assert_all_pass(every_data_operation(&stack.tables(), "Music").await);
}

async fn without_kms_tables_in_use_go_on_until_the_grace_ends_and_recover(door: Door) {
    let grace = Duration::from_secs(4);
    let settings = Settings::through(door).table_flags(["--key-lease", "1s", "--outage-grace", "4s"]);
    let mut stack = Stack::apart(settings).await;
    let (kms, tables) = (stack.kms(), stack.tables());
    let used = kms.customer_key().await;
    for (name, encryption) in [
        ("Customer", Encryption::Customer(used.arn.clone())),
        ("Managed", Encryption::Managed),
        ("Owned", Encryption::Owned),
    ] {
        table_with_items(&tables, name, &encryption, 5).await;
    }

    stack.stop_kms().await;
    let stopped = Instant::now();
    // Three leases long every table in use goes on. The margin is for the last success, which was before the stop.
    while stopped.elapsed() < grace - Duration::from_millis(1_500) {
        for name in ["Customer", "Managed", "Owned"] {
            assert_all_pass(every_data_operation(&tables, name).await);
        }
    }
    for name in ["Customer", "Managed", "Owned"] {
        eventually("the grace ends", grace + Duration::from_secs(20), async || {
            tables.get(name, key(0)).await.err()
        })
        .await;
        for (operation, outcome) in every_data_operation(&tables, name).await {
            let refused = outcome.refused();
            assert!(refused.is(Code::Unavailable), "{operation} on {name}: {refused:?}");
            assert!(!refused.message.contains("disabled"), "an outage is not a refusal: {refused:?}");
        }
    }
    eventually("table-service is no longer ready", HEALED_WITHIN, async || {
        (!stack.table_readiness().await.0).then_some(())
    })
    .await;
    // An outage is no reason to call a table inaccessible.
    let described = tables.describe("Customer").await.expect("described");
    assert_eq!(described.table_status(), TableStatus::Active);

    stack.start_kms().await;
    stack.table_ready().await;
    for name in ["Customer", "Managed", "Owned"] {
        healed(&tables, name).await;
    }
}

/// What happened to a key during an outage counts as soon as KMS is back.
async fn a_key_disabled_while_the_watch_was_down_is_noticed(door: Door) {
    let mut stack = Stack::apart(Settings::through(door)).await;
    let used = stack.kms().customer_key().await;
    let tables = stack.tables();
    table_with_items(&tables, "Music", &Encryption::Customer(used.arn.clone()), 5).await;
    for _ in 0..3 {
        stack.kill_kms().await;
        assert_all_pass(every_data_operation(&tables, "Music").await);
        stack.start_kms().await;
        stack.kms().disable(&used.key_id).await;
        eventually("the table is refused", HEALED_WITHIN, async || tables.get("Music", key(0)).await.err())
            .await;
        stack.kms().enable(&used.key_id).await;
        healed(&tables, "Music").await;
    }
}

async fn table_service_started_without_kms_comes_up_unready_and_recovers(door: Door) {
    let mut stack = Stack::apart(Settings::through(door)).await;
    let used = stack.kms().customer_key().await;
    table_with_items(&stack.tables(), "Music", &Encryption::Customer(used.arn.clone()), 5).await;
    stack.halt().await;

    within("it starts without KMS", Duration::from_secs(30), stack.start_table()).await;
    let (ready, why) = stack.table_readiness().await;
    assert!(!ready, "without KMS it is not ready");
    assert!(!why.is_empty(), "it says why");
    let tables = stack.tables();
    let refused = tables.get("Music", key(0)).await.refused();
    assert!(refused.is(Code::Unavailable), "{refused:?}");
    let described = tables.describe("Music").await.expect("what needs no key is answered");
    assert_eq!(described.sse_description.expect("described").kms_master_key_arn, used.arn);

    stack.start_kms().await;
    stack.table_ready().await;
    healed(&stack.tables(), "Music").await;
}
