//! A saga as operators see it: all of its states, who must act next, and whether its journal is
//! what was written. No payload, no personal data.

use onething_saga::{
    Kind, Plan, SagaState, SagaView, State, StepIndex, StepState, StepView, Timestamp,
    store::{Journal, SagaRow, StoredEvent, Verification},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    cases::{snake, step_state_name, timestamp},
    trace,
};

/// A saga in a list.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) id: String,
    bundle: String,
    bundle_version: u32,
    state: String,
    ended: bool,
    /// A department is deciding.
    waiting: bool,
    accepted_at: Option<String>,
    updated_at: Option<String>,
    ended_at: Option<String>,
    /// Who must act next.
    responsible: Option<String>,
    /// By when, or when something happens by itself.
    wake_at: Option<String>,
    /// What is waited for.
    wake_reason: Option<String>,
    /// Why it is set aside, if it is.
    quarantined: Option<String>,
    /// The number of times that it was taken over.
    epoch: u64,
    /// The number of its last journal row.
    events: u64,
}

impl From<&SagaRow> for Summary {
    fn from(row: &SagaRow) -> Self {
        Self {
            id: row.saga.to_string(),
            bundle: row.definition.clone(),
            bundle_version: row.version,
            state: snake(row.state.name()),
            ended: row.state.ended(),
            waiting: row.waiting,
            accepted_at: timestamp(row.accepted_at),
            updated_at: timestamp(row.updated_at),
            ended_at: row.ended_at.and_then(timestamp),
            responsible: row.responsible.clone(),
            wake_at: row.wake_at.and_then(timestamp),
            wake_reason: row.wake_reason.clone(),
            quarantined: row.quarantined.clone(),
            epoch: row.epoch,
            events: row.seq,
        }
    }
}

/// Whether a journal is what was written.
#[derive(Debug, Serialize)]
pub(crate) struct Chain {
    pub(crate) intact: bool,
    /// The rows that were checked, or should be there.
    events: u64,
    /// The first row that is not what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_broken: Option<Broken>,
}

/// A row that is not what was written.
#[derive(Debug, Serialize)]
struct Broken {
    seq: u64,
    /// There is no such row any more.
    missing: bool,
    /// What the row says it is.
    kind: Option<String>,
    at: Option<String>,
}

impl From<&Journal> for Chain {
    fn from(journal: &Journal) -> Self {
        let first_broken = match journal.verification {
            Verification::Intact => None,
            Verification::BrokenAt { seq } => {
                let row = journal.events.iter().find(|event| event.seq == seq);
                Some(Broken {
                    seq,
                    missing: row.is_none(),
                    kind: row.map(|event| event.kind.clone()),
                    at: row.and_then(|event| timestamp(event.at)),
                })
            }
        };
        Self {
            intact: first_broken.is_none(),
            events: journal.row.seq,
            first_broken,
        }
    }
}

/// A saga with everything in it.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    chain: Chain,
    /// Why the steps cannot be told, if they cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    outcomes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel: Option<Cancel>,
    steps: Vec<Step>,
    segments: Vec<Segment>,
    incidents: Vec<Incident>,
    trace_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cancel {
    by: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Step {
    id: String,
    segment: String,
    department: String,
    kind: String,
    state: String,
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
}

#[derive(Debug, Serialize)]
struct Incident {
    step: String,
    what: String,
    at: Option<String>,
}

impl Detail {
    /// A saga whose journal can be read, or why it cannot.
    pub(super) fn new(journal: &Journal, state: Result<&State, String>) -> Self {
        let mut detail = Self {
            summary: Summary::from(&journal.row),
            chain: Chain::from(journal),
            unreadable: None,
            outcomes: Vec::new(),
            cancel: None,
            steps: Vec::new(),
            segments: Vec::new(),
            incidents: Vec::new(),
            trace_id: None,
        };
        match state {
            Err(why) => detail.unreadable = Some(why),
            Ok(state) => detail.fill(state, state.view()),
        }
        detail
    }

    fn fill(&mut self, state: &State, view: SagaView) {
        self.outcomes = view.outcomes;
        self.cancel = view.cancel.map(|cancel| Cancel {
            by: cancel.by,
            reason: cancel.reason,
        });
        self.trace_id = view.traceparent.as_deref().and_then(trace::trace_id);
        let steps = view.steps.into_iter().enumerate();
        self.steps = steps
            .map(|(at, view)| step(view, acts(state, at.into())))
            .collect();
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

/// What the engine will let an operator do to a step as it stands.
fn acts(state: &State, step: StepIndex) -> Vec<&'static str> {
    let record = state.step(step);
    let forward = matches!(state.plan().step(step).kind, Kind::Forward | Kind::Query);
    let escalated = state.status() == SagaState::Escalated || state.status() == SagaState::Halted;
    match record.state {
        _ if state.ended().is_some() => Vec::new(),
        StepState::UndoFailed => vec!["undo"],
        _ if record.halted => vec!["retry"],
        StepState::Refused if forward && escalated => vec!["retry"],
        _ => Vec::new(),
    }
}

fn step(view: StepView, acts: Vec<&'static str>) -> Step {
    Step {
        id: view.id,
        segment: view.segment,
        department: view.responsible,
        kind: snake(&format!("{:?}", view.kind)),
        state: step_state_name(view.state),
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

/// A page of a saga's journal.
#[derive(Debug, Serialize)]
pub(crate) struct Rows {
    pub(crate) events: Vec<Row>,
    /// Asks for the next page; none on the last one.
    pub(crate) next_page_token: Option<String>,
}

/// One row of a journal. Requests and responses are personal data: only their size is told.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    seq: u64,
    at: Option<String>,
    epoch: u64,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// Everything else that the row says.
    details: Map<String, Value>,
    payload_bytes: usize,
}

impl Row {
    /// A row with names in place of positions, as far as there is a plan that knows them.
    pub(super) fn new(stored: &StoredEvent, plan: Option<&Plan>) -> Self {
        let mut details = match serde_json::from_str(&stored.body) {
            Ok(Value::Object(details)) => details,
            // An edited row may hold anything. It is shown as it is.
            _ => Map::from_iter([("unreadable".to_owned(), Value::from(stored.body.as_str()))]),
        };
        details.remove("kind");
        let event = stored.decode().ok().zip(plan);
        let step = event.as_ref().and_then(|(event, plan)| {
            let index = event.step()?;
            plan.steps.get(index.at()).map(|step| step.id.clone())
        });
        let segment = event.as_ref().and_then(|(event, plan)| {
            let index = event.segment()?;
            let segments = &plan.definition().segments;
            segments.get(index.at()).map(|segment| segment.id.clone())
        });
        if step.is_some() {
            details.remove("step");
        }
        if segment.is_some() {
            details.remove("segment");
        }
        Self {
            seq: stored.seq,
            at: timestamp(stored.at),
            epoch: stored.epoch,
            kind: stored.kind.clone(),
            step,
            segment,
            details,
            payload_bytes: stored.payload.len(),
        }
    }
}

/// The state that operators name like this: `halted`.
pub(crate) fn saga_state(name: &str) -> Option<SagaState> {
    SagaState::from_name(name).or_else(|| {
        let mut letters = name.chars();
        let first = letters.next()?.to_ascii_uppercase();
        SagaState::from_name(&format!("{first}{}", letters.as_str().to_ascii_lowercase()))
    })
}

/// The moment of now, as the journal writes it.
pub(super) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}
