//! ListKeyPolicies: the names of a key's policies. There is one.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::may,
    error::KmsError,
    limits::LIST_KEYS_PAGE,
    page::{Page, PageRequest},
    policy::POLICY_NAME,
};

/// Of which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct ListKeyPolicies {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

impl Request for ListKeyPolicies {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        self.page.check(violations, LIST_KEYS_PAGE);
    }
}

impl Kms {
    /// Lists the names. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn list_key_policies(
        &self,
        caller: &Caller,
        request: ListKeyPolicies,
    ) -> Result<Page<&'static str>, KmsError> {
        self.read(caller, Operation::ListKeyPolicies, |view, trail| {
            request.check()?;
            let key = view.admit::<may::ListKeyPolicies>(caller, trail, &request.key_id)?;
            let list = format!("policies/{}", key.record().id);
            let _nothing_before_the_first = request.page.after(view, &list)?;
            let names = std::iter::once(POLICY_NAME);
            Ok(request.page.page(view, &list, LIST_KEYS_PAGE, names, |name| name.as_bytes().to_vec()))
        })
    }
}
