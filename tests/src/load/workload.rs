//! The four workloads: which steps a case has, what they send, and how it must end.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use clap::ValueEnum;
use onething_proto::social_security::IssueSocialSecurityCardRequest;
use onething_saga::{
    Definition, Definitions, Kind, Plan, SagaState, Segment, SegmentIndex, Step, StepIndex,
};
use prost::Message;

/// The action of every step.
pub(super) const ACTION: &str =
    "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard";
/// The step that the department refuses.
pub(super) const REFUSED: &str = "refused";
/// About what a form of a few fields takes.
const INPUT: usize = 512;
const REQUEST: usize = 200;

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum Workload {
    /// Five steps in sequence.
    W1,
    /// Five steps in sequence; the fifth is refused and the others are undone.
    W2,
    /// Four parallel steps, and after them all four more.
    W3,
    /// W1 against a department that runs the kit's ledger.
    W4,
}

impl Workload {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::W1 => "W1",
            Self::W2 => "W2",
            Self::W3 => "W3",
            Self::W4 => "W4",
        }
    }

    /// How every case ends.
    pub(super) fn end(self) -> SagaState {
        match self {
            Self::W2 => SagaState::Compensated,
            Self::W1 | Self::W3 | Self::W4 => SagaState::Completed,
        }
    }

    /// The steps in groups: within a group they run side by side, the groups one after the other.
    pub(super) fn groups(self) -> Vec<Vec<&'static str>> {
        match self {
            Self::W1 | Self::W4 => vec![
                vec!["first"],
                vec!["second"],
                vec!["third"],
                vec!["fourth"],
                vec!["fifth"],
            ],
            Self::W2 => vec![
                vec!["first"],
                vec!["second"],
                vec!["third"],
                vec!["fourth"],
                vec![REFUSED],
            ],
            Self::W3 => vec![
                vec!["first", "second", "third", "fourth"],
                vec!["fifth", "sixth", "seventh", "eighth"],
            ],
        }
    }

    /// How many calls of actions a case makes.
    pub(super) fn steps(self) -> usize {
        self.groups().iter().map(Vec::len).sum()
    }

    fn definition(self) -> Definition {
        let mut steps = Vec::new();
        let mut before: Vec<StepIndex> = Vec::new();
        for group in self.groups() {
            let after = std::mem::take(&mut before);
            for name in group {
                before.push(steps.len().into());
                // Each step has a department of its own, as far as the engine can tell.
                let department = format!("department-{name}");
                let mut step = Step::new(name, Kind::Compensable, SegmentIndex(0), &department);
                step.after.clone_from(&after);
                step.action = ACTION.to_owned();
                steps.push(step);
            }
        }
        Definition {
            name: self.name().to_owned(),
            version: 1,
            steps,
            segments: vec![Segment {
                id: "all".to_owned(),
                partial: None,
            }],
            withdrawal: "withdrawn".to_owned(),
            time_limit: None,
        }
    }
}

/// A case's input.
pub(super) fn input() -> Bytes {
    vec![b'i'; INPUT].into()
}

/// A step's request.
pub(super) fn request() -> Bytes {
    let message = IssueSocialSecurityCardRequest {
        name: "n".repeat(REQUEST),
        ..Default::default()
    };
    message.encode_to_vec().into()
}

/// The one definition of a measurement.
pub(super) struct One(HashMap<String, Arc<Plan>>);

impl One {
    pub(super) fn new(workload: Workload) -> Result<Self, String> {
        let definition = workload.definition();
        let name = definition.name.clone();
        let plan = Plan::new(definition).map_err(|errors| format!("{errors:?}"))?;
        Ok(Self(HashMap::from([(name, Arc::new(plan))])))
    }
}

impl Definitions for One {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        self.0.get(name).cloned()
    }

    fn get(&self, name: &str, _version: u32) -> Option<Arc<Plan>> {
        self.0.get(name).cloned()
    }
}
