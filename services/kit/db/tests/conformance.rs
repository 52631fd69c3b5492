//! What must hold on both databases alike.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_db::{
    Args, Backend, Db, Direct, Migrations, Sql, Tx, Write, args, sqlx,
    testing::{TestDb, databases},
    verify_statements,
};
use serde_json::{Value, json};

const THING: Migrations = Migrations::new(
    "thing",
    || sqlx::migrate!("tests/migrations/sqlite"),
    || sqlx::migrate!("tests/migrations/postgres"),
);
const INSERT: Sql =
    Sql::both("INSERT INTO thing (id, size, ready, body, raw) VALUES ($1, $2, $3, $4, $5)");
const GET: Sql = Sql::both("SELECT id, size, ready, body, raw FROM thing WHERE id = $1");
const IDS: Sql = Sql::both("SELECT id FROM thing ORDER BY id");
const COUNT: Sql = Sql::both("SELECT COUNT(*) FROM thing");

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Thing {
    id: String,
    size: i64,
    ready: bool,
    body: Option<sqlx::types::Json<Value>>,
    raw: Option<Vec<u8>>,
}

/// The ways to a transaction.
enum Way {
    Pool(Db),
    Direct(Direct),
}

impl Way {
    async fn begin(&self) -> Tx {
        match self {
            Self::Pool(db) => db.begin().await.unwrap(),
            Self::Direct(direct) => direct.begin().await.unwrap(),
        }
    }
}

/// Each way to each database, which nobody has used.
async fn ways() -> Vec<(TestDb, Way)> {
    let pool = databases(&[THING]).await.into_iter().map(|test| {
        let way = Way::Pool(test.db.clone());
        (test, way)
    });
    let direct = databases(&[THING]).await.into_iter().map(|test| {
        let way = Way::Direct(test.db.direct().unwrap());
        (test, way)
    });
    pool.chain(direct).collect()
}

fn row(id: &'static str) -> Args {
    args![id, 1_i64, true, None::<Value>, None::<Vec<u8>>]
}

async fn count(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(COUNT, args![]).await.unwrap().0
}

#[tokio::test]
async fn one_row_type_reads_what_was_written_from_both() {
    for (test, way) in ways().await {
        let mut tx = way.begin().await;
        let full = args!["a", 7_i64, true, json!({"姓名": "白音"}), vec![1_u8, 2]];
        assert_eq!(tx.execute(INSERT, full).await.unwrap(), 1);
        let bare = args!["b", 0_i64, false, None::<Value>, None::<Vec<u8>>];
        tx.execute(INSERT, bare).await.unwrap();
        let within: Thing = tx.fetch_one(GET, args!["a"]).await.unwrap();
        let b: Option<Thing> = tx.fetch_optional(GET, args!["b"]).await.unwrap();
        assert_eq!(b.unwrap().body, None);
        let c: Option<Thing> = tx.fetch_optional(GET, args!["c"]).await.unwrap();
        assert_eq!(c, None);
        let all: Vec<(String,)> = tx.fetch_all(IDS, args![]).await.unwrap();
        assert_eq!(all, [("a".to_owned(),), ("b".to_owned(),)]);
        tx.commit().await.unwrap();

        let a: Thing = test.db.fetch_one(GET, args!["a"]).await.unwrap();
        assert_eq!(a, within);
        assert_eq!((a.size, a.ready, a.raw), (7, true, Some(vec![1, 2])));
        assert_eq!(a.body.unwrap().0, json!({"姓名": "白音"}));
        let b: Option<Thing> = test.db.fetch_optional(GET, args!["b"]).await.unwrap();
        assert_eq!(b.unwrap().body, None);
        let c: Option<Thing> = test.db.fetch_optional(GET, args!["c"]).await.unwrap();
        assert_eq!(c, None);
    }
}

#[tokio::test]
async fn what_is_no_such_column_or_no_such_type_is_an_error_that_names_no_value() {
    for (_test, way) in ways().await {
        let mut tx = way.begin().await;
        tx.execute(INSERT, row("secret")).await.unwrap();
        let text_as_number = tx.fetch_all::<(i64,)>(IDS, args![]).await.unwrap_err();
        let narrow = Sql::both("SELECT id, size FROM thing");
        let missing = tx.fetch_all::<Thing>(narrow, args![]).await.unwrap_err();
        let mut errors = vec![text_as_number, missing];
        // sqlx reads nothing in SQLite as if it were empty.
        if matches!(way, Way::Direct(_)) || tx.backend() == Backend::Postgres {
            let null = Sql::both("SELECT raw FROM thing");
            errors.push(tx.fetch_all::<(Vec<u8>,)>(null, args![]).await.unwrap_err());
        }
        for error in errors {
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            assert!(!error.is_transient() && !error.is_constraint_violation());
        }
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_a_savepoint_takes_back_its_part() {
    for (test, way) in ways().await {
        let mut tx = way.begin().await;
        tx.execute(INSERT, row("dropped")).await.unwrap();
        drop(tx);
        assert_eq!(count(&test.db).await, 0);

        let mut tx = way.begin().await;
        tx.execute(INSERT, row("kept")).await.unwrap();
        tx.savepoint().await.unwrap();
        tx.execute(INSERT, row("taken back")).await.unwrap();
        tx.back_to_savepoint().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&test.db).await, 1);
    }
}

#[tokio::test]
async fn one_savepoint_follows_another() {
    for (test, way) in ways().await {
        let mut tx = way.begin().await;
        for (id, looks, writes, keeps) in [
            ("a", true, true, true),
            ("b", true, true, false),
            ("c", false, true, true),
            ("d", false, true, false),
            ("e", true, false, false),
            ("f", false, false, false),
            ("g", false, false, true),
            ("h", true, true, true),
            ("i", true, false, true),
            ("j", false, true, true),
        ] {
            tx.savepoint().await.unwrap();
            if looks {
                let found: Option<Thing> = tx.fetch_optional(GET, args![id]).await.unwrap();
                assert_eq!(found, None);
                let all: Vec<Thing> = tx.fetch_all(GET, args![id]).await.unwrap();
                assert_eq!(all, []);
            }
            if writes {
                assert_eq!(tx.execute(INSERT, row(id)).await.unwrap(), 1);
                let found: Thing = tx.fetch_one(GET, args![id]).await.unwrap();
                assert_eq!(found.id, id);
            }
            if keeps {
                tx.release_savepoint().await.unwrap();
            } else {
                tx.back_to_savepoint().await.unwrap();
            }
        }
        tx.savepoint().await.unwrap();
        let error = tx.execute(INSERT, row("a")).await.unwrap_err();
        assert!(error.is_unique_violation(), "{error:?}");
        tx.back_to_savepoint().await.unwrap();
        tx.commit().await.unwrap();
        let kept: Vec<(String,)> = test.db.fetch_all(IDS, args![]).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|(id,)| id.as_str()).collect();
        assert_eq!(kept, ["a", "c", "h", "j"], "{:?}", test.db.backend());
    }
}

#[tokio::test]
async fn a_savepoint_that_is_open_goes_with_its_transaction() {
    for (test, way) in ways().await {
        for (id, commits) in [("a", true), ("b", false)] {
            let mut tx = way.begin().await;
            tx.savepoint().await.unwrap();
            tx.execute(INSERT, row(id)).await.unwrap();
            if commits {
                tx.commit().await.unwrap();
            } else {
                tx.rollback().await.unwrap();
            }
        }
        let kept: Vec<(String,)> = test.db.fetch_all(IDS, args![]).await.unwrap();
        assert_eq!(kept, [("a".to_owned(),)], "{:?}", test.db.backend());
    }
}

#[tokio::test]
async fn a_second_row_with_the_same_key_is_a_unique_violation() {
    for (_test, way) in ways().await {
        let mut tx = way.begin().await;
        tx.execute(INSERT, row("a")).await.unwrap();
        let error = tx.execute(INSERT, row("a")).await.unwrap_err();
        assert!(
            error.is_unique_violation() && !error.is_transient(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn migrations_run_once_and_statements_are_verified() {
    for test in databases(&[THING]).await {
        test.db.migrate(&[THING]).await.unwrap();
        assert!(
            verify_statements(&test.db, &[INSERT, GET, COUNT])
                .await
                .is_empty()
        );
        let wrong = Sql::both("SELECT nothing FROM thing");
        assert_eq!(verify_statements(&test.db, &[wrong, GET]).await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_committed_is_there_when_the_file_is_opened_again() {
    for test in databases(&[THING]).await {
        let mut tx = test.db.begin().await.unwrap();
        tx.execute(
            INSERT,
            args!["a", 1_i64, true, None::<Value>, None::<Vec<u8>>],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        test.db.close().await;
        let again = Db::open(&test.url, 2).await.unwrap();
        assert_eq!(count(&again).await, 1);
    }
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused_without_repeating_it() {
    let error = Db::open("mysql://root:secret@host/x", 1)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("sqlite:PATH") && !error.contains("secret"),
        "{error}"
    );
}

#[tokio::test]
async fn direct_writes_stand_all_or_not_at_all() {
    const GROW: Sql = Sql::both("UPDATE thing SET size = $2 WHERE id = $1 AND size < $2");
    const AGAIN: Sql = Sql::both("UPDATE thing SET size = $2 WHERE size = $1");
    for test in databases(&[THING]).await {
        let mut direct = test.db.direct().unwrap();
        let insert = |id: &'static str| Write {
            sql: INSERT,
            args: args![id, 1_i64, true, json!({"姓名": "白音"}), vec![0_u8, 255]],
            rows: 1,
        };
        let write = |sql, args, rows| Write { sql, args, rows };
        assert!(direct.write(vec![insert("a"), insert("b")]).await.unwrap());
        let both = vec![insert("c"), write(GROW, args!["a", 1_i64], 1)];
        assert!(!direct.write(both).await.unwrap(), "a is not smaller");
        assert_eq!(count(&test.db).await, 2);
        let both = vec![
            write(GROW, args!["a", 7_i64], 1),
            write(AGAIN, args![1_i64, 8_i64], 1),
        ];
        assert!(direct.write(both).await.unwrap());
        let a: Thing = test.db.fetch_one(GET, args!["a"]).await.unwrap();
        assert_eq!((a.size, a.ready, a.raw), (7, true, Some(vec![0, 255])));
        assert_eq!(a.body.unwrap().0, json!({"姓名": "白音"}));
        let b: Thing = test.db.fetch_one(GET, args!["b"]).await.unwrap();
        assert_eq!(b.size, 8);

        let error = direct
            .write(vec![insert("d"), insert("a")])
            .await
            .unwrap_err();
        assert!(error.is_unique_violation() && error.is_constraint_violation());
        assert!(!error.is_transient());
        assert_eq!(count(&test.db).await, 2, "nothing of it stands");
        assert!(
            direct.write(vec![insert("d")]).await.unwrap(),
            "and it goes on"
        );
    }
}

#[tokio::test]
async fn a_direct_write_takes_its_turn() {
    for test in databases(&[THING]).await {
        let mut direct = test.db.direct().unwrap();
        let row = |id: &'static str| args![id, 1_i64, true, None::<Value>, None::<Vec<u8>>];
        let mut tx = test.db.begin().await.unwrap();
        tx.execute(INSERT, row("first")).await.unwrap();
        let insert = Write {
            sql: INSERT,
            args: row("second"),
            rows: 1,
        };
        let written = tokio::spawn(async move { direct.write(vec![insert]).await });
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
        assert!(written.await.unwrap().unwrap());
        assert_eq!(count(&test.db).await, 2);
    }
}

#[tokio::test]
async fn a_transaction_in_the_thread_that_asks_takes_its_turn() {
    for test in databases(&[THING]).await {
        let direct = test.db.direct().unwrap();
        let mut tx = test.db.begin().await.unwrap();
        tx.execute(INSERT, row("first")).await.unwrap();
        let written = tokio::spawn(async move {
            let mut tx = direct.begin().await.unwrap();
            tx.execute(INSERT, row("second")).await.unwrap();
            tx.commit().await.unwrap();
            // Its connection is free for the next.
            direct.begin().await.unwrap().rollback().await.unwrap();
        });
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
        written.await.unwrap();
        assert_eq!(count(&test.db).await, 2);
    }
}

#[tokio::test]
async fn a_direct_connection_that_breaks_is_replaced() {
    const END: Sql = Sql::both(
        "SELECT pg_terminate_backend(pid)::TEXT FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'INSERT INTO thing%'",
    );
    for test in databases(&[THING]).await {
        if test.db.backend() == Backend::Sqlite {
            continue;
        }
        let mut direct = test.db.direct().unwrap();
        let insert = |id: &'static str| Write {
            sql: INSERT,
            args: args![id, 1_i64, true, None::<Value>, None::<Vec<u8>>],
            rows: 1,
        };
        assert!(direct.write(vec![insert("a")]).await.unwrap());
        let ended: Vec<(String,)> = test.db.fetch_all(END, args![]).await.unwrap();
        assert_eq!(ended, [("true".to_owned(),)]);
        assert!(direct.write(vec![insert("b")]).await.is_err());
        assert!(direct.write(vec![insert("b")]).await.unwrap());
        assert_eq!(count(&test.db).await, 2);
    }
}
