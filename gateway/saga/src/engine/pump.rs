//! What makes sagas move that nobody holds in memory: leases are renewed, and whatever a dead owner left,
//! is due, or was delivered something is taken up, at a bounded pace.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::facade::Shared;
use super::registry::lock;
use crate::machine::{SagaId, Timestamp};
use crate::store::StoreError;

/// How many sagas are asked for at a time.
const PAGE: u32 = 256;
/// How long the pump rests at least between two turns.
const SHORTEST: Duration = Duration::from_millis(10);
/// How soon what another engine hands over is looked for.
const HANDOVER: Duration = Duration::from_secs(1);
/// How long the pump sleeps at most.
const LONGEST: Duration = Duration::from_hours(1);

/// When the pump turns next.
#[derive(Default)]
pub(super) struct Alarm {
    next: Mutex<Option<Timestamp>>,
    sooner: Notify,
}

impl Alarm {
    /// A saga has come to rest and is due at `at`.
    pub(super) fn set(&self, at: Timestamp) {
        if self.advance(at) {
            self.sooner.notify_one();
        }
    }

    /// Whether `at` is sooner than everything known.
    fn advance(&self, at: Timestamp) -> bool {
        let mut next = lock(&self.next);
        let sooner = next.is_none_or(|next| at < next);
        if sooner {
            *next = Some(at);
        }
        sooner
    }

    fn clear(&self) {
        *lock(&self.next) = None;
    }

    fn next(&self) -> Option<Timestamp> {
        *lock(&self.next)
    }
}

/// Takes up what nobody holds, until the engine stops or drains.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut failures = 0;
    loop {
        let wait = match turn(&shared).await {
            Ok(wait) => {
                failures = 0;
                wait
            }
            Err(error) => {
                tracing::warn!(%error, "the store does not answer, trying on");
                let limit = shared.settings.retry.limit(failures);
                failures += 1;
                shared.environment.jitter(limit).max(SHORTEST)
            }
        };
        tokio::select! {
            biased;
            () = shared.draining.cancelled() => return,
            () = shared.alarm.sooner.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// One turn; how long until the next.
async fn turn(shared: &Arc<Shared>) -> Result<Duration, StoreError> {
    // Before the reading: what comes to rest meanwhile sets the alarm again.
    shared.alarm.clear();
    if claim(shared).await? > 0 {
        return Ok(SHORTEST);
    }
    if let Some(due) = shared.store.next_due().await? {
        shared.alarm.advance(due);
    }
    let due = shared
        .alarm
        .next()
        .map_or(LONGEST, |at| shared.environment.now().until(at));
    let most = if shared.store.exclusive() {
        LONGEST
    } else {
        beat(shared).min(HANDOVER)
    };
    Ok(due.min(most).max(SHORTEST))
}

/// Keeps the lease where several engines can share the store, sees to it that dead owners are found
/// out, and tells this engine's sagas of what other engines received for them.
pub(super) async fn keep_lease(shared: Arc<Shared>) {
    loop {
        if let Err(error) = heartbeat(&shared).await {
            tracing::warn!(%error, "no heartbeat reached the store, trying on");
        }
        tokio::select! {
            biased;
            () = shared.draining.cancelled() => return,
            () = tokio::time::sleep(beat(&shared)) => {}
        }
    }
}

pub(super) async fn heartbeat(shared: &Shared) -> Result<(), StoreError> {
    let pulse = shared.store.heartbeat(shared.settings.lease).await?;
    shared.environment.anchor(pulse.now);
    if !pulse.held {
        tracing::warn!("the lease ran out: a new incarnation begins");
    }
    for saga in shared.store.mail(PAGE).await? {
        shared.registry.mail(saga);
    }
    Ok(())
}

/// Often enough that two heartbeats may fail, and that others' deaths are seen soon.
fn beat(shared: &Shared) -> Duration {
    shared.settings.lease / 4
}

/// Takes up a page of sagas, each as soon as there is room; says how many were not in memory yet.
pub(super) async fn claim(shared: &Arc<Shared>) -> Result<usize, StoreError> {
    let now = shared.environment.now();
    let mut taken = 0;
    for saga in shared.store.claimable(now, PAGE).await? {
        taken += usize::from(take_up(shared, saga).await);
    }
    Ok(taken)
}

/// Waits for room and takes up one saga; false when it is in memory already or the engine drains.
async fn take_up(shared: &Arc<Shared>, saga: SagaId) -> bool {
    let room = shared.recovering.clone().acquire_owned();
    let Some(Ok(room)) = shared.draining.run_until_cancelled(room).await else {
        return false;
    };
    match shared.registry.open(saga) {
        Some(desk) => {
            shared.spawn(saga, desk, None, Some(room));
            true
        }
        None => {
            // It is in memory and leaves, or was delivered something.
            shared.registry.mail(saga);
            false
        }
    }
}
