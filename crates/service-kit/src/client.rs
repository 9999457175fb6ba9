//! How a service says who it is when it calls another one.

use crate::{ON_BEHALF_OF_HEADER, REQUEST_ID_HEADER, RequestId};
use base64::{Engine, engine::general_purpose::STANDARD};
use identity::{Credential, PrincipalArn};
use std::fmt;
use tonic::metadata::{Ascii, MetadataValue, errors::InvalidMetadataValue};
use zeroize::Zeroizing;

/// The identity of a calling service, ready to be put on requests. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ClientIdentity {
    authorization: MetadataValue<Ascii>,
}

impl ClientIdentity {
    /// HTTP Basic with the access key id and the secret.
    pub fn basic(credential: &Credential) -> Result<Self, InvalidMetadataValue> {
        let pair = Zeroizing::new(format!("{}:{}", credential.access_key_id, credential.secret.expose()));
        let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut authorization: MetadataValue<Ascii> = header.parse()?;
        authorization.set_sensitive(true);
        Ok(Self { authorization })
    }

    /// Puts this identity on a request, and the principal it acts for, if any.
    pub fn sign<T>(
        &self,
        request: &mut tonic::Request<T>,
        on_behalf_of: Option<&PrincipalArn>,
    ) -> Result<(), InvalidMetadataValue> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.authorization.clone());
        if let Some(arn) = on_behalf_of {
            metadata.insert(ON_BEHALF_OF_HEADER, arn.as_str().parse()?);
        }
        Ok(())
    }

    /// Passes on the id of the request that caused this one.
    pub fn trace<T>(request: &mut tonic::Request<T>, id: &RequestId) -> Result<(), InvalidMetadataValue> {
        request.metadata_mut().insert(REQUEST_ID_HEADER, id.as_str().parse()?);
        Ok(())
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity")
    }
}
