//! One suite that every store passes. It panics where a store breaks a promise, and needs no empty
//! store: it uses fresh ids and keys.

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use uuid::Uuid;

use super::{
    Acceptance, Append, Dedupe, EventRecord, Filter, Head, NewSaga, Page, Store, StoreError,
    Verification,
};
use crate::machine::{Event, Projection, SagaId, SagaState, Timestamp};

/// Runs the whole suite.
///
/// # Panics
/// Where the store breaks a promise.
pub async fn suite(store: Arc<dyn Store>) {
    accepted_and_read_back(&*store).await;
    accepted_once(&*store).await;
    fenced(&*store).await;
    epochs_rise(&*store).await;
    pages_are_complete(&*store).await;
    one_bad_write_leaves_the_others_alone(&store).await;
    set_aside_and_listed(&*store).await;
}

async fn accepted_and_read_back(store: &dyn Store) {
    let (saga, epoch, head) = begin(store, None).await;
    let events = vec![record(3), record(4)];
    let advanced = must(store.append(append(saga, epoch, head, events)).await);
    assert_eq!(advanced.seq, head.seq + 2, "each event has a number");
    let journal = must(store.load(saga).await);
    assert_eq!(journal.verification, Verification::Intact);
    assert_eq!(journal.row.head(), advanced);
    assert_eq!(journal.row.state, SagaState::Running);
    assert_eq!(journal.row.responsible.as_deref(), Some("department"));
    assert_eq!(journal.events.len(), 4);
    assert_eq!(
        journal.events[3].payload,
        record(4).payload,
        "payloads come back as they were"
    );
    assert_eq!(must(store.events(saga, 3, 1).await), journal.events[2..3]);
    assert_eq!(must(store.verify(saga).await), Verification::Intact);
    let nobody = SagaId(Uuid::now_v7());
    assert!(matches!(store.load(nobody).await, Err(StoreError::NotFound(id)) if id == nobody));
}

async fn accepted_once(store: &dyn Store) {
    let key = Uuid::now_v7().to_string();
    let dedupe = Dedupe {
        key,
        digest: [7; 32],
    };
    let (saga, _, _) = begin(store, Some(dedupe.clone())).await;
    let again = must(
        store
            .accept(new(SagaId(Uuid::now_v7()), Some(dedupe.clone())))
            .await,
    );
    assert_eq!(
        again,
        Acceptance::Duplicate { saga },
        "the same submission is the same saga"
    );
    let other = Dedupe {
        digest: [8; 32],
        ..dedupe
    };
    let conflict = store.accept(new(SagaId(Uuid::now_v7()), Some(other))).await;
    assert!(matches!(conflict, Err(StoreError::DigestConflict { saga: id }) if id == saga));
    let taken = store.accept(new(saga, None)).await;
    assert!(matches!(taken, Err(StoreError::Exists(id)) if id == saga));
}

async fn fenced(store: &dyn Store) {
    let (saga, epoch, head) = begin(store, None).await;
    let row = must(store.acquire(saga).await);
    let late = store
        .append(append(saga, epoch, head, vec![record(3)]))
        .await;
    assert!(
        matches!(late, Err(StoreError::Fenced)),
        "an earlier owner writes nothing"
    );
    let head = must(
        store
            .append(append(saga, row.epoch, head, vec![record(3)]))
            .await,
    );
    let behind = Head {
        seq: head.seq - 1,
        ..head
    };
    let twice = store
        .append(append(saga, row.epoch, behind, vec![record(3)]))
        .await;
    assert!(
        matches!(twice, Err(StoreError::Fenced)),
        "nothing follows the same event twice"
    );
    assert_eq!(must(store.load(saga).await).events.len(), 3);
}

async fn epochs_rise(store: &dyn Store) {
    let (saga, mut last, _) = begin(store, None).await;
    for _ in 0..3 {
        let row = must(store.acquire(saga).await);
        assert!(row.epoch > last, "epoch {} after {last}", row.epoch);
        last = row.epoch;
    }
    let nobody = SagaId(Uuid::now_v7());
    assert!(matches!(
        store.acquire(nobody).await,
        Err(StoreError::NotFound(_))
    ));
}

async fn pages_are_complete(store: &dyn Store) {
    let mut mine = Vec::new();
    for _ in 0..7 {
        mine.push(begin(store, None).await);
    }
    let (ended, epoch, head) = mine.remove(3);
    let mut last = append(ended, epoch, head, vec![record(3)]);
    last.projection = projection(SagaState::Completed);
    must(store.append(last).await);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = must(store.active(after, 2).await);
        let Some(last) = page.last() else { break };
        after = Some(*last);
        seen.extend(page);
    }
    assert!(
        mine.iter().all(|(saga, _, _)| seen.contains(saga)),
        "no saga falls between pages"
    );
    assert!(!seen.contains(&ended), "an ended saga is not active");
    let filter = Filter {
        state: Some(SagaState::Completed),
        ..Filter::default()
    };
    let (mut after, mut found) = (None, false);
    loop {
        let page = must(store.list(filter.clone(), Page { after, limit: 2 }).await);
        let Some(last) = page.last() else { break };
        after = Some(last.saga);
        found |= page
            .iter()
            .any(|row| row.saga == ended && row.ended_at.is_some());
        assert!(page.iter().all(|row| row.state == SagaState::Completed));
    }
    assert!(found);
}

async fn one_bad_write_leaves_the_others_alone(store: &Arc<dyn Store>) {
    let mut begun = Vec::new();
    for _ in 0..20 {
        begun.push(begin(&**store, None).await);
    }
    let writes = begun
        .into_iter()
        .enumerate()
        .map(|(n, (saga, epoch, head))| async move {
            let epoch = if n == 7 { epoch + 1 } else { epoch };
            (
                n,
                store
                    .append(append(saga, epoch, head, vec![record(3)]))
                    .await,
            )
        });
    for (n, written) in join_all(writes).await {
        assert_eq!(written.is_err(), n == 7, "write {n}: {written:?}");
    }
}

async fn set_aside_and_listed(store: &dyn Store) {
    let (saga, epoch, head) = begin(store, None).await;
    must(store.quarantine(saga, "cannot be read").await);
    let filter = Filter {
        quarantined: Some(true),
        ..Filter::default()
    };
    let page = Page {
        after: None,
        limit: 10_000,
    };
    let listed = must(store.list(filter.clone(), page).await);
    let row = listed.iter().find(|row| row.saga == saga);
    assert_eq!(
        row.and_then(|row| row.quarantined.as_deref()),
        Some("cannot be read")
    );
    must(
        store
            .append(append(saga, epoch, head, vec![record(3)]))
            .await,
    );
    let listed = must(store.list(filter, page).await);
    assert!(
        listed.iter().all(|row| row.saga != saga),
        "a saga that goes on is no longer set aside"
    );
}

async fn begin(store: &dyn Store, dedupe: Option<Dedupe>) -> (SagaId, u64, Head) {
    let saga = SagaId(Uuid::now_v7());
    match must(store.accept(new(saga, dedupe)).await) {
        Acceptance::Accepted { epoch, head } => (saga, epoch, head),
        Acceptance::Duplicate { saga } => panic!("saga {saga} is there already"),
    }
}

fn new(saga: SagaId, dedupe: Option<Dedupe>) -> NewSaga {
    NewSaga {
        saga,
        definition: "conformance".to_owned(),
        version: 1,
        dedupe,
        events: vec![record(1), record(2)],
        projection: projection(SagaState::Accepted),
    }
}

fn append(saga: SagaId, epoch: u64, head: Head, events: Vec<EventRecord>) -> Append {
    Append {
        saga,
        epoch,
        head,
        events,
        projection: projection(SagaState::Running),
    }
}

fn record(at: i64) -> EventRecord {
    let input = Bytes::from(vec![0, 1, 255]);
    let event = Event::Accepted {
        definition: "conformance".to_owned(),
        version: 1,
        traceparent: Some("早".to_owned()),
        annuls: None,
        input,
    };
    let body = must(event.body());
    EventRecord {
        at: Timestamp(at),
        kind: event.kind(),
        body,
        payload: event.payload(),
    }
}

fn projection(state: SagaState) -> Projection {
    let open = !state.ended();
    Projection {
        state,
        waiting: false,
        responsible: open.then(|| "department".to_owned()),
        wake_at: open.then_some(Timestamp(9)),
        wake_reason: open.then(|| "step `a` is called".to_owned()),
    }
}

fn must<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:?}"),
    }
}
