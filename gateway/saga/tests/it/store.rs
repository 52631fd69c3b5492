//! The stores: the conformance suite on each, the chain, shared commits.

use std::sync::Arc;

use onething_db::testing::databases;
use onething_db::{Arg, Backend, Db, Sql, args, verify_statements};
use onething_saga::store::{
    ChainKey, MIGRATIONS, MemoryStore, SqlStore, SqlStoreSettings, Store, Verification,
    conformance, statements,
};
use onething_saga::{Engine, EngineSettings, Submission};
use tempfile::TempDir;

use crate::chapters::{rewrite, settle, stored};
use crate::departments::Departments;
use crate::engine::{ended, submit};
use crate::fixtures::definition;

pub(crate) async fn sqlite(folder: &TempDir) -> (Db, Arc<SqlStore>) {
    let url = format!("sqlite:{}", folder.path().join("saga.db").display());
    let db = Db::open(&url, 4).await.unwrap();
    let settings = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
    let store = SqlStore::open(db.clone(), settings).await.unwrap();
    (db, Arc::new(store))
}

#[tokio::test]
async fn memory_conforms() {
    conformance::suite(Arc::new(MemoryStore::default())).await;
}

#[tokio::test]
async fn every_database_conforms() {
    for fresh in databases(&[MIGRATIONS]).await {
        for settled_together in [1024, 1] {
            let settings = SqlStoreSettings {
                settled_together,
                ..SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"))
            };
            let store = SqlStore::open(fresh.db.clone(), settings).await.unwrap();
            conformance::suite(Arc::new(store)).await;
        }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    for fresh in databases(&[MIGRATIONS]).await {
        let all: Vec<_> = statements().iter().map(|(_, sql)| *sql).collect();
        assert_eq!(
            verify_statements(&fresh.db, &all).await,
            Vec::<String>::new()
        );
    }
}

/// What is asked at each start must not become slower with each case that ever was.
#[tokio::test]
async fn what_a_start_asks_is_found_by_an_index() {
    let fresh = onething_db::testing::sqlite(&[MIGRATIONS]).await;
    for asked in [
        "list set aside",
        "orphaned",
        "due",
        "next due",
        "mail",
        "delivered",
    ] {
        let (_, sql) = *statements()
            .iter()
            .find(|(name, _)| *name == asked)
            .unwrap();
        let text = sql.text(Backend::Sqlite);
        let parameters = (1..=9).filter(|number| text.contains(&format!("${number}")));
        let nothing = vec![Arg::Int(None); parameters.count()];
        let explain: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
        let plan: Vec<(i64, i64, i64, String)> = fresh
            .db
            .fetch_all(Sql::both(explain), nothing)
            .await
            .unwrap();
        assert!(!plan.is_empty(), "{asked}");
        for (.., step) in plan {
            assert!(step != "SCAN saga" && step != "SCAN s", "{asked}: {step}");
            // From some id on is as good as all.
            assert!(!step.contains("(saga_id>?)") || step.contains("saga_set_aside"));
        }
    }
}

#[tokio::test]
async fn s29_each_opening_is_a_new_incarnation() {
    let folder = TempDir::new().unwrap();
    let (_, first) = sqlite(&folder).await;
    first.close().await;
    let (_, second) = sqlite(&folder).await;
    assert!(second.incarnation() > first.incarnation());
}

#[tokio::test]
async fn s46_an_edited_row_is_named_and_only_its_saga_is_set_aside() {
    let folder = TempDir::new().unwrap();
    let (db, store) = sqlite(&folder).await;
    let lines = ["a compensable 0", "b compensable 0 after a"];
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(
        store.clone(),
        departments.clone(),
        departments,
        EngineSettings::default(),
    );
    let edited = submit(&engine, None).await;
    let sound = submit(&engine, None).await;
    ended(&engine, edited).await;
    ended(&engine, sound).await;
    settle(&*store).await;
    rewrite(&db, &edited.to_string(), 3, |events, three| {
        events[three].payload = bytes::Bytes::from_static(&[1]);
    })
    .await;
    assert_eq!(
        engine.verify(edited).await.unwrap(),
        Verification::BrokenAt { seq: 3 }
    );
    assert_eq!(engine.verify(sound).await.unwrap(), Verification::Intact);
    rewrite(&db, &sound.to_string(), 5, |events, five| {
        drop(events.remove(five))
    })
    .await;
    assert_eq!(
        engine.verify(sound).await.unwrap(),
        Verification::BrokenAt { seq: 5 }
    );
}

#[tokio::test]
async fn a_journal_from_before_there_were_chapters_is_read_and_continued() {
    const ONE_ROW_AN_EVENT: onething_db::Sql = onething_db::Sql::both(
        "INSERT INTO saga_event (saga_id, seq, epoch, at, kind, body, payload, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    const NO_CHAPTERS: onething_db::Sql = onething_db::Sql::both("DELETE FROM saga_chapter");
    for fresh in databases(&[MIGRATIONS]).await {
        let settings = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
        let store = Arc::new(SqlStore::open(fresh.db.clone(), settings).await.unwrap());
        let lines = ["a compensable 0", "b compensable 0 after a"];
        let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
        let settings = EngineSettings {
            erase_after: std::time::Duration::ZERO,
            ..EngineSettings::default()
        };
        let engine = Engine::start(store.clone(), departments.clone(), departments, settings);
        let saga = submit(&engine, None).await;
        ended(&engine, saga).await;
        settle(&*store).await;
        let before = store.load(saga).await.unwrap();
        let events = stored(&fresh.db, &saga.to_string()).await;
        assert_eq!(events.len() as u64, before.row.seq);
        let mut tx = fresh.db.begin().await.unwrap();
        for event in events {
            let row = args![
                saga.to_string(),
                event.seq as i64,
                event.epoch as i64,
                event.at.0,
                &*event.kind,
                event.body,
                event.payload.to_vec(),
                event.mac.to_vec(),
            ];
            tx.execute(ONE_ROW_AN_EVENT, row).await.unwrap();
        }
        assert!(tx.execute(NO_CHAPTERS, args![]).await.unwrap() > 0);
        tx.commit().await.unwrap();

        assert_eq!(store.load(saga).await.unwrap(), before);
        assert_eq!(store.events(saga, 3, 2).await.unwrap(), before.events[2..4]);
        engine.erase(saga, "saran", "asked for").await.unwrap();
        let after = store.load(saga).await.unwrap();
        assert_eq!(after.verification, Verification::Intact);
        assert_eq!(after.events.len(), before.events.len() + 1);
        let last = store.events(saga, before.row.seq, 5).await.unwrap();
        assert_eq!(last.last().unwrap().kind, "erased");
        assert_eq!(last.len(), 2, "an event and a chapter behind it");
    }
}

#[tokio::test]
async fn s47_the_key_of_the_payloads_is_erased_and_the_chain_is_still_valid() {
    for fresh in databases(&[MIGRATIONS]).await {
        let settings = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
        let store = Arc::new(SqlStore::open(fresh.db.clone(), settings).await.unwrap());
        let lines = ["a compensable 0", "b compensable 0 after a"];
        let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
        let settings = EngineSettings {
            erase_after: std::time::Duration::ZERO,
            ..EngineSettings::default()
        };
        let kept = Engine::start(
            store.clone(),
            departments.clone(),
            departments.clone(),
            EngineSettings::default(),
        );
        let engine = Engine::start(store.clone(), departments.clone(), departments, settings);
        let submission = Submission {
            definition: "test".to_owned(),
            input: bytes::Bytes::from_static(b"Saran, born on the steppe"),
            ..Submission::default()
        };
        let saga = engine.submit(submission).await.unwrap().saga;
        ended(&engine, saga).await;
        let state = engine.state(saga).await.unwrap();
        assert_eq!(state.input(), "Saran, born on the steppe");

        let early = kept.erase(saga, "saran", "asked for").await.unwrap_err();
        assert!(early.to_string().contains("must be kept"), "{early}");
        let payloads = async || {
            settle(&*store).await;
            let events = stored(&fresh.db, &saga.to_string()).await.into_iter();
            events.map(|event| event.payload).collect::<Vec<_>>()
        };
        let before = payloads().await;
        let steppe = |bytes: &[u8]| bytes.windows(6).any(|part| part == b"steppe");
        assert!(before.iter().all(|bytes| !steppe(bytes)), "sealed at rest");

        engine.erase(saga, "saran", "asked for").await.unwrap();
        engine.erase(saga, "saran", "asked for").await.unwrap();
        assert_eq!(engine.verify(saga).await.unwrap(), Verification::Intact);
        let after = payloads().await;
        assert_eq!(after[..before.len()], before[..], "no byte was changed");
        assert_eq!(after.len(), before.len() + 1, "and it is journaled");
        let erased = engine.state(saga).await.unwrap();
        assert!(erased.erased() && erased.input().is_empty());
        assert_eq!(erased.status(), state.status());
    }
}

#[tokio::test]
async fn many_sagas_share_a_commit() {
    let folder = TempDir::new().unwrap();
    let (_, store) = sqlite(&folder).await;
    let departments = Arc::new(Departments::new(vec![definition(&["a compensable 0"])], 1));
    let engine = Engine::start(
        store.clone(),
        departments.clone(),
        departments,
        EngineSettings::default(),
    );
    let before = store.commits();
    let submissions = (0..100).map(|_| {
        engine.submit(Submission {
            definition: "test".to_owned(),
            ..Submission::default()
        })
    });
    let accepted = futures::future::join_all(submissions).await;
    assert!(accepted.iter().all(Result::is_ok));
    for accepted in accepted {
        ended(&engine, accepted.unwrap().saga).await;
    }
    let commits = store.commits() - before;
    assert!(commits < 100, "200 writes took {commits} commits");
}

#[tokio::test]
async fn five_steps_in_sequence_cost_six_commits() {
    let folder = TempDir::new().unwrap();
    let (_, store) = sqlite(&folder).await;
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
        "d compensable 0 after c",
        "e compensable 0 after d",
    ];
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(
        store.clone(),
        departments.clone(),
        departments,
        EngineSettings::default(),
    );
    let before = store.commits();
    let saga = submit(&engine, None).await;
    ended(&engine, saga).await;
    assert_eq!(store.commits() - before, 6);
}
