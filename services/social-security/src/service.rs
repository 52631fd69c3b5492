//! How the service is put together: its tables, its database, its ledger, its gRPC. It judges
//! nothing.

use async_trait::async_trait;
use onething_db::Db;
use onething_participant::{Ledger, MIGRATIONS, Recorded, Suspension};
use onething_proto::social_security::social_security_service_server::SocialSecurityServiceServer;
use onething_runtime::{Application, BootError, Common, Context, NoSettings, Service};

use crate::{
    bank::DefaultBanks,
    benefit_rule::BenefitRules,
    card::IssueSocialSecurityCard,
    grpc::Server,
    maternity::GrantMaternityBenefit,
    medical_insurance::EnrollResidentMedicalInsurance,
    population,
    premium::Premiums,
    store,
    unit::{TransferMedicalInsuranceUnit, TransferSocialInsuranceUnit},
};

/// The service `social-security`.
#[derive(Debug)]
pub struct SocialSecurity;

#[async_trait]
impl Service for SocialSecurity {
    const NAME: &'static str = "social-security";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let db = open(&context.common).await.map_err(BootError::service)?;
        let ledger = ledger(&db, context.common)?;
        let participant = ledger.participant().server();
        let server = Server::new(db.clone(), ledger);
        Ok(Application::new(Self::NAME)
            .grpc(Recorded::new(SocialSecurityServiceServer::new(server)))
            .grpc(participant)
            .on_close(move || async move { db.close().await }))
    }
}

async fn open(common: &Common) -> onething_db::Result<Db> {
    let db = Db::open(&common.database.url, common.database.max_connections).await?;
    db.migrate(&[MIGRATIONS, store::MIGRATIONS]).await?;
    population::settle(&db, common.population).await?;
    Ok(db)
}

fn ledger(db: &Db, common: Common) -> Result<Ledger, BootError> {
    let premiums = Premiums::standard().map_err(BootError::service)?;
    let banks = DefaultBanks::standard().map_err(BootError::service)?;
    let rules = BenefitRules::standard().map_err(BootError::service)?;
    let builder = Ledger::builder(db.clone())
        .action(EnrollResidentMedicalInsurance::new(premiums))
        .and_then(|builder| builder.action(IssueSocialSecurityCard::new(banks)))
        .and_then(|builder| builder.action(GrantMaternityBenefit::new(rules)))
        .and_then(|builder| builder.action(TransferSocialInsuranceUnit))
        .and_then(|builder| builder.action(TransferMedicalInsuranceUnit))
        .map_err(BootError::service)?;
    Ok(builder.suspensions(suspensions(common)).build())
}

fn suspensions(common: Common) -> Vec<Suspension> {
    let suspended = common.suspensions.into_iter();
    suspended
        .map(|matter| Suspension {
            method: matter.method,
            step: matter.step,
            note: matter.note,
        })
        .collect()
}
