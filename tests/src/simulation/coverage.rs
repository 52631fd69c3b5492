//! What the runs reached: every state transition, event kind and fault, and which must be reached.

use std::collections::BTreeMap;

use onething_saga::{SagaState, SegmentState, State, StepState};

use super::fault::Fault;
use super::transitions;

/// What was reached, and how often.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    reached: BTreeMap<Reached, u64>,
}

/// One thing that can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Reached {
    Saga(&'static str, &'static str),
    Segment(&'static str, &'static str),
    Step(&'static str, &'static str),
    Event(&'static str),
    Fault(Fault),
}

/// The states of a saga at one moment.
#[derive(Debug)]
pub(super) struct Moment {
    segments: Vec<SegmentState>,
    steps: Vec<StepState>,
}

impl Moment {
    pub(super) fn of(state: &State) -> Self {
        let plan = state.plan();
        Self {
            segments: plan
                .segment_indices()
                .map(|s| state.segment(s).state)
                .collect(),
            steps: plan.step_indices().map(|s| state.step(s).state).collect(),
        }
    }
}

impl Coverage {
    fn reach(&mut self, what: Reached) {
        *self.reached.entry(what).or_default() += 1;
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.reach(Reached::Fault(fault));
    }

    /// A commit led from one state of the saga to the next: what its readers see.
    pub(super) fn saga(&mut self, before: Option<SagaState>, after: SagaState) {
        if before != Some(after) {
            let before = before.map_or("", SagaState::name);
            self.reach(Reached::Saga(before, after.name()));
        }
    }

    /// An event led from one moment to the next.
    pub(super) fn event(&mut self, kind: &'static str, before: &Moment, after: &Moment) {
        self.reach(Reached::Event(kind));
        for (from, to) in before.segments.iter().zip(&after.segments) {
            if from != to {
                self.reach(Reached::Segment(segment(*from), segment(*to)));
            }
        }
        for (from, to) in before.steps.iter().zip(&after.steps) {
            if from != to {
                self.reach(Reached::Step(step(*from), step(*to)));
            }
        }
    }

    /// Adds what another run reached.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.reached {
            *self.reached.entry(*what).or_default() += times;
        }
    }

    /// How many faults there were.
    #[must_use]
    pub fn faults(&self) -> u64 {
        let faults = self.reached.iter();
        let faults = faults.filter(|(what, _)| matches!(what, Reached::Fault(_)));
        faults.map(|(_, times)| times).sum()
    }

    /// Everything that was reached, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.reached.iter();
        lines
            .map(|(what, times)| format!("{times:>9} {what:?}"))
            .collect()
    }

    /// What a full run must reach and did not.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let pairs = |all: &'static [(&str, &str)],
                     of: fn(&'static str, &'static str) -> Reached| {
            all.iter().map(move |(from, to)| of(from, to))
        };
        let wanted = pairs(transitions::SAGA, Reached::Saga)
            .chain(pairs(transitions::SEGMENT, Reached::Segment))
            .chain(pairs(transitions::STEP, Reached::Step))
            .chain(transitions::EVENTS.iter().map(|kind| Reached::Event(kind)))
            .chain(Fault::ALL.into_iter().map(Reached::Fault));
        let missing = wanted.filter(|what| !self.reached.contains_key(what));
        missing.map(|what| format!("{what:?}")).collect()
    }

    /// What was reached although nobody expects it.
    #[must_use]
    pub fn unexpected(&self) -> Vec<String> {
        let listed = |what: &&Reached| match what {
            Reached::Saga(from, to) => [transitions::SAGA, transitions::SAGA_SELDOM]
                .iter()
                .any(|all| all.contains(&(*from, *to))),
            Reached::Segment(from, to) => [transitions::SEGMENT, transitions::SEGMENT_SELDOM]
                .iter()
                .any(|all| all.contains(&(*from, *to))),
            Reached::Step(from, to) => [transitions::STEP, transitions::STEP_SELDOM]
                .iter()
                .any(|all| all.contains(&(*from, *to))),
            Reached::Event(kind) => transitions::EVENTS.contains(kind),
            Reached::Fault(_) => true,
        };
        let unexpected = self.reached.keys().filter(|what| !listed(what));
        unexpected.map(|what| format!("{what:?}")).collect()
    }
}

fn segment(state: SegmentState) -> &'static str {
    match state {
        SegmentState::Pending => "Pending",
        SegmentState::Running => "Running",
        SegmentState::Committed => "Committed",
        SegmentState::Completed => "Completed",
        SegmentState::Compensating => "Compensating",
        SegmentState::Compensated => "Compensated",
        SegmentState::Dropped => "Dropped",
    }
}

fn step(state: StepState) -> &'static str {
    match state {
        StepState::Blocked => "Blocked",
        StepState::Ready => "Ready",
        StepState::Intended => "Intended",
        StepState::Succeeded => "Succeeded",
        StepState::Refused => "Refused",
        StepState::InDoubt => "InDoubt",
        StepState::Waiting => "Waiting",
        StepState::Omitted => "Omitted",
        StepState::NotStarted => "NotStarted",
        StepState::UndoReady => "UndoReady",
        StepState::UndoIntended => "UndoIntended",
        StepState::Undone => "Undone",
        StepState::NothingToUndo => "NothingToUndo",
        StepState::UndoWaiting => "UndoWaiting",
        StepState::UndoInDoubt => "UndoInDoubt",
        StepState::UndoFailed => "UndoFailed",
        StepState::Attested => "Attested",
    }
}
