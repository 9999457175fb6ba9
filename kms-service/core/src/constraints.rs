//! What several requests have in their first check: the lengths of members that they share, in AWS's own words.

use envelope::EncryptionContext;
use shape::{Rule, Shown, Violations};

use crate::dry_run::DryRunModifier;
use crate::limits::{
    CIPHERTEXT_BYTES_MAX, ECHO_CHARS_MAX, ENCRYPTION_CONTEXT_BYTES_MAX, GRANT_TOKEN_CHARS_MAX,
    GRANT_TOKENS_MAX, PRINCIPAL_CHARS_MAX,
};

/// The grant tokens of a request.
pub(crate) fn grant_tokens(violations: &mut Violations, tokens: &[String]) {
    violations.count("grantTokens", tokens.len(), 0..=GRANT_TOKENS_MAX);
    for (index, token) in (1_usize..).zip(tokens.iter().take(GRANT_TOKENS_MAX)) {
        let path = format!("grantTokens.{index}.member");
        violations.count(&path, token.chars().count(), 1..=GRANT_TOKEN_CHARS_MAX);
    }
}

/// An encryption context: no empty key, and a bound on the whole.
pub(crate) fn context(violations: &mut Violations, path: &str, context: &EncryptionContext) {
    let size = context.iter().map(|(key, value)| key.len() + value.len()).sum();
    violations.count(path, size, 0..=ENCRYPTION_CONTEXT_BYTES_MAX);
    if context.iter().any(|(key, _)| key.is_empty()) {
        violations.push(path, Shown::Hidden, Rule::MinKeyLength(1));
    }
}

/// A ciphertext blob, which a dry run may leave out.
pub(crate) fn ciphertext(violations: &mut Violations, blob: &[u8], modifiers: &[DryRunModifier]) {
    let least = if modifiers.is_empty() { 1 } else { 0 };
    violations.count("ciphertextBlob", blob.len(), least..=CIPHERTEXT_BYTES_MAX);
}

/// A principal of a grant.
pub(crate) fn principal(violations: &mut Violations, path: &str, text: &str) {
    let legal = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | ':' | '/' | '-')
    };
    violations.text(path, text, 1..=PRINCIPAL_CHARS_MAX);
    violations.pattern(path, text, r"^[\w+=,.@:/-]+$", text.chars().all(legal));
}

/// The caller's own text, cut to a length that an error may carry.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(ECHO_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use fault::Fault;

    use super::*;
    use crate::error::KmsError;

    fn message(fill: impl FnOnce(&mut Violations)) -> String {
        let mut violations = Violations::default();
        fill(&mut violations);
        KmsError::from(violations.finish().unwrap_err()).public_message().into_owned()
    }

    #[test]
    fn texts_are_those_of_aws() {
        assert_eq!(
            message(|v| v.count("plaintext", 4097, 1..=4096)),
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length \
             less than or equal to 4096"
        );
        assert_eq!(
            message(|v| v.range("numberOfBytes", Some(0), 1..=1024)),
            "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        );
        let two = message(|v| {
            v.text("keyId", "", 1..=2048);
            v.range("limit", Some(1001), 1..=1000);
        });
        assert!(two.starts_with("2 validation errors detected: Value '' at 'keyId'"), "{two}");
        assert!(two.contains("; Value '1001' at 'limit'"), "{two}");
    }

    #[test]
    fn long_values_are_not_repeated() {
        let text = message(|v| v.text("keyId", &"k".repeat(3000), 1..=2048));
        assert!(text.len() < 200, "{text}");
        assert_eq!(clip(&"ä".repeat(300)).chars().count(), 259);
        assert_eq!(clip("short"), "short");
    }

    #[test]
    fn a_context_has_no_empty_key_and_a_bounded_size() {
        let empty_key: EncryptionContext = [("", "x")].into_iter().collect();
        assert!(message(|v| context(v, "encryptionContext", &empty_key)).contains("encryptionContext"));
        let large: EncryptionContext = [("k".to_owned(), "v".repeat(8192))].into_iter().collect();
        assert!(message(|v| context(v, "encryptionContext", &large)).contains("8192"));
    }
}
