//! The door for AWS JSON: DynamoDB's API. It decodes a request into a domain command, calls the domain once, and writes the
//! answer. It holds no rule.

mod operations;
mod refusal;
mod view;

use aws_json::{DYNAMODB, Protocol};
use service_kit::{Call, Failure, JsonApi};
use table_core::Tables;
use table_core::request::{Origin, within};

/// The door.
pub struct Door {
    tables: Tables,
}

impl Door {
    /// The door to these tables.
    pub fn new(tables: Tables) -> Self {
        Self { tables }
    }
}

#[tonic::async_trait]
impl JsonApi for Door {
    fn protocol(&self) -> &'static Protocol {
        &DYNAMODB
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }

    async fn call(&self, call: Call) -> Result<Vec<u8>, Failure> {
        let origin = Origin { id: call.request_id.as_str().into(), trace: call.trace_parent.clone() };
        within(origin, operations::serve(&self.tables, &call)).await
    }
}

#[cfg(test)]
mod tests;
