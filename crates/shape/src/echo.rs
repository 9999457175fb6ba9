//! What a text quotes of the caller's own input.

use std::fmt;

/// Input of the caller that a text quotes. `Debug` shows its length only; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Echo(String);

impl Echo {
    /// The input itself in the answer to that caller; in every other text only that there was one.
    pub fn show(&self, to_caller: bool) -> &str {
        if to_caller { &self.0 } else { "..." }
    }
}

impl From<&str> for Echo {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Echo {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Echo({} bytes)", self.0.len())
    }
}
