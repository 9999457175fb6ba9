//! How a refusal by KMS reads in an answer of the table service.
//!
//! DynamoDB has no exception of its own for key problems: it wraps the KMS error's code and text into a
//! ValidationException or an AccessDeniedException. Which one, and with which words in front, depends on the KMS code
//! alone; the kind also depends on the plane, because on the data plane the request is right and the key is not.

use std::borrow::Cow;

use fault::{Fault, Kind};

/// Whether an operation is on tables or on what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// On a table. A key that CreateTable or UpdateTable names is refused: the request is wrong.
    Control,
    /// On items. The key of their table is refused: the request is right, the key is not.
    Data,
}

/// A refusal by KMS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key service refused: {code}")]
pub struct KmsError {
    plane: Plane,
    class: Class,
    code: String,
    message: String,
    request_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Disabled,
    Denied,
    /// The key's state or identifier forbids it.
    Unusable,
    /// KMS finds the key unfit for tables (HMAC). DynamoDB answers with this text and 500, which makes SDKs retry in vain;
    /// this service calls the request what it is.
    Unfit,
}

impl KmsError {
    /// Wraps a KMS error: its AWS code, its text and the id of the KMS request.
    ///
    /// Only for answers that refuse. When KMS does not answer the error is [`super::TableError::KmsUnavailable`];
    /// which answers count as silence is for the client of KMS to say.
    pub fn new(
        plane: Plane,
        code: impl Into<String>,
        message: impl Into<String>,
        request_id: impl Into<String>,
    ) -> Self {
        let code = code.into();
        let class = match code.as_str() {
            "DisabledException" => Class::Disabled,
            "AccessDeniedException" => Class::Denied,
            "KMSInvalidStateException" | "NotFoundException" | "InvalidArnException" => Class::Unusable,
            _ => Class::Unfit,
        };
        Self { plane, class, code, message: message.into(), request_id: request_id.into() }
    }
}

impl Fault for KmsError {
    fn kind(&self) -> Kind {
        match (self.class, self.plane) {
            (Class::Denied, _) => Kind::Denied,
            (_, Plane::Control) => Kind::Invalid,
            (_, Plane::Data) => Kind::Precondition,
        }
    }

    fn reason(&self) -> &'static str {
        match self.class {
            Class::Denied => "AccessDeniedException",
            Class::Disabled | Class::Unusable | Class::Unfit => "ValidationException",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        // Exceptions that the KMS model does not name surface in DynamoDB's Java client as the base class.
        let (prefix, class) = match self.class {
            Class::Disabled => ("KMS key disabled error", self.code.as_str()),
            Class::Unusable => ("KMS validation error", self.code.as_str()),
            Class::Unfit => ("KMS internal error", "AWSKMSException"),
            Class::Denied => ("KMS key access denied error", "AWSKMSException"),
        };
        let Self { code, message, request_id, .. } = self;
        format!(
            "{prefix}: com.amazonaws.services.kms.model.{class}: {message} (Service: AWSKMS; Status Code: 400; \
             Error Code: {code}; Request ID: {request_id}; Proxy: null)"
        )
        .into()
    }
}
