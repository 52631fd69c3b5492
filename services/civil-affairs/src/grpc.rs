//! `onething.civil_affairs.v1` over the register: validates what is asked, reads, and says why not.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::civil_affairs::{
    CheckMarriageConditionsRequest, CheckMarriageConditionsResponse, GetGuardianshipRequest,
    GetGuardianshipResponse, GetMarriageRequest, GetMarriageResponse, RegisterMarriageRequest,
    RegisterMarriageResponse, civil_affairs_service_server::CivilAffairsService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    condition,
    registration::RegisterMarriage,
    store::{self, guardianship},
    value::resident_number,
};

const GET_GUARDIANSHIP: &str = "onething.civil_affairs.v1.CivilAffairsService/GetGuardianship";
const CHECK_MARRIAGE_CONDITIONS: &str =
    "onething.civil_affairs.v1.CivilAffairsService/CheckMarriageConditions";

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
        let id_number = resident_number("id_number", &request.get_ref().id_number)?;
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

    async fn get_guardianship(
        &self,
        request: Request<GetGuardianshipRequest>,
    ) -> Result<Response<GetGuardianshipResponse>, Status> {
        self.ledger.admit(GET_GUARDIANSHIP, &request)?;
        let request = request.get_ref();
        let child = resident_number("child_id_number", &request.child_id_number)?;
        let guardian = resident_number("guardian_id_number", &request.guardian_id_number)?;
        let (child, guardian) = (child.as_str(), guardian.as_str());
        let appointed = guardianship::appointed(&self.db, child, guardian).await;
        let status = guardianship::status(&self.db, child).await;
        Ok(Response::new(GetGuardianshipResponse {
            appointed: appointed.map_err(Fault::from)?,
            status: status.map_err(Fault::from)?,
        }))
    }

    async fn check_marriage_conditions(
        &self,
        request: Request<CheckMarriageConditionsRequest>,
    ) -> Result<Response<CheckMarriageConditionsResponse>, Status> {
        self.ledger.admit(CHECK_MARRIAGE_CONDITIONS, &request)?;
        let request = request.get_ref();
        let first = resident_number("first_id_number", &request.first_id_number)?;
        let second = resident_number("second_id_number", &request.second_id_number)?;
        let married = [
            store::marriage_of(&self.db, first.as_str())
                .await?
                .is_some(),
            store::marriage_of(&self.db, second.as_str())
                .await?
                .is_some(),
        ];
        let today = local_date(Timestamp::now());
        condition::judge(&first, &second, married, request.close_kin, today)?;
        Ok(Response::new(CheckMarriageConditionsResponse {
            checked_on: today.to_string(),
        }))
    }

    async fn register_marriage(
        &self,
        request: Request<RegisterMarriageRequest>,
    ) -> Result<Response<RegisterMarriageResponse>, Status> {
        self.ledger.act::<RegisterMarriage>(request).await
    }
}
