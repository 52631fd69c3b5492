//! The applicant submits: until it is acknowledged, again, and something else under the same key.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{EngineError, Submission};

use super::case::{Case, LINGERING};
use super::fault::Fault;
use super::wish::Asking;

/// What the applicant submits at first.
pub(super) const APPLICATION: Bytes = Bytes::from_static(b"application");
/// How often an applicant submits in calm weather before something must be wrong.
const MOST_SUBMISSIONS: u32 = 1_000;

impl Case {
    /// The applicant submits until it is acknowledged.
    pub(super) fn submit(&mut self) {
        if self.acknowledged.load(Ordering::Relaxed) || self.asking.load(Ordering::Relaxed) {
            return;
        }
        if self.world.calm() {
            self.asked += 1;
            if self.asked == MOST_SUBMISSIONS {
                self.world
                    .violation("the submission is never acknowledged".to_owned());
            }
        }
        self.submit_as(APPLICATION, None);
    }

    pub(super) fn submit_as(&mut self, input: Bytes, fault: Option<Fault>) {
        let submission = Submission {
            definition: self.world.plan.name.clone(),
            input: input.clone(),
            dedupe: Some("the case".to_owned()),
            saga: fault.is_none().then_some(self.saga),
            annuls: self.world.story.annuls,
            ..Submission::default()
        };
        let (world, saga) = (self.world.clone(), self.saga);
        let acknowledged = self.acknowledged.clone();
        let asking = Asking::new(&self.asking);
        let Some(member) = self.crew.current() else {
            return;
        };
        let engine = member.engine.clone();
        member.along(async move {
            let _asking = asking;
            let answer = engine.submit(submission);
            let Ok(result) = tokio::time::timeout(LINGERING, answer).await else {
                world.note(format_args!("submit {input:?}: no answer"));
                world.news.notify_one();
                return;
            };
            world.note(format_args!("submit {input:?}: {result:?}"));
            let right = match (&result, fault) {
                (Ok(accepted), Some(Fault::SubmittedOther)) => {
                    world.violation(format!("{accepted:?} for another submission"));
                    false
                }
                (Ok(accepted), _) => accepted.saga == saga,
                (Err(EngineError::DigestConflict { saga: known }), Some(_)) => *known == saga,
                (Err(EngineError::Store(_) | EngineError::Stopping), _) => true,
                (Err(EngineError::Conflict(_)), None) => true,
                _ => false,
            };
            if !right {
                world.violation(format!("submitting gave {result:?}"));
            }
            if fault.is_none() && result.is_ok() {
                acknowledged.store(true, Ordering::Relaxed);
            } else {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            world.news.notify_one();
        });
    }
}
