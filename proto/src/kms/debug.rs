//! `Debug` for the KMS messages that carry plaintext: it prints how long the plaintext is and never a byte of it.
//!
//! The build script leaves the derived `Debug` out for these, so a message that is listed there and forgotten here does
//! not compile.

use std::fmt;

use super::{
    DecryptResponse, EncryptRequest, GenerateDataKeyResponse, GenerateMacRequest, GenerateRandomResponse,
    VerifyMacRequest,
};

/// Prints the length of what must not be printed.
struct Redacted(usize);

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0)
    }
}

impl fmt::Debug for EncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptRequest")
            .field("key_id", &self.key_id)
            .field("plaintext", &Redacted(self.plaintext.len()))
            .field("encryption_context", &self.encryption_context)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DecryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptResponse")
            .field("key_id", &self.key_id)
            .field("plaintext", &Redacted(self.plaintext.len()))
            .field("key_material_id", &self.key_material_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GenerateDataKeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyResponse")
            .field("key_id", &self.key_id)
            .field("plaintext", &Redacted(self.plaintext.len()))
            .field("key_material_id", &self.key_material_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GenerateRandomResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateRandomResponse").field("plaintext", &Redacted(self.plaintext.len())).finish()
    }
}

impl fmt::Debug for GenerateMacRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateMacRequest")
            .field("key_id", &self.key_id)
            .field("message", &Redacted(self.message.len()))
            .field("mac_algorithm", &self.mac_algorithm)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifyMacRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyMacRequest")
            .field("key_id", &self.key_id)
            .field("message", &Redacted(self.message.len()))
            .field("mac_algorithm", &self.mac_algorithm)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"canary-7f3a";

    fn assert_redacted(message: &dyn fmt::Debug) {
        let text = format!("{message:?} {message:#?}");
        assert!(text.contains("[11 bytes]"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        // The derived form of a byte vector is its numbers.
        assert!(!text.contains("99, 97, 110"), "{text}");
    }

    #[test]
    fn plaintext_is_never_printed() {
        assert_redacted(&EncryptRequest { plaintext: SECRET.to_vec(), ..Default::default() });
        assert_redacted(&DecryptResponse { plaintext: SECRET.to_vec(), ..Default::default() });
        assert_redacted(&GenerateDataKeyResponse { plaintext: SECRET.to_vec(), ..Default::default() });
        assert_redacted(&GenerateRandomResponse { plaintext: SECRET.to_vec() });
        assert_redacted(&GenerateMacRequest { message: SECRET.to_vec(), ..Default::default() });
        let mac = SECRET.to_vec();
        assert_redacted(&VerifyMacRequest { message: SECRET.to_vec(), mac, ..Default::default() });
    }
}
