//! `PenaltyService`: published records of penalties and their repair.

use std::sync::Arc;

use onething_db::Db;
use onething_participant::Ledger;
use onething_proto::enterprise_registry::{
    CheckRepairConditionsRequest, CheckRepairConditionsResponse, DecideRepairRequest,
    DecideRepairResponse, GetListingsRequest, GetListingsResponse, ListPenaltyRecordsRequest,
    ListPenaltyRecordsResponse, SynchronisePublicityRequest, SynchronisePublicityResponse,
    penalty_service_server::PenaltyService,
};
use tonic::{Request, Response, Status};

use crate::{
    grpc_change::{now, stopped},
    penalty,
    publicity::SynchronisePublicity,
    publicity_period::Periods,
    repair::DecideRepair,
    standing,
};

const LISTINGS: &str = "onething.enterprise_registry.v1.PenaltyService/GetListings";
const LIST: &str = "onething.enterprise_registry.v1.PenaltyService/ListPenaltyRecords";
const CHECK: &str = "onething.enterprise_registry.v1.PenaltyService/CheckRepairConditions";

/// Penalty records, as their callers see them.
#[derive(Debug, Clone)]
pub(crate) struct Penalties {
    db: Db,
    ledger: Ledger,
    periods: Arc<Periods>,
}

impl Penalties {
    pub(crate) fn new(db: Db, ledger: Ledger, periods: Arc<Periods>) -> Self {
        Self {
            db,
            ledger,
            periods,
        }
    }
}

#[tonic::async_trait]
impl PenaltyService for Penalties {
    async fn get_listings(
        &self,
        request: Request<GetListingsRequest>,
    ) -> Result<Response<GetListingsResponse>, Status> {
        self.ledger.admit(LISTINGS, &request)?;
        let answer = standing::listings(&self.db, &request.get_ref().credit_code).await;
        answer.map(Response::new).map_err(stopped)
    }

    async fn list_penalty_records(
        &self,
        request: Request<ListPenaltyRecordsRequest>,
    ) -> Result<Response<ListPenaltyRecordsResponse>, Status> {
        self.ledger.admit(LIST, &request)?;
        let answer = penalty::list(&self.db, &self.periods, request.get_ref(), now()).await;
        answer.map(Response::new).map_err(stopped)
    }

    async fn check_repair_conditions(
        &self,
        request: Request<CheckRepairConditionsRequest>,
    ) -> Result<Response<CheckRepairConditionsResponse>, Status> {
        self.ledger.admit(CHECK, &request)?;
        let answer = penalty::check(&self.db, &self.periods, request.get_ref(), now()).await;
        answer.map(Response::new).map_err(stopped)
    }

    async fn decide_repair(
        &self,
        request: Request<DecideRepairRequest>,
    ) -> Result<Response<DecideRepairResponse>, Status> {
        self.ledger.act::<DecideRepair>(request).await
    }

    async fn synchronise_publicity(
        &self,
        request: Request<SynchronisePublicityRequest>,
    ) -> Result<Response<SynchronisePublicityResponse>, Status> {
        self.ledger.act::<SynchronisePublicity>(request).await
    }
}
