//! The connector as a service: opens its database, proves its department files, and puts the parts
//! together.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use onething_db::Db;
use onething_participant::{Erased, Fault, Ledger, Recorded};
use onething_population::Population;
use onething_proto::{
    annotations::ActionKind, connector::connector_service_server::ConnectorServiceServer,
};
use onething_runtime::{Application, BootError, Common, Context, Service};

use crate::{
    Catalogue, ConnectorSettings, grpc::ConnectorApi, http::Remote, matter, population,
    server::DepartmentServer, store,
};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Connector;

#[async_trait]
impl Service for Connector {
    const NAME: &'static str = "connector";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = ConnectorSettings;

    async fn build(context: Context<ConnectorSettings>) -> Result<Application, BootError> {
        let Context {
            common, settings, ..
        } = context;
        let catalogue = Catalogue::load(settings.connector.folder()).map_err(BootError::service)?;
        for notice in catalogue.notices() {
            tracing::warn!("{notice}");
        }
        let catalogue = Arc::new(catalogue);
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        populate(&db, &catalogue, &common)
            .await
            .map_err(BootError::service)?;
        let ledger = ledger(&db, &catalogue, &common).map_err(BootError::service)?;

        let api = ConnectorApi {
            catalogue: catalogue.clone(),
            db: db.clone(),
        };
        let mut application = onething_department::application(Self::NAME, db.clone(), &ledger)
            .descriptors(catalogue.contracts().encode())
            .grpc(Recorded::new(ConnectorServiceServer::new(api)));
        for department in catalogue.departments() {
            let server = DepartmentServer::new(department, ledger.clone(), db.clone());
            application = application
                .grpc_router(server.router())
                .named([department.service.as_str()]);
        }
        Ok(application)
    }
}

/// Puts the synthetic population into an empty database.
async fn populate(
    db: &Db,
    catalogue: &Catalogue,
    common: &Common,
) -> Result<(), onething_db::Error> {
    let settings = common.population;
    if settings.persons == 0 || store::has_records(db).await? {
        return Ok(());
    }
    let now = Timestamp::now();
    let today = onething_calendar::local_date(now);
    let population = Population::generate(u64::from(settings.persons), settings.seed, today);
    let mut tx = db.begin().await?;
    population::plant(&mut tx, catalogue, &population, now.as_microsecond()).await?;
    tx.commit().await
}

/// The ledger with every matter that changes something.
fn ledger(db: &Db, catalogue: &Catalogue, common: &Common) -> Result<Ledger, Fault> {
    let contracts = catalogue.contracts().clone();
    let mut builder = onething_department::ledger(common, db).contracts(contracts);
    let matters = catalogue
        .departments()
        .flat_map(|department| &department.matters)
        .filter(|matter| matter.kind != ActionKind::Query);
    for matter in matters {
        let action: Box<dyn Erased> = match Remote::of(matter) {
            Some(remote) => Box::new(remote),
            None => Box::new(matter::Recorded(matter.clone())),
        };
        builder = builder.erased(&matter.method, action)?;
    }
    Ok(builder.build())
}
