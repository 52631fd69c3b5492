//! The engine under measurement, and one case through it from submission to its durable end.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use onething_db::{Db, Sql, args};
use onething_saga::{
    Engine, EngineSettings, EngineThread, SagaState, Submission,
    store::{ChainKey, SqlStore, SqlStoreSettings},
};

use super::{
    caller::Caller,
    closed_loop::Once,
    workload::{One, Workload, input},
};

/// As many connections as a gateway has.
const CONNECTIONS: u32 = 10;
const IN_STATE: Sql = Sql::both("SELECT count(*) FROM saga WHERE state = $1 AND ended_at > 0");
const ALL: Sql = Sql::both("SELECT count(*) FROM saga");

/// An engine over a durable journal, in a thread of its own as the gateway's.
pub(super) struct Cases {
    pub(super) thread: EngineThread,
    engine: Engine,
    store: Arc<SqlStore>,
    db: Db,
    workload: Workload,
    input: Bytes,
}

impl Cases {
    /// Starts the engine as the gateway does.
    pub(super) async fn start(
        url: &str,
        workload: Workload,
        department: &str,
        in_turn: bool,
    ) -> Result<Self, String> {
        let thread = EngineThread::start(1).map_err(|error| error.to_string())?;
        let caller = Caller::connect(thread.handle(), department).await?;
        let caller = caller.in_turn(in_turn);
        let db = Db::open(url, CONNECTIONS)
            .await
            .map_err(|error| error.to_string())?;
        let settings = SqlStoreSettings::new(ChainKey::new([7; 32]));
        let store = thread.run(SqlStore::open(db.clone(), settings)).await;
        let store = Arc::new(store.map_err(|error| error.to_string())?);
        let definitions = Arc::new(One::new(workload)?);
        let engine = {
            let _within = thread.handle().enter();
            let settings = EngineSettings::default();
            Engine::start(store.clone(), Arc::new(caller), definitions, settings)
        };
        engine.recover().await.map_err(|error| error.to_string())?;
        Ok(Self {
            thread,
            engine,
            store,
            db,
            workload,
            input: input(),
        })
    }

    async fn case(&self) -> Result<(), String> {
        let submission = Submission {
            definition: self.workload.name().to_owned(),
            input: self.input.clone(),
            ..Submission::default()
        };
        let submitted = self.engine.submit(submission).await;
        let saga = submitted.map_err(|error| error.to_string())?.saga;
        let state = self.engine.settled(saga).await;
        let state = state
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("case {saga} came to rest without an end"))?;
        if state == self.workload.end() {
            Ok(())
        } else {
            Err(format!("case {saga} ended as {}", state.name()))
        }
    }

    /// How many cases the journal has, and how many of them ended as they had to.
    pub(super) async fn journaled(&self) -> Result<(i64, i64), String> {
        use onething_saga::store::Store;
        let end: SagaState = self.workload.end();
        // A read through the store settles what it has committed.
        let due = self.store.next_due().await;
        due.map_err(|error| error.to_string())?;
        let read = async {
            let (all,): (i64,) = self.db.fetch_one(ALL, args![]).await?;
            let (right,): (i64,) = self.db.fetch_one(IN_STATE, args![end.name()]).await?;
            Ok((all, right))
        };
        read.await
            .map_err(|error: onething_db::Error| error.to_string())
    }

    /// Stops the engine and closes the journal.
    pub(super) async fn stop(&self) {
        use onething_saga::store::Store;
        self.engine.drain().await;
        self.store.close().await;
    }
}

impl Once for Cases {
    fn once(self: Arc<Self>) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move { self.case().await })
    }
}
