//! The first check of every request: lengths and ranges of its members, answered in AWS's own words.
//!
//! All members are looked at before anything is answered, so that one round trip shows every mistake.

use envelope::EncryptionContext;

use crate::{
    error::KmsError,
    limits::{ECHO_CHARS_MAX, ENCRYPTION_CONTEXT_BYTES_MAX, GRANT_TOKEN_CHARS_MAX, GRANT_TOKENS_MAX},
};

/// What is wrong with a request so far.
#[derive(Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// The answer, once every member has been looked at.
    pub(crate) fn finish(self) -> Result<(), KmsError> {
        if self.0.is_empty() { Ok(()) } else { Err(KmsError::Constraints(self.0)) }
    }

    /// A text of `least..=most` characters. The text is repeated in the answer if it is short.
    pub(crate) fn text(&mut self, path: &str, text: &str, least: usize, most: usize) {
        let subject = if text.chars().count() <= ECHO_CHARS_MAX {
            format!("Value '{text}' at '{path}'")
        } else {
            format!("Value at '{path}'")
        };
        self.length(&subject, text.chars().count(), least, most);
    }

    /// Bytes, or a list: `least..=most` of them. The content is never repeated.
    pub(crate) fn count(&mut self, path: &str, count: usize, least: usize, most: usize) {
        self.length(&format!("Value at '{path}'"), count, least, most);
    }

    /// A number in `least..=most`.
    pub(crate) fn number(&mut self, path: &str, number: i32, least: i32, most: i32) {
        let subject = format!("Value '{number}' at '{path}'");
        if number < least {
            self.add(&subject, &format!("have value greater than or equal to {least}"));
        }
        if number > most {
            self.add(&subject, &format!("have value less than or equal to {most}"));
        }
    }

    /// A text that must match a pattern.
    pub(crate) fn pattern(&mut self, path: &str, text: &str, pattern: &str, matches: bool) {
        if !matches && text.chars().count() <= ECHO_CHARS_MAX {
            self.add(
                &format!("Value '{text}' at '{path}'"),
                &format!("satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    /// The grant tokens of a request.
    pub(crate) fn grant_tokens(&mut self, tokens: &[String]) {
        self.count("grantTokens", tokens.len(), 0, GRANT_TOKENS_MAX);
        for (index, token) in (1_usize..).zip(tokens.iter().take(GRANT_TOKENS_MAX)) {
            let path = format!("grantTokens.{index}.member");
            self.count(&path, token.chars().count(), 1, GRANT_TOKEN_CHARS_MAX);
        }
    }

    /// An encryption context: no empty key, and a bound on the whole.
    pub(crate) fn context(&mut self, path: &str, context: &EncryptionContext) {
        let size = context.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.count(path, size, 0, ENCRYPTION_CONTEXT_BYTES_MAX);
        if context.iter().any(|(key, _)| key.is_empty()) {
            self.add(&format!("Map at '{path}'"), "have keys of length greater than or equal to 1");
        }
    }

    fn length(&mut self, subject: &str, length: usize, least: usize, most: usize) {
        if length < least {
            self.add(subject, &format!("have length greater than or equal to {least}"));
        }
        if length > most {
            self.add(subject, &format!("have length less than or equal to {most}"));
        }
    }

    fn add(&mut self, subject: &str, must: &str) {
        self.0.push(format!("{subject} failed to satisfy constraint: Member must {must}"));
    }
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

    fn message(fill: impl FnOnce(&mut Violations)) -> String {
        let mut violations = Violations::default();
        fill(&mut violations);
        violations.finish().unwrap_err().public_message().into_owned()
    }

    #[test]
    fn texts_are_those_of_aws() {
        assert_eq!(
            message(|v| v.count("plaintext", 4097, 1, 4096)),
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length \
             less than or equal to 4096"
        );
        assert_eq!(
            message(|v| v.number("numberOfBytes", 0, 1, 1024)),
            "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        );
        let two = message(|v| {
            v.text("keyId", "", 1, 2048);
            v.number("limit", 1001, 1, 1000);
        });
        assert!(two.starts_with("2 validation errors detected: Value '' at 'keyId'"), "{two}");
        assert!(two.contains("; Value '1001' at 'limit'"), "{two}");
    }

    #[test]
    fn long_values_are_not_repeated() {
        let text = message(|v| v.text("keyId", &"k".repeat(3000), 1, 2048));
        assert!(text.len() < 200, "{text}");
        assert_eq!(clip(&"ä".repeat(300)).chars().count(), 259);
        assert_eq!(clip("short"), "short");
    }

    #[test]
    fn a_context_has_no_empty_key_and_a_bounded_size() {
        let empty_key: EncryptionContext = [("", "x")].into_iter().collect();
        assert!(message(|v| v.context("encryptionContext", &empty_key)).contains("encryptionContext"));
        let large: EncryptionContext = [("k".to_owned(), "v".repeat(8192))].into_iter().collect();
        assert!(message(|v| v.context("encryptionContext", &large)).contains("8192"));
    }
}
