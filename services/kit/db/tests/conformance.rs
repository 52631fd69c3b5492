//! What must hold on both databases alike.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_db::{Db, Migrations, Sql, args, sqlx, testing::databases, verify_statements};
use serde_json::{Value, json};

const THING: Migrations = Migrations::new(
    "thing",
    || sqlx::migrate!("tests/migrations/sqlite"),
    || sqlx::migrate!("tests/migrations/postgres"),
);
const INSERT: Sql =
    Sql::both("INSERT INTO thing (id, size, ready, body, raw) VALUES ($1, $2, $3, $4, $5)");
const GET: Sql = Sql::both("SELECT id, size, ready, body, raw FROM thing WHERE id = $1");
const COUNT: Sql = Sql::both("SELECT COUNT(*) FROM thing");

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Thing {
    id: String,
    size: i64,
    ready: bool,
    body: Option<sqlx::types::Json<Value>>,
    raw: Option<Vec<u8>>,
}

async fn count(db: &Db) -> i64 {
    db.fetch_one::<(i64,)>(COUNT, args![]).await.unwrap().0
}

#[tokio::test]
async fn one_row_type_reads_what_was_written_from_both() {
    for test in databases(&[THING]).await {
        let mut tx = test.db.begin().await.unwrap();
        let full = args!["a", 7_i64, true, json!({"姓名": "白音"}), vec![1_u8, 2]];
        tx.execute(INSERT, full).await.unwrap();
        tx.execute(
            INSERT,
            args!["b", 0_i64, false, None::<Value>, None::<Vec<u8>>],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();

        let a: Thing = test.db.fetch_one(GET, args!["a"]).await.unwrap();
        assert_eq!((a.size, a.ready, a.raw), (7, true, Some(vec![1, 2])));
        assert_eq!(a.body.unwrap().0, json!({"姓名": "白音"}));
        let b: Option<Thing> = test.db.fetch_optional(GET, args!["b"]).await.unwrap();
        assert_eq!(b.unwrap().body, None);
        assert!(
            test.db
                .fetch_optional::<Thing>(GET, args!["c"])
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_a_savepoint_takes_back_its_part() {
    for test in databases(&[THING]).await {
        let row = |id: &'static str| args![id, 1_i64, true, None::<Value>, None::<Vec<u8>>];
        let mut tx = test.db.begin().await.unwrap();
        tx.execute(INSERT, row("dropped")).await.unwrap();
        drop(tx);
        assert_eq!(count(&test.db).await, 0);

        let mut tx = test.db.begin().await.unwrap();
        tx.execute(INSERT, row("kept")).await.unwrap();
        tx.savepoint().await.unwrap();
        tx.execute(INSERT, row("taken back")).await.unwrap();
        tx.back_to_savepoint().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&test.db).await, 1);
    }
}

#[tokio::test]
async fn a_second_row_with_the_same_key_is_a_unique_violation() {
    for test in databases(&[THING]).await {
        let row = || args!["a", 1_i64, true, None::<Value>, None::<Vec<u8>>];
        let mut tx = test.db.begin().await.unwrap();
        tx.execute(INSERT, row()).await.unwrap();
        let error = tx.execute(INSERT, row()).await.unwrap_err();
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
