//! The parts of an `Authorization` header with a signature:
//! `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b;c, Signature=HEX`.

use super::SignatureError;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The one algorithm.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What every algorithm of AWS's begins with; anything else is no signature.
const FAMILY: &str = "AWS4-";

/// The header, taken apart. A part that is not there is empty.
#[derive(Debug, Default)]
pub(super) struct Authorization<'h> {
    pub(super) algorithm: &'h str,
    pub(super) credential: &'h str,
    pub(super) signed_headers: &'h str,
    pub(super) signature: &'h str,
}

impl<'h> Authorization<'h> {
    /// Takes a header apart. A word that is no pair is refused, and so is a part that is there twice: which one counts
    /// would be a matter of taste. Unknown parts count for nothing.
    pub(super) fn parse(header: &'h str) -> Result<Self, SignatureError> {
        let header = header.trim();
        if !header.starts_with(FAMILY) {
            return Err(SignatureError::Missing);
        }
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        let mut found = Self { algorithm, ..Self::default() };
        for word in rest.split([',', ' ']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').ok_or_else(|| not_a_pair(word))?;
            let part = match name {
                "Credential" => &mut found.credential,
                "SignedHeaders" => &mut found.signed_headers,
                "Signature" => &mut found.signature,
                _ => continue,
            };
            if !part.is_empty() {
                let text = format!("Authorization header has more than one '{name}' parameter.");
                return Err(SignatureError::Malformed(text));
            }
            *part = value;
        }
        Ok(found)
    }

    /// Says of everything that is missing at once that it is. Of the header, the text repeats the algorithm alone.
    pub(super) fn require_all(&self, has_date: bool) -> Result<(), SignatureError> {
        let parts = [
            ("Credential", self.credential),
            ("Signature", self.signature),
            ("SignedHeaders", self.signed_headers),
        ];
        let missing = parts.iter().filter(|(_, value)| value.is_empty());
        let mut text: String =
            missing.map(|(name, _)| format!("Authorization header requires '{name}' parameter. ")).collect();
        if !has_date {
            text.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        if text.is_empty() {
            return Ok(());
        }
        Err(SignatureError::Incomplete(format!("{text}Authorization={}", self.algorithm)))
    }

    pub(super) fn require_algorithm(&self) -> Result<(), SignatureError> {
        if self.algorithm == ALGORITHM {
            return Ok(());
        }
        let text = format!("Unsupported AWS 'algorithm': '{}' (only {ALGORITHM} for now). ", self.algorithm);
        Err(SignatureError::Malformed(text))
    }
}

/// AWS repeats a hash instead of the word, which may be a secret of another scheme.
fn not_a_pair(word: &str) -> SignatureError {
    let hash = STANDARD.encode(Sha256::digest(word.as_bytes()));
    SignatureError::Malformed(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    ))
}

/// The parts of a credential: an access key id, and what its signature is good for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Credential<'h> {
    pub(super) access_key_id: &'h str,
    pub(super) date: &'h str,
    pub(super) region: &'h str,
    pub(super) service: &'h str,
    pub(super) terminator: &'h str,
}

impl<'h> Credential<'h> {
    pub(super) fn parse(text: &'h str) -> Result<Self, SignatureError> {
        let mut parts = text.trim_end_matches('/').split('/');
        let mut next = || parts.next();
        let (id, date, region, service, terminator, none) = (next(), next(), next(), next(), next(), next());
        match (id, date, region, service, terminator, none) {
            (Some(access_key_id), Some(date), Some(region), Some(service), Some(terminator), None) => {
                Ok(Self { access_key_id, date, region, service, terminator })
            }
            _ => Err(SignatureError::Malformed(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{text}'"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_come_in_any_order_with_any_spacing() {
        for header in [
            "AWS4-HMAC-SHA256 Credential=c, SignedHeaders=h, Signature=s",
            " AWS4-HMAC-SHA256 Signature=s,Credential=c,SignedHeaders=h ",
            "AWS4-HMAC-SHA256   SignedHeaders=h,,  Unknown=u Signature=s ,Credential=c",
        ] {
            let found = Authorization::parse(header).unwrap();
            assert_eq!(
                (found.algorithm, found.credential, found.signed_headers, found.signature),
                (ALGORITHM, "c", "h", "s")
            );
        }
    }

    #[test]
    fn what_is_no_signature_of_awss_is_none() {
        for header in
            ["", "AWS4", "Basic YTpi", "Bearer x", "AWS id:signature", "aws4-hmac-sha256 Credential=c"]
        {
            assert_eq!(Authorization::parse(header).unwrap_err(), SignatureError::Missing, "{header}");
        }
    }

    #[test]
    fn every_missing_part_is_named_in_one_text() {
        let text = |header: &str, has_date| {
            let found = Authorization::parse(header).unwrap();
            found.require_all(has_date).unwrap_err().to_string()
        };
        assert_eq!(
            text("AWS4-", false),
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
             parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires \
             existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-"
        );
        assert_eq!(
            text("AWS4-HMAC-SHA256 Credential=c, SignedHeaders=, Signature=s", true),
            "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"
        );
        assert_eq!(
            text("AWS4-HMAC-SHA256 Credential=c, SignedHeaders=h, Signature=s", false),
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             Authorization=AWS4-HMAC-SHA256"
        );
    }

    #[test]
    fn a_word_that_is_no_pair_and_a_part_that_is_there_twice_are_refused() {
        let text = |header: &str| Authorization::parse(header).unwrap_err().to_string();
        let lone = text("AWS4-HMAC-SHA256 Signature=s, CanaryWord");
        assert!(lone.starts_with("Invalid key=value pair (missing equal-sign)"), "{lone}");
        assert!(!lone.contains("Canary"), "{lone}");
        assert!(text("AWS4-HMAC-SHA256 Signature=a, Signature=b").contains("more than one 'Signature'"));
    }

    #[test]
    fn a_credential_has_five_parts() {
        let five = Credential {
            access_key_id: "id",
            date: "20150830",
            region: "us-east-1",
            service: "kms",
            terminator: "aws4_request",
        };
        assert_eq!(Credential::parse("id/20150830/us-east-1/kms/aws4_request").unwrap(), five);
        assert_eq!(Credential::parse("id/20150830/us-east-1/kms/aws4_request//").unwrap(), five);
        for text in ["", "id", "a/b/c/d", "a/b/c/d/", "a/b/c/d/e/f", "///", "/////"] {
            let error = Credential::parse(text).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "Credential must have exactly 5 slash-delimited elements, e.g. \
                     keyid/date/region/service/term, got '{text}'"
                )
            );
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(header in "(AWS4-HMAC-SHA256|AWS4-)?[ ,=/;a-zA-Z0-9\\PC]{0,80}") {
            if let Ok(found) = Authorization::parse(&header) {
                let _ = (found.require_all(false), found.require_algorithm(), Credential::parse(found.credential));
            }
        }
    }
}
