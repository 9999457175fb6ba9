//! What an SSESpecification asks for.
//!
//! Two steps, in DynamoDB's order: [`SseSpecification::choice`] needs only the request, [`Choice::against`] needs the
//! table. Whether a key exists and may be used comes after both, and is asked of KMS.

use std::fmt;

use shape::{Decode, Member, Rule, Shown, Violations, choices};

use crate::error::{Echo, Invalid};
use crate::kms::MANAGED_KEY_ALIAS;

/// An SSESpecification, as sent.
#[derive(Clone, Debug, Default, Decode)]
#[shape(name = "SSESpecification")]
pub struct SseSpecification {
    /// Absent differs from false.
    pub enabled: Option<bool>,
    /// The type.
    #[shape(rename = "SSEType")]
    pub sse_type: Member<SseType>,
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(rename = "KMSMasterKeyId")]
    pub kms_master_key_id: Option<String>,
}

/// The two encryption types of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseType {
    /// Legacy, never accepted.
    Aes256,
    /// A key in KMS.
    Kms,
}

choices!(SseType { Aes256 = "AES256", Kms = "KMS" });

/// What names a KMS key in a request: id, key ARN, alias name or alias ARN. Not empty.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyRef(String);

impl KeyRef {
    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRef({})", self.0)
    }
}

/// Which kind of key a table shall be under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The service's own key; the default.
    Owned,
    /// The account's key for this service, `alias/aws/dynamodb`.
    Managed,
    /// A key of the user's.
    Customer(KeyRef),
}

impl SseSpecification {
    /// Adds the violations of the model's constraints.
    pub fn constraints(&self, violations: &mut Violations) {
        violations.one_of("sSESpecification.sSEType", &self.sse_type);
        if self.kms_master_key_id.as_deref() == Some("") {
            violations.push(
                "sSESpecification.kMSMasterKeyId",
                Shown::Value(Echo::from("")),
                Rule::MinLength(1),
            );
        }
    }

    /// What is asked for, once the model's constraints hold. For CreateTable, no specification at all is
    /// [`Choice::Owned`]; for UpdateTable it is no change.
    ///
    /// # Errors
    /// Contradictions between the members, in DynamoDB's order; a violated constraint, if the caller did not check
    /// [`SseSpecification::constraints`] first.
    pub fn choice(&self) -> Result<Choice, Invalid> {
        let mut violations = Violations::new();
        self.constraints(&mut violations);
        violations.finish()?;
        let sse_type = self.sse_type.known().copied();
        match (self.enabled, sse_type, self.kms_master_key_id.as_deref()) {
            (Some(false), Some(_), _) => Err(Invalid::SseTypeWhileDisabled),
            (Some(false), None, Some(_)) => Err(Invalid::SseKeyWhileDisabled),
            (_, None | Some(SseType::Aes256), Some(_)) => Err(Invalid::SseTypeRequired),
            (_, Some(SseType::Aes256), None) => Err(Invalid::SseAes256),
            (None | Some(false), None, None) => Ok(Choice::Owned),
            (Some(true), None, None) | (_, Some(SseType::Kms), None) => Ok(Choice::Managed),
            // Sent in another form (an ARN), it is resolved by KMS like any other key.
            (_, Some(SseType::Kms), Some(key)) if key == MANAGED_KEY_ALIAS => Ok(Choice::Managed),
            (_, Some(SseType::Kms), Some(key)) => Ok(Choice::Customer(KeyRef(key.to_owned()))),
        }
    }
}

impl Choice {
    /// Checks an UpdateTable's choice against the key that the table is under: `None` for the owned key, else the key
    /// ARN. Only the exact ARN counts as a re-send: an alias, an id or "managed" runs the switch again.
    ///
    /// # Errors
    /// [`Invalid::SseAlreadyDefault`] and [`Invalid::SseSameKey`].
    pub fn against(self, current_key_arn: Option<&str>) -> Result<Self, Invalid> {
        match (&self, current_key_arn) {
            (Self::Owned, None) => Err(Invalid::SseAlreadyDefault),
            (Self::Customer(key), Some(arn)) if key.as_str() == arn => Err(Invalid::SseSameKey),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests;
