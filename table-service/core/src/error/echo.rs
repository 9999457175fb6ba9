//! What a text quotes of a list that the caller sent.

use shape::Echo;

use crate::limits::MAX_LISTED;

/// The first members of a list that a text quotes; the list itself can have millions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echoes {
    first: Vec<Echo>,
    has_more: bool,
}

impl Echoes {
    /// Whether the list has no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub(crate) fn show(&self, to_caller: bool, quote: &str, separator: &str) -> String {
        let shown = self.first.iter().map(|member| format!("{quote}{}{quote}", member.show(to_caller)));
        let rest = self.has_more.then(|| "...".to_owned());
        shown.chain(rest).collect::<Vec<_>>().join(separator)
    }
}

impl FromIterator<Echo> for Echoes {
    /// Takes no more members than it shows, and one to see whether there are more.
    fn from_iter<I: IntoIterator<Item = Echo>>(members: I) -> Self {
        let mut members = members.into_iter();
        let first = members.by_ref().take(MAX_LISTED).collect();
        Self { first, has_more: members.next().is_some() }
    }
}
