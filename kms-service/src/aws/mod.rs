//! The door for AWS JSON: the API of AWS's KMS. It decodes a request into a domain command, calls the domain once, and
//! writes the answer. It holds no rule.

mod operations;
mod refusal;
mod view;

use aws_json::{KMS, Protocol};
use kms_core::Kms;
use service_kit::{Call, Failure, JsonApi};

/// Where AWS's texts have the types of a service live. KMS's own errors have no namespace in their codes.
const NAMESPACE: &str = "com.amazonaws.kms.v20141101";

/// The door.
pub struct Door {
    kms: Kms,
}

impl Door {
    /// The door to these keys.
    pub const fn new(kms: Kms) -> Self {
        Self { kms }
    }
}

#[tonic::async_trait]
impl JsonApi for Door {
    fn protocol(&self) -> &'static Protocol {
        &KMS
    }

    fn operations(&self) -> &'static [&'static str] {
        operations::NAMES
    }

    async fn call(&self, call: Call) -> Result<Vec<u8>, Failure> {
        operations::serve(&self.kms, &call).await
    }
}

#[cfg(test)]
mod tests;
