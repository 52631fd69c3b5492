//! What a saga is to do, as pure data: steps, their order, and the segments that stand or fall together.
//! Where it came from (a bundle file) and how a step is called are not known here.

mod error;
mod plan;
mod step;
mod validate;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::DefinitionError;
pub use plan::Plan;
pub use step::{Awaits, Kind, OnExpiry, Step, TimeLimit};

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
    /// How long a case may take from its acceptance. Then what is open is undone, as at a withdrawal,
    /// and what can only go forward gets an owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<Duration>,
}

fn withdrawn() -> String {
    "withdrawn".to_owned()
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
