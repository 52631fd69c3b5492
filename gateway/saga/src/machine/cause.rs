//! Why steps are left out or given up and segments go backward, as the journal says it.

use serde::{Deserialize, Serialize};

use crate::definition::{SegmentIndex, StepIndex};

/// Why a step was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmitReason {
    /// Its condition does not hold for this case.
    NotApplicable,
    /// It was optional and did not succeed.
    Optional,
    /// Two operators decided to go on without it.
    Skipped,
}

/// Why the engine stopped asking what became of a step, and undoes it instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUp {
    /// The step's time is up.
    TimeUp,
    /// The department never saw it, and its segment fails anyway.
    NotSeen,
    /// The department closed its key.
    Closed,
    /// Its statutory time is over.
    Expired,
    /// It was intended ahead, an earlier owner may have called it, and its segment fails.
    MayBeCalled,
}

/// Why the end of a step's statutory time moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveReason {
    /// The clock stood still while the applicant corrected the application.
    Correction,
    /// The holidays of a year became known that were not when the time began to run.
    Calendar,
}

/// Why a segment goes backward or never starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum FailureCause {
    /// This step was refused.
    Refused {
        /// The step.
        step: StepIndex,
    },
    /// This step's outcome could not be learnt.
    GivenUp {
        /// The step.
        step: StepIndex,
    },
    /// A segment it depends on failed.
    Depends {
        /// That segment.
        segment: SegmentIndex,
    },
    /// The case was withdrawn.
    Cancelled,
    /// The case's time is over.
    TimeLimit,
}
