//! The commands of a committed batch: requests to be built later, calls, questions and undos, each after its
//! delay, in the saga's own task.

use std::time::Duration;

use super::dispatch::{Purpose, carry_out};
use super::participants::Call;
use super::worker::{Left, Reply, Worker};
use crate::definition::StepIndex;
use crate::machine::{Command, Key, State, Wait};
use crate::mutant::{self, Mutant};

impl Worker {
    /// Starts the commands of a committed batch.
    pub(super) fn carry_on(
        &mut self,
        state: &State,
        epoch: u64,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<(), Left> {
        for command in commands {
            match command {
                Command::Retire | Command::Abandon => return Err(Left::ForGood),
                _ if self.draining => {}
                // Asked for and answered while the batch was decided.
                Command::PrepareAhead { .. } => {}
                Command::Prepare { step, wait } => {
                    if self.preparing.insert(step) {
                        let delay = self.delay(step, 0, false, wait);
                        let draining = self.shared.draining.clone();
                        self.calls.push(Box::pin(async move {
                            let waited = tokio::time::sleep(delay);
                            match draining.run_until_cancelled(waited).await {
                                Some(()) => Reply::PrepareAgain(step),
                                None => Reply::Drained,
                            }
                        }));
                    }
                }
                Command::Act { step, round, wait } => {
                    self.call((state, epoch), step, round, wait, Purpose::Act);
                }
                Command::Ask { step, round, wait } => {
                    self.call((state, epoch), step, round, wait, Purpose::Ask);
                }
                Command::Undo { step, round, wait } => {
                    self.call((state, epoch), step, round, wait, Purpose::Undo);
                }
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        (state, epoch): (&State, u64),
        step: StepIndex,
        round: u32,
        wait: Wait,
        purpose: Purpose,
    ) {
        let undo = purpose == Purpose::Undo;
        let delay = self.delay(step, round, undo, wait);
        let plan = state.plan().clone();
        let (named, record) = (plan.step(step), state.step(step));
        let call = Call {
            key: Key {
                coordinator: self.shared.settings.coordinator.clone(),
                saga: self.saga,
                step: named.id.clone(),
                item: plan.item(step) * u32::from(!mutant::active(Mutant::ItemsShareKey)),
                round,
            },
            epoch,
            index: step,
            request: record.request.clone(),
            target: record.target.clone(),
            due: record
                .deadline
                .as_ref()
                .zip(named.deadline)
                .map(|(deadline, limit)| (deadline.due, limit.on_expiry)),
            timeout: named.call_timeout,
            traceparent: state.traceparent().map(str::to_owned),
            attempt: self
                .attempts
                .get(&(step, round, undo))
                .copied()
                .unwrap_or(0),
            plan: plan.clone(),
        };
        let carried = carry_out(self.shared.clone(), call, purpose, delay);
        self.calls.push(Box::pin(async move {
            carried.await.map_or(Reply::Drained, Reply::Input)
        }));
    }

    fn delay(&mut self, step: StepIndex, round: u32, undo: bool, wait: Wait) -> Duration {
        match wait {
            Wait::Now => Duration::ZERO,
            Wait::Poll => {
                let interval = self.shared.settings.poll_interval;
                interval / 2 + self.shared.environment.jitter(interval / 2)
            }
            Wait::Backoff { until } => {
                let attempt = self.attempts.entry((step, round, undo)).or_insert(0);
                let limit = self.shared.settings.retry.limit(*attempt);
                *attempt += 1;
                let delay = self.shared.environment.jitter(limit);
                let now = self.shared.environment.now();
                match until.map(|until| now.until(until)) {
                    Some(left) if !left.is_zero() => delay.min(left),
                    _ => delay,
                }
            }
        }
    }
}
