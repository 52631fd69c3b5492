//! How the service is put together: its database, its ledger, its gRPC. It knows no rule.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Db;
use onething_participant::{Ledger, MIGRATIONS, Recorded, Suspension};
use onething_proto::social_security::social_security_service_server::SocialSecurityServiceServer;
use onething_runtime::{Application, BootError, Common, Context, NoSettings, Service};

use crate::{
    benefit::GrantMaternityBenefit,
    card::IssueSocialSecurityCard,
    enrolment::EnrollResidentMedicalInsurance,
    grpc::Server,
    population,
    rates::Rates,
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
        let rates = Arc::new(Rates::standard().map_err(BootError::service)?);
        let db = open(&context.common).await.map_err(BootError::service)?;
        let ledger = Ledger::builder(db.clone())
            .action(EnrollResidentMedicalInsurance::new(rates.clone()))
            .and_then(|builder| builder.action(IssueSocialSecurityCard::new(rates.clone())))
            .and_then(|builder| builder.action(GrantMaternityBenefit::new(rates)))
            .and_then(|builder| builder.action(TransferSocialInsuranceUnit))
            .and_then(|builder| builder.action(TransferMedicalInsuranceUnit))
            .map_err(BootError::service)?
            .suspensions(suspensions(context.common))
            .build();
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
