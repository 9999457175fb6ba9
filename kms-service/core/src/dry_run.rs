//! How a dry run may differ from the real one.

use shape::choices;

use crate::error::{KmsError, Rule};

/// What a dry run leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRunModifier {
    /// The ciphertext, which need not even be there: only whether the caller may use the key is checked.
    IgnoreCiphertext,
}

choices!(DryRunModifier { IgnoreCiphertext = "IGNORE_CIPHERTEXT" });

/// Whether a request leaves its ciphertext out. Then nothing says which key is meant but the request.
pub(crate) fn ignores_ciphertext(
    dry_run: bool,
    modifiers: &[DryRunModifier],
    key_id: Option<&str>,
) -> Result<bool, KmsError> {
    match (modifiers, dry_run, key_id) {
        ([], _, _) => Ok(false),
        ([DryRunModifier::IgnoreCiphertext, ..], false, _) => {
            Err(KmsError::Rule(Rule::ModifierWithoutDryRun))
        }
        ([DryRunModifier::IgnoreCiphertext, ..], true, None) => Err(KmsError::Rule(Rule::IgnoredNeedsKey)),
        ([DryRunModifier::IgnoreCiphertext, ..], true, Some(_)) => Ok(true),
    }
}
