//! The engine's thread: sagas run there, whoever asks, and it may go away within another runtime. Answers of
//! the journal come from there as well, but do not depend on it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::Db;
use onething_saga::store::{ChainKey, MemoryStore, SqlStore, SqlStoreSettings, Store};
use onething_saga::{
    Answer, Call, Definition, Engine, EngineThread, Facts, OutcomeAnswer, Participants, Prepared,
    SagaState, StepIndex, UndoAnswer,
};

use crate::departments::Departments;
use crate::engine::{ended, settings, submit};
use crate::fixtures::definition;
use crate::replicas::{append, begin};

/// Departments that note in which thread they are called.
#[derive(Default)]
struct Noting(Mutex<BTreeSet<String>>);

impl Noting {
    fn note(&self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        self.0.lock().unwrap().insert(name);
    }
}

#[async_trait]
impl Participants for Noting {
    fn prepare(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Prepared {
        self.note();
        Prepared::Call {
            request: Bytes::from_static(b"request"),
            target: None,
        }
    }

    async fn act(&self, _: &Call) -> Answer {
        self.note();
        tokio::task::yield_now().await;
        self.note();
        Answer::Succeeded {
            response: Bytes::from_static(b"response"),
        }
    }

    async fn outcome(&self, _: &Call) -> OutcomeAnswer {
        OutcomeAnswer::NotSeen
    }

    async fn undo(&self, _: &Call) -> UndoAnswer {
        UndoAnswer::NothingToUndo
    }
}

#[tokio::test]
async fn sagas_run_in_their_engines_thread() {
    let thread = EngineThread::start(1).unwrap();
    let noting = Arc::new(Noting::default());
    let lines = ["a compensable 0", "b compensable 0 after a"];
    let definitions = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = {
        let _within = thread.handle().enter();
        let store = Arc::new(MemoryStore::default());
        Engine::start(store, noting.clone(), definitions, settings())
    };
    let saga = submit(&engine, None).await;
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    let noted = noting.0.lock().unwrap().clone();
    assert_eq!(noted.into_iter().collect::<Vec<_>>(), ["engine"]);
    engine.drain().await;
    drop(thread);
}

#[tokio::test]
#[should_panic(expected = "a bug of the work")]
async fn a_panic_comes_back_to_who_asked() {
    let thread = EngineThread::start(1).unwrap();
    thread.run(async { panic!("a bug of the work") }).await
}

#[test]
fn a_store_answers_when_the_runtime_it_was_opened_in_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("saga.db").display());
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let opening = runtime();
    let store = opening.block_on(async {
        let db = Db::open(&url, 1).await.unwrap();
        let settings = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
        SqlStore::open(db, settings).await.unwrap()
    });
    opening.shutdown_background();
    let written = async {
        let (saga, epoch, head) = begin(&store).await;
        let after = store.append(append(saga, epoch, head)).await.unwrap();
        assert!(after.seq > head.seq);
        store.close().await;
    };
    runtime().block_on(async {
        let answered = tokio::time::timeout(Duration::from_secs(60), written).await;
        answered.expect("an answer");
    });
}
