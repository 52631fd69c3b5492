//! Carrying out one command: the delay, the department's limit, the call under its deadline and span.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::timeout;
use tracing::{Instrument, Span};

use super::facade::Shared;
use super::participants::Call;
use crate::definition::StepIndex;
use crate::machine::{Answer, Input, OutcomeAnswer, UndoAnswer};

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Act,
    Ask,
    Undo,
}

/// Carries out a call and hands back what the core must know; nothing when the engine is drained
/// before the call began.
pub(super) async fn carry_out(
    shared: Arc<Shared>,
    call: Call,
    purpose: Purpose,
    delay: Duration,
) -> Option<Input> {
    let department = shared.limits.of(&call.step().responsible);
    let turn = async {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        department.turn().await
    };
    let turn = shared.draining.run_until_cancelled(turn).await?;
    let (step, round) = (call.index, call.key.round);
    let Some(turn) = turn else {
        return Some(unreachable(purpose, step, round));
    };
    let span = span(&shared, &call, purpose);
    let participants = &shared.participants;
    let input = match purpose {
        Purpose::Act => {
            let doubt = |why| Answer::Doubt { why };
            let answer = bounded(&call, participants.act(&call), doubt)
                .instrument(span)
                .await;
            turn.end(!matches!(answer, Answer::Doubt { .. }));
            Input::Acted {
                step,
                round,
                answer,
            }
        }
        Purpose::Ask => {
            let doubt = |why| OutcomeAnswer::Known(Answer::Doubt { why });
            let answer = bounded(&call, participants.outcome(&call), doubt)
                .instrument(span)
                .await;
            turn.end(!matches!(
                answer,
                OutcomeAnswer::Known(Answer::Doubt { .. })
            ));
            Input::Asked {
                step,
                round,
                answer,
            }
        }
        Purpose::Undo => {
            let doubt = |why| UndoAnswer::Doubt { why };
            let answer = bounded(&call, participants.undo(&call), doubt)
                .instrument(span)
                .await;
            turn.end(!matches!(answer, UndoAnswer::Doubt { .. }));
            Input::UndoAnswered {
                step,
                round,
                answer,
            }
        }
    };
    Some(input)
}

/// What the core learns in place of an answer while a department's circuit is open.
fn unreachable(purpose: Purpose, step: StepIndex, round: u32) -> Input {
    let why = "the department has not answered lately: calls to it are held back".to_owned();
    match purpose {
        Purpose::Act => Input::Acted {
            step,
            round,
            answer: Answer::Doubt { why },
        },
        Purpose::Ask => Input::Asked {
            step,
            round,
            answer: OutcomeAnswer::Known(Answer::Doubt { why }),
        },
        Purpose::Undo => Input::UndoAnswered {
            step,
            round,
            answer: UndoAnswer::Doubt { why },
        },
    }
}

/// An answer, or doubt when there is none in time or the client panicked.
async fn bounded<A>(
    call: &Call,
    answer: impl Future<Output = A>,
    doubt: impl FnOnce(String) -> A,
) -> A {
    match timeout(call.timeout, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => doubt("the call panicked".to_owned()),
        Err(_) => doubt(format!("no answer within {:?}", call.timeout)),
    }
}

fn span(shared: &Shared, call: &Call, purpose: Purpose) -> Span {
    macro_rules! span {
        ($name:literal) => {
            tracing::info_span!(
                parent: None,
                $name,
                saga.id = %call.key.saga,
                saga.definition = %call.plan.name,
                step.id = %call.key.step,
                step.round = call.key.round,
                step.attempt = call.attempt,
                step.department = %call.step().responsible,
            )
        };
    }
    let span = match purpose {
        Purpose::Act => span!("saga.step"),
        Purpose::Ask => span!("saga.outcome"),
        Purpose::Undo => span!("saga.undo"),
    };
    shared
        .participants
        .adopt(&span, call.traceparent.as_deref());
    span
}
