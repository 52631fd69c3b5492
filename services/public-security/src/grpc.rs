//! `onething.public_security.v1` over the registers: actions go to the ledger, queries read.

use std::sync::Arc;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::public_security::{
    CheckKinshipRequest, CheckKinshipResponse, CheckSpouseJoiningRequest,
    CheckSpouseJoiningResponse, FindParentHouseholdRequest, FindParentHouseholdResponse,
    GetHouseholdRequest, GetHouseholdResponse, GetParentsRequest, GetParentsResponse,
    GetResidencePermitRequest, GetResidencePermitResponse, GetResidentRequest, GetResidentResponse,
    GetSealRecordRequest, GetSealRecordResponse, GetSealRequest, GetSealResponse,
    GetSettlementRuleRequest, GetSettlementRuleResponse, IssueBookletPageRequest,
    IssueBookletPageResponse, MoveHouseholdRequest, MoveHouseholdResponse, RefileSealRequest,
    RefileSealResponse, RegisterBirthRequest, RegisterBirthResponse, ReplaceSealRequest,
    ReplaceSealResponse, UpdateMaritalStatusRequest, UpdateMaritalStatusResponse,
    public_security_service_server::PublicSecurityService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    birth::RegisterBirth,
    family,
    joining::CheckSpouseJoining,
    marital_status::UpdateMaritalStatus,
    relocation::{IssueBookletPage, MoveHousehold},
    seal::{RefileSeal, credit_code},
    seal_replacement::ReplaceSeal,
    settlement::SettlementRules,
    store::{household, parentage, resident, seal},
    value::{resident_number, value},
};

const FIND_PARENT_HOUSEHOLD: &str =
    "onething.public_security.v1.PublicSecurityService/FindParentHousehold";
const GET_HOUSEHOLD: &str = "onething.public_security.v1.PublicSecurityService/GetHousehold";
const GET_RESIDENCE_PERMIT: &str =
    "onething.public_security.v1.PublicSecurityService/GetResidencePermit";
const GET_PARENTS: &str = "onething.public_security.v1.PublicSecurityService/GetParents";
const CHECK_KINSHIP: &str = "onething.public_security.v1.PublicSecurityService/CheckKinship";
const GET_SETTLEMENT_RULE: &str =
    "onething.public_security.v1.PublicSecurityService/GetSettlementRule";
const GET_RESIDENT: &str = "onething.public_security.v1.PublicSecurityService/GetResident";
const GET_SEAL_RECORD: &str = "onething.public_security.v1.PublicSecurityService/GetSealRecord";
const GET_SEAL: &str = "onething.public_security.v1.PublicSecurityService/GetSeal";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Server {
    db: Db,
    ledger: Ledger,
    settlement: Arc<SettlementRules>,
}

impl Server {
    pub(crate) fn new(db: Db, ledger: Ledger, settlement: Arc<SettlementRules>) -> Self {
        Self {
            db,
            ledger,
            settlement,
        }
    }
}

impl Server {
    /// An enterprise's seal.
    async fn seal(&self, text: &str) -> Result<seal::Seal, Status> {
        let code = credit_code(text)?;
        let found = seal::read(&self.db, code.as_str()).await;
        found.map_err(Fault::from)?.ok_or_else(|| {
            let message = "No seal is filed under this credit code.";
            Refusal::new("SEAL_NOT_FOUND", message)
                .about("credit_code")
                .into()
        })
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

    async fn get_seal_record(
        &self,
        request: Request<GetSealRecordRequest>,
    ) -> Result<Response<GetSealRecordResponse>, Status> {
        self.ledger.admit(GET_SEAL_RECORD, &request)?;
        let seal = self.seal(&request.get_ref().credit_code).await?;
        Ok(Response::new(GetSealRecordResponse {
            filing_number: seal.filing_number,
        }))
    }

    async fn get_seal(
        &self,
        request: Request<GetSealRequest>,
    ) -> Result<Response<GetSealResponse>, Status> {
        self.ledger.admit(GET_SEAL, &request)?;
        let seal = self.seal(&request.get_ref().credit_code).await?;
        Ok(Response::new(GetSealResponse {
            seal: Some(seal.into()),
        }))
    }

    async fn update_marital_status(
        &self,
        request: Request<UpdateMaritalStatusRequest>,
    ) -> Result<Response<UpdateMaritalStatusResponse>, Status> {
        self.ledger.act::<UpdateMaritalStatus>(request).await
    }

    async fn check_spouse_joining(
        &self,
        request: Request<CheckSpouseJoiningRequest>,
    ) -> Result<Response<CheckSpouseJoiningResponse>, Status> {
        self.ledger.act::<CheckSpouseJoining>(request).await
    }

    async fn move_household(
        &self,
        request: Request<MoveHouseholdRequest>,
    ) -> Result<Response<MoveHouseholdResponse>, Status> {
        self.ledger.act::<MoveHousehold>(request).await
    }

    async fn issue_booklet_page(
        &self,
        request: Request<IssueBookletPageRequest>,
    ) -> Result<Response<IssueBookletPageResponse>, Status> {
        self.ledger.act::<IssueBookletPage>(request).await
    }

    async fn get_household(
        &self,
        request: Request<GetHouseholdRequest>,
    ) -> Result<Response<GetHouseholdResponse>, Status> {
        self.ledger.admit(GET_HOUSEHOLD, &request)?;
        let id_number = resident_number("id_number", &request.get_ref().id_number)?;
        let found = household::of_member(&self.db, &id_number).await;
        let Some(found) = found.map_err(Fault::from)? else {
            let message = "The person is a member of no household of the region.";
            return Err(Refusal::new("NO_HOUSEHOLD", message)
                .about("id_number")
                .into());
        };
        Ok(Response::new(GetHouseholdResponse {
            household_id: found.id,
            region: found.region,
            address: found.address,
            head_name: found.head_name,
            relation: found.relation,
        }))
    }

    async fn get_residence_permit(
        &self,
        request: Request<GetResidencePermitRequest>,
    ) -> Result<Response<GetResidencePermitResponse>, Status> {
        self.ledger.admit(GET_RESIDENCE_PERMIT, &request)?;
        let id_number = resident_number("id_number", &request.get_ref().id_number)?;
        let found = parentage::permit(&self.db, &id_number).await;
        let today = local_date(Timestamp::now()).to_string();
        let found = found.map_err(Fault::from)?;
        // Both days are written YYYY-MM-DD, so their order is that of the texts.
        let valid = found.filter(|permit| permit.endorsed_to >= today);
        Ok(Response::new(GetResidencePermitResponse {
            valid: valid.is_some(),
            region: valid.as_ref().map(|permit| permit.region.clone()),
            endorsed_to: valid.map(|permit| permit.endorsed_to),
        }))
    }

    async fn get_parents(
        &self,
        request: Request<GetParentsRequest>,
    ) -> Result<Response<GetParentsResponse>, Status> {
        self.ledger.admit(GET_PARENTS, &request)?;
        let child = resident_number("id_number", &request.get_ref().id_number)?;
        let registered = parentage::registered(&self.db, &child).await;
        if !registered.map_err(Fault::from)? {
            let message = "No resident is registered under this number.";
            return Err(Refusal::new("CHILD_NOT_REGISTERED", message)
                .about("id_number")
                .into());
        }
        let family = family::of(&self.db, &child).await.map_err(Fault::from)?;
        Ok(Response::new(GetParentsResponse {
            mother_id_number: family.mother,
            father_id_number: family.father,
            elder_id_number: family.elder,
            birth_order: family.birth_order,
        }))
    }

    async fn check_kinship(
        &self,
        request: Request<CheckKinshipRequest>,
    ) -> Result<Response<CheckKinshipResponse>, Status> {
        self.ledger.admit(CHECK_KINSHIP, &request)?;
        let request = request.get_ref();
        let first = resident_number("first_id_number", &request.first_id_number)?;
        let second = resident_number("second_id_number", &request.second_id_number)?;
        let close_kin = family::close_kin(&self.db, &first, &second).await;
        Ok(Response::new(CheckKinshipResponse {
            close_kin: close_kin.map_err(Fault::from)?,
        }))
    }

    async fn get_settlement_rule(
        &self,
        request: Request<GetSettlementRuleRequest>,
    ) -> Result<Response<GetSettlementRuleResponse>, Status> {
        self.ledger.admit(GET_SETTLEMENT_RULE, &request)?;
        let region = value("household.region", "region", &request.get_ref().region)?;
        let year = local_date(Timestamp::now()).year();
        let Some(rule) = self.settlement.of(&region, year) else {
            let message = "No settlement rule is in force in the county.";
            return Err(Refusal::new("REGION_NOT_SERVED", message)
                .about("region")
                .into());
        };
        Ok(Response::new(GetSettlementRuleResponse {
            at_once: rule.at_once,
            home_required: rule.home_required,
            months_married: rule.months_married,
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
