//! Between the core and the store: feeding a draft with its pure commands carried out, writing events
//! down, and reading a saga back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::facade::Shared;
use super::participants::Facts;
use crate::definition::StepIndex;
use crate::machine::{Command, Draft, Event, Input, Rejection, State, Timestamp};
use crate::store::{EventRecord, Journal, StoreError, Verification};

/// Feeds an input and builds every request it makes due, so that a result and the next intents are
/// one batch.
pub(super) fn feed(shared: &Shared, draft: &mut Draft, input: Input) -> Result<(), Rejection> {
    draft.feed(input)?;
    loop {
        let due = draft.take_prepares();
        if due.is_empty() {
            return Ok(());
        }
        for command in due {
            if let Some(built) = build(shared, draft, &command)? {
                draft.feed(built)?;
            }
        }
    }
}

/// Carries out a pure command; none when there is nothing to tell the core.
fn build(shared: &Shared, draft: &Draft, command: &Command) -> Result<Option<Input>, Rejection> {
    let facts = Facts::new(draft.state(), draft.at());
    let plan = draft.state().plan();
    let (participants, definition) = (&shared.participants, plan.definition());
    // A bug in one definition's request must not take other sagas' task down with it.
    let guarded = |step: StepIndex, build: &dyn Fn() -> Option<Input>| {
        catch_unwind(AssertUnwindSafe(build)).map_err(|_| {
            let id = &plan.step(step).id;
            Rejection::Illegal(format!("building the request of step `{id}` panicked"))
        })
    };
    match *command {
        Command::Prepare { step, .. } => guarded(step, &|| {
            let prepared = participants.prepare(definition, &facts, step);
            Some(Input::Prepared { step, prepared })
        }),
        Command::PrepareAhead { step } => guarded(step, &|| {
            let call = participants.prepare_ahead(definition, &facts, step)?;
            Some(Input::PreparedAhead { step, call })
        }),
        _ => Ok(None),
    }
}

/// Events in stored form.
pub(super) fn records(events: &[Event], at: Timestamp) -> Result<Vec<EventRecord>, StoreError> {
    events
        .iter()
        .map(|event| {
            let body = event
                .body()
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok(EventRecord {
                at,
                kind: event.kind(),
                body,
                payload: event.payload(),
            })
        })
        .collect()
}

/// Why a saga cannot be read back. It is set aside alone.
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) String);

/// A saga's state out of its journal.
pub(super) fn replay(shared: &Shared, journal: &Journal) -> Result<State, Unreadable> {
    let row = &journal.row;
    if let Verification::BrokenAt { seq } = journal.verification {
        return Err(Unreadable(format!("event {seq} is not what was written")));
    }
    let Some(plan) = shared.definitions.get(&row.definition, row.version) else {
        let (name, version) = (&row.definition, row.version);
        return Err(Unreadable(format!(
            "definition `{name}` version {version} is not loaded"
        )));
    };
    let mut state = State::new(row.saga, plan);
    for stored in &journal.events {
        let event = stored
            .decode()
            .map_err(|error| Unreadable(error.to_string()))?;
        if !state.fits(&event) {
            let (seq, name) = (stored.seq, &row.definition);
            return Err(Unreadable(format!(
                "event {seq} does not fit definition `{name}`"
            )));
        }
        state.apply(&event, stored.at);
    }
    Ok(state)
}
