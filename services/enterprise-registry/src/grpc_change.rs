//! `ChangeService`: names, checks of persons and shares, and changes of registered items.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal, Stop};
use onething_proto::enterprise_registry::{
    CheckNameRequest, CheckNameResponse, CheckOfficeEligibilityRequest,
    CheckOfficeEligibilityResponse, GetElectronicLicenceRequest, GetElectronicLicenceResponse,
    GetShareholdingRequest, GetShareholdingResponse, RegisterChangeRequest, RegisterChangeResponse,
    ReserveNameRequest, ReserveNameResponse, change_service_server::ChangeService,
};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use crate::{
    change::RegisterChange,
    code::Code,
    eligibility,
    name_reservation::{self, ReserveName},
    standing,
    store::{disqualification, enterprise::ACTIVE, overview, shareholder},
};

const CHECK_NAME: &str = "onething.enterprise_registry.v1.ChangeService/CheckName";
const GET_LICENCE: &str = "onething.enterprise_registry.v1.ChangeService/GetElectronicLicence";
const CHECK_OFFICE: &str = "onething.enterprise_registry.v1.ChangeService/CheckOfficeEligibility";
const GET_SHAREHOLDING: &str = "onething.enterprise_registry.v1.ChangeService/GetShareholding";

/// Names and changes, as their callers see them.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    db: Db,
    ledger: Ledger,
}

impl Changes {
    pub(crate) fn new(db: Db, ledger: Ledger) -> Self {
        Self { db, ledger }
    }
}

/// The time, in microseconds since the epoch.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

/// A query's refusal or fault.
pub(crate) fn stopped(stop: Stop) -> Status {
    match stop {
        Stop::Refuse(refusal) => refusal.into(),
        Stop::Fail(fault) => fault.into(),
        Stop::Later(_) | Stop::Elsewhere(_) => Status::internal("a query is answered at once"),
    }
}

#[tonic::async_trait]
impl ChangeService for Changes {
    async fn check_name(
        &self,
        request: Request<CheckNameRequest>,
    ) -> Result<Response<CheckNameResponse>, Status> {
        self.ledger.admit(CHECK_NAME, &request)?;
        let answer = name_reservation::check(&self.db, request.get_ref(), now()).await;
        answer.map(Response::new).map_err(stopped)
    }

    async fn reserve_name(
        &self,
        request: Request<ReserveNameRequest>,
    ) -> Result<Response<ReserveNameResponse>, Status> {
        self.ledger.act::<ReserveName>(request).await
    }

    async fn get_electronic_licence(
        &self,
        request: Request<GetElectronicLicenceRequest>,
    ) -> Result<Response<GetElectronicLicenceResponse>, Status> {
        self.ledger.admit(GET_LICENCE, &request)?;
        let code = Code::read(&request.get_ref().credit_code)?;
        let read = overview::read(&self.db, code.as_str()).await;
        let record = code.found(read.map_err(Fault::from)?)?.enterprise;
        if record.status != ACTIVE {
            let message = "The enterprise is not in business: its licence is not in force.";
            return Err(Refusal::new("NOT_ACTIVE", message).into());
        }
        let sealed = [
            record.credit_code,
            record.name,
            record.registrar,
            record.address,
        ];
        let digest = Sha256::digest(sealed.join("\n"));
        let signature = hex::encode(digest);
        Ok(Response::new(GetElectronicLicenceResponse { signature }))
    }

    async fn check_office_eligibility(
        &self,
        request: Request<CheckOfficeEligibilityRequest>,
    ) -> Result<Response<CheckOfficeEligibilityResponse>, Status> {
        self.ledger.admit(CHECK_OFFICE, &request)?;
        let person = eligibility::person("id_number", &request.get_ref().id_number)?;
        let barred = disqualification::read(&self.db, person.as_str()).await;
        let barred = barred.map_err(Fault::from)?;
        let today = local_date(Timestamp::now());
        eligibility::check("id_number", person.birth_date(), barred.as_ref(), today)?;
        Ok(Response::new(CheckOfficeEligibilityResponse {
            eligible: true,
        }))
    }

    async fn get_shareholding(
        &self,
        request: Request<GetShareholdingRequest>,
    ) -> Result<Response<GetShareholdingResponse>, Status> {
        self.ledger.admit(GET_SHAREHOLDING, &request)?;
        let asked = request.get_ref();
        let code = Code::read(&asked.credit_code)?;
        let person = eligibility::person("id_number", &asked.id_number)?;
        let read = overview::read(&self.db, code.as_str()).await;
        let record = code.found(read.map_err(Fault::from)?)?.enterprise;
        standing::not_frozen(&record)?;
        let found = shareholder::read(&self.db, code.as_str(), person.as_str()).await;
        let Some(held) = found.map_err(Fault::from)? else {
            let message = "The person holds no share of the enterprise.";
            return Err(Refusal::new("SHAREHOLDER_NOT_FOUND", message)
                .about("id_number")
                .into());
        };
        Ok(Response::new(GetShareholdingResponse {
            held_fen: held.amount_fen,
            subscribed_on: held.subscribed_on,
        }))
    }

    async fn register_change(
        &self,
        request: Request<RegisterChangeRequest>,
    ) -> Result<Response<RegisterChangeResponse>, Status> {
        self.ledger.act::<RegisterChange>(request).await
    }
}
