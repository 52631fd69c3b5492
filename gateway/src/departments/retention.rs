//! Tells the departments from time to time which cases are over, so that they may delete what they keep
//! of them once it is old enough. What that is, each department decides.

use std::{collections::BTreeSet, time::Duration};

use onething_proto::participant::{
    ForgetBeforeRequest, participant_service_client::ParticipantServiceClient,
};
use onething_runtime::Peers;
use onething_saga::{
    Engine, EngineError, SagaId,
    store::{Filter, Page},
};
use tokio_util::sync::CancellationToken;

use super::BundlePlans;

/// How many cases are read at a time.
const PAGE: u32 = 500;
/// How long others have the journal to themselves between two such pages.
const PAUSE: Duration = Duration::from_millis(100);

/// How often departments are told, and of which cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// How often.
    pub(crate) every: Duration,
    /// Only of cases that were filed longer ago than this: no gateway on the same journal is so far
    /// behind in time that it would still file one of that age.
    pub(crate) after: Duration,
}

/// The processes that record anything for cases.
pub(crate) fn recorders(plans: &BundlePlans) -> BTreeSet<String> {
    plans
        .every_version()
        .iter()
        .flat_map(|bundle| &bundle.steps)
        .filter(|step| !step.path.is_empty())
        .map(|step| step.department.served_by.clone())
        .collect()
}

/// Tells the departments until `stop`.
pub(crate) async fn forget(
    engine: Engine,
    peers: Peers,
    coordinator: String,
    processes: BTreeSet<String>,
    retention: Retention,
    stop: CancellationToken,
) {
    let mut over = Over::default();
    let mut told: Option<SagaId> = None;
    loop {
        let pause = tokio::time::sleep(retention.every);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
        let before = youngest(retention.after);
        let Some(mark) = stop
            .run_until_cancelled(over.advance(&engine, before))
            .await
        else {
            return;
        };
        let mark = match mark {
            Ok(mark) if told.is_none_or(|told| told < mark) => mark,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "which cases are over cannot be read, trying on");
                continue;
            }
        };
        let tell = tell(&peers, &coordinator, &processes, mark);
        match stop.run_until_cancelled(tell).await {
            None => return,
            Some(true) => told = Some(mark),
            // Whoever did not hear of it is told the next time.
            Some(false) => {}
        }
    }
}

/// Tells each process; false when one did not answer.
async fn tell(
    peers: &Peers,
    coordinator: &str,
    processes: &BTreeSet<String>,
    mark: SagaId,
) -> bool {
    let mut all = true;
    for process in processes {
        let request = ForgetBeforeRequest {
            coordinator: coordinator.to_owned(),
            saga: mark.to_string(),
        };
        let mut participant = ParticipantServiceClient::new(peers.peer(process));
        if let Err(status) = participant.forget_before(request).await {
            tracing::warn!(process, %status, "was not told which cases are over");
            all = false;
        }
    }
    all
}

/// The id that sorts before every case filed within `after`: ids begin with the time.
fn youngest(after: Duration) -> SagaId {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.unwrap_or_default().saturating_sub(after).as_millis();
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    SagaId(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
}

/// How far every case is over.
#[derive(Debug, Default)]
struct Over {
    /// Up to this one.
    to: Option<SagaId>,
}

impl Over {
    /// The first case that has not ended, or `before` when that comes first. It never falls.
    async fn advance(&mut self, engine: &Engine, before: SagaId) -> Result<SagaId, EngineError> {
        loop {
            let page = Page {
                after: self.to,
                limit: PAGE,
            };
            let rows = engine.list(Filter::default(), page).await?;
            for row in &rows {
                if row.saga >= before {
                    return Ok(before);
                }
                if !row.state.ended() {
                    return Ok(row.saga);
                }
                self.to = Some(row.saga);
            }
            if u32::try_from(rows.len()).unwrap_or(PAGE) < PAGE {
                return Ok(before);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_an_earlier_time_sorts_before_one_of_now() {
        let (hour, now) = (Duration::from_hours(1), SagaId(uuid::Uuid::now_v7()));
        assert!(youngest(hour) < now);
        assert!(youngest(hour) < youngest(Duration::ZERO));
        assert!(youngest(hour).to_string() < now.to_string());
    }
}
