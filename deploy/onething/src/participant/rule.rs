//! One rule that is checked: its stable name, what it proves, what to fix when it does not hold.

use futures::future::BoxFuture;

use super::bench::Bench;

/// A rule.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// Its stable name.
    pub(super) name: &'static str,
    /// What it proves, in one sentence.
    pub(super) proves: &'static str,
    /// What to do when it does not hold.
    pub(super) fix: &'static str,
    /// Finds out.
    pub(super) run: fn(&Bench) -> BoxFuture<'_, Checked>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rule").field(&self.name).finish()
    }
}

/// How a check ended.
pub(super) type Checked = Result<(), Stop>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The rule is broken: what was seen.
    Fail(String),
    /// It could not be found out: why, and what to do about it.
    Skip(String),
}

/// Ends a check: the rule is broken.
pub(super) fn fail<T>(seen: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fail(seen.into()))
}

/// Makes a rule out of a function. The function's documentation is the sentence.
macro_rules! rule {
    ($name:literal, $run:path, $proves:literal, $fix:literal $(,)?) => {
        $crate::participant::rule::Rule {
            name: $name,
            proves: $proves,
            fix: $fix,
            run: |bench| Box::pin($run(bench)),
        }
    };
}
pub(super) use rule;
