//! How answers look in JSON, and how they become the bytes of a body.

mod aliases;
mod crypto;
mod grants;
mod keys;
mod page;
mod policies;
mod rotations;
mod secret;
mod tags;

use std::io::{self, Write};

use kms_core::KmsError;
use serde::Serialize;
use service_kit::Failure;

pub(super) use aliases::Aliases;
pub(super) use crypto::{
    DataKey, Decrypted, Encrypted, Mac, Random, ReEncrypted, SealedDataKey, VerifiedMac,
};
pub(super) use grants::{CreatedGrant, Grants};
pub(super) use keys::{DescribedKey, Keys, OneKey, ScheduledDeletion};
pub(super) use policies::{KeyPolicy, PolicyNames};
pub(super) use rotations::{RotationStatus, Rotations};
pub(super) use tags::Tags;

/// An answer that can be sent.
pub(super) trait Body {
    /// Its bytes.
    fn written(&self) -> Result<Vec<u8>, Failure>;
}

/// The answer of an operation that has none in the model: not even braces.
pub(super) struct Nothing;

impl From<()> for Nothing {
    fn from((): ()) -> Self {
        Self
    }
}

impl Body for Nothing {
    fn written(&self) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }
}

/// Written twice, the first time only to know the length. A buffer that grows leaves what it held in freed memory, and some
/// answers hold key material: so there is one copy of that, in the body. The body itself is handed to the server and from
/// there to the transport, which frees it without overwriting it, as in the gRPC door.
impl<V: Serialize> Body for V {
    fn written(&self) -> Result<Vec<u8>, Failure> {
        let mut length = Length(0);
        write(&mut length, self)?;
        let mut body = Vec::with_capacity(length.0);
        write(&mut body, self)?;
        Ok(body)
    }
}

fn write(to: impl Write, view: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(to, view)
        .map_err(|_| Failure::from(KmsError::Defect("an answer that does not encode")))
}

/// How many bytes were written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
