//! How answers look in JSON: written straight from what the domain gives, without a tree of JSON in between, because reading
//! and writing items is what the service does most.

mod items;
mod others;
mod table;
mod value;

use serde::Serialize;
use service_kit::Failure;
use table_core::error::TableError;

pub(super) use items::{BatchGot, BatchWritten, Got, Page, Written};
pub(super) use others::{ContinuousBackups, Endpoints, Limits, TableNames, Tags, TimeToLive};
pub(super) use table::{ChangedTable, DeletedTable, DescribedTable};
pub(super) use value::Attributes;

/// Room that most answers need; a longer one grows.
const USUAL_BYTES: usize = 1024;

/// The answer as a body.
pub(super) fn written(view: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut body, view) {
        Ok(()) => Ok(body),
        Err(_) => Err(TableError::Internal { what: "an answer that does not encode" }.into()),
    }
}
