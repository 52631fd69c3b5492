//! The calls of a case without a case: the same client, messages, order and concurrency, but neither
//! engine nor journal.

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, try_join_all};
use onething_participant::Refusal;
use onething_proto::participant::{StepKey, UndoOutcome};
use onething_saga::SagaId;
use uuid::Uuid;

use super::{
    caller::Caller,
    closed_loop::Once,
    workload::{REFUSED, Workload},
};

/// As a step of the engine has.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The bare calls of one workload.
pub(super) struct Bare {
    caller: Caller,
    workload: Workload,
    groups: Vec<Vec<&'static str>>,
}

impl Bare {
    pub(super) fn new(caller: Caller, workload: Workload) -> Self {
        Self {
            caller,
            workload,
            groups: workload.groups(),
        }
    }

    async fn calls(&self) -> Result<(), String> {
        let saga = SagaId(Uuid::now_v7());
        let mut done = Vec::new();
        for group in &self.groups {
            match group.as_slice() {
                [step] => self.call(saga, step).await?,
                steps => drop(try_join_all(steps.iter().map(|step| self.call(saga, step))).await?),
            }
            done.extend(group.iter().copied().filter(|step| *step != REFUSED));
        }
        if self.workload == Workload::W2 {
            for step in done.into_iter().rev() {
                self.undo(saga, step).await?;
            }
        }
        Ok(())
    }

    async fn call(&self, saga: SagaId, step: &str) -> Result<(), String> {
        let message = self.caller.request();
        let purpose = self.workload.name();
        let answer = self
            .caller
            .call(key(saga, step), 1, message, purpose, TIMEOUT)
            .await;
        match answer {
            Ok(_) if step != REFUSED => Ok(()),
            Err(status) if step == REFUSED && Refusal::from_status(&status).is_some() => Ok(()),
            other => Err(format!("step {step} was answered {other:?}")),
        }
    }

    async fn undo(&self, saga: SagaId, step: &str) -> Result<(), String> {
        match self.caller.annul(key(saga, step), 1, TIMEOUT).await {
            Ok(UndoOutcome::Undone) => Ok(()),
            other => Err(format!("the undo of {step} was answered {other:?}")),
        }
    }
}

fn key(saga: SagaId, step: &str) -> StepKey {
    StepKey {
        coordinator: "bare".to_owned(),
        saga: saga.to_string(),
        step: step.to_owned(),
        item: String::new(),
        round: 1,
    }
}

impl Once for Bare {
    fn once(self: Arc<Self>) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move { self.calls().await })
    }
}
