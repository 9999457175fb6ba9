//! What is wrong with an expression, where the kind of complaint decides which is reported and not its place.

use crate::error::ExpressionError;

/// The kinds of complaints that binding can have, the first to be reported first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// In a condition, a name or value that is not defined, or a path that is too long.
    Placeholder,
    /// A name that is not defined, or a path that is too long.
    Name,
    /// A value that is not defined.
    Value,
    /// Paths that overlap.
    Overlap,
    /// Paths that conflict.
    Conflict,
    /// In a condition, how many operands there are.
    Count,
    /// In a condition, operands that are the same.
    Distinct,
    /// In a condition, the type of an operand; in an update, an operand of ADD or DELETE.
    Operand,
    /// A function or an arithmetic operator.
    Function,
}

/// The complaint to be reported.
#[derive(Debug, Default)]
pub(super) struct Complaints(Option<(Rank, ExpressionError)>);

impl Complaints {
    /// What it is, or the complaint kept for later.
    pub(super) fn hear<T>(&mut self, rank: Rank, result: Result<T, ExpressionError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if self.0.as_ref().is_none_or(|(other, _)| rank < *other) {
                    self.0 = Some((rank, error));
                }
                None
            }
        }
    }

    /// The first complaint of the first kind.
    ///
    /// # Errors
    /// If there was any.
    pub(super) fn finish(self) -> Result<(), ExpressionError> {
        self.0.map_or(Ok(()), |(_, error)| Err(error))
    }
}
