//! One step of a bundle: what it calls or waits for, its time, and where each field of its request comes from.

use std::time::Duration;

use onething_proto::annotations::{ActionKind, Share};
use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor, Value};
use serde::Serialize;

use super::Department;
use crate::condition::Condition;
use crate::text::Text;

/// One call of one department's action, or one wait for something from outside.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id, unique in the bundle.
    pub id: String,
    /// What the matter is called, from the contract; for a wait, from the bundle.
    pub title: Text,
    /// The method it calls; `None` for a step that waits.
    pub method: Option<MethodDescriptor>,
    /// The method's full name, `package.Service/Method`; empty for a step that waits.
    pub path: String,
    /// What it waits for instead of calling anybody.
    pub awaits: Option<Await>,
    /// What the call does to the world. A wait is a query.
    pub kind: ActionKind,
    /// Who answers: for a wait, who acts, with a code in lower case that no department has.
    pub department: Department,
    /// The steps that must be finished first: those named by `after` and those it takes data from.
    /// In ascending order.
    pub after: Vec<usize>,
    /// The segment it stands or falls with.
    pub segment: usize,
    /// Its refusal does not undo its segment.
    pub optional: bool,
    /// A return by an officer waits for the applicant's correction instead of counting as refusal.
    pub correctable: bool,
    /// Whether it is done with those whom it concerns present at the department: a trip to its counter.
    pub in_person: bool,
    /// The statutory time of the decision, and what happens when it is over.
    pub deadline: Option<Deadline>,
    /// How old a query's answer may be when a pivot that builds on it starts.
    pub fresh_for: Option<Duration>,
    /// The list whose items it is repeated for.
    pub for_each: Option<ForEach>,
    /// Whether it applies.
    pub when: Option<Condition>,
    /// Whether [`Bundle::request`] may answer [`Prepared::Omit`](crate::Prepared::Omit): it has a
    /// condition, or needs something from a step that may be left out.
    pub conditional: bool,
    /// Where each field of the request comes from. Fields that stay empty are not listed.
    pub inputs: Vec<Input>,
    /// What its answer tells: (role, element) in the order of its fields.
    pub gives: Vec<(String, String)>,
    /// The reasons with which the department may refuse.
    pub refusal_reasons: Vec<String>,
    /// Whether the decision may follow later.
    pub decides_later: bool,
    /// The materials that a paper application needs, as stable ids.
    pub materials: Vec<String>,
    /// The shared data item that the call is, if it is one.
    pub share: Option<Share>,
    /// How long the call usually takes.
    pub normal_duration: Duration,
    /// How long it may take, repeats included.
    pub max_duration: Duration,
}

impl Step {
    /// Whether its failure makes its segment go backward. Every matter can be refused as suspended
    /// (暂停受理), so only a forward step and an optional one cannot; a wait fails only when its time
    /// is over, and only if that is what is to happen then.
    #[must_use]
    pub fn can_fail(&self) -> bool {
        !self.optional
            && self.kind != ActionKind::Forward
            && (self.awaits.is_none() || self.expires_into(OnExpiry::Compensate))
    }

    fn expires_into(&self, what: OnExpiry) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline.on_expiry == what)
    }

    /// The message that answers it: the method's; none for a step that waits.
    #[must_use]
    pub fn answer(&self) -> Option<MessageDescriptor> {
        self.method.as_ref().map(MethodDescriptor::output)
    }
}

/// What a step waits for instead of calling anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Await {
    /// An act from outside.
    Signal {
        /// The act's name.
        name: String,
        /// Who acts: `applicant`, `merchant`, or a role of the bundle.
        by: String,
    },
    /// Nothing but time.
    Timer {
        /// How long, from the moment everything before the step is finished.
        after: Duration,
    },
}

/// A statutory time in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// How many working days.
    pub working_days: u32,
    /// What happens then.
    pub on_expiry: OnExpiry,
}

/// What happens when a step's statutory time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// An owner is named; the step goes on waiting.
    Escalate,
    /// The step is closed at its department, and its segment fails.
    Compensate,
    /// The department records that it counts as granted.
    DeemedGranted,
    /// The department records that it counts as refused.
    DeemedRefused,
}

impl OnExpiry {
    /// Everything that can happen.
    pub const ALL: [Self; 4] = [
        Self::Escalate,
        Self::Compensate,
        Self::DeemedGranted,
        Self::DeemedRefused,
    ];

    /// The name that bundles and callers use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escalate => "escalate",
            Self::Compensate => "compensate",
            Self::DeemedGranted => "deemed_granted",
            Self::DeemedRefused => "deemed_refused",
        }
    }
}

/// A list whose items a step is repeated for: a repeated field of an earlier step's answer.
#[derive(Debug, Clone)]
pub struct ForEach {
    /// The earlier step.
    pub step: usize,
    /// The field of its answer.
    pub field: FieldDescriptor,
}

/// One field of a request and where its value comes from.
#[derive(Debug, Clone)]
pub struct Input {
    /// The field.
    pub field: FieldDescriptor,
    /// The bundle's role and the element that it carries; `None` for a field without an element.
    pub carries: Option<(String, String)>,
    /// Whether the request makes no sense without it; a proto3 `optional` field is not required.
    pub required: bool,
    /// Where the value comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The applicant.
    Form {
        /// The role.
        role: String,
        /// The attribute within the role.
        attribute: String,
        /// The element's id.
        element: String,
    },
    /// An earlier step's answer.
    Step {
        /// The step's position.
        step: usize,
        /// The field of its response.
        field: String,
    },
    /// The item that the step is repeated for.
    Item {
        /// The field of the item.
        field: String,
    },
    /// The bundle itself.
    Literal(Value),
}
