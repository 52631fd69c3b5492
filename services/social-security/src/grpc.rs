//! `onething.social_security.v1`: hands actions to the ledger, answers queries, and says why not.

use onething_db::Db;
use onething_participant::{Ledger, Refusal};
use onething_proto::social_security::{
    EnrollResidentMedicalInsuranceRequest, EnrollResidentMedicalInsuranceResponse,
    GetEnrolmentRequest, GetEnrolmentResponse, GetMaternityEntitlementRequest,
    GetMaternityEntitlementResponse, GetUnitRequest, GetUnitResponse, GrantMaternityBenefitRequest,
    GrantMaternityBenefitResponse, IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
    TransferMedicalInsuranceUnitRequest, TransferMedicalInsuranceUnitResponse,
    TransferSocialInsuranceUnitRequest, TransferSocialInsuranceUnitResponse,
    social_security_service_server::SocialSecurityService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    benefit::GrantMaternityBenefit,
    card::IssueSocialSecurityCard,
    enrolment::EnrollResidentMedicalInsurance,
    field, store,
    unit::{TransferMedicalInsuranceUnit, TransferSocialInsuranceUnit},
};

const GET_MATERNITY_ENTITLEMENT: &str =
    "onething.social_security.v1.SocialSecurityService/GetMaternityEntitlement";

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
impl SocialSecurityService for Server {
    async fn enroll_resident_medical_insurance(
        &self,
        request: Request<EnrollResidentMedicalInsuranceRequest>,
    ) -> Result<Response<EnrollResidentMedicalInsuranceResponse>, Status> {
        self.ledger.act::<EnrollResidentMedicalInsurance>(request).await
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
        let id_number = field::plain_id_number(&request.get_ref().id_number)?;
        let entitled = store::benefit::is_entitled(&self.db, &id_number).await?;
        Ok(Response::new(GetMaternityEntitlementResponse { entitled }))
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
        self.ledger.act::<TransferSocialInsuranceUnit>(request).await
    }

    async fn transfer_medical_insurance_unit(
        &self,
        request: Request<TransferMedicalInsuranceUnitRequest>,
    ) -> Result<Response<TransferMedicalInsuranceUnitResponse>, Status> {
        self.ledger.act::<TransferMedicalInsuranceUnit>(request).await
    }

    async fn get_enrolment(
        &self,
        request: Request<GetEnrolmentRequest>,
    ) -> Result<Response<GetEnrolmentResponse>, Status> {
        let id_number = field::plain_id_number(&request.get_ref().id_number)?;
        let insurance = store::enrolment::read(&self.db, &id_number).await?;
        let card = store::card::read(&self.db, &id_number).await?;
        Ok(Response::new(GetEnrolmentResponse {
            insurance_number: insurance.unwrap_or_default(),
            card_number: card.unwrap_or_default(),
        }))
    }

    async fn get_unit(
        &self,
        request: Request<GetUnitRequest>,
    ) -> Result<Response<GetUnitResponse>, Status> {
        let credit_code = field::credit_code(&request.get_ref().credit_code)?;
        let unit = store::unit::read(&self.db, &credit_code).await?.ok_or_else(|| {
            Refusal::new("UNIT_NOT_FOUND", "No insured unit has this credit code.")
        })?;
        Ok(Response::new(GetUnitResponse {
            social_insurance_office: unit.social_office,
            social_insurance_number: unit.social_number,
            medical_insurance_office: unit.medical_office,
            medical_insurance_number: unit.medical_number,
        }))
    }
}
