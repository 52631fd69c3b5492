//! A department that runs the kit's ledger and commits one effect row a call in a database of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use onething_db::{Db, Migrations, Sql, Tx, args};
use onething_participant::{Action, Annulled, Call, Effect, Fault, Ledger, Recorded, Stop};
use onething_proto::social_security::{
    self, IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
    social_security_service_server::{SocialSecurityService, SocialSecurityServiceServer},
};
use tonic::{Request, Response, Status, service::Routes};

use super::workload::ACTION;

/// The effects' table.
pub(super) const EFFECTS: Migrations = Migrations::new(
    "effects",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);
const INSERT: Sql = Sql::both("INSERT INTO effect (number, holder, annulled) VALUES ($1, $2, $3)");
const ANNUL: Sql = Sql::both("UPDATE effect SET annulled = $2 WHERE number = $1");
const COUNT: Sql = Sql::both("SELECT count(*) FROM effect WHERE annulled = $1");

/// How many effects stand in this database.
pub(super) async fn standing(url: &str) -> Result<i64, String> {
    let db = Db::open(url, 1).await.map_err(|error| error.to_string())?;
    let count: (i64,) = db
        .fetch_one(COUNT, args![false])
        .await
        .map_err(|error| error.to_string())?;
    db.close().await;
    Ok(count.0)
}

/// The department's calls over this database.
pub(super) async fn routes(url: &str) -> Result<Routes, String> {
    let db = Db::open(url, 16).await.map_err(|error| error.to_string())?;
    db.migrate(&[onething_participant::MIGRATIONS, EFFECTS])
        .await
        .map_err(|error| error.to_string())?;
    let ledger = Ledger::builder(db)
        .action(Issue::default())
        .map_err(|error| error.to_string())?
        .build();
    let participant = ledger.participant().server();
    let actions = Recorded::new(SocialSecurityServiceServer::new(Server(ledger)));
    Ok(Routes::new(actions).add_service(participant))
}

#[derive(Default)]
struct Issue {
    numbers: AtomicU64,
}

#[async_trait]
impl Action for Issue {
    const METHOD: &'static str = ACTION;
    type Request = IssueSocialSecurityCardRequest;
    type Response = IssueSocialSecurityCardResponse;
    type Record = String;

    async fn perform(
        &self,
        tx: &mut Tx,
        _: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let number = format!("{:012}", self.numbers.fetch_add(1, Ordering::Relaxed));
        tx.execute(INSERT, args![&number, &request.name, false])
            .await?;
        Ok(Effect {
            response: Self::Response {
                card_number: number.clone(),
                bank: String::new(),
            },
            record: number,
        })
    }

    async fn annul(&self, tx: &mut Tx, _: i64, number: Self::Record) -> Result<Annulled, Fault> {
        tx.execute(ANNUL, args![number, true]).await?;
        Ok(Annulled::Done)
    }
}

struct Server(Ledger);

/// Answers UNIMPLEMENTED for the department's other calls.
macro_rules! serve {
    ($($name:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait]
        impl SocialSecurityService for Server {
            async fn issue_social_security_card(
                &self,
                request: Request<IssueSocialSecurityCardRequest>,
            ) -> Result<Response<IssueSocialSecurityCardResponse>, Status> {
                self.0.act::<Issue>(request).await
            }
            $(async fn $name(
                &self,
                _: Request<social_security::$request>,
            ) -> Result<Response<social_security::$response>, Status> {
                Err(Status::unimplemented("not part of the measurement"))
            })*
        }
    };
}

serve! {
    enroll_resident_medical_insurance(EnrollResidentMedicalInsuranceRequest)
        -> EnrollResidentMedicalInsuranceResponse;
    get_maternity_entitlement(GetMaternityEntitlementRequest) -> GetMaternityEntitlementResponse;
    grant_maternity_benefit(GrantMaternityBenefitRequest) -> GrantMaternityBenefitResponse;
    transfer_social_insurance_unit(TransferSocialInsuranceUnitRequest)
        -> TransferSocialInsuranceUnitResponse;
    transfer_medical_insurance_unit(TransferMedicalInsuranceUnitRequest)
        -> TransferMedicalInsuranceUnitResponse;
    update_social_insurance_unit(UpdateSocialInsuranceUnitRequest)
        -> UpdateSocialInsuranceUnitResponse;
    update_medical_insurance_unit(UpdateMedicalInsuranceUnitRequest)
        -> UpdateMedicalInsuranceUnitResponse;
    get_enrolment(GetEnrolmentRequest) -> GetEnrolmentResponse;
    get_unit(GetUnitRequest) -> GetUnitResponse;
    get_contributions(GetContributionsRequest) -> GetContributionsResponse;
        get_insured_unit(GetInsuredUnitRequest) -> GetInsuredUnitResponse;
    get_social_card(GetSocialCardRequest) -> GetSocialCardResponse;
    get_medical_insurance(GetMedicalInsuranceRequest) -> GetMedicalInsuranceResponse;
    get_medical_years(GetMedicalYearsRequest) -> GetMedicalYearsResponse;
    check_retirement(CheckRetirementRequest) -> CheckRetirementResponse;
    review_archive(ReviewArchiveRequest) -> ReviewArchiveResponse;
    publish_examination(PublishExaminationRequest) -> PublishExaminationResponse;
    approve_retirement(ApproveRetirementRequest) -> ApproveRetirementResponse;
    determine_benefit(DetermineBenefitRequest) -> DetermineBenefitResponse;
    open_pension_account(OpenPensionAccountRequest) -> OpenPensionAccountResponse;
    change_to_retired_insurance(ChangeToRetiredInsuranceRequest) -> ChangeToRetiredInsuranceResponse;
    hand_over_to_community(HandOverToCommunityRequest) -> HandOverToCommunityResponse;
    update_insured_person(UpdateInsuredPersonRequest) -> UpdateInsuredPersonResponse;
}
