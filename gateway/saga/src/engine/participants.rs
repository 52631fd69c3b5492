//! What the engine needs from outside: departments to call and definitions to run. Protocols, channels
//! and payload formats are theirs alone.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::definition::{Definition, OnExpiry, Plan, Step, StepIndex};
use crate::machine::{
    Answer, Key, OutcomeAnswer, Prepared, PreparedCall, SagaId, State, StepState, Timestamp,
    UndoAnswer,
};

/// The departments.
#[async_trait]
pub trait Participants: Send + Sync + 'static {
    /// Builds a step's request out of the submission and earlier responses, or says that the step does
    /// not apply. Pure and quick: it runs inside the saga's own task.
    fn prepare(&self, definition: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared;

    /// Builds a step's request while steps before it are under way; none when anything of it, the target
    /// included, depends on their answers or on the time. [`prepare`](Self::prepare) would build the same
    /// later. Pure and quick as well.
    fn prepare_ahead(
        &self,
        _definition: &Definition,
        _facts: &Facts<'_>,
        _step: StepIndex,
    ) -> Option<PreparedCall> {
        None
    }

    /// Calls the action. Everything but a success and a definite refusal is [`Answer::Doubt`].
    async fn act(&self, call: &Call) -> Answer;

    /// Asks what became of the call's key.
    async fn outcome(&self, call: &Call) -> OutcomeAnswer;

    /// Undoes the call's key.
    async fn undo(&self, call: &Call) -> UndoAnswer;

    /// Called with each new call's span before it is entered: the place to give it the stored trace
    /// context as its parent.
    fn adopt(&self, _span: &tracing::Span, _traceparent: Option<&str>) {}
}

/// The definitions.
pub trait Definitions: Send + Sync + 'static {
    /// The version that new sagas of this name start with.
    fn current(&self, name: &str) -> Option<Arc<Plan>>;

    /// The version a running saga started with.
    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>>;
}

/// What a step's request can be built from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    state: &'a State,
    now: Timestamp,
}

impl<'a> Facts<'a> {
    /// The facts of a saga in this state.
    #[must_use]
    pub fn new(state: &'a State, now: Timestamp) -> Self {
        Self { state, now }
    }

    /// The saga.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        self.state.saga()
    }

    /// The submission.
    #[must_use]
    pub fn input(&self) -> &'a Bytes {
        self.state.input()
    }

    /// The response of an earlier step; none when it was omitted, attested or has not succeeded, and
    /// for a repeated step, whose [`items`](Self::items) have responses.
    #[must_use]
    pub fn response(&self, step: StepIndex) -> Option<&'a Bytes> {
        let record = self.state.step(step);
        record
            .response
            .as_ref()
            .filter(|_| record.state == StepState::Succeeded && !self.state.plan().joins(step))
    }

    /// The response of the earlier step with this name, likewise.
    #[must_use]
    pub fn response_of(&self, step: &str) -> Option<&'a Bytes> {
        self.state
            .plan()
            .index_of(step)
            .and_then(|index| self.response(index))
    }

    /// The responses of a repeated step's items, in the order of its list; none for an item that was
    /// omitted, attested or has not succeeded.
    #[must_use]
    pub fn items(&self, step: StepIndex) -> Vec<Option<&'a Bytes>> {
        let items = self.state.plan().items_of(step);
        items.into_iter().map(|item| self.response(item)).collect()
    }

    /// When the saga was accepted.
    #[must_use]
    pub fn accepted_at(&self) -> Timestamp {
        self.state.accepted_at()
    }

    /// The time at which the request is built.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

/// One call to a department, or a question or undo about it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The key of the effect, the same at every repetition.
    pub key: Key,
    /// The epoch of the saga's owner.
    pub epoch: u64,
    /// The definition.
    pub plan: Arc<Plan>,
    /// The step's position in it.
    pub index: StepIndex,
    /// The request's wire bytes, to be sent as they are.
    pub request: Bytes,
    /// Where to call, when that depends on the case.
    pub target: Option<String>,
    /// The end of the statutory time in which the department decides, and what follows then.
    pub due: Option<(Timestamp, OnExpiry)>,
    /// After this time the answer counts as doubt; it travels as the call's deadline.
    pub timeout: Duration,
    /// W3C trace context of the submission.
    pub traceparent: Option<String>,
    /// How many times this was tried before by this owner.
    pub attempt: u32,
}

impl Call {
    /// The step that is called.
    #[must_use]
    pub fn step(&self) -> &Step {
        self.plan.step(self.index)
    }
}
