//! `onething.identity.v1` over the registers: validates what is asked, reads, and says why not.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_elements::{CreditCode, ResidentNumber};
use onething_participant::{Ledger, Refusal};
use onething_proto::identity::{
    AppointLegalRepresentativeRequest, AppointLegalRepresentativeResponse,
    VerifyGuardianLoginRequest, VerifyGuardianLoginResponse, VerifyLegalRepresentativeRequest,
    VerifyLegalRepresentativeResponse, VerifyPersonRequest, VerifyPersonResponse,
    identity_service_server::IdentityService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    appointment::AppointLegalRepresentative,
    store::{self, Person},
};

const VERIFY_PERSON: &str = "onething.identity.v1.IdentityService/VerifyPerson";
const VERIFY_GUARDIAN_LOGIN: &str = "onething.identity.v1.IdentityService/VerifyGuardianLogin";
const VERIFY_LEGAL_REPRESENTATIVE: &str =
    "onething.identity.v1.IdentityService/VerifyLegalRepresentative";

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

    async fn living_person(&self, id_number: &ResidentNumber) -> Result<Person, Status> {
        match store::person(&self.db, id_number.as_str()).await? {
            Some(person) if person.alive => Ok(person),
            Some(_) => Err(Refusal::new(
                "PERSON_DECEASED",
                "The register records the death of the person with this number.",
            )
            .into()),
            None => Err(Refusal::new(
                "PERSON_NOT_FOUND",
                "The population register knows no person with this number.",
            )
            .into()),
        }
    }
}

#[async_trait]
impl IdentityService for Server {
    async fn verify_person(
        &self,
        request: Request<VerifyPersonRequest>,
    ) -> Result<Response<VerifyPersonResponse>, Status> {
        self.ledger.admit(VERIFY_PERSON, &request)?;
        let id_number = id_number(&request.get_ref().id_number)?;
        let person = self.living_person(&id_number).await?;
        Ok(Response::new(VerifyPersonResponse {
            name: person.name,
            sex: person.sex,
            birth_date: person.birth_date,
            ethnicity: person.ethnicity,
        }))
    }

    async fn verify_legal_representative(
        &self,
        request: Request<VerifyLegalRepresentativeRequest>,
    ) -> Result<Response<VerifyLegalRepresentativeResponse>, Status> {
        self.ledger.admit(VERIFY_LEGAL_REPRESENTATIVE, &request)?;
        let request = request.get_ref();
        let credit_code = CreditCode::parse(&request.credit_code)
            .map_err(|invalid| Refusal::invalid("credit_code", invalid.reason()))?;
        let id_number = id_number(&request.id_number)?;
        let person = self.living_person(&id_number).await?;
        let registered = store::legal_representative(&self.db, credit_code.as_str()).await?;
        if registered.as_deref() != Some(id_number.as_str()) {
            return Err(Refusal::new(
                "NOT_LEGAL_REPRESENTATIVE",
                "The person is not registered as the enterprise's legal representative.",
            )
            .into());
        }
        Ok(Response::new(VerifyLegalRepresentativeResponse {
            name: person.name,
            mobile: person.mobile.unwrap_or_default(),
        }))
    }

    async fn appoint_legal_representative(
        &self,
        request: Request<AppointLegalRepresentativeRequest>,
    ) -> Result<Response<AppointLegalRepresentativeResponse>, Status> {
        self.ledger.act::<AppointLegalRepresentative>(request).await
    }

    async fn verify_guardian_login(
        &self,
        request: Request<VerifyGuardianLoginRequest>,
    ) -> Result<Response<VerifyGuardianLoginResponse>, Status> {
        self.ledger.admit(VERIFY_GUARDIAN_LOGIN, &request)?;
        let request = request.get_ref();
        let child = ResidentNumber::parse(&request.child_id_number)
            .map_err(|invalid| Refusal::invalid("child_id_number", invalid.reason()))?;
        let login = store::login(&self.db, child.as_str(), request.login_code.trim()).await?;
        let refused = |reason, message| Refusal::new(reason, message).about("login_code");
        let Some(login) = login else {
            let message = "Nobody logged in for this child with this code.";
            return Err(refused("LOGIN_CODE_WRONG", message).into());
        };
        // Both days are written YYYY-MM-DD, so their order is that of the texts.
        if login.good_to < local_date(Timestamp::now()).to_string() {
            let message = "The code has expired; log in again.";
            return Err(refused("LOGIN_CODE_EXPIRED", message).into());
        }
        let guardian = id_number(&login.guardian_id_number)?;
        let person = self.living_person(&guardian).await?;
        Ok(Response::new(VerifyGuardianLoginResponse {
            id_number: person.id_number,
            name: person.name,
        }))
    }
}

fn id_number(text: &str) -> Result<ResidentNumber, Refusal> {
    ResidentNumber::parse(text).map_err(|invalid| Refusal::invalid("id_number", invalid.reason()))
}
