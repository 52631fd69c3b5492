//! Why a value is not what its element asks for. Owns the stable codes; never holds the value.

use std::fmt;

/// What kind of fault a value has. The names are stable: they reach callers as codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// There is no value.
    Empty,
    /// Too short or too long.
    Length,
    /// A character that the format has no place for.
    Character,
    /// The characters are not in the order that the format asks for.
    Pattern,
    /// The check digit contradicts the rest: a typing mistake.
    CheckDigit,
    /// No such day in the calendar.
    Date,
    /// No such administrative division.
    Division,
    /// Not one of the offered choices.
    Choice,
    /// A number outside what is allowed.
    Range,
}

impl Fault {
    /// The stable code, for example `CHECK_DIGIT`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::Length => "LENGTH",
            Self::Character => "CHARACTER",
            Self::Pattern => "PATTERN",
            Self::CheckDigit => "CHECK_DIGIT",
            Self::Date => "DATE",
            Self::Division => "DIVISION",
            Self::Choice => "CHOICE",
            Self::Range => "RANGE",
        }
    }
}

/// A value that its format refuses. It says what is wrong and never repeats the value, so that it
/// can be shown and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    fault: Fault,
    reason: &'static str,
}

impl Invalid {
    pub(crate) const fn new(fault: Fault, reason: &'static str) -> Self {
        Self { fault, reason }
    }

    /// What kind of fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The stable code, for example `CHECK_DIGIT`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// The reason in plain English.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.reason)
    }
}

impl std::error::Error for Invalid {}
