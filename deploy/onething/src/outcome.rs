//! How the command ended, as an exit code.

use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done: 0.
    Done,
    /// The case was undone: 3.
    Compensated,
    /// The case ended in a declared partial outcome: 4.
    Partial,
    /// The case did not end, or an owner has to act: 1.
    Unfinished,
    /// The arguments are not what the gateway takes: 2.
    Misused,
    /// A journal is not what was written: 5.
    Broken,
    /// The saga's state does not allow it: 6.
    Conflict,
    /// There is no such saga, step or proposal: 7.
    Unknown,
    /// The token is missing, unknown, or may only look: 8.
    Denied,
}

impl Outcome {
    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unfinished => 1,
            Self::Compensated => 3,
            Self::Partial => 4,
            Self::Misused => 2,
            Self::Broken => 5,
            Self::Conflict => 6,
            Self::Unknown => 7,
            Self::Denied => 8,
        }
    }

    /// Says what went wrong, cause by cause, and gives the exit code for it.
    pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
        anstream::eprintln!("onething: {error:#}");
        ExitCode::FAILURE
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        outcome.code().into()
    }
}
