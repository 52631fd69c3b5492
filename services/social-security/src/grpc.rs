//! `onething.social_security.v1` over the department's records: actions go to the ledger, queries
//! read.

use std::sync::Arc;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::social_security::{
    ApproveRetirementRequest, ApproveRetirementResponse, ChangeToRetiredInsuranceRequest,
    ChangeToRetiredInsuranceResponse, CheckRetirementRequest, CheckRetirementResponse,
    DetermineBenefitRequest, DetermineBenefitResponse, EnrollResidentMedicalInsuranceRequest,
    EnrollResidentMedicalInsuranceResponse, GetContributionsRequest, GetContributionsResponse,
    GetEnrolmentRequest, GetEnrolmentResponse, GetInsuredUnitRequest, GetInsuredUnitResponse,
    GetMaternityEntitlementRequest, GetMaternityEntitlementResponse, GetMedicalInsuranceRequest,
    GetMedicalInsuranceResponse, GetMedicalYearsRequest, GetMedicalYearsResponse,
    GetSocialCardRequest, GetSocialCardResponse, GetUnitRequest, GetUnitResponse,
    GrantMaternityBenefitRequest, GrantMaternityBenefitResponse, HandOverToCommunityRequest,
    HandOverToCommunityResponse, IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
    OpenPensionAccountRequest, OpenPensionAccountResponse, PublishExaminationRequest,
    PublishExaminationResponse, ReviewArchiveRequest, ReviewArchiveResponse,
    TransferMedicalInsuranceUnitRequest, TransferMedicalInsuranceUnitResponse,
    TransferSocialInsuranceUnitRequest, TransferSocialInsuranceUnitResponse,
    UpdateInsuredPersonRequest, UpdateInsuredPersonResponse, UpdateMedicalInsuranceUnitRequest,
    UpdateMedicalInsuranceUnitResponse, UpdateSocialInsuranceUnitRequest,
    UpdateSocialInsuranceUnitResponse, social_security_service_server::SocialSecurityService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    archive::ReviewArchive,
    card::IssueSocialSecurityCard,
    insured_region::UpdateInsuredPerson,
    maternity::GrantMaternityBenefit,
    medical_insurance::EnrollResidentMedicalInsurance,
    pension::{
        ChangeToRetiredInsurance, DetermineBenefit, HandOverToCommunity, OpenPensionAccount,
    },
    publicity::PublishExamination,
    question::Questions,
    retirement::ApproveRetirement,
    retirement_rule::RetirementRules,
    store::{
        card, enrolment, maternity,
        unit::{self, Unit},
    },
    unit::{Kind, TransferMedicalInsuranceUnit, TransferSocialInsuranceUnit},
    unit_information::{UpdateMedicalInsuranceUnit, UpdateSocialInsuranceUnit},
    value::{credit_code, resident_number},
};

const GET_MATERNITY_ENTITLEMENT: &str =
    "onething.social_security.v1.SocialSecurityService/GetMaternityEntitlement";
const GET_ENROLMENT: &str = "onething.social_security.v1.SocialSecurityService/GetEnrolment";
const GET_INSURED_UNIT: &str = "onething.social_security.v1.SocialSecurityService/GetInsuredUnit";
const GET_CONTRIBUTIONS: &str =
    "onething.social_security.v1.SocialSecurityService/GetContributions";
const GET_SOCIAL_CARD: &str = "onething.social_security.v1.SocialSecurityService/GetSocialCard";
const GET_MEDICAL_INSURANCE: &str =
    "onething.social_security.v1.SocialSecurityService/GetMedicalInsurance";
const GET_MEDICAL_YEARS: &str = "onething.social_security.v1.SocialSecurityService/GetMedicalYears";
const CHECK_RETIREMENT: &str = "onething.social_security.v1.SocialSecurityService/CheckRetirement";
const GET_UNIT: &str = "onething.social_security.v1.SocialSecurityService/GetUnit";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Server {
    db: Db,
    ledger: Ledger,
    questions: Questions,
}

impl Server {
    pub(crate) fn new(db: Db, ledger: Ledger, retirement: Arc<RetirementRules>) -> Self {
        let questions = Questions::new(db.clone(), retirement);
        Self {
            db,
            ledger,
            questions,
        }
    }
}

impl Server {
    /// The unit of an enterprise in social and in medical insurance, of which it has one at least.
    async fn insured(&self, text: &str) -> Result<(Option<Unit>, Option<Unit>), Status> {
        let code = credit_code(text)?;
        let social = unit::read(&self.db, Kind::Social, code.as_str()).await;
        let medical = unit::read(&self.db, Kind::Medical, code.as_str()).await;
        let (social, medical) = (social.map_err(Fault::from)?, medical.map_err(Fault::from)?);
        if social.is_none() && medical.is_none() {
            let message = "No unit is insured under this credit code.";
            return Err(Refusal::new("UNIT_NOT_FOUND", message)
                .about("credit_code")
                .into());
        }
        Ok((social, medical))
    }
}

#[async_trait]
impl SocialSecurityService for Server {
    async fn enroll_resident_medical_insurance(
        &self,
        request: Request<EnrollResidentMedicalInsuranceRequest>,
    ) -> Result<Response<EnrollResidentMedicalInsuranceResponse>, Status> {
        self.ledger
            .act::<EnrollResidentMedicalInsurance>(request)
            .await
    }

    async fn issue_social_security_card(
        &self,
        request: Request<IssueSocialSecurityCardRequest>,
    ) -> Result<Response<IssueSocialSecurityCardResponse>, Status> {
        self.ledger.act::<IssueSocialSecurityCard>(request).await
    }

    async fn get_maternity_entitlement(
        &self,
        request: Request<GetMaternityEntitlementRequest>,
    ) -> Result<Response<GetMaternityEntitlementResponse>, Status> {
        self.ledger.admit(GET_MATERNITY_ENTITLEMENT, &request)?;
        let mother = resident_number(&request.get_ref().id_number)?;
        let entitled = maternity::entitled(&self.db, mother.as_str()).await;
        Ok(Response::new(GetMaternityEntitlementResponse {
            entitled: entitled.map_err(Fault::from)?,
        }))
    }

    async fn grant_maternity_benefit(
        &self,
        request: Request<GrantMaternityBenefitRequest>,
    ) -> Result<Response<GrantMaternityBenefitResponse>, Status> {
        self.ledger.act::<GrantMaternityBenefit>(request).await
    }

    async fn transfer_social_insurance_unit(
        &self,
        request: Request<TransferSocialInsuranceUnitRequest>,
    ) -> Result<Response<TransferSocialInsuranceUnitResponse>, Status> {
        self.ledger
            .act::<TransferSocialInsuranceUnit>(request)
            .await
    }

    async fn transfer_medical_insurance_unit(
        &self,
        request: Request<TransferMedicalInsuranceUnitRequest>,
    ) -> Result<Response<TransferMedicalInsuranceUnitResponse>, Status> {
        self.ledger
            .act::<TransferMedicalInsuranceUnit>(request)
            .await
    }

    async fn update_social_insurance_unit(
        &self,
        request: Request<UpdateSocialInsuranceUnitRequest>,
    ) -> Result<Response<UpdateSocialInsuranceUnitResponse>, Status> {
        self.ledger.act::<UpdateSocialInsuranceUnit>(request).await
    }

    async fn update_medical_insurance_unit(
        &self,
        request: Request<UpdateMedicalInsuranceUnitRequest>,
    ) -> Result<Response<UpdateMedicalInsuranceUnitResponse>, Status> {
        self.ledger.act::<UpdateMedicalInsuranceUnit>(request).await
    }

    async fn get_enrolment(
        &self,
        request: Request<GetEnrolmentRequest>,
    ) -> Result<Response<GetEnrolmentResponse>, Status> {
        self.ledger.admit(GET_ENROLMENT, &request)?;
        let person = resident_number(&request.get_ref().id_number)?;
        let year = local_date(Timestamp::now()).year();
        let insurance = enrolment::number(&self.db, person.as_str(), year).await;
        let card = card::number(&self.db, person.as_str()).await;
        Ok(Response::new(GetEnrolmentResponse {
            insurance_number: insurance.map_err(Fault::from)?.unwrap_or_default(),
            card_number: card.map_err(Fault::from)?.unwrap_or_default(),
        }))
    }

    async fn get_unit(
        &self,
        request: Request<GetUnitRequest>,
    ) -> Result<Response<GetUnitResponse>, Status> {
        self.ledger.admit(GET_UNIT, &request)?;
        let (social, medical) = self.insured(&request.get_ref().credit_code).await?;
        let (social, medical) = (social.unwrap_or_default(), medical.unwrap_or_default());
        Ok(Response::new(GetUnitResponse {
            social_insurance_office: social.office,
            social_insurance_number: social.unit_number,
            medical_insurance_office: medical.office,
            medical_insurance_number: medical.unit_number,
        }))
    }

    async fn get_insured_unit(
        &self,
        request: Request<GetInsuredUnitRequest>,
    ) -> Result<Response<GetInsuredUnitResponse>, Status> {
        self.ledger.admit(GET_INSURED_UNIT, &request)?;
        let (social, medical) = self.insured(&request.get_ref().credit_code).await?;
        Ok(Response::new(GetInsuredUnitResponse {
            social_insurance_number: social.map(|unit| unit.unit_number),
            medical_insurance_number: medical.map(|unit| unit.unit_number),
        }))
    }

    async fn get_contributions(
        &self,
        request: Request<GetContributionsRequest>,
    ) -> Result<Response<GetContributionsResponse>, Status> {
        self.ledger.admit(GET_CONTRIBUTIONS, &request)?;
        let answer = self.questions.get_contributions(request.get_ref()).await?;
        Ok(Response::new(answer))
    }

    async fn get_social_card(
        &self,
        request: Request<GetSocialCardRequest>,
    ) -> Result<Response<GetSocialCardResponse>, Status> {
        self.ledger.admit(GET_SOCIAL_CARD, &request)?;
        let answer = self.questions.get_social_card(request.get_ref()).await?;
        Ok(Response::new(answer))
    }

    async fn get_medical_insurance(
        &self,
        request: Request<GetMedicalInsuranceRequest>,
    ) -> Result<Response<GetMedicalInsuranceResponse>, Status> {
        self.ledger.admit(GET_MEDICAL_INSURANCE, &request)?;
        let answer = self
            .questions
            .get_medical_insurance(request.get_ref())
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_medical_years(
        &self,
        request: Request<GetMedicalYearsRequest>,
    ) -> Result<Response<GetMedicalYearsResponse>, Status> {
        self.ledger.admit(GET_MEDICAL_YEARS, &request)?;
        let answer = self.questions.get_medical_years(request.get_ref()).await?;
        Ok(Response::new(answer))
    }

    async fn check_retirement(
        &self,
        request: Request<CheckRetirementRequest>,
    ) -> Result<Response<CheckRetirementResponse>, Status> {
        self.ledger.admit(CHECK_RETIREMENT, &request)?;
        let answer = self.questions.check_retirement(request.get_ref()).await?;
        Ok(Response::new(answer))
    }

    async fn review_archive(
        &self,
        request: Request<ReviewArchiveRequest>,
    ) -> Result<Response<ReviewArchiveResponse>, Status> {
        self.ledger.act::<ReviewArchive>(request).await
    }

    async fn publish_examination(
        &self,
        request: Request<PublishExaminationRequest>,
    ) -> Result<Response<PublishExaminationResponse>, Status> {
        self.ledger.act::<PublishExamination>(request).await
    }

    async fn approve_retirement(
        &self,
        request: Request<ApproveRetirementRequest>,
    ) -> Result<Response<ApproveRetirementResponse>, Status> {
        self.ledger.act::<ApproveRetirement>(request).await
    }

    async fn determine_benefit(
        &self,
        request: Request<DetermineBenefitRequest>,
    ) -> Result<Response<DetermineBenefitResponse>, Status> {
        self.ledger.act::<DetermineBenefit>(request).await
    }

    async fn open_pension_account(
        &self,
        request: Request<OpenPensionAccountRequest>,
    ) -> Result<Response<OpenPensionAccountResponse>, Status> {
        self.ledger.act::<OpenPensionAccount>(request).await
    }

    async fn change_to_retired_insurance(
        &self,
        request: Request<ChangeToRetiredInsuranceRequest>,
    ) -> Result<Response<ChangeToRetiredInsuranceResponse>, Status> {
        self.ledger.act::<ChangeToRetiredInsurance>(request).await
    }

    async fn hand_over_to_community(
        &self,
        request: Request<HandOverToCommunityRequest>,
    ) -> Result<Response<HandOverToCommunityResponse>, Status> {
        self.ledger.act::<HandOverToCommunity>(request).await
    }

    async fn update_insured_person(
        &self,
        request: Request<UpdateInsuredPersonRequest>,
    ) -> Result<Response<UpdateInsuredPersonResponse>, Status> {
        self.ledger.act::<UpdateInsuredPerson>(request).await
    }
}
