//! A value that its element accepts, in its one spelling. Owns the warnings that go with it.

use std::fmt;

use crate::mask::Masked;

/// Something worth telling a clerk about a valid value. It never stops a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The division in a resident number is in no table: abolished, or outside the region.
    UnknownDivision,
}

impl Warning {
    /// The stable code, for example `UNKNOWN_DIVISION`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownDivision => "UNKNOWN_DIVISION",
        }
    }
}

/// A valid value in its one spelling. `Display` gives it, `Debug` masks it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Normalized {
    text: String,
    warning: Option<Warning>,
}

impl Normalized {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            warning: None,
        }
    }

    pub(crate) fn with_warning(text: impl Into<String>, warning: Option<Warning>) -> Self {
        Self {
            text: text.into(),
            warning,
        }
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }

    /// What a clerk should know about it, if anything.
    #[must_use]
    pub const fn warning(&self) -> Option<Warning> {
        self.warning
    }
}

impl fmt::Display for Normalized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Normalized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Normalized({})", Masked(&self.text))
    }
}
