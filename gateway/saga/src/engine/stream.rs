//! A saga's committed events for those who follow it: first from the journal, then as they are
//! committed, without a gap.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use serde::Serialize;
use tokio::time::timeout;

use super::error::EngineError;
use super::facade::Shared;
use super::registry::Watch;
use crate::machine::{Event, SagaId, SagaState, State, Timestamp};
use crate::store::StoredEvent;

const PAGE: u32 = 256;
/// How often the journal is read for a saga that may be in another engine's memory.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// A committed event with its names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SagaEvent {
    /// The saga.
    pub saga: SagaId,
    /// Its number in the saga, from 1 without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The name of the step it is about.
    pub step: Option<String>,
    /// The name of the segment it is about.
    pub segment: Option<String>,
    /// The department of the step.
    pub responsible: Option<String>,
    /// The saga's state after it.
    pub state: SagaState,
    /// The event; its payload is not serialized.
    pub event: Event,
}

struct Follower {
    shared: Arc<Shared>,
    saga: SagaId,
    from: u64,
    read: u64,
    folded: Option<State>,
    ready: VecDeque<SagaEvent>,
    watch: Option<Watch>,
    failed: bool,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.watch = None;
        self.shared.registry.leave(self.saga);
    }
}

/// The events of a saga with a number of at least `from`; ends after the last event of an ended saga.
pub(super) fn follow(
    shared: Arc<Shared>,
    saga: SagaId,
    from: u64,
) -> impl Stream<Item = Result<SagaEvent, EngineError>> + Send + 'static {
    let follower = Follower {
        shared,
        saga,
        from,
        read: 0,
        folded: None,
        ready: VecDeque::new(),
        watch: None,
        failed: false,
    };
    futures::stream::unfold(follower, |mut follower| async move {
        match follower.next().await {
            Ok(Some(event)) => Some((Ok(event), follower)),
            Ok(None) => None,
            Err(_) if follower.failed => None,
            Err(error) => {
                follower.failed = true;
                Some((Err(error), follower))
            }
        }
    })
}

impl Follower {
    async fn next(&mut self) -> Result<Option<SagaEvent>, EngineError> {
        if self.failed {
            return Ok(None);
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self
                .folded
                .as_ref()
                .is_some_and(|state| state.ended().is_some())
            {
                return Ok(None);
            }
            // Watching before reading: a commit between the two is seen by one or the other.
            let registry = &self.shared.registry;
            let watch = self.watch.get_or_insert_with(|| registry.follow(self.saga));
            if let Watch::Commits(commits) = watch {
                commits.borrow_and_update();
            }
            let page = self
                .shared
                .store
                .events(self.saga, self.read + 1, PAGE)
                .await?;
            if page.is_empty() {
                if self.folded.is_none() {
                    // Says that it does not exist, if so.
                    self.shared.store.load(self.saga).await?;
                }
                self.wait().await;
            }
            for stored in page {
                self.add(&stored)?;
            }
        }
    }

    async fn wait(&mut self) {
        let over = match &mut self.watch {
            Some(Watch::Commits(commits)) => commits.changed().await.is_err(),
            Some(Watch::Arrival(arrival)) => timeout(ELSEWHERE, arrival.changed()).await.is_ok(),
            None => false,
        };
        if over {
            self.watch = None;
        }
    }

    fn add(&mut self, stored: &StoredEvent) -> Result<(), EngineError> {
        let unreadable = |reason: String| EngineError::Quarantined {
            saga: self.saga,
            reason,
        };
        let event = stored
            .decode()
            .map_err(|error| unreadable(error.to_string()))?;
        if let Event::Accepted {
            definition,
            version,
            ..
        } = &event
        {
            let plan = self
                .shared
                .definitions
                .get(definition, *version)
                .ok_or_else(|| {
                    unreadable(format!(
                        "definition `{definition}` version {version} is not loaded"
                    ))
                })?;
            self.folded = Some(State::new(self.saga, plan));
        }
        let Some(state) = self.folded.as_mut().filter(|state| state.fits(&event)) else {
            return Err(unreadable(format!("event {} does not fit", stored.seq)));
        };
        state.apply(&event, stored.at);
        self.read = stored.seq;
        if stored.seq >= self.from {
            let plan = state.plan();
            self.ready.push_back(SagaEvent {
                saga: self.saga,
                seq: stored.seq,
                at: stored.at,
                step: event.step().map(|step| plan.step(step).id.clone()),
                segment: event
                    .segment()
                    .map(|s| plan.definition().segment(s).id.clone()),
                responsible: event.step().map(|step| plan.step(step).responsible.clone()),
                state: state.status(),
                event,
            });
        }
        Ok(())
    }
}
