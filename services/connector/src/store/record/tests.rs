//! Versions, content and index of one record.

use onething_db::testing::databases;
use serde_json::json;

use super::*;
use crate::store::MIGRATIONS;

const PLACE: Place<'static> = Place {
    department: "HC",
    kind: "birth",
    key: "1",
};

fn body(mother: &str) -> Body {
    let mut body = Body::new();
    body.insert("mother".to_owned(), json!(mother));
    body
}

async fn locked(tx: &mut Tx) -> Record {
    lock(tx, PLACE).await.unwrap().unwrap()
}

async fn found(tx: &mut Tx, mother: &str) -> usize {
    let mut reader = Reader::Locking(tx);
    let found = reader.by_attribute("HC", "birth", "mother", mother).await;
    found.unwrap().len()
}

#[tokio::test]
async fn a_record_goes_through_its_versions_and_its_index_follows() {
    let indexed = ["mother".to_owned()];
    for test in databases(&[MIGRATIONS]).await {
        let tx = &mut test.db.begin().await.unwrap();
        let created = create(tx, PLACE, &body("A"), &indexed, 1).await.unwrap();
        let record = locked(tx).await;
        let changed = change(tx, PLACE, &record, &body("B"), &indexed, 2).await;
        assert_eq!((created, changed.unwrap()), (1, 2));
        assert_eq!((found(tx, "A").await, found(tx, "B").await), (0, 1));

        let record = locked(tx).await;
        restore(tx, PLACE, &record, 1, &indexed, 3).await.unwrap();
        let record = locked(tx).await;
        assert_eq!((record.version, record.content), (3, 1));
        assert_eq!(record.body, body("A"));
        assert_eq!((found(tx, "A").await, found(tx, "B").await), (1, 0));

        annul(tx, PLACE, &record, 4).await.unwrap();
        assert_eq!(found(tx, "A").await, 0);
        let hidden = Reader::Locking(tx).in_force(PLACE).await.unwrap();
        assert!(hidden.is_none());
        assert!(locked(tx).await.state == State::Annulled);

        // An annulled key is used anew, and only an annulled one.
        let anew = create(tx, PLACE, &body("C"), &indexed, 5).await.unwrap();
        assert_eq!((anew, locked(tx).await.version), (5, 5));
        let twice = create(tx, PLACE, &body("D"), &indexed, 6).await;
        assert!(matches!(twice, Err(Fault::Corrupt { .. })));
    }
}

#[tokio::test]
async fn a_record_that_changed_in_between_is_not_overwritten() {
    for test in databases(&[MIGRATIONS]).await {
        let tx = &mut test.db.begin().await.unwrap();
        create(tx, PLACE, &body("A"), &[], 1).await.unwrap();
        let stale = locked(tx).await;
        change(tx, PLACE, &stale, &body("B"), &[], 2).await.unwrap();
        let late = change(tx, PLACE, &stale, &body("C"), &[], 3).await;
        assert!(matches!(late, Err(Fault::Corrupt { .. })));
        assert_eq!(locked(tx).await.body, body("B"));
    }
}
