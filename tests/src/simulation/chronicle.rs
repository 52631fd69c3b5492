//! The journal as it is committed, folded event by event, and the laws that each commit must keep.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use onething_saga::store::EventRecord;
use onething_saga::{Event, Plan, Projection, SagaId, SagaState, State, StepIndex};

use super::books::Books;
use super::coverage::{Coverage, Moment};
use super::law;

/// What people really asked for, to compare with what the journal says they did.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) withdrawal: bool,
    pub(super) operator: bool,
    /// The case that this one is to annul.
    pub(super) annuls: Option<SagaId>,
    /// Every message that was sent, by its identity: its name and what it says.
    pub(super) messages: BTreeMap<String, (String, Bytes)>,
    /// Somebody sent another message under a known identity.
    pub(super) forgeries: bool,
    /// Messages whose forgery was the first to be kept.
    pub(super) forged: BTreeSet<String>,
    /// Messages that were acknowledged.
    pub(super) granted_messages: BTreeSet<String>,
    /// Every correction, by the submission as it is then: the step, and whichever steps it concerns.
    pub(super) corrections: BTreeMap<Bytes, (StepIndex, Vec<StepIndex>)>,
    /// Corrections that were acknowledged.
    pub(super) granted_corrections: BTreeSet<Bytes>,
    /// How many corrections were journaled.
    pub(super) journaled_corrections: usize,
}

/// The committed journal of a case.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    pub(super) state: Option<State>,
    pub(super) saga: Option<SagaId>,
    pub(super) seq: u64,
    pub(super) asked: Asked,
    /// The highest epoch that was ever given out.
    pub(super) epoch: u64,
    pub(super) coverage: Coverage,
    memory: law::Memory,
    status: Option<SagaState>,
    intents: BTreeMap<(StepIndex, u32), Bytes>,
    ahead: BTreeMap<StepIndex, Bytes>,
    undo_intents: BTreeSet<(StepIndex, u32)>,
    pub(super) violations: Vec<String>,
}

impl Chronicle {
    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// Whether something went wrong.
    pub(super) fn wrong(&self) -> bool {
        !self.violations.is_empty()
    }

    /// Whether a call's intent is in the journal with these bytes.
    pub(super) fn intended(&self, step: StepIndex, round: u32, request: &Bytes) -> bool {
        let ahead = self.ahead.get(&step).filter(|_| round == 1);
        let known = self.intents.get(&(step, round)).or(ahead);
        known.is_some_and(|known| known == request)
    }

    /// Whether the journal says that the call was made.
    pub(super) fn begun(&self, step: StepIndex, round: u32) -> bool {
        self.intents.contains_key(&(step, round))
    }

    /// Every call that the journal says was made, or may have been.
    pub(super) fn intents(&self) -> impl Iterator<Item = ((StepIndex, u32), &Bytes)> {
        self.intents.iter().map(|(key, request)| (*key, request))
    }

    /// Whether an undo's intent is in the journal.
    pub(super) fn undo_intended(&self, step: StepIndex, round: u32) -> bool {
        self.undo_intents.contains(&(step, round))
    }

    /// A commit under an epoch.
    pub(super) fn committed(
        &mut self,
        saga: SagaId,
        plan: &Arc<Plan>,
        epoch: u64,
        records: &[EventRecord],
        projection: &Projection,
        books: &Books,
    ) {
        if epoch < self.epoch {
            let highest = self.epoch;
            self.violation(format!(
                "an append of epoch {epoch} was committed after epoch {highest} was given out"
            ));
        }
        self.epoch = self.epoch.max(epoch);
        self.saga = Some(saga);
        let state = self.state.take();
        let mut state = state.unwrap_or_else(|| State::new(saga, plan.clone()));
        for record in records {
            let event = match Event::decode(record.kind, &record.body, record.payload.clone()) {
                Ok(event) => event,
                Err(error) => {
                    self.violation(format!("a committed event cannot be read back: {error}"));
                    continue;
                }
            };
            if !state.fits(&event) {
                self.violation(format!("{event:?} does not fit the definition"));
                continue;
            }
            let found = law::before_event(&state, &event, books, &self.asked);
            self.violations.extend(found);
            let found = self.memory.before_event(&state, &event, record.at);
            self.violations.extend(found);
            self.note(&event);
            let before = Moment::of(&state);
            state.apply(&event, record.at);
            self.seq += 1;
            self.coverage
                .event(record.kind, &before, &Moment::of(&state));
        }
        self.violations
            .extend(law::after_commit(&state, projection));
        if let Some(last) = records.last() {
            let found = self.memory.after_commit(&state, last.at);
            self.violations.extend(found);
        }
        let before = self.status.replace(projection.state);
        self.coverage.saga(before, projection.state);
        self.state = Some(state);
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Intended {
                step,
                round,
                request,
                ..
            } => {
                self.intents.insert((*step, *round), request.clone());
            }
            Event::IntendedAhead { step, request, .. } => {
                self.ahead.insert(*step, request.clone());
            }
            Event::Begun { step, round } => {
                let request = self.ahead.get(step).cloned().unwrap_or_default();
                self.intents.insert((*step, *round), request);
            }
            Event::Corrected { .. } => self.asked.journaled_corrections += 1,
            Event::UndoIntended { step, round } => {
                self.undo_intents.insert((*step, *round));
            }
            _ => {}
        }
    }
}
