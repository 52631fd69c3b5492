//! The rules a definition can break. Where in a bundle file that was written is the bundle crate's to say.

use thiserror::Error;

/// One broken rule, naming the steps and segments by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DefinitionError {
    /// There is nothing to do.
    #[error("the definition has no steps")]
    Empty,
    /// Positions are 16 bits wide.
    #[error("the definition has {count} steps or segments; at most 1,024 are allowed")]
    TooLarge {
        /// How many there are.
        count: usize,
    },
    /// Two steps share a name.
    #[error("two steps are called `{step}`")]
    DuplicateStep {
        /// The shared name.
        step: String,
    },
    /// Two segments share a name.
    #[error("two segments are called `{segment}`")]
    DuplicateSegment {
        /// The shared name.
        segment: String,
    },
    /// `after` names a place without a step.
    #[error("step `{step}` comes after step number {after}, which does not exist")]
    UnknownStep {
        /// The step with the wrong `after`.
        step: String,
        /// The position it names.
        after: u16,
    },
    /// A step names a place without a segment.
    #[error("step `{step}` is in segment number {segment}, which does not exist")]
    UnknownSegment {
        /// The step.
        step: String,
        /// The position it names.
        segment: u16,
    },
    /// A segment without steps can neither start nor end.
    #[error("segment `{segment}` has no steps")]
    EmptySegment {
        /// The segment.
        segment: String,
    },
    /// Steps wait for each other.
    #[error("the steps {} wait for each other", .steps.join(" → "))]
    Cycle {
        /// The steps of one cycle, in order.
        steps: Vec<String>,
    },
    /// Segments wait for each other.
    #[error("the segments {} wait for each other", .segments.join(" → "))]
    SegmentCycle {
        /// The segments of one cycle, in order.
        segments: Vec<String>,
    },
    /// A segment has at most one point of legal effect.
    #[error("segment `{segment}` has two pivots, `{first}` and `{second}`")]
    TwoPivots {
        /// The segment.
        segment: String,
        /// Its first pivot.
        first: String,
        /// Its second pivot.
        second: String,
    },
    /// Nothing of a segment runs beside its pivot.
    #[error("step `{step}` can run beside the pivot `{pivot}` of its segment `{segment}`")]
    BesidePivot {
        /// The segment.
        segment: String,
        /// The step that is neither before nor after the pivot.
        step: String,
        /// The pivot.
        pivot: String,
    },
    /// What can fail comes before the pivot.
    #[error(
        "step `{step}` can fail after the pivot `{pivot}` of its segment `{segment}` took effect"
    )]
    FailsAfterPivot {
        /// The segment.
        segment: String,
        /// The step that can be refused or undone.
        step: String,
        /// The pivot.
        pivot: String,
    },
    /// What cannot be undone does not come before the pivot.
    #[error("step `{step}` cannot be undone but comes before the pivot `{pivot}` of `{segment}`")]
    ForwardBeforePivot {
        /// The segment.
        segment: String,
        /// The forward step.
        step: String,
        /// The pivot.
        pivot: String,
    },
    /// In a segment without a pivot, whatever can fail comes before what cannot be undone.
    #[error("step `{step}` can fail after `{forward}` of its segment `{segment}`, which stays")]
    FailsBesideForward {
        /// The segment.
        segment: String,
        /// The step that can fail.
        step: String,
        /// The forward step that is not after it.
        forward: String,
    },
    /// A pivot decides its segment, so it cannot be left out after a refusal.
    #[error("the pivot `{step}` cannot be optional")]
    OptionalPivot {
        /// The pivot.
        step: String,
    },
    /// A pivot takes effect once: it is not repeated for each item of a list.
    #[error("the pivot `{step}` cannot be repeated for each item of a list")]
    RepeatedPivot {
        /// The pivot.
        step: String,
    },
    /// A step that calls nobody has no effect, no items and nothing to correct.
    #[error(
        "step `{step}` waits instead of calling anybody: it is a query, neither repeated nor correctable"
    )]
    WaitCalls {
        /// The step.
        step: String,
    },
    /// What can only go forward is not undone at the end of its time.
    #[error("step `{step}` cannot be undone, so the end of its time cannot undo it")]
    ExpiryCannotUndo {
        /// The step.
        step: String,
    },
    /// Only a department can record that a step counts as decided.
    #[error(
        "step `{step}` calls no department that could record a decision at the end of its time"
    )]
    NobodyDecides {
        /// The step.
        step: String,
    },
    /// Only an answer without effect can be asked for again.
    #[error("step `{step}` is no query, so its answer does not grow old")]
    OnlyQueriesAge {
        /// The step.
        step: String,
    },
    /// A segment can fail after another took effect, and no outcome is declared for that.
    #[error(
        "segment `{segment}` can fail after `{other}` took effect, but declares no partial outcome"
    )]
    MissingPartial {
        /// The segment that can fail.
        segment: String,
        /// A segment whose effect would stand.
        other: String,
    },
}
