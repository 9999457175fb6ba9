//! DescribeKey: what is known of a key.

use identity::Caller;

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::Op, constraints::Violations, error::KmsError,
    grant::Asked, metadata::KeyMetadata,
};

/// Which key.
#[derive(Clone, Debug)]
pub struct DescribeKey {
    /// Key id, key ARN, alias name or alias ARN.
    pub key_id: String,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
}

impl DescribeKey {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        check_length(&mut violations, "keyId", &self.key_id);
        violations.grant_tokens(&self.grant_tokens);
        violations.finish()
    }
}

impl Kms {
    /// Describes a key. Works in every state. On the managed key's alias, its first use makes the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn describe_key(&self, caller: &Caller, request: DescribeKey) -> Result<KeyMetadata, KmsError> {
        let op = Op::DescribeKey;
        let ready = match request.check() {
            Ok(()) => self.first_use(caller, &request.key_id, op).await,
            refusal @ Err(_) => refusal,
        };
        self.read(caller, Operation::DescribeKey, |view, trail| {
            ready?;
            view.check_tokens(&request.grant_tokens)?;
            let entry = view.key(caller, &request.key_id)?;
            trail.key(entry);
            let key = view.authorize(caller, op, entry, Asked::Plain)?.admit()?;
            Ok(KeyMetadata::of(key.entry()))
        })
    }
}
