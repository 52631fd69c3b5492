//! How the service is put together: its tables, its database, its ledger, its gRPC. It judges
//! nothing.

use std::sync::Arc;

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::social_security::social_security_service_server::SocialSecurityServiceServer;
use onething_runtime::{Application, BootError, Context, Service};

use crate::{
    archive::ReviewArchive,
    bank::DefaultBanks,
    benefit_rule::BenefitRules,
    card::IssueSocialSecurityCard,
    grpc::Server,
    insured_region::UpdateInsuredPerson,
    maternity::GrantMaternityBenefit,
    medical_insurance::EnrollResidentMedicalInsurance,
    pension::{
        ChangeToRetiredInsurance, DetermineBenefit, HandOverToCommunity, OpenPensionAccount,
    },
    population,
    premium::Premiums,
    publicity::PublishExamination,
    retirement::ApproveRetirement,
    retirement_rule::RetirementRules,
    settings::SocialSecuritySettings,
    store,
    unit::{TransferMedicalInsuranceUnit, TransferSocialInsuranceUnit},
    unit_information::{UpdateMedicalInsuranceUnit, UpdateSocialInsuranceUnit},
};

/// The service `social-security`.
#[derive(Debug)]
pub struct SocialSecurity;

#[async_trait]
impl Service for SocialSecurity {
    const NAME: &'static str = "social-security";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = SocialSecuritySettings;

    async fn build(context: Context<SocialSecuritySettings>) -> Result<Application, BootError> {
        let premiums = Premiums::standard().map_err(BootError::service)?;
        let banks = DefaultBanks::standard().map_err(BootError::service)?;
        let rules = BenefitRules::standard().map_err(BootError::service)?;
        let retirement = RetirementRules::standard().map_err(BootError::service)?;
        let retirement = Arc::new(retirement);
        let Context {
            common, settings, ..
        } = context;
        let publicity = settings.archive.publicity_working_days;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        let ledger = onething_department::ledger(&common, &db)
            .action(EnrollResidentMedicalInsurance::new(premiums))
            .and_then(|builder| builder.action(IssueSocialSecurityCard::new(banks)))
            .and_then(|builder| builder.action(GrantMaternityBenefit::new(rules)))
            .and_then(|builder| builder.action(TransferSocialInsuranceUnit))
            .and_then(|builder| builder.action(TransferMedicalInsuranceUnit))
            .and_then(|builder| builder.action(UpdateSocialInsuranceUnit))
            .and_then(|builder| builder.action(UpdateMedicalInsuranceUnit))
            .and_then(|builder| builder.action(ReviewArchive::new(publicity)))
            .and_then(|builder| builder.action(PublishExamination))
            .and_then(|builder| builder.action(ApproveRetirement::new(Arc::clone(&retirement))))
            .and_then(|builder| builder.action(DetermineBenefit(Arc::clone(&retirement))))
            .and_then(|builder| builder.action(OpenPensionAccount))
            .and_then(|builder| builder.action(ChangeToRetiredInsurance(Arc::clone(&retirement))))
            .and_then(|builder| builder.action(HandOverToCommunity))
            .and_then(|builder| builder.action(UpdateInsuredPerson))
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = Server::new(db, ledger, retirement);
        Ok(application.grpc(Recorded::new(SocialSecurityServiceServer::new(server))))
    }
}
