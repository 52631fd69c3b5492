//! A bundle file as written: every name with its place, nothing resolved.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use crate::model::{Audience, Before, OnExpiry, Partial, Region};
use crate::text::Text;

/// A whole file.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Where it is laid over; `None` for the bundle as it is everywhere.
    pub(crate) region: Option<Region>,
    pub(crate) id: Spanned<String>,
    pub(crate) version: u32,
    pub(crate) title: Text,
    pub(crate) guide: Option<Text>,
    pub(crate) audience: Audience,
    pub(crate) lead: Spanned<String>,
    pub(crate) promise_working_days: u32,
    pub(crate) before: Before,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) withdrawal: Option<Partial>,
    pub(crate) values: Vec<(Spanned<String>, Spanned<Literal>)>,
    pub(crate) materials: Vec<MaterialSyntax>,
    pub(crate) roles: Vec<RoleSyntax>,
    pub(crate) segments: Vec<SegmentSyntax>,
    pub(crate) steps: Vec<StepSyntax>,
    pub(crate) results: Vec<ResultSyntax>,
    /// Where `[sample.form]` stands; `None` when there is none.
    pub(crate) sample_span: Option<Range<usize>>,
    pub(crate) sample: Vec<SampleSyntax>,
}

impl Document {
    /// The value with a name.
    pub(crate) fn value(&self, name: &str) -> Option<&Spanned<Literal>> {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| known.get_ref() == name);
        found.map(|(_, value)| value)
    }
}

/// `[[material]]`
#[derive(Debug, Clone)]
pub(crate) struct MaterialSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) title: Text,
}

/// `[roles.x]`
#[derive(Debug, Clone)]
pub(crate) struct RoleSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(crate) title: Text,
}

/// `[[segment]]`
#[derive(Debug, Clone)]
pub(crate) struct SegmentSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) partial: Option<Spanned<Partial>>,
}

/// `[[step]]`
#[derive(Debug, Clone)]
pub(crate) struct StepSyntax {
    pub(crate) id: Spanned<String>,
    /// What it does: exactly one of the two, unless a mistake was added.
    pub(crate) call: Option<Spanned<String>>,
    pub(crate) awaits: Option<Spanned<AwaitSyntax>>,
    /// The call's role → the bundle's role.
    pub(crate) roles: Vec<(Spanned<String>, Spanned<String>)>,
    pub(crate) after: Vec<Spanned<String>>,
    pub(crate) when: Option<Spanned<String>>,
    /// A field of the request → its explicit source.
    pub(crate) with: Vec<(Spanned<String>, WithSyntax)>,
    pub(crate) segment: Option<Spanned<String>>,
    pub(crate) optional: bool,
    pub(crate) correctable: Option<Range<usize>>,
    pub(crate) deadline: Option<DeadlineSyntax>,
    pub(crate) fresh_for: Option<Spanned<Duration>>,
    /// Where it says that somebody has to appear; `None` when nobody has.
    pub(crate) in_person: Option<Range<usize>>,
    pub(crate) for_each: Option<ForEachSyntax>,
    /// Whether no file has it: the planner queries a shared item.
    pub(crate) inserted: bool,
}

impl StepSyntax {
    /// Where mistakes about what it does stand.
    pub(crate) fn place(&self) -> Range<usize> {
        let call = self.call.as_ref().map(Spanned::span);
        call.or_else(|| self.awaits.as_ref().map(Spanned::span))
            .unwrap_or_else(|| self.id.span())
    }

    /// The call as written; empty for a step that waits.
    pub(crate) fn call_name(&self) -> &str {
        self.call.as_ref().map_or("", |call| call.get_ref())
    }
}

/// `await = { … }`
#[derive(Debug, Clone)]
pub(crate) enum AwaitSyntax {
    /// An act from outside.
    Signal {
        name: Spanned<String>,
        title: Text,
        by: Spanned<String>,
    },
    /// Nothing but time.
    Timer {
        after: Duration,
        title: Option<Text>,
    },
}

/// `deadline = { … }`
#[derive(Debug, Clone)]
pub(crate) struct DeadlineSyntax {
    pub(crate) working_days: u32,
    pub(crate) on_expiry: Spanned<OnExpiry>,
}

/// `for_each = { step = "…", field = "…" }`
#[derive(Debug, Clone)]
pub(crate) struct ForEachSyntax {
    pub(crate) step: Spanned<String>,
    pub(crate) field: Spanned<String>,
}

/// The value of a key in `with`.
#[derive(Debug, Clone)]
pub(crate) enum WithSyntax {
    /// The value itself.
    Literal(Spanned<Literal>),
    /// `{ step = "…", field = "…" }`
    Step {
        step: Spanned<String>,
        field: Spanned<String>,
    },
    /// `{ value = "…" }`: one of the bundle's `[values]`.
    Value(Spanned<String>),
    /// `{ item = "…" }`: a field of the item that the step is repeated for.
    Item(Spanned<String>),
    /// `{ ask = true }`: the applicant, even where a step could give it.
    Ask,
    /// `{ ask = false }`: not the applicant; what nothing gives stays empty.
    Unasked,
}

/// A value that the file states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl Literal {
    /// What it is, for messages.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Boolean(_) => "true or false",
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Integer(number) => (*number).into(),
            Self::Boolean(flag) => (*flag).into(),
        }
    }
}

/// `[[result]]`
#[derive(Debug, Clone)]
pub(crate) struct ResultSyntax {
    pub(crate) span: Range<usize>,
    pub(crate) step: Spanned<String>,
    pub(crate) field: Spanned<String>,
    pub(crate) title: Option<Text>,
}

/// One line of `[sample.form]`.
#[derive(Debug, Clone)]
pub(crate) struct SampleSyntax {
    pub(crate) role: Spanned<String>,
    pub(crate) attribute: Spanned<String>,
    pub(crate) value: Spanned<Literal>,
}
