//! What people want of an engine, how they ask for it, and which answers are right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{
    Engine, EngineError, Input, Operator, OwnerAct, SagaId, StepIndex, StepState, decide,
};

use super::case::LINGERING;
use super::clock::EPOCH;
use super::fault::Fault;
use super::world::World;

/// Something that somebody wants.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    Withdraw,
    Message {
        id: String,
        name: String,
        payload: Bytes,
    },
    /// Another message under the identity of one that was sent.
    Forged {
        id: String,
        name: String,
    },
    Correct {
        step: StepIndex,
        input: Bytes,
        affected: Vec<StepIndex>,
    },
    Operate(Operator),
    Settle(StepIndex, OwnerAct, Settling),
}

/// What becomes of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// A second operator approves it.
    Approved,
    /// A second operator declines it; that it is approved then must not count.
    Declined,
    /// The step is tried again before a second operator approves it: that must not count either.
    Overtaken,
}

pub(super) fn attest(disposition: &str) -> OwnerAct {
    let disposition = disposition.to_owned();
    OwnerAct::Attest { disposition }
}

impl Wish {
    /// Asks for it once, and judges the answer.
    pub(super) async fn fulfil(self, world: &World, engine: &Engine, saga: SagaId) {
        let text = format!("{self:?}");
        // Nobody waits for ever for an engine that was overtaken.
        let asked = tokio::time::timeout(LINGERING, self.clone().ask(world, engine, saga));
        let Ok(result) = asked.await else {
            world.note(format_args!("{text}: no answer"));
            world.news.notify_one();
            return;
        };
        world.note(format_args!("{text}: {result:?}"));
        if matches!(
            result,
            Err(EngineError::NotFound(_) | EngineError::Quarantined { .. })
        ) {
            world.violation(format!("{text} gave {result:?}"));
        }
        if result.is_ok() {
            self.granted(world);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        world.news.notify_one();
    }

    async fn ask(self, world: &World, engine: &Engine, saga: SagaId) -> Result<(), EngineError> {
        let input = match self {
            Self::Withdraw => Input::Cancel {
                by: "applicant".to_owned(),
                reason: "changed".to_owned(),
            },
            Self::Message { id, name, payload } => Input::Signal { id, name, payload },
            Self::Forged { id, name } => Input::Signal {
                id,
                name,
                payload: Bytes::from_static(b"forged"),
            },
            Self::Correct {
                step,
                input,
                affected,
            } => Input::Correct {
                by: "applicant".to_owned(),
                step,
                input,
                affected,
            },
            Self::Operate(request) => Input::Operator(request),
            Self::Settle(step, act, settling) => {
                return settle(world, engine, saga, step, act, settling).await;
            }
        };
        ask(world, engine, saga, input).await
    }

    /// What was acknowledged must be found in the journal at the end.
    fn granted(self, world: &World) {
        let inner = &mut *world.lock();
        let asked = &mut inner.chronicle.asked;
        match self {
            Self::Message { id, .. } => {
                asked.granted_messages.insert(id);
            }
            Self::Correct { input, .. } => {
                asked.granted_corrections.insert(input);
            }
            Self::Forged { id, .. } => {
                // The first one may have been lost before it was kept; then this one is the first.
                if asked.granted_messages.contains(&id) {
                    let what = format!("another message was taken under the identity of {id}");
                    inner.chronicle.violation(what);
                } else {
                    asked.forged.insert(id);
                }
            }
            Self::Withdraw | Self::Operate(_) | Self::Settle(..) => {}
        }
    }
}

/// Asks an engine for something. Whoever is told that the case does not allow it can rely on that: the
/// journal does not allow it either.
async fn ask(
    world: &World,
    engine: &Engine,
    saga: SagaId,
    input: Input,
) -> Result<(), EngineError> {
    let committed = || world.lock().chronicle.seq;
    let before = committed();
    let result = match input.clone() {
        Input::Cancel { by, reason } => engine.cancel(saga, &by, &reason).await,
        Input::Signal { id, name, payload } => engine.signal(saga, &id, &name, payload).await,
        Input::Correct {
            by,
            step,
            input,
            affected,
        } => engine.correct(saga, &by, step, input, affected).await,
        Input::Operator(request) => engine.operator(saga, request).await,
        _ => return Ok(()),
    };
    if let Err(EngineError::Conflict(why)) = &result
        && committed() == before
    {
        let now = EPOCH.plus(world.elapsed());
        let inner = &mut *world.lock();
        let state = inner.chronicle.state.as_ref();
        if state.is_some_and(|state| decide(state, input.clone(), now).is_ok()) {
            let what = format!("{input:?} is a conflict (`{why}`), but not by the journal");
            inner.chronicle.violation(what);
        }
    }
    result
}

/// One operator proposes, tries to approve it too, and another approves or declines.
async fn settle(
    world: &World,
    engine: &Engine,
    saga: SagaId,
    step: StepIndex,
    act: OwnerAct,
    settling: Settling,
) -> Result<(), EngineError> {
    let (by, reason) = ("operator".to_owned(), "looked into it".to_owned());
    let propose = Operator::Propose {
        step,
        act,
        by: by.clone(),
        reason: reason.clone(),
    };
    ask(world, engine, saga, Input::Operator(propose)).await?;
    let number = {
        let inner = world.lock();
        let state = inner.chronicle.state.as_ref();
        state.and_then(|state| state.proposals().last().map(|proposal| proposal.number))
    };
    let Some(proposal) = number else {
        return Ok(());
    };
    world.fault(Fault::ApprovedByProposer);
    let approve = |by| Input::Operator(Operator::Approve { proposal, by });
    if ask(world, engine, saga, approve(by)).await.is_ok() {
        world.violation(format!("proposal {proposal} was approved by its proposer"));
    }
    let by = "supervisor".to_owned();
    if settling == Settling::Declined {
        let decline = Operator::Decline {
            proposal,
            by: by.clone(),
            reason,
        };
        ask(world, engine, saga, Input::Operator(decline)).await?;
    }
    if settling == Settling::Overtaken {
        let retry = retry(world, step);
        ask(world, engine, saga, Input::Operator(retry)).await?;
    }
    let approved = ask(world, engine, saga, approve(by)).await;
    if settling == Settling::Declined && approved.is_ok() {
        world.violation(format!(
            "proposal {proposal} was approved after it was declined"
        ));
    }
    if settling == Settling::Approved {
        approved
    } else {
        Ok(())
    }
}

/// An operator has a step tried again, or its undo if that failed.
pub(super) fn retry(world: &World, step: StepIndex) -> Operator {
    let (by, reason) = ("operator".to_owned(), "looked into it".to_owned());
    let inner = world.lock();
    let state = inner.chronicle.state.as_ref();
    if state.is_some_and(|state| state.step(step).state == StepState::UndoFailed) {
        Operator::RetryUndo { step, by, reason }
    } else {
        Operator::Retry { step, by, reason }
    }
}

/// Somebody waits for an answer; over when this is dropped, however that comes about.
pub(super) struct Asking(Arc<AtomicBool>);

impl Asking {
    pub(super) fn new(asking: &Arc<AtomicBool>) -> Self {
        asking.store(true, Ordering::Relaxed);
        Self(asking.clone())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
