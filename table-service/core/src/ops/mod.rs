//! The operations, one file each: the request as the doors fill it in, the answer, and the one method.
//!
//! Every method goes the same way: name the table, authorize, check the request by itself, find the table, check the request against
//! the table, get access to the keys, read or change. Doors translate and add no rule.

mod batch;
mod batch_get_item;
mod batch_write_item;
mod billing;
mod capacity;
mod conditional;
mod create_table;
mod delete_item;
mod delete_table;
mod describe_others;
mod describe_table;
mod get_item;
mod indexes;
mod list_tables;
mod page;
mod parameters;
mod put_item;
mod query;
mod scan;
mod tags;
mod update_item;
mod update_table;

pub use batch_get_item::{BatchGetItem, BatchGetItemOutput, KeysAndAttributes, UnprocessedKeys};
pub use batch_write_item::{BatchWriteItem, BatchWriteItemOutput, UnprocessedWrite, WriteRequest};
pub use billing::BillingMode;
pub use capacity::{CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity, ReturnItemCollectionMetrics};
pub use conditional::{Conditional, OnConditionCheckFailure, WriteOutput};
pub use create_table::CreateTable;
pub use delete_item::DeleteItem;
pub use describe_others::{Endpoint, Limits, Nothing};
pub use describe_table::{OneTable, SseDescription, SseStatus, TableDescription, TableStatus};
pub use get_item::{GetItem, GetItemOutput};
pub use indexes::{Indexes, StreamSpecification, StreamViewType};
pub use list_tables::{ListTables, ListTablesOutput};
pub use page::{Page, PageRequest, Select};
pub use parameters::Selection;
pub use put_item::{PutItem, ReturnValues};
pub use query::Query;
pub use scan::{Scan, Segment};
pub use tags::{ListTagsOfResource, ListTagsOfResourceOutput, TagResource, UntagResource};
pub use update_item::UpdateItem;
pub use update_table::UpdateTable;
