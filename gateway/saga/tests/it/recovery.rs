//! Crashes: engines whose store dies at a chosen write, before or after its commit, and others that take over.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use onething_saga::store::{MemoryStore, Store};
use onething_saga::{Engine, SagaState, Submission};
use tempfile::TempDir;

use crate::departments::{Departments, Mood};
use crate::engine::{ended, settings};
use crate::fixtures::definition;
use crate::forgetful::Forgetful;
use crate::mortal::Mortal;
use crate::store::sqlite;

fn submission() -> Submission {
    let (definition, dedupe) = ("test".to_owned(), Some("the case".to_owned()));
    Submission {
        definition,
        dedupe,
        ..Submission::default()
    }
}

/// Kills the engine at its n-th write, restarts it on the same file, and says how the case ended and
/// whether it was killed at all.
async fn killed_at(
    writes: i64,
    commits_first: bool,
    refuses: bool,
    ahead: bool,
) -> (SagaState, Vec<String>, bool) {
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "x compensable 0 after a",
        "c compensable 0 after b x",
        "p pivot 0 after c",
        "f forward 0 after p",
    ];
    let departments = Departments::new(vec![definition(&lines)], 1).looking_ahead(ahead);
    let departments = Arc::new(departments);
    departments.mood(
        "p",
        Mood {
            refuses,
            ..Mood::default()
        },
    );
    let folder = TempDir::new().unwrap();
    let (_, store) = sqlite(&folder).await;
    let mortal = Arc::new(Mortal::new(store.clone(), writes, commits_first));
    let engine = Engine::start(
        mortal.clone(),
        departments.clone(),
        departments.clone(),
        settings(),
    );
    let whole = async {
        let saga = engine.submit(submission()).await.unwrap().saga;
        ended(&engine, saga).await;
    };
    let killed = tokio::select! {
        () = mortal.died.notified() => true,
        () = whole => false,
    };
    drop(engine);
    store.close().await;
    let (_, store) = sqlite(&folder).await;
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings());
    engine.recover().await.unwrap();
    // The applicant's retry: the same case, whether or not the first submission was committed.
    let saga = engine.submit(submission()).await.unwrap().saga;
    let view = ended(&engine, saga).await;
    assert_eq!(
        departments.violations(),
        Vec::<String>::new(),
        "killed at write {writes}"
    );
    (view.state, departments.log(saga), killed)
}

async fn killed_at_every_write(refuses: bool, end: SagaState, effects: &[&str]) {
    for (commits_first, ahead) in [(false, false), (true, false), (false, true), (true, true)] {
        for writes in 0.. {
            let run = killed_at(writes, commits_first, refuses, ahead);
            let run = tokio::time::timeout(Duration::from_secs(30), run).await;
            let (state, mut log, killed) = run.unwrap();
            assert_eq!(state, end, "killed at write {writes}");
            log.sort();
            assert_eq!(log, effects, "killed at write {writes}");
            if !killed {
                let least = if ahead { 3 } else { 5 };
                assert!(
                    writes >= least,
                    "the case must have been killed several times"
                );
                break;
            }
        }
    }
}

#[tokio::test]
async fn s03_killed_between_an_effect_and_its_result_the_effect_is_not_repeated() {
    // The first write accepts the case and intends `a`; the second would have been `a`'s result.
    let (state, log, killed) = killed_at(1, false, false, false).await;
    assert!(killed);
    assert_eq!(state, SagaState::Completed);
    assert_eq!(log.iter().filter(|done| *done == "do a").count(), 1);
}

#[tokio::test]
async fn s05_killed_at_every_write_each_effect_happens_once() {
    let effects = ["do a", "do b", "do c", "do f", "do p", "do x"];
    killed_at_every_write(false, SagaState::Completed, &effects).await;
}

#[tokio::test]
async fn s05_killed_at_every_write_of_an_undo_each_effect_is_annulled_once() {
    let effects = [
        "do a", "do b", "do c", "do x", "undo a", "undo b", "undo c", "undo x",
    ];
    killed_at_every_write(true, SagaState::Compensated, &effects).await;
}

#[tokio::test]
async fn s43_an_append_of_unknown_outcome_is_read_back() {
    let store = Arc::new(Forgetful {
        every: 2,
        writes: AtomicI64::new(0),
        ..Forgetful::new(MemoryStore::default())
    });
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
    ];
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings());
    let saga = engine.submit(submission()).await.unwrap().saga;
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    assert_eq!(departments.log(saga), ["do a", "do b", "do c"]);
}
