//! `onething.participant.v1` over a ledger.

use std::pin::Pin;

use onething_proto::participant::{
    Effect, ForgetBeforeRequest, ForgetBeforeResponse, GetOutcomeRequest, GetOutcomeResponse,
    ListEffectsRequest, ListEffectsResponse, StepKey, UndoRequest, UndoResponse,
    WatchDecisionsRequest, WatchDecisionsResponse,
    participant_service_server::{ParticipantService, ParticipantServiceServer},
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::{
    Key, Ledger, Refusal,
    question::public,
    review::timestamp,
    store::{self, After},
};

/// The gRPC service that coordinators call beside the department's own.
#[derive(Debug, Clone)]
pub struct Participant {
    ledger: Ledger,
}

impl Participant {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The service, ready to be added to a server.
    pub fn server(self) -> ParticipantServiceServer<Self> {
        ParticipantServiceServer::new(self)
    }
}

pub(crate) const DEFAULT_PAGE: i32 = 100;
pub(crate) const LARGEST_PAGE: i32 = 1_000;

#[tonic::async_trait]
impl ParticipantService for Participant {
    async fn undo(&self, request: Request<UndoRequest>) -> Result<Response<UndoResponse>, Status> {
        let UndoRequest { key, epoch } = request.into_inner();
        Ok(Response::new(
            self.ledger.undo(&checked(key)?, epoch).await?,
        ))
    }

    async fn get_outcome(
        &self,
        request: Request<GetOutcomeRequest>,
    ) -> Result<Response<GetOutcomeResponse>, Status> {
        let GetOutcomeRequest { key, epoch } = request.into_inner();
        Ok(Response::new(
            self.ledger.outcome(&checked(key)?, epoch).await?,
        ))
    }

    type WatchDecisionsStream =
        Pin<Box<dyn Stream<Item = Result<WatchDecisionsResponse, Status>> + Send>>;

    async fn watch_decisions(
        &self,
        request: Request<WatchDecisionsRequest>,
    ) -> Result<Response<Self::WatchDecisionsStream>, Status> {
        let WatchDecisionsRequest {
            coordinator,
            cursor,
        } = request.into_inner();
        if coordinator.is_empty() {
            return Err(Refusal::invalid("coordinator", "name a coordinator").into());
        }
        let decisions = self.ledger.decisions(&coordinator, &cursor).await?;
        Ok(Response::new(Box::pin(decisions)))
    }

    async fn forget_before(
        &self,
        request: Request<ForgetBeforeRequest>,
    ) -> Result<Response<ForgetBeforeResponse>, Status> {
        let ForgetBeforeRequest { coordinator, saga } = request.into_inner();
        self.ledger.forget_before(&coordinator, &saga).await?;
        Ok(Response::new(ForgetBeforeResponse {}))
    }

    async fn list_effects(
        &self,
        request: Request<ListEffectsRequest>,
    ) -> Result<Response<ListEffectsResponse>, Status> {
        let ListEffectsRequest {
            coordinator,
            saga,
            page_size,
            page_token,
        } = request.into_inner();
        if coordinator.is_empty() {
            return Err(Refusal::invalid("coordinator", "name a coordinator").into());
        }
        if page_size < 0 {
            return Err(Refusal::invalid("page_size", "must not be negative").into());
        }
        let size = if page_size == 0 {
            DEFAULT_PAGE
        } else {
            page_size.min(LARGEST_PAGE)
        };
        let after = after(&page_token)
            .ok_or_else(|| Refusal::invalid("page_token", "is not one that was given out"))?;
        let rows = store::list(
            self.ledger.db(),
            &coordinator,
            &saga,
            &after,
            i64::from(size),
        )
        .await?;
        let next_page_token = match rows.last() {
            Some(last) if rows.len() == usize::try_from(size).unwrap_or(usize::MAX) => {
                token(&After {
                    seen_at: last.seen_at,
                    saga: last.saga.clone(),
                    step: last.step.clone(),
                    item: last.item.clone(),
                })
            }
            _ => String::new(),
        };
        let effects = rows
            .into_iter()
            .map(|row| {
                Ok(Effect {
                    outcome: public(row.recorded()?).into(),
                    epoch: u64::try_from(row.epoch).unwrap_or_default(),
                    recorded_at: Some(timestamp(row.seen_at)),
                    key: Some(StepKey {
                        coordinator: coordinator.clone(),
                        saga: row.saga,
                        step: row.step,
                        item: row.item,
                        round: u32::try_from(row.round).unwrap_or_default(),
                    }),
                    method: row.method,
                })
            })
            .collect::<Result<_, crate::Fault>>()?;
        Ok(Response::new(ListEffectsResponse {
            effects,
            next_page_token,
        }))
    }
}

pub(crate) fn checked(key: Option<StepKey>) -> Result<Key, Status> {
    let key = key.ok_or_else(|| Refusal::invalid("key", "is missing"))?;
    Key::checked(key)
        .map_err(|part| Refusal::invalid(format!("key.{part}"), "is missing or too long").into())
}

/// Page tokens are JSON, so that no character in a key can break them.
fn token(after: &After) -> String {
    serde_json::json!([after.seen_at, after.saga, after.step, after.item]).to_string()
}

fn after(token: &str) -> Option<After> {
    if token.is_empty() {
        return Some(After {
            seen_at: i64::MIN,
            ..After::default()
        });
    }
    let (seen_at, saga, step, item) = serde_json::from_str(token).ok()?;
    Some(After {
        seen_at,
        saga,
        step,
        item,
    })
}
