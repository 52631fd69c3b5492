//! Auditing a database from outside: which row is not what was written, whatever was done to it.

use std::sync::Arc;

use onething_db::testing::databases;
use onething_db::{Backend, Db, Sql, args};
use onething_saga::store::{
    Audit, Audited, ChainKey, EventRecord, Filter, MIGRATIONS, NewSaga, Page, Seal, SqlStore,
    SqlStoreSettings, Store, holds_sagas,
};
use onething_saga::{Engine, EngineSettings, Projection, SagaId, SagaState};

use crate::chapters::{damage, rewrite, settle, stored};
use crate::departments::Departments;
use crate::engine::{ended, submit};
use crate::fixtures::definition;

const KEY: &[u8] = b"a key kept elsewhere";

/// Runs some cases to their end and gives their ids.
async fn cases(db: &Db, count: usize) -> Vec<String> {
    let settings = SqlStoreSettings::new(ChainKey::new(KEY));
    let store = Arc::new(SqlStore::open(db.clone(), settings).await.unwrap());
    let lines = ["a compensable 0", "b compensable 0 after a"];
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(
        store.clone(),
        departments.clone(),
        departments,
        EngineSettings::default(),
    );
    let mut ids = Vec::new();
    for _ in 0..count {
        let saga = submit(&engine, None).await;
        ended(&engine, saga).await;
        ids.push(saga.to_string());
    }
    settle(&*store).await;
    ids
}

async fn edit(db: &Db, sql: Sql, saga: &str) {
    let mut tx = db.begin().await.unwrap();
    assert_eq!(tx.execute(sql, args![saga]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn s46_an_audit_names_the_first_broken_row_whatever_was_done_to_it() {
    for fresh in databases(&[MIGRATIONS]).await {
        let db = &fresh.db;
        assert!(!holds_sagas(db).await.unwrap());
        let ids = cases(db, 7).await;
        assert!(holds_sagas(db).await.unwrap());
        let audit = Audit::new(db.clone(), ChainKey::new(KEY));
        let first = audit.sagas("", 3).await.unwrap();
        assert_eq!(first, ids[..3]);
        assert_eq!(audit.sagas(&first[2], 100).await.unwrap(), ids[3..]);
        let rows = match audit.check(&ids[0]).await.unwrap() {
            Some(Audited::Intact { rows }) => rows,
            other => panic!("{other:?}"),
        };
        assert!(rows >= 6, "{rows}");

        let each = [
            Sql::both("UPDATE saga SET state = 'Perfect' WHERE saga_id = $1"),
            Sql::both("DELETE FROM saga WHERE saga_id = $1"),
            Sql::both("UPDATE saga SET seq = seq + 1 WHERE saga_id = $1"),
        ];
        rewrite(db, &ids[1], 3, |events, three| {
            events[three].body = "{}".to_owned()
        })
        .await;
        rewrite(db, &ids[2], 4, |events, four| drop(events.remove(four))).await;
        let second = stored(db, &ids[3]).await.swap_remove(1);
        damage(db, &ids[3], 2, |bytes| {
            let place = bytes.windows(32).position(|part| part == second.mac);
            bytes.truncate(place.unwrap() + 1);
        })
        .await;
        for (sql, saga) in each.into_iter().zip(&ids[4..]) {
            edit(db, sql, saga).await;
        }
        let mut found = Vec::new();
        for saga in &ids[1..] {
            found.push(audit.check(saga).await.unwrap().unwrap());
        }
        let Audited::Broken {
            seq: 3,
            row: Some((kind, _)),
        } = &found[0]
        else {
            panic!("{:?}", found[0])
        };
        assert_ne!(kind, "");
        // The row behind a missing one is what tells: it stands where the missing one should.
        assert!(matches!(found[1], Audited::Broken { seq: 4, .. }));
        assert_eq!(found[2], Audited::Broken { seq: 2, row: None });
        assert!(matches!(&found[3], Audited::Unreadable { what } if what == "state"));
        assert_eq!(found[4], Audited::Gone);
        assert_eq!(audit.orphans().await.unwrap(), [ids[5].clone()]);
        let missing = rows + 1;
        assert!(matches!(&found[5], Audited::Broken { seq, row: None } if *seq == missing));
        assert!(matches!(
            audit.check(&ids[0]).await.unwrap(),
            Some(Audited::Intact { .. })
        ));
        assert_eq!(audit.check("not-an-id").await.unwrap(), None);
    }
}

#[tokio::test]
async fn s51_a_row_that_cannot_be_read_is_listed_and_does_not_hide_the_others() {
    for fresh in databases(&[MIGRATIONS]).await {
        let db = &fresh.db;
        let ids = cases(db, 3).await;
        let damage = Sql::both("UPDATE saga SET state = 'Perfect', seq = -1 WHERE saga_id = $1");
        edit(db, damage, &ids[1]).await;
        let settings = SqlStoreSettings::new(ChainKey::new(KEY));
        let store = SqlStore::open(db.clone(), settings).await.unwrap();
        let page = Page {
            after: None,
            limit: 10,
        };
        let rows = store.list(Filter::default(), page).await.unwrap();
        let listed: Vec<_> = rows.iter().map(|row| row.saga.to_string()).collect();
        assert_eq!(listed, ids);
        let set_aside: Vec<_> = rows.iter().map(|row| row.quarantined.is_some()).collect();
        assert_eq!(set_aside, [false, true, false]);
        let why = rows[1].quarantined.as_deref().unwrap();
        assert!(why.contains("state"), "{why}");
    }
}

#[tokio::test]
async fn an_audit_with_another_key_finds_nothing_as_it_was_written() {
    for fresh in databases(&[MIGRATIONS]).await {
        let ids = cases(&fresh.db, 1).await;
        let audit = Audit::new(fresh.db.clone(), ChainKey::new(*b"another key"));
        let found = audit.check(&ids[0]).await.unwrap();
        assert!(matches!(found, Some(Audited::Broken { seq: 1, .. })));
    }
}

#[tokio::test]
async fn s46_an_audit_reads_what_is_not_settled_yet() {
    for fresh in databases(&[MIGRATIONS]).await {
        let db = &fresh.db;
        let id = cases(db, 1).await.remove(0);
        // As a gateway leaves it that is killed before it settled.
        let store = SqlStore::open(db.clone(), SqlStoreSettings::new(ChainKey::new(KEY)));
        let store = store.await.unwrap();
        let row = store.load(id.parse().unwrap()).await.unwrap().row;
        let new = NewSaga {
            saga: SagaId(uuid::Uuid::now_v7()),
            definition: row.definition.clone(),
            version: row.version,
            dedupe: None,
            seal: Seal::OPEN,
            events: vec![EventRecord {
                at: row.updated_at,
                kind: "Accepted",
                body: "{}".to_owned(),
                payload: bytes::Bytes::new(),
            }],
            projection: Projection {
                state: SagaState::Running,
                waiting: false,
                responsible: None,
                wake_at: None,
                wake_reason: None,
            },
        };
        let saga = new.saga;
        store.accept(new).await.unwrap();
        let audit = Audit::new(db.clone(), ChainKey::new(KEY));
        let intact = Some(Audited::Intact { rows: 1 });
        assert_eq!(audit.check(&saga.to_string()).await.unwrap(), intact);
        assert_eq!(
            audit.sagas("", 10).await.unwrap(),
            [id.clone(), saga.to_string()]
        );
        let mut tx = db.begin().await.unwrap();
        let cut = Sql::both("DELETE FROM saga_log");
        assert_eq!(tx.execute(cut, args![]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        // On SQLite nothing else has been written of it yet.
        let broken = match db.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Audited::Broken { seq: 1, row: None }),
        };
        assert_eq!(audit.check(&saga.to_string()).await.unwrap(), broken);
    }
}
