//! `onething.civil_affairs.v1` over the register: validates what is asked, reads, and says why not.

use onething_db::Db;
use onething_elements::ResidentNumber;
use onething_participant::{Ledger, Refusal};
use onething_proto::civil_affairs::{
    GetMarriageRequest, GetMarriageResponse, civil_affairs_service_server::CivilAffairsService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::store;

const GET_MARRIAGE: &str = "onething.civil_affairs.v1.CivilAffairsService/GetMarriage";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Server {
    db: Db,
    ledger: Ledger,
}

impl Server {
    pub(crate) fn new(db: Db, ledger: Ledger) -> Self {
        Self { db, ledger }
    }
}

#[async_trait]
impl CivilAffairsService for Server {
    async fn get_marriage(
        &self,
        request: Request<GetMarriageRequest>,
    ) -> Result<Response<GetMarriageResponse>, Status> {
        self.ledger.admit(GET_MARRIAGE, &request)?;
        let id_number = ResidentNumber::parse(&request.get_ref().id_number)
            .map_err(|invalid| Refusal::invalid("id_number", invalid.reason()))?;
        let Some(marriage) = store::marriage_of(&self.db, id_number.as_str()).await? else {
            return Err(Refusal::new(
                "NOT_MARRIED",
                "The register has no marriage in force of the person with this number.",
            )
            .into());
        };
        Ok(Response::new(GetMarriageResponse {
            certificate_number: marriage.certificate_number,
            registered_on: marriage.registered_on,
            spouse_id_number: marriage.spouse_id_number,
        }))
    }
}
