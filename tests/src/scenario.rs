//! What nearly every test does: make a table under a kind of key, write and read items, switch the key.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use proto::table::{
    AttributeDefinition, BatchWriteItemRequest, BillingMode, CreateTableRequest, DeleteItemRequest,
    DeleteTableRequest, DescribeTableRequest, GetItemRequest, KeySchemaElement, KeyType, PutItemRequest,
    PutRequest, QueryRequest, ScalarAttributeType, ScanRequest, SseSpecification, SseStatus, SseType,
    TableDescription, TableStatus, UpdateTableRequest, WriteRequest, WriteRequests, write_request,
};

use crate::client::Tables;
use crate::item::Attributes;
use crate::refused::Refused;
use crate::wait::eventually;

/// A switch, a table's creation or its deletion that takes longer than this is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// The three kinds of key that a table can be under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The service's own key, invisible to users; the default.
    Owned,
    /// `alias/aws/dynamodb` in the user's account.
    Managed,
    /// A key of the user's, named by id, ARN, alias or alias ARN.
    Customer(String),
}

impl Encryption {
    /// The specification that chooses this kind, complete and valid for CreateTable and UpdateTable alike.
    pub fn specification(&self) -> SseSpecification {
        match self {
            Self::Owned => SseSpecification { enabled: Some(false), ..Default::default() },
            Self::Managed => SseSpecification {
                enabled: Some(true),
                sse_type: SseType::Kms.into(),
                kms_master_key_id: None,
            },
            Self::Customer(key) => SseSpecification {
                enabled: Some(true),
                sse_type: SseType::Kms.into(),
                kms_master_key_id: Some(key.clone()),
            },
        }
    }
}

/// A request for the table `Music` of the tutorial: Artist HASH S, SongTitle RANGE S.
pub fn music(encryption: Option<&Encryption>) -> CreateTableRequest {
    let mut request =
        table("Music", ("Artist", ScalarAttributeType::S), Some(("SongTitle", ScalarAttributeType::S)));
    request.sse_specification = encryption.map(Encryption::specification);
    request
}

/// A request for a table with these key attributes.
pub fn table(
    name: &str,
    hash: (&str, ScalarAttributeType),
    range: Option<(&str, ScalarAttributeType)>,
) -> CreateTableRequest {
    let keys = || std::iter::once((hash, KeyType::Hash)).chain(range.map(|range| (range, KeyType::Range)));
    CreateTableRequest {
        table_name: name.to_owned(),
        attribute_definitions: keys()
            .map(|((name, kind), _)| AttributeDefinition {
                attribute_name: name.to_owned(),
                attribute_type: kind.into(),
            })
            .collect(),
        key_schema: keys()
            .map(|((name, _), role)| KeySchemaElement {
                attribute_name: name.to_owned(),
                key_type: role.into(),
            })
            .collect(),
        billing_mode: BillingMode::PayPerRequest.into(),
        ..Default::default()
    }
}

/// A request for a table whose only key attribute is `pk`, a string.
pub fn partition_only(name: &str) -> CreateTableRequest {
    table(name, ("pk", ScalarAttributeType::S), None)
}

impl Tables {
    /// Makes the table under `encryption` and waits until it is ACTIVE.
    pub async fn create(&self, mut request: CreateTableRequest, encryption: &Encryption) -> TableDescription {
        request.sse_specification = Some(encryption.specification());
        let name = request.table_name.clone();
        self.create_table(request).await.expect("the table is made");
        self.active(&name).await
    }

    /// Waits until the table is ACTIVE.
    pub async fn active(&self, name: &str) -> TableDescription {
        eventually(&format!("{name} is ACTIVE"), STUCK, async || {
            let table = self.describe(name).await.expect("the table is described");
            (table.table_status() == TableStatus::Active).then_some(table)
        })
        .await
    }

    /// The table's description.
    pub async fn describe(&self, name: &str) -> Result<TableDescription, Refused> {
        let request = DescribeTableRequest { table_name: name.to_owned() };
        Ok(self.describe_table(request).await?.table.expect("an answer describes the table"))
    }

    /// Deletes the table and waits until its name is free.
    pub async fn drop_table(&self, name: &str) {
        let request = DeleteTableRequest { table_name: name.to_owned() };
        self.delete_table(request).await.expect("the table is deleted");
        eventually(&format!("{name} is gone"), STUCK, async || {
            self.describe(name).await.err().filter(|refused| refused.reason == "ResourceNotFoundException")
        })
        .await;
    }

    /// Asks for a key switch; does not wait for it.
    pub async fn ask_switch(&self, name: &str, to: &Encryption) -> Result<TableDescription, Refused> {
        let request = UpdateTableRequest {
            table_name: name.to_owned(),
            sse_specification: Some(to.specification()),
            ..Default::default()
        };
        Ok(self.update_table(request).await?.table_description.expect("an answer describes the table"))
    }

    /// Switches the table's key and waits until the switch is done; gives the time that it took.
    pub async fn switch(&self, name: &str, to: &Encryption) -> Duration {
        let start = Instant::now();
        let answer = self.ask_switch(name, to).await.expect("the switch is accepted");
        let status = answer.sse_description.as_ref().map(|sse| sse.status());
        assert_eq!(status, Some(SseStatus::Updating), "a switch begins with UPDATING");
        assert_eq!(answer.table_status(), TableStatus::Active, "the table stays ACTIVE during a switch");
        self.settled(name, to).await;
        start.elapsed()
    }

    /// Waits until no switch is under way, and checks that the table is under a key of the wanted kind.
    pub async fn settled(&self, name: &str, expected: &Encryption) -> TableDescription {
        let table = self.unpending(name).await;
        match (expected, &table.sse_description) {
            (Encryption::Owned, None) => {}
            (Encryption::Managed | Encryption::Customer(_), Some(sse)) => {
                assert_eq!((sse.status(), sse.sse_type()), (SseStatus::Enabled, SseType::Kms), "{sse:?}");
                if let Encryption::Customer(key) = expected
                    && !key.contains("alias/")
                {
                    assert!(sse.kms_master_key_arn.ends_with(key.as_str()), "{sse:?} is not under {key}");
                }
            }
            (expected, sse) => panic!("{name} should be under {expected:?}, but is {sse:?}"),
        }
        table
    }

    /// Waits until no switch is under way.
    pub async fn unpending(&self, name: &str) -> TableDescription {
        eventually(&format!("the switch of {name} is done"), STUCK, async || {
            let table = self.describe(name).await.expect("the table is described");
            assert_eq!(table.table_status(), TableStatus::Active, "the table stays ACTIVE during a switch");
            let pending =
                table.sse_description.as_ref().is_some_and(|sse| sse.status() == SseStatus::Updating);
            (!pending).then_some(table)
        })
        .await
    }

    /// Puts an item.
    pub async fn put(&self, name: &str, item: Attributes) -> Result<(), Refused> {
        self.put_item(PutItemRequest { table_name: name.to_owned(), item, ..Default::default() })
            .await
            .map(drop)
    }

    /// The item under `key`, if there is one.
    pub async fn get(&self, name: &str, key: Attributes) -> Result<Option<Attributes>, Refused> {
        let request =
            GetItemRequest { table_name: name.to_owned(), key, consistent_read: true, ..Default::default() };
        let answer = self.get_item(request).await?;
        Ok(answer.found.then_some(answer.item))
    }

    /// Deletes the item under `key`.
    pub async fn delete(&self, name: &str, key: Attributes) -> Result<(), Refused> {
        self.delete_item(DeleteItemRequest { table_name: name.to_owned(), key, ..Default::default() })
            .await
            .map(drop)
    }

    /// Puts up to 25 items in one request; fails the test when some are left unprocessed.
    pub async fn put_batch(&self, name: &str, items: Vec<Attributes>) -> Result<(), Refused> {
        let requests = items
            .into_iter()
            .map(|item| WriteRequest {
                request: Some(write_request::Request::PutRequest(PutRequest { item })),
            })
            .collect();
        let request_items = HashMap::from([(name.to_owned(), WriteRequests { requests })]);
        let answer =
            self.batch_write_item(BatchWriteItemRequest { request_items, ..Default::default() }).await?;
        assert!(answer.unprocessed_items.is_empty(), "a batch within the limits is processed whole");
        Ok(())
    }

    /// All items that `request` finds, page by page.
    pub async fn query_all(&self, mut request: QueryRequest) -> Result<Vec<Attributes>, Refused> {
        let mut found = Vec::new();
        loop {
            let page = self.query(request.clone()).await?;
            assert_eq!(usize::try_from(page.count), Ok(page.items.len()), "count is the number of items");
            found.extend(page.items.into_iter().map(|item| item.attributes));
            if page.last_evaluated_key.is_empty() {
                return Ok(found);
            }
            request.exclusive_start_key = page.last_evaluated_key;
        }
    }

    /// All items that `request` finds, page by page.
    pub async fn scan_all(&self, mut request: ScanRequest) -> Result<Vec<Attributes>, Refused> {
        let mut found = Vec::new();
        loop {
            let page = self.scan(request.clone()).await?;
            assert_eq!(usize::try_from(page.count), Ok(page.items.len()), "count is the number of items");
            found.extend(page.items.into_iter().map(|item| item.attributes));
            if page.last_evaluated_key.is_empty() {
                return Ok(found);
            }
            request.exclusive_start_key = page.last_evaluated_key;
        }
    }
}
