//! The gateway as a service: opens the journal, takes up what was under way, serves REST and gRPC
//! on one port.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use onething_db::Db;
use onething_proto::Contracts;
use onething_runtime::{Application, BootError, Context, Service};
use onething_saga::{
    Engine, EngineSettings, EngineThread, RetrySettings,
    store::{self, SqlStore, SqlStoreSettings, Store},
};

use tokio_util::sync::CancellationToken;

use crate::{
    cases::Cases,
    departments::{self, BundlePlans, Departments},
    exclusive, grpc,
    operators::{Roster, Sagas},
    rest,
    settings::{self, GatewaySettings},
    shelf::Shelf,
    versions,
};

/// The gateway.
#[derive(Debug)]
pub struct Gateway;

#[async_trait]
impl Service for Gateway {
    const NAME: &'static str = "gateway";
    const DEFAULTS: &'static str = settings::DEFAULTS;
    type Settings = GatewaySettings;

    async fn build(context: Context<GatewaySettings>) -> Result<Application, BootError> {
        let Context {
            common,
            settings,
            peers,
            stopping,
            ..
        } = context;
        let contracts = onething_declared::contracts(settings.gateway.departments())
            .map_err(BootError::service)?;
        let shelf = shelf(&settings, contracts.clone())?;
        let offered = shelf.offered();
        let variable = |name: &str| std::env::var(name).ok();
        let roster =
            Roster::read(&settings.gateway.operators, variable).map_err(BootError::service)?;

        let lock = exclusive::lock(&common.database.url).map_err(BootError::service)?;
        let db = Db::open(&common.database.url, common.database.max_connections)
            .await
            .map_err(BootError::service)?;
        db.migrate(&[versions::MIGRATIONS, store::MIGRATIONS])
            .await
            .map_err(BootError::service)?;
        let chained = store::holds_sagas(&db).await.map_err(BootError::service)?;
        let key = exclusive::chain_key(&settings.gateway.journal_key, chained)
            .map_err(BootError::service)?;
        let earlier = versions::settle(&db, &offered, &contracts)
            .await
            .map_err(BootError::service)?;
        let call_timeout = Duration::from_millis(settings.engine.call_timeout_ms);
        let plans = BundlePlans::new(offered, earlier, call_timeout).map_err(BootError::service)?;
        let plans = Arc::new(plans);
        let store_settings = SqlStoreSettings {
            epoch_floor: settings.engine.epoch_floor,
            lease: Duration::from_millis(settings.engine.lease_ms),
            ..SqlStoreSettings::new(key)
        };
        let threads = usize::try_from(settings.engine.threads).unwrap_or(usize::MAX);
        let thread = EngineThread::start(threads).map_err(BootError::service)?;
        let store = thread.run(SqlStore::open(db.clone(), store_settings)).await;
        let store: Arc<dyn Store> = Arc::new(store.map_err(BootError::service)?);

        let departments = Arc::new(Departments::new(plans.clone(), peers.apart()));
        let engine = {
            let _within = thread.handle().enter();
            Engine::start(
                store.clone(),
                departments,
                plans.clone(),
                engine_settings(&settings),
            )
        };
        let taken_up = engine.recover().await.map_err(BootError::service)?;
        if taken_up > 0 {
            tracing::info!(cases = taken_up, "took up the cases that had not ended");
        }

        let retention = {
            let (engine, peers) = (engine.clone(), peers.clone());
            let (coordinator, recorders) = (
                settings.gateway.coordinator.clone(),
                departments::recorders(&plans),
            );
            let retention = settings.gateway.retention();
            move |stop: CancellationToken| {
                departments::forget(engine, peers, coordinator, recorders, retention, stop)
            }
        };
        let watcher = {
            let plans = plans.clone();
            move |stop: CancellationToken| shelf.watch(db, plans, stop)
        };
        let follower = {
            let (engine, plans) = (engine.clone(), plans.clone());
            let coordinator = settings.gateway.coordinator.clone();
            move |stop: CancellationToken| {
                departments::follow_all(engine, peers, coordinator, plans, stop)
            }
        };

        let sagas = Sagas::new(engine.clone(), store.clone(), plans.clone(), roster);
        let cases = Cases::new(engine.clone(), plans, stopping);
        Ok(Application::new(Self::NAME)
            .grpc(grpc::cases(cases.clone()))
            .grpc(grpc::bundles(cases.clone()))
            .http(rest::router(cases, sagas))
            .background("bundles", watcher)
            .background("decisions", follower)
            .background("retention", retention)
            .on_drain(move || async move { engine.drain().await })
            .on_close(move || async move {
                store.close().await;
                drop(thread);
                // Only now may another gateway open the journal.
                drop(lock);
            }))
    }
}

/// The bundles on offer: the built-in ones, and those of a folder over them.
fn shelf(settings: &GatewaySettings, contracts: Contracts) -> Result<Shelf, BootError> {
    let folder = settings.gateway.bundles.as_str();
    let folder = (!folder.is_empty()).then(|| folder.into());
    Shelf::open(folder, contracts).map_err(|diagnostics| {
        let all: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
        BootError::service(std::io::Error::other(all.join("\n")))
    })
}

fn engine_settings(settings: &GatewaySettings) -> EngineSettings {
    EngineSettings {
        coordinator: settings.gateway.coordinator.clone(),
        department_concurrency: usize::try_from(settings.engine.department_concurrency)
            .unwrap_or(usize::MAX),
        retry: RetrySettings {
            first: Duration::from_millis(settings.engine.retry_first_ms),
            most: Duration::from_millis(settings.engine.retry_most_ms),
        },
        // Each deciding process is followed.
        decisions_told: true,
        most_under_way: usize::try_from(settings.engine.most_under_way).unwrap_or(usize::MAX),
        lease: Duration::from_millis(settings.engine.lease_ms),
        erase_after: Duration::from_secs(settings.engine.erase_after_days.saturating_mul(86_400)),
        ..EngineSettings::default()
    }
}
