//! Everything a saga's events add up to. How an event changes it is `apply`'s; what to do next is `decide`'s.

use std::sync::Arc;

use bytes::Bytes;

use super::key::{SagaId, Timestamp};
use super::record::{
    Cancel, Ended, Incident, Particulars, Proposal, SegmentRecord, Signal, StepRecord,
};
use super::status::SegmentState;
use crate::definition::{Plan, SegmentIndex, StepIndex};

/// A saga, as its events add up. A copy shares everything that the next events do not change.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) plan: Arc<Plan>,
    pub(super) saga: SagaId,
    pub(super) accepted_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) steps: Vec<Arc<StepRecord>>,
    pub(super) segments: Vec<SegmentRecord>,
    pub(super) undone: u32,
    pub(super) rare: Arc<Particulars>,
}

impl State {
    /// A saga before its first event.
    #[must_use]
    pub fn new(saga: SagaId, plan: Arc<Plan>) -> Self {
        let steps = std::iter::repeat_n(Arc::new(StepRecord::new()), plan.steps.len()).collect();
        let pending = SegmentRecord {
            state: SegmentState::Pending,
            why: None,
        };
        let segments = vec![pending; plan.segments.len()];
        let mut state = Self {
            plan,
            saga,
            accepted_at: Timestamp::default(),
            updated_at: Timestamp::default(),
            steps,
            segments,
            undone: 0,
            rare: Arc::default(),
        };
        state.derive();
        state
    }

    /// The saga's identity.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        self.saga
    }

    /// The definition it runs, with a step for each item of its repeated steps.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The submission, with the applicant's corrections.
    #[must_use]
    pub fn input(&self) -> &Bytes {
        &self.rare.input
    }

    /// W3C trace context of the submission.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.rare.traceparent.as_deref()
    }

    /// The saga whose legal effect this one annuls.
    #[must_use]
    pub fn annuls(&self) -> Option<SagaId> {
        self.rare.annuls
    }

    /// When it was accepted.
    #[must_use]
    pub fn accepted_at(&self) -> Timestamp {
        self.accepted_at
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// What is known of a step.
    ///
    /// # Panics
    /// When the step is not one of the saga's definition.
    #[must_use]
    pub fn step(&self, step: StepIndex) -> &StepRecord {
        &self.steps[step.at()]
    }

    /// What is known of a segment.
    ///
    /// # Panics
    /// When the segment is not one of the saga's definition.
    #[must_use]
    pub fn segment(&self, segment: SegmentIndex) -> &SegmentRecord {
        &self.segments[segment.at()]
    }

    /// The wish to withdraw, if there is one.
    #[must_use]
    pub fn cancel(&self) -> Option<&Cancel> {
        self.rare.cancel.as_ref()
    }

    /// Whether the case's time is over.
    #[must_use]
    pub fn time_up(&self) -> bool {
        self.rare.time_up
    }

    /// The messages that came in from outside, in order.
    #[must_use]
    pub fn signals(&self) -> &[Signal] {
        &self.rare.signals
    }

    /// The proposals that wait for a second operator.
    #[must_use]
    pub fn proposals(&self) -> &[Proposal] {
        &self.rare.proposals
    }

    /// What must not happen and did.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        &self.rare.incidents
    }

    /// How it ended, once it did.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        self.rare.ended.as_ref()
    }

    /// Whether nobody can read any more what was submitted, asked, answered and said: it is all empty.
    #[must_use]
    pub fn erased(&self) -> bool {
        self.rare.erased
    }

    pub(super) fn rare_mut(&mut self) -> &mut Particulars {
        Arc::make_mut(&mut self.rare)
    }

    pub(super) fn record(&mut self, step: StepIndex) -> &mut StepRecord {
        Arc::make_mut(&mut self.steps[step.at()])
    }
}
