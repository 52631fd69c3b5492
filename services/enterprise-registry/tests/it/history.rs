//! The history of a record.

use onething_db::{
    Sql, args,
    sqlx::{self, types::Json},
};
use serde_json::{Value, json};

use crate::registry::{ADDRESS, Registry, TARGET, acceptance};

#[derive(sqlx::FromRow)]
struct Entry {
    document_number: String,
    cause: String,
    before: Json<Value>,
    after: Json<Value>,
}

const LAST: Sql = Sql::both(
    "SELECT document_number, cause, before, after FROM enterprise_history \
     WHERE credit_code = $1 ORDER BY position DESC LIMIT 1",
);

#[tokio::test]
async fn an_entry_tells_what_changed_by_which_document_and_call() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let db = &registry.test.db;
        let lock = registry.lock("undone", &code, TARGET).await.unwrap();
        registry.annul("undone", "lock").await;
        let entry: Entry = db.fetch_one(LAST, args![&code]).await.unwrap();
        // The annulment is filed under the call that it annuls.
        assert_eq!(entry.cause, "gateway/undone/lock#1");
        assert_eq!(entry.document_number, lock);
        assert_eq!(entry.before.0, json!({"lock_number": lock}));
        assert_eq!(entry.after.0, json!({"lock_number": null}));

        let before = registry.get(&code).await.unwrap();
        let (numbers, registered) = registry.relocate("s", acceptance(&code)).await;
        let entry: Entry = db.fetch_one(LAST, args![&code]).await.unwrap();
        assert_eq!(entry.cause, "gateway/s/register#1");
        let was = json!({
            "registrar": before.registrar, "address": before.address,
            "licence_number": null, "lock_number": numbers.lock,
        });
        assert_eq!(entry.before.0, was);
        let is = json!({
            "registrar": TARGET, "address": ADDRESS,
            "licence_number": registered.licence_number, "lock_number": null,
        });
        assert_eq!(entry.after.0, is);
    }
}

#[tokio::test]
async fn entries_are_neither_changed_nor_deleted() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        registry.lock("s", &code, TARGET).await.unwrap();
        for sql in [
            Sql::both("UPDATE enterprise_history SET cause = '' WHERE credit_code = $1"),
            Sql::both("DELETE FROM enterprise_history WHERE credit_code = $1"),
        ] {
            let mut tx = registry.test.db.begin().await.unwrap();
            assert!(tx.execute(sql, args![&code]).await.is_err());
        }
        assert_eq!(registry.changes(&code).await, ["locked"]);
    }
}
