//! One saga with everything in it: its steps, what is wrong, what operators proposed, and what they
//! can have done now.

use onething_saga::{
    Input, Operator as Act, OwnerAct, Plan, ProposalView, SagaView, State, StepIndex, StepView,
    Timestamp, decide, store::Journal,
};
use serde::Serialize;

use super::view::{Chain, Summary, now};
use crate::{
    cases::{snake, step_state_name, timestamp},
    trace,
};

/// A saga with everything in it.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    chain: Chain,
    /// Why the steps cannot be told, if they cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    /// Whether nobody can read any more what was submitted, asked and answered.
    erased: bool,
    outcomes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel: Option<Cancel>,
    steps: Vec<Step>,
    segments: Vec<Segment>,
    incidents: Vec<Incident>,
    /// What one operator proposed and another must approve.
    proposals: Vec<Proposal>,
    /// The saga whose legal effect this one annuls.
    #[serde(skip_serializing_if = "Option::is_none")]
    annuls: Option<String>,
    trace_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cancel {
    by: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Step {
    /// With its place in a list that it is repeated for, as acts name it: `permit#2`.
    id: String,
    segment: String,
    department: String,
    kind: String,
    state: String,
    /// What it waits for, while it is waiting.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<String>,
    /// The end of its statutory time, once that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    round: u32,
    started_at: Option<String>,
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attested: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo_order: Option<u32>,
    /// What an operator can have done to it now.
    acts: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Refusal {
    reason: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct Segment {
    id: String,
    state: String,
    partial: Option<String>,
    failed_step: Option<String>,
    failed_segment: Option<String>,
    withdrawn: bool,
    time_up: bool,
}

#[derive(Debug, Serialize)]
struct Incident {
    step: String,
    what: String,
    at: Option<String>,
}

/// A proposal that waits for another operator.
#[derive(Debug, Serialize)]
pub(crate) struct Proposal {
    pub(crate) number: u32,
    step: String,
    #[serde(flatten)]
    act: OwnerAct,
    by: String,
    reason: String,
    at: Option<String>,
}

impl From<ProposalView> for Proposal {
    fn from(view: ProposalView) -> Self {
        Self {
            number: view.number,
            step: step_name(&view.step, view.item),
            act: view.act,
            by: view.by,
            reason: view.reason,
            at: timestamp(view.at),
        }
    }
}

/// A proposal that was just made, and the saga with it.
#[derive(Debug, Serialize)]
pub(crate) struct Proposed {
    /// The proposal's number.
    pub(crate) proposal: u32,
    #[serde(flatten)]
    pub(crate) saga: Detail,
}

impl Detail {
    /// A saga whose journal can be read, or why it cannot.
    pub(super) fn new(journal: &Journal, state: Result<&State, String>) -> Self {
        let mut detail = Self {
            summary: Summary::from(&journal.row),
            chain: Chain::from(journal),
            unreadable: None,
            erased: false,
            outcomes: Vec::new(),
            cancel: None,
            steps: Vec::new(),
            segments: Vec::new(),
            incidents: Vec::new(),
            proposals: Vec::new(),
            annuls: None,
            trace_id: None,
        };
        match state {
            Err(why) => detail.unreadable = Some(why),
            Ok(state) => detail.fill(state, state.view()),
        }
        detail
    }

    fn fill(&mut self, state: &State, view: SagaView) {
        self.erased = state.erased();
        self.outcomes = view.outcomes;
        self.cancel = view.cancel.map(|cancel| Cancel {
            by: cancel.by,
            reason: cancel.reason,
        });
        self.trace_id = view.traceparent.as_deref().and_then(trace::trace_id);
        let (now, steps) = (now(), view.steps.into_iter().enumerate());
        self.steps = steps
            .map(|(at, view)| step(view, acts(state, at.into(), now)))
            .collect();
        self.annuls = view.annuls.map(|saga| saga.to_string());
        self.proposals = view.proposals.into_iter().map(Proposal::from).collect();
        self.segments = view
            .segments
            .into_iter()
            .map(|segment| Segment {
                id: segment.id,
                state: snake(&format!("{:?}", segment.state)),
                partial: segment.partial,
                failed_step: segment.failed_step,
                failed_segment: segment.failed_segment,
                withdrawn: segment.withdrawn,
                time_up: segment.time_up,
            })
            .collect();
        self.incidents = view
            .incidents
            .into_iter()
            .map(|incident| Incident {
                step: incident.step,
                what: incident.what,
                at: timestamp(incident.at),
            })
            .collect();
    }
}

/// A step's name, with its place in a list that it is repeated for: `permit#2`.
pub(super) fn step_name(id: &str, item: u32) -> String {
    match item {
        0 => id.to_owned(),
        item => format!("{id}#{item}"),
    }
}

/// The step of this name.
pub(super) fn step_named(plan: &Plan, name: &str) -> Option<StepIndex> {
    match name.rsplit_once('#') {
        Some((id, item)) => plan.index_of_item(id, item.parse().ok()?),
        None => plan.index_of_item(name, 0),
    }
}

/// What the engine lets an operator have done to a step as it stands: it is asked.
fn acts(state: &State, step: StepIndex, now: Timestamp) -> Vec<&'static str> {
    let (by, reason) = ("operator".to_owned(), "possible?".to_owned());
    let disposition = reason.clone();
    let propose = |act| Act::Propose {
        step,
        act,
        by: by.clone(),
        reason: reason.clone(),
    };
    let retry = Act::Retry {
        step,
        by: by.clone(),
        reason: reason.clone(),
    };
    let undo = Act::RetryUndo {
        step,
        by: by.clone(),
        reason: reason.clone(),
    };
    let known = [
        ("retry", retry),
        ("undo", undo),
        ("skip", propose(OwnerAct::Skip)),
        ("attest", propose(OwnerAct::Attest { disposition })),
    ];
    let possible = known
        .into_iter()
        .filter(|(_, act)| decide(state, Input::Operator(act.clone()), now).is_ok());
    possible.map(|(name, _)| name).collect()
}

fn step(view: StepView, acts: Vec<&'static str>) -> Step {
    Step {
        id: step_name(&view.id, view.item),
        segment: view.segment,
        department: view.responsible,
        kind: snake(&format!("{:?}", view.kind)),
        state: step_state_name(view.state),
        waiting_for: view.waiting_for.map(|what| snake(&format!("{what:?}"))),
        due: view.due.and_then(timestamp),
        round: view.round,
        started_at: view.started_at.and_then(timestamp),
        ended_at: view.ended_at.and_then(timestamp),
        refusal: view.refusal.map(|refusal| Refusal {
            reason: refusal.reason,
            message: refusal.message,
        }),
        trouble: view.trouble,
        attested: view.attested,
        undo_order: view.undo_order,
        acts,
    }
}
