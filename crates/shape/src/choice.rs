//! Closed sets of names.

use crate::decode::{Decode, Report, Shape};
use crate::echo::Echo;
use crate::json::Reader;
use crate::unreadable::Unreadable;
use crate::violation::{Rule, Shown};

/// A closed set. [`choices!`](crate::choices) implements it.
pub trait Choice: Copy + Sized + 'static {
    /// Every name of AWS's, in the order in which its texts list them. None is one that is not offered yet.
    const CHOICES: &'static [(&'static str, Option<Self>)];
    /// The names as a text lists them.
    const SET: &'static str;
    /// The names alone.
    const NAMES: &'static [&'static str];

    /// Its name.
    fn name(self) -> &'static str;

    /// Reads a name as a member. One of no set is a violation.
    ///
    /// # Errors
    /// It is malformed.
    fn decode_choice(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let text = json.text()?;
        match Self::CHOICES.iter().find(|(name, _)| *name == text) {
            Some((_, Some(choice))) => return Ok(*choice),
            Some((name, None)) => report.later(name),
            None => report.violation(Shown::short(&text), Rule::OneOf(Self::SET)),
        }
        // The request is refused already; what stands here in the meantime does not matter.
        Self::CHOICES.iter().find_map(|(_, choice)| *choice).ok_or(Unreadable::Malformed)
    }
}

/// Names the variants of an enum in the order in which AWS's texts list them, and makes it readable:
/// `choices!(Mode { Fast = "FAST", Safe = "SAFE" });`, with `later { "NEW" }` behind it for what AWS has and we do not yet.
#[macro_export]
macro_rules! choices {
    ($choice:ident { $($variant:ident = $name:literal),+ $(,)? } $(later { $($later:literal),+ $(,)? })?) => {
        impl $crate::Choice for $choice {
            const CHOICES: &'static [(&'static str, Option<Self>)] =
                &[$(($name, Some(Self::$variant)),)+ $($(($later, None),)+)?];
            const NAMES: &'static [&'static str] = &[$($name,)+ $($($later,)+)?];
            const SET: &'static str = $crate::choices!(@list $($name)+ $($($later)+)?);

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl $crate::Decode for $choice {
            const SHAPE: $crate::Shape = $crate::Shape::Choice(<Self as $crate::Choice>::NAMES);

            fn decode(
                json: &mut $crate::Reader<'_>,
                report: &mut $crate::Report,
            ) -> Result<Self, $crate::Unreadable> {
                $crate::Choice::decode_choice(json, report)
            }
        }
    };
    (@list $first:literal $($rest:literal)*) => { concat!($first $(, ", ", $rest)*) };
}

/// A member that keeps what it was sent: absent, one of ours, or something else. `constraints` refuses the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Member<T> {
    /// Not sent.
    #[default]
    Absent,
    /// One of the closed set.
    Known(T),
    /// Anything else, as sent.
    Other(Echo),
}

impl<T> Member<T> {
    /// The member, if it was sent and is one of the set.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }
}

impl<T: Choice> Member<T> {
    /// A name as a door got it that has no way to leave a member out: empty is absent.
    pub fn named(text: &str) -> Self {
        if text.is_empty() { Self::Absent } else { Self::of(text) }
    }

    fn of(text: &str) -> Self {
        let known = T::CHOICES.iter().find(|(name, _)| *name == text).and_then(|(_, choice)| *choice);
        known.map_or_else(|| Self::Other(Echo::from(text)), Self::Known)
    }
}

impl<T: Choice> Decode for Member<T> {
    const SHAPE: Shape = Shape::Choice(T::NAMES);

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        Ok(Self::of(&json.text()?))
    }

    fn null() -> Option<Self> {
        Some(Self::Absent)
    }
}
