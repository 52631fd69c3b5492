//! The journal's rows, read and changed behind the store's back.

use onething_db::{Db, Sql, args};
use onething_saga::store::{Chapter, Filter, Page, Store, StoredEvent};

/// Sees to it that the tables say all that was acknowledged, as before a list.
pub(crate) async fn settle(store: &dyn Store) {
    let page = Page {
        after: None,
        limit: 1,
    };
    store.list(Filter::default(), page).await.unwrap();
}

/// A saga's events as its chapters hold them.
pub(crate) async fn stored(db: &Db, saga: &str) -> Vec<StoredEvent> {
    const ALL: Sql = Sql::both("SELECT events FROM saga_chapter WHERE saga_id = $1 ORDER BY first");
    let rows: Vec<(Vec<u8>,)> = db.fetch_all(ALL, args![saga]).await.unwrap();
    let chapters = rows.iter().map(|(bytes,)| Chapter::read(bytes));
    chapters.flat_map(|chapter| chapter.events).collect()
}

/// Changes the chapter that holds an event; `change` is told the event's place in it.
pub(crate) async fn rewrite(
    db: &Db,
    saga: &str,
    seq: u64,
    change: impl FnOnce(&mut Vec<StoredEvent>, usize),
) {
    damage(db, saga, seq, |bytes| {
        let Chapter { mut events, whole } = Chapter::read(bytes);
        assert!(whole);
        let place = events.iter().position(|event| event.seq == seq).unwrap();
        change(&mut events, place);
        *bytes = Chapter::write(&events).unwrap();
    })
    .await;
}

/// Changes the bytes of the chapter that holds an event.
pub(crate) async fn damage(db: &Db, saga: &str, seq: u64, change: impl FnOnce(&mut Vec<u8>)) {
    const LAST: Sql = Sql::both(
        "SELECT first, events FROM saga_chapter WHERE saga_id = $1 AND first <= $2 \
         ORDER BY first DESC LIMIT 1",
    );
    const PUT: Sql =
        Sql::both("UPDATE saga_chapter SET events = $3 WHERE saga_id = $1 AND first = $2");
    let mut tx = db.begin().await.unwrap();
    let found: Option<(i64, Vec<u8>)> = tx
        .fetch_optional(LAST, args![saga, seq as i64])
        .await
        .unwrap();
    let (first, mut bytes) = found.unwrap();
    change(&mut bytes);
    assert_eq!(tx.execute(PUT, args![saga, first, bytes]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
