//! The door for AWS JSON: the API of AWS's KMS. It decodes a request into a domain command, calls the domain once, and
//! writes the answer. It holds no rule.

mod operations;
mod refusal;
mod view;

use aws_json::{Protocol, RequestIds};
use kms_core::Kms;
use service_kit::{Call, Failure, JsonApi};

/// Where AWS's texts have the types of a service live. KMS's own errors have no namespace in their codes.
const NAMESPACE: &str = "com.amazonaws.kms.v20141101";

static PROTOCOL: Protocol = Protocol {
    target_prefix: "TrentService",
    content_type: "application/x-amz-json-1.1",
    signing_name: "kms",
    namespace: None,
    capital_message: &["SerializationException"],
    has_checksum: false,
    request_ids: RequestIds::Uuid,
    // The largest request that the model knows is CreateKey with a policy of 131,072 characters, 50 tags and a long
    // description, each in UTF-8 or in escapes: it is read, so that what is wrong with it can be said. Decrypt for an
    // enclave, with its 262,144 bytes in base64, fits as well.
    max_body_bytes: 1024 * 1024,
};

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
        &PROTOCOL
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
