//! One step of a definition: what it does, how long it may take, and what it may wait for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SegmentIndex, StepIndex};

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
    /// What the step waits for instead of calling anybody. Such a step is a [`Kind::Query`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Awaits>,
    /// A return by an officer waits for the applicant's correction instead of counting as a refusal.
    #[serde(default)]
    pub correctable: bool,
    /// It is repeated for each item of a list that is known once it is ready
    /// ([`Prepared::Each`](crate::Prepared)). Not for a pivot.
    #[serde(default)]
    pub for_each: bool,
    /// The statutory time of the step's decision, and what happens when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<TimeLimit>,
    /// How old the answer of a query may be when a pivot that builds on it starts; an older one is
    /// asked for again first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_for: Option<Duration>,
}

fn yes() -> bool {
    true
}

impl Step {
    /// A step with the usual time limits (10 s a call, a day to act, three days to undo), refusable,
    /// neither optional nor conditional nor anything else out of the ordinary, and after nothing.
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
            awaits: None,
            correctable: false,
            for_each: false,
            deadline: None,
            fresh_for: None,
        }
    }
}

/// What a step waits for that no department decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "awaits")]
pub enum Awaits {
    /// A message from outside; its payload is the step's response.
    Signal {
        /// The message's name.
        name: String,
    },
    /// Nothing but time.
    Timer {
        /// How long, from the moment everything before the step is finished.
        after: Duration,
    },
}

/// What happens when a step's statutory time is over and it still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// An owner is named; the step goes on waiting.
    Escalate,
    /// The step is closed at its department, and its segment fails.
    Compensate,
    /// The department records that it counts as granted, and the step learns it from there.
    DeemedGranted,
    /// The department records that it counts as refused, and the step learns it from there.
    DeemedRefused,
}

/// A statutory time in working days. The day on which the step is called (or starts to wait) is day 0,
/// and the time ends with its last day, in UTC+8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimit {
    /// How many working days.
    pub working_days: u32,
    /// What happens then.
    pub on_expiry: OnExpiry,
}
