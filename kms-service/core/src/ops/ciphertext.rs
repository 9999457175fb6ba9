//! What Decrypt and ReEncrypt share: finding the key that made a blob, and opening the blob with it.

use envelope::{Blob, EncryptionContext, Plaintext};
use identity::Caller;

use crate::{
    authorize::{Admitted, Opens, Seals},
    error::KmsError,
    grant::Asked,
    ids::KeyId,
    kms::View,
    ring::Entry,
};

/// A blob and what the request says of it.
pub(crate) struct Ciphertext<'a> {
    pub(crate) blob: &'a [u8],
    pub(crate) context: &'a EncryptionContext,
    /// The key that the caller believes it was made with.
    pub(crate) key_id: Option<&'a str>,
    /// Nothing of the blob counts.
    pub(crate) is_ignored: bool,
}

/// What was inside, and the material that opened it.
pub(crate) struct Opened {
    pub(crate) plaintext: Plaintext,
    pub(crate) material_id: String,
}

impl Ciphertext<'_> {
    /// The key to decrypt with. Without a key in the request, a key that is not there, that nobody may know of and that
    /// this caller may not use are answered alike.
    pub(crate) fn admit<'r, P: Opens>(
        &self,
        view: &View<'r>,
        caller: &Caller,
        note: impl FnOnce(&Entry),
    ) -> Result<Admitted<'r, P>, KmsError> {
        let asked = Asked::Context(self.context);
        if let Some(reference) = self.key_id {
            let entry = view.key::<P>(caller, reference)?;
            note(entry);
            return view.authorize(caller, entry, asked)?.admit().map_err(|error| match error {
                // Whatever made the blob, it was not this key.
                KmsError::WrongUsage { .. } if !self.is_ignored => KmsError::IncorrectKey,
                other => other,
            });
        }
        let blob = Blob::parse(self.blob).map_err(|_| KmsError::InvalidCiphertext)?;
        let id = KeyId::from_bytes(blob.key_id());
        let entry = view.ring.visible_key(caller, id, view.realm()).ok_or(KmsError::CiphertextRefused)?;
        note(entry);
        match view.authorize(caller, entry, asked) {
            Ok(authorized) => authorized.admit(),
            Err(_) => Err(KmsError::CiphertextRefused),
        }
    }

    /// Opens the blob. Whatever is wrong with blob or context is answered alike.
    pub(crate) fn open(&self, key: &Admitted<'_, impl Opens>) -> Result<Opened, KmsError> {
        let blob = Blob::parse(self.blob).map_err(|_| KmsError::InvalidCiphertext)?;
        if blob.key_id() != key.record().id.bytes() {
            return Err(KmsError::IncorrectKey);
        }
        let material = key.version(blob.material()).ok_or(KmsError::InvalidCiphertext)?;
        let plaintext = blob.open(material.key(), self.context).map_err(|_| KmsError::InvalidCiphertext)?;
        Ok(Opened { plaintext, material_id: material.id().to_owned() })
    }
}

/// Seals under a key's current material.
pub(crate) fn seal(
    view: &View<'_>,
    key: &Admitted<'_, impl Seals>,
    context: &EncryptionContext,
    plaintext: &[u8],
) -> Result<(Vec<u8>, String), KmsError> {
    let material = key.current()?;
    let record = key.record();
    let (id, version) = (record.id.bytes(), record.current_material());
    let blob = envelope::blob::seal(material.key(), id, version, context, plaintext, view.entropy());
    Ok((blob, material.id().to_owned()))
}
