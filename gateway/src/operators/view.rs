//! A saga as a line of a list, and whether its journal is what was written. No payload, no personal
//! data.

use onething_saga::{
    SagaState, Timestamp,
    store::{Journal, SagaRow, Verification},
};
use serde::Serialize;

use crate::cases::{snake, timestamp};

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
                    kind: row.map(|event| event.kind.to_string()),
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
