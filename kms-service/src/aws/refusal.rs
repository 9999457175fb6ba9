//! Why a request is refused before the domain sees it, as the protocol answers it.

use aws_json::NotARequest;
use kms_core::{Kms, KmsError, Operation, Unsupported};
use service_kit::{Call, Failure};
use shape::{Refusal, Request};

use super::NAMESPACE;

/// The command that a request stands for. One that cannot be made of it is put on record, as the domain does by itself
/// with what it refuses.
pub(super) fn decoded<T: Request>(kms: &Kms, call: &Call, operation: Operation) -> Result<T, Failure> {
    shape::decode(&call.body).map_err(|refusal| {
        let failure = refused(refusal);
        kms.note_refusal(&call.caller, operation, failure.fault());
        failure
    })
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Unreadable(why) => NotARequest(why.public_text(NAMESPACE).unwrap_or_default()).into(),
        Refusal::Violated(violated) => KmsError::from(violated).into(),
        Refusal::NotOffered(what) => KmsError::Unsupported(Unsupported::Member(what)).into(),
    }
}
