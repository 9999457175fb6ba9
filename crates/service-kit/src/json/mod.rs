//! What a service says of itself to be served over one of AWS's JSON protocols, beside gRPC and on its port.
//!
//! The server does everything that is the protocol's: it finds out which operation a request names, verifies its signature,
//! bounds and opens its body, makes ids, checksums and the bodies of errors. A service has its operations.
//!
//! `door` is that server's part, `upload` reads bodies for it, and `neighbour` passes on what is another service's.

mod body;
mod door;
mod neighbour;

pub(crate) use door::{Asked, Doors};
pub use neighbour::Neighbour;

use aws_json::{Members, Protocol};
use axum::body::Bytes;
use fault::Fault;
use identity::Caller;
use std::{fmt, sync::Arc};

use crate::RequestId;

/// A service's operations over AWS JSON.
#[tonic::async_trait]
pub trait JsonApi: Send + Sync + 'static {
    /// Its protocol.
    fn protocol(&self) -> &'static Protocol;

    /// The names of its operations. A request for any other is answered without it.
    fn operations(&self) -> &'static [&'static str];

    /// Answers a request whose caller is known: with the body of the answer, or with why there is none.
    async fn call(&self, call: Call) -> Result<Vec<u8>, Failure>;
}

/// One request for an operation.
#[derive(Clone)]
pub struct Call {
    /// Which operation; one of [`JsonApi::operations`].
    pub operation: &'static str,
    /// The body, decompressed. It need not be JSON.
    pub body: Bytes,
    /// Who proved to be calling.
    pub caller: Caller,
    /// The request's id, of the kind that the protocol's clients know.
    pub request_id: RequestId,
    /// The trace that the request belongs to.
    pub trace_parent: Option<Arc<str>>,
    /// The host, with its port, that the caller has called.
    pub host: String,
}

/// Nothing of the body, which can be a plaintext or an item.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}, {})", self.operation, self.request_id)
    }
}

/// Why a request has no answer.
#[derive(Debug)]
pub struct Failure {
    fault: Box<dyn Fault + Send + Sync>,
    members: Members,
}

impl Failure {
    /// A failure whose answer has more members than the code and the text, each with its value as JSON.
    pub fn with(fault: impl Fault + Send + Sync + 'static, members: Members) -> Self {
        Self { fault: Box::new(fault), members }
    }

    /// What went wrong.
    pub fn fault(&self) -> &(dyn Fault + Send + Sync) {
        &*self.fault
    }

    /// What the body of the error holds beside the code and the text.
    pub fn members(&self) -> &Members {
        &self.members
    }
}

impl<F: Fault + Send + Sync + 'static> From<F> for Failure {
    fn from(fault: F) -> Self {
        Self::with(fault, Members::new())
    }
}
