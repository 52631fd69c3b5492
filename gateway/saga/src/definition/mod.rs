//! What a saga is to do, as pure data: steps, their order, and the segments that stand or fall together.
//! Where it came from (a bundle file) and how a step is called are not known here.

mod error;
mod plan;
mod validate;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::DefinitionError;
pub use plan::Plan;

/// Position of a step in [`Definition::steps`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct StepIndex(pub u16);

impl StepIndex {
    /// The position as a slice index.
    #[must_use]
    pub fn at(self) -> usize {
        usize::from(self.0)
    }
}

impl From<usize> for StepIndex {
    /// Positions above 65,535 do not occur: [`Definition::validate`] refuses longer definitions.
    fn from(value: usize) -> Self {
        Self(u16::try_from(value).unwrap_or(u16::MAX))
    }
}

/// Position of a segment in [`Definition::segments`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct SegmentIndex(pub u16);

impl SegmentIndex {
    /// The position as a slice index.
    #[must_use]
    pub fn at(self) -> usize {
        usize::from(self.0)
    }
}

impl From<usize> for SegmentIndex {
    /// Positions above 65,535 do not occur: [`Definition::validate`] refuses longer definitions.
    fn from(value: usize) -> Self {
        Self(u16::try_from(value).unwrap_or(u16::MAX))
    }
}

/// What a step's action does, and so which way a failure beside it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Reads and changes nothing; there is nothing to undo.
    Query,
    /// Takes effect and can be annulled.
    Compensable,
    /// The point of legal effect of its segment: before it a failure goes backward, after it forward.
    Pivot,
    /// Must in the end succeed; a refusal goes to an owner.
    Forward,
}

/// A saga definition of one name and version. A running saga keeps the version it started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Name of the definition, unique together with the version.
    pub name: String,
    /// Version of the definition.
    pub version: u32,
    /// The steps; [`StepIndex`] is a position in this list, and so are the places `after` names.
    pub steps: Vec<Step>,
    /// The all-or-nothing groups of steps.
    pub segments: Vec<Segment>,
    /// Name of the outcome in which a case ends that was withdrawn after a first legal effect.
    #[serde(default = "withdrawn")]
    pub withdrawal: String,
}

fn withdrawn() -> String {
    "withdrawn".to_owned()
}

/// One step: one call of a department's action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the step, unique in its definition.
    pub id: String,
    /// What the action does.
    pub kind: Kind,
    /// The steps that must be finished (succeeded, omitted or attested) before this one starts.
    #[serde(default)]
    pub after: Vec<StepIndex>,
    /// The group this step stands or falls with.
    pub segment: SegmentIndex,
    /// Its refusal does not undo its segment: it is closed, omitted, and dependents see null.
    #[serde(default)]
    pub optional: bool,
    /// Whether it applies is evaluated once, when it is ready ([`Prepared::Omit`](crate::Prepared)).
    #[serde(default)]
    pub conditional: bool,
    /// Whether the department may refuse it (the action lists refusal reasons).
    #[serde(default = "yes")]
    pub refusable: bool,
    /// The department that answers for the step; calls are limited per department.
    pub responsible: String,
    /// The action, in the shell's own terms (a full gRPC method name). The engine only carries it.
    #[serde(default)]
    pub action: String,
    /// The end of the step's time, counted from the intent of its round: a step still in doubt
    /// then counts as failed and is undone as well. A pivot or a forward step is asked further.
    pub max_elapsed: Duration,
    /// How long an undo is repeated before the branch halts for an owner, counted from its intent.
    pub undo_max_elapsed: Duration,
    /// How long one call may take before its answer counts as doubt.
    pub call_timeout: Duration,
}

fn yes() -> bool {
    true
}

impl Step {
    /// A step with the usual time limits (10 s a call, a day to act, three days to undo), refusable,
    /// neither optional nor conditional, and after nothing.
    #[must_use]
    pub fn new(id: &str, kind: Kind, segment: SegmentIndex, responsible: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            after: Vec::new(),
            segment,
            optional: false,
            conditional: false,
            refusable: true,
            responsible: responsible.to_owned(),
            action: String::new(),
            max_elapsed: Duration::from_hours(24),
            undo_max_elapsed: Duration::from_hours(72),
            call_timeout: Duration::from_secs(10),
        }
    }
}

/// A group of steps of which either all or none take effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Name of the segment, unique in its definition.
    pub id: String,
    /// The declared outcome of a case in which this segment did not take effect but another did.
    #[serde(default)]
    pub partial: Option<String>,
}

impl Definition {
    /// The step at `index`.
    ///
    /// # Panics
    /// When `index` is not one of this definition's.
    #[must_use]
    pub fn step(&self, index: StepIndex) -> &Step {
        &self.steps[index.at()]
    }

    /// The segment at `index`.
    ///
    /// # Panics
    /// When `index` is not one of this definition's.
    #[must_use]
    pub fn segment(&self, index: SegmentIndex) -> &Segment {
        &self.segments[index.at()]
    }

    /// The position of the step with this name.
    #[must_use]
    pub fn index_of(&self, step: &str) -> Option<StepIndex> {
        self.steps
            .iter()
            .position(|candidate| candidate.id == step)
            .map(StepIndex::from)
    }

    /// Proves that every saga of this definition ends done, undone or in an outcome it declared.
    ///
    /// # Errors
    /// Every rule that does not hold, in the order of the steps.
    pub fn validate(&self) -> Result<(), Vec<DefinitionError>> {
        validate::validate(self)
    }
}
