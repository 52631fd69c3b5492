//! `onething.public_security.v1` over the registers: actions go to the ledger, queries read.

use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::public_security::{
    FindParentHouseholdRequest, FindParentHouseholdResponse, GetResidentRequest,
    GetResidentResponse, GetSealRequest, GetSealResponse, RefileSealRequest, RefileSealResponse,
    RegisterBirthRequest, RegisterBirthResponse, ReplaceSealRequest, ReplaceSealResponse,
    public_security_service_server::PublicSecurityService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    birth::RegisterBirth,
    seal::{RefileSeal, credit_code},
    seal_replacement::ReplaceSeal,
    store::{household, resident, seal},
    value::{resident_number, value},
};

const FIND_PARENT_HOUSEHOLD: &str =
    "onething.public_security.v1.PublicSecurityService/FindParentHousehold";
const GET_RESIDENT: &str = "onething.public_security.v1.PublicSecurityService/GetResident";
const GET_SEAL: &str = "onething.public_security.v1.PublicSecurityService/GetSeal";

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
impl PublicSecurityService for Server {
    async fn find_parent_household(
        &self,
        request: Request<FindParentHouseholdRequest>,
    ) -> Result<Response<FindParentHouseholdResponse>, Status> {
        self.ledger.admit(FIND_PARENT_HOUSEHOLD, &request)?;
        let parent = followed(request.get_ref())?;
        let found = household::of_member(&self.db, &parent).await;
        let Some(found) = found.map_err(Fault::from)? else {
            let message = "The parent whom the child is to follow is a member of no household.";
            return Err(Refusal::new("NO_HOUSEHOLD", message).into());
        };
        Ok(Response::new(FindParentHouseholdResponse {
            household_id: found.id,
            region: found.region,
            address: found.address,
            head_name: found.head_name,
        }))
    }

    async fn register_birth(
        &self,
        request: Request<RegisterBirthRequest>,
    ) -> Result<Response<RegisterBirthResponse>, Status> {
        self.ledger.act::<RegisterBirth>(request).await
    }

    async fn refile_seal(
        &self,
        request: Request<RefileSealRequest>,
    ) -> Result<Response<RefileSealResponse>, Status> {
        self.ledger.act::<RefileSeal>(request).await
    }

    async fn replace_seal(
        &self,
        request: Request<ReplaceSealRequest>,
    ) -> Result<Response<ReplaceSealResponse>, Status> {
        self.ledger.act::<ReplaceSeal>(request).await
    }

    async fn get_resident(
        &self,
        request: Request<GetResidentRequest>,
    ) -> Result<Response<GetResidentResponse>, Status> {
        self.ledger.admit(GET_RESIDENT, &request)?;
        let id_number = resident_number("id_number", &request.get_ref().id_number)?;
        let found = resident::read(&self.db, &id_number).await;
        let Some(resident) = found.map_err(Fault::from)? else {
            let message = "No resident is registered under this number.";
            return Err(Refusal::new("RESIDENT_NOT_FOUND", message)
                .about("id_number")
                .into());
        };
        Ok(Response::new(GetResidentResponse {
            resident: Some(resident.into()),
        }))
    }

    async fn get_seal(
        &self,
        request: Request<GetSealRequest>,
    ) -> Result<Response<GetSealResponse>, Status> {
        self.ledger.admit(GET_SEAL, &request)?;
        let code = credit_code(&request.get_ref().credit_code)?;
        let found = seal::read(&self.db, code.as_str()).await;
        let Some(seal) = found.map_err(Fault::from)? else {
            let message = "No seal is filed under this credit code.";
            return Err(Refusal::new("SEAL_NOT_FOUND", message)
                .about("credit_code")
                .into());
        };
        Ok(Response::new(GetSealResponse {
            seal: Some(seal.into()),
        }))
    }
}

/// The number of the parent whom the child is to follow. The other parent's is checked if it is
/// there: an unmarried parent may register a child alone.
fn followed(request: &FindParentHouseholdRequest) -> Result<String, Refusal> {
    let follows = value("household.follows", "follows", &request.follows)?;
    let mother = ("mother_id_number", request.mother_id_number.as_str());
    let father = ("father_id_number", request.father_id_number.as_str());
    let (followed, other) = match follows.as_str() {
        "mother" => (mother, father),
        _ => (father, mother),
    };
    if !other.1.is_empty() {
        resident_number(other.0, other.1)?;
    }
    resident_number(followed.0, followed.1)
}
