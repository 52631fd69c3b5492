//! Follows what departments decide in their own time: a stream from each process that serves such
//! matters, read on from where the journal says it was read to.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use onething_proto::participant::{
    WatchDecisionsRequest, WatchDecisionsResponse,
    participant_service_client::ParticipantServiceClient,
};
use onething_runtime::Peers;
use onething_saga::{Decided, Engine, EngineError, Key, OutcomeAnswer, SagaId};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};

use super::{BundlePlans, answer};

/// How many decisions are taken in at once.
const AT_ONCE: usize = 256;
/// How long one stream is read before it is asked for anew, so that a connection that died in silence
/// is found out.
const STREAM: Duration = Duration::from_mins(10);
/// How long to wait after a stream has failed, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// How often it is looked whether there are more to follow.
const LOOK: Duration = Duration::from_secs(1);

/// Why a stream is not read on.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the department ends its stream: {0}")]
    Stream(#[from] Status),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The processes that serve matters which are decided later.
fn deciders(plans: &BundlePlans) -> BTreeSet<String> {
    plans
        .every_version()
        .iter()
        .flat_map(|bundle| &bundle.steps)
        .filter(|step| step.decides_later)
        .map(|step| step.department.served_by.clone())
        .collect()
}

/// Follows every process that a bundle makes one to be followed, also those that bundles bring which
/// are put on offer later, until `stop`.
pub(crate) async fn follow_all(
    engine: Engine,
    peers: Peers,
    coordinator: String,
    plans: Arc<BundlePlans>,
    stop: CancellationToken,
) {
    let mut followed = BTreeSet::new();
    let mut streams = FuturesUnordered::new();
    while !stop.is_cancelled() {
        for process in deciders(&plans) {
            if followed.insert(process.clone()) {
                let (engine, peers) = (engine.clone(), peers.clone());
                let (coordinator, stop) = (coordinator.clone(), stop.clone());
                streams.push(follow(engine, peers, coordinator, process, stop));
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(()) = streams.next() => {}
        }
    }
    // Each ends by itself now.
    while streams.next().await.is_some() {}
}

/// Follows one process until `stop`.
async fn follow(
    engine: Engine,
    peers: Peers,
    coordinator: String,
    process: String,
    stop: CancellationToken,
) {
    let mut failures = 0;
    loop {
        let read = read(&engine, &peers, &coordinator, &process);
        let Some(ended) = stop.run_until_cancelled(read).await else {
            return;
        };
        let wait = match ended {
            Ok(()) => {
                failures = 0;
                RETRY.0
            }
            Err(Failed::Stream(status)) if status.code() == Code::Unimplemented => {
                tracing::error!(
                    process,
                    "serves matters decided later and tells no decisions"
                );
                RETRY.1
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(process, %error, "decisions are not heard of, trying on");
                let doubled = RETRY.0.saturating_mul(2u32.saturating_pow(failures));
                doubled.min(RETRY.1)
            }
        };
        let pause = tokio::time::sleep(wait);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

async fn read(
    engine: &Engine,
    peers: &Peers,
    coordinator: &str,
    process: &str,
) -> Result<(), Failed> {
    let cursor = engine.position(process).await?.unwrap_or_default();
    let mut request = Request::new(WatchDecisionsRequest {
        coordinator: coordinator.to_owned(),
        cursor,
    });
    request.set_timeout(STREAM);
    let stream = ParticipantServiceClient::new(peers.peer(process))
        .watch_decisions(request)
        .await?
        .into_inner();
    let mut chunks = stream.ready_chunks(AT_ONCE);
    while let Some(chunk) = chunks.next().await {
        let (mut decisions, mut position, mut end) = (Vec::new(), None, None);
        for next in chunk {
            match next {
                Ok(told) => {
                    position = Some(told.cursor.clone());
                    decisions.extend(decided(told));
                }
                Err(status) => end = Some(status),
            }
        }
        // What came before the end counts.
        if let Some(position) = position {
            engine.deliver(process, &position, decisions).await?;
        }
        match end {
            // Its time was up.
            Some(status) if status.code() == Code::DeadlineExceeded => return Ok(()),
            Some(status) => return Err(status.into()),
            None => {}
        }
    }
    Ok(())
}

/// A decision as the engine takes it; none for what names no saga, which is no call of ours.
fn decided(told: WatchDecisionsResponse) -> Option<Decided> {
    let key = told.key.clone()?;
    let saga: SagaId = key.saga.parse().ok()?;
    let item = match key.item.as_str() {
        "" => 0,
        item => item.parse().ok()?,
    };
    let OutcomeAnswer::Known(answer) = answer::decided(told) else {
        return None;
    };
    Some(Decided {
        key: Key {
            coordinator: key.coordinator,
            saga,
            step: key.step,
            item,
            round: key.round,
        },
        answer,
    })
}
