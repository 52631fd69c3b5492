//! How the service is put together: its naming rule, its database, its ledger, its gRPC. It judges
//! nothing.

use async_trait::async_trait;
use onething_db::Db;
use onething_participant::{Fault, Ledger, MIGRATIONS, Recorded, Suspension};
use onething_proto::public_security::public_security_service_server::PublicSecurityServiceServer;
use onething_runtime::{Application, BootError, Common, Context, NoSettings, Service};

use crate::{
    birth::RegisterBirth, grpc::Server, naming::NamingRule, population, seal::RefileSeal, store,
};

/// The service `public-security`.
#[derive(Debug)]
pub struct PublicSecurity;

#[async_trait]
impl Service for PublicSecurity {
    const NAME: &'static str = "public-security";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let naming = NamingRule::standard().map_err(BootError::service)?;
        let db = open(&context.common).await.map_err(BootError::service)?;
        let ledger = ledger(&db, naming, context.common).map_err(BootError::service)?;
        let participant = ledger.participant().server();
        let server = Server::new(db.clone(), ledger);
        Ok(Application::new(Self::NAME)
            .grpc(Recorded::new(PublicSecurityServiceServer::new(server)))
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

fn ledger(db: &Db, naming: NamingRule, common: Common) -> Result<Ledger, Fault> {
    let builder = Ledger::builder(db.clone())
        .action(RegisterBirth::new(naming))?
        .action(RefileSeal)?;
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
