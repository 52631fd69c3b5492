//! Who acts next on an item of a case, since when and until when.

use onething_saga::{State, StepIndex, StepState, Timestamp, WaitingFor};

/// Somebody's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    /// `department`, `applicant`, `operator`, `time`, or whom the bundle names for an act from outside.
    pub(crate) by: String,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// Until when, where the law or the bundle says so.
    pub(crate) due: Option<Timestamp>,
    /// Whether that may still move, because a year's holidays are not known yet.
    pub(crate) due_provisional: bool,
}

const DEPARTMENT: &str = "department";

/// Whose turn it is at a step; none while it waits for other steps, and once it is done.
pub(crate) fn turn(state: &State, step: StepIndex) -> Option<Turn> {
    use StepState::{InDoubt, Intended, UndoInDoubt, UndoIntended, UndoWaiting, Waiting};
    let record = state.step(step);
    if state.ended().is_some() {
        return None;
    }
    if state.attestable(step) {
        return Some(Turn {
            by: "operator".to_owned(),
            since: record.ended_at.or(Some(record.intended_at)),
            due: None,
            due_provisional: false,
        });
    }
    let (by, since) = match (record.state, record.waiting_for) {
        (Waiting, Some(WaitingFor::Correction)) => ("applicant", record.stopped_at),
        (Waiting, Some(WaitingFor::Timer)) => ("time", Some(record.intended_at)),
        (Waiting, Some(WaitingFor::Signal)) => {
            let named = state.plan().step(step);
            (named.responsible.as_str(), Some(record.intended_at))
        }
        (Waiting | Intended | InDoubt, _) => (DEPARTMENT, Some(record.intended_at)),
        (UndoIntended | UndoWaiting | UndoInDoubt, _) => (DEPARTMENT, Some(record.undo_at)),
        _ => return None,
    };
    // While the applicant corrects, the department's clock stands still.
    let counted = record.deadline.as_ref();
    let counted = counted.filter(|_| record.waiting_for != Some(WaitingFor::Correction));
    Some(Turn {
        by: by.to_owned(),
        since,
        due: counted.map(|deadline| deadline.due).or(record.until),
        due_provisional: counted.is_some_and(|deadline| deadline.provisional),
    })
}
