//! A store full of cases: one that ended and one that waits are carried out by the engine, and their rows
//! are copied under other ids. The copies' chains do not fit, but nobody reads the journal of a case that
//! ended or rests.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::Db;
use onething_saga::{
    Answer, Awaits, Call, Definition, Definitions, Engine, EngineSettings, Facts, Kind,
    OutcomeAnswer, Participants, Plan, Prepared, SagaId, Segment, SegmentIndex, Step, StepIndex,
    Submission, UndoAnswer,
    store::{ChainKey, SqlStore, SqlStoreSettings, Store},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query, query_scalar};

const ENDED: &str = "ended";
const WAITING: &str = "waiting";

/// Fills a new store with so many ended and so many waiting cases.
pub(super) async fn settle(database: &Path, ended: u32, waiting: u32) -> Result<(), String> {
    let url = format!("sqlite:{}", database.display());
    let (done, rests) = originals(&url).await?;
    let copied = async {
        let mut connection = SqliteConnection::connect(&url).await?;
        // The measurement's own writes are synced; these need not be.
        for pragma in ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -200000"] {
            query(pragma).execute(&mut connection).await?;
        }
        copy(&mut connection, done, 0, ended).await?;
        copy(&mut connection, rests, ended, waiting).await?;
        query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut connection)
            .await?;
        connection.close().await
    };
    copied.await.map_err(|error| error.to_string())
}

/// Has the engine carry out one case of each kind.
async fn originals(url: &str) -> Result<(SagaId, SagaId), String> {
    let db = Db::open(url, 2).await.map_err(|error| error.to_string())?;
    let settings = SqlStoreSettings::new(ChainKey::new([7; 32]));
    let store = SqlStore::open(db, settings)
        .await
        .map_err(|error| error.to_string())?;
    let store = Arc::new(store);
    let engine = Engine::start(
        store.clone(),
        Arc::new(Department),
        Arc::new(Plans),
        EngineSettings::default(),
    );
    engine.recover().await.map_err(|error| error.to_string())?;
    let mut sagas = Vec::new();
    for definition in [ENDED, WAITING] {
        let submission = Submission {
            definition: definition.to_owned(),
            input: Bytes::from_static(br#"{"form": "a short one"}"#),
            ..Submission::default()
        };
        let accepted = engine
            .submit(submission)
            .await
            .map_err(|error| error.to_string())?;
        let settled = engine.settled(accepted.saga).await;
        let state = settled.map_err(|error| error.to_string())?;
        if state.is_some() != (definition == ENDED) {
            return Err(format!("the {definition} case settled as {state:?}"));
        }
        sagas.push(accepted.saga);
    }
    engine.drain().await;
    store.close().await;
    Ok((sagas[0], sagas[1]))
}

/// Copies every row of a saga `count` times, under ids that are earlier than every real one.
async fn copy(
    connection: &mut SqliteConnection,
    saga: SagaId,
    first: u32,
    count: u32,
) -> Result<(), sqlx::Error> {
    for table in ["saga", "saga_chapter"] {
        let columns: Vec<String> = query_scalar(AssertSqlSafe(format!(
            "SELECT name FROM pragma_table_info('{table}')"
        )))
        .fetch_all(&mut *connection)
        .await?;
        let values = columns.iter().map(|column| match column.as_str() {
            "saga_id" => "printf('%08x-%04x-7000-8000-%012x', i >> 16, i & 65535, i)".to_owned(),
            other => format!("t.{other}"),
        });
        let text = format!(
            "WITH RECURSIVE number(i) AS (SELECT {first} + 1 UNION ALL \
             SELECT i + 1 FROM number WHERE i < {first} + {count}) \
             INSERT INTO {table} ({}) SELECT {} FROM number CROSS JOIN {table} t \
             WHERE t.saga_id = '{saga}'",
            columns.join(", "),
            values.collect::<Vec<_>>().join(", "),
        );
        query(AssertSqlSafe(text)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Does what it is asked at once.
struct Department;

#[async_trait]
impl Participants for Department {
    fn prepare(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Prepared {
        Prepared::Call {
            request: Bytes::from_static(b"request"),
            target: None,
        }
    }

    async fn act(&self, _: &Call) -> Answer {
        Answer::Succeeded {
            response: Bytes::from_static(b"response"),
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        OutcomeAnswer::Known(self.act(call).await)
    }

    async fn undo(&self, _: &Call) -> UndoAnswer {
        UndoAnswer::NothingToUndo
    }
}

struct Plans;

impl Definitions for Plans {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        let kind = if name == WAITING {
            Kind::Query
        } else {
            Kind::Compensable
        };
        let mut step = Step::new("only", kind, SegmentIndex(0), "department");
        // It waits for a signal that never comes.
        step.awaits = (name == WAITING).then(|| Awaits::Signal {
            name: "never".to_owned(),
        });
        let definition = Definition {
            name: name.to_owned(),
            version: 1,
            steps: vec![step],
            segments: vec![Segment {
                id: "all".to_owned(),
                partial: None,
            }],
            withdrawal: "withdrawn".to_owned(),
            time_limit: None,
        };
        Plan::new(definition).ok().map(Arc::new)
    }

    fn get(&self, name: &str, _: u32) -> Option<Arc<Plan>> {
        self.current(name)
    }
}
