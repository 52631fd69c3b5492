//! A bundle file as written: every name with its place, nothing resolved.

use std::ops::Range;

use toml::Spanned;

use crate::model::{Audience, Before, Partial};
use crate::text::Text;

/// A whole file.
pub(crate) struct Document {
    pub(crate) id: Spanned<String>,
    pub(crate) version: u32,
    pub(crate) title: Text,
    pub(crate) audience: Audience,
    pub(crate) lead: Spanned<String>,
    pub(crate) promise_working_days: u32,
    pub(crate) before: Before,
    pub(crate) roles: Vec<RoleSyntax>,
    pub(crate) segments: Vec<SegmentSyntax>,
    pub(crate) steps: Vec<StepSyntax>,
    pub(crate) results: Vec<ResultSyntax>,
    /// Where `[sample.form]` stands; `None` when there is none.
    pub(crate) sample_span: Option<Range<usize>>,
    pub(crate) sample: Vec<SampleSyntax>,
}

/// `[roles.x]`
pub(crate) struct RoleSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(crate) title: Text,
}

/// `[[segment]]`
pub(crate) struct SegmentSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) partial: Option<Spanned<Partial>>,
}

/// `[[step]]`
pub(crate) struct StepSyntax {
    pub(crate) id: Spanned<String>,
    pub(crate) call: Spanned<String>,
    /// The call's role → the bundle's role.
    pub(crate) roles: Vec<(Spanned<String>, Spanned<String>)>,
    pub(crate) after: Vec<Spanned<String>>,
    pub(crate) when: Option<Spanned<String>>,
    /// A field of the request → its explicit source.
    pub(crate) with: Vec<(Spanned<String>, WithSyntax)>,
    pub(crate) segment: Option<Spanned<String>>,
    pub(crate) optional: bool,
}

/// The value of a key in `with`.
pub(crate) enum WithSyntax {
    /// The value itself.
    Literal(Spanned<Literal>),
    /// `{ step = "…", field = "…" }`
    Step {
        step: Spanned<String>,
        field: Spanned<String>,
    },
    /// `{ ask = true }`: the applicant, even where a step could give it.
    Ask,
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
pub(crate) struct ResultSyntax {
    pub(crate) span: Range<usize>,
    pub(crate) step: Spanned<String>,
    pub(crate) field: Spanned<String>,
    pub(crate) title: Option<Text>,
}

/// One line of `[sample.form]`.
pub(crate) struct SampleSyntax {
    pub(crate) role: Spanned<String>,
    pub(crate) attribute: Spanned<String>,
    pub(crate) value: Spanned<Literal>,
}
