//! One suite that every store passes. It panics where a store breaks a promise, and needs no empty
//! store: it uses fresh ids and keys.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::future::join_all;
use uuid::Uuid;

use super::{
    Acceptance, Append, Dedupe, Delivery, EventRecord, Filter, Head, NewSaga, Page, Seal, Store,
    StoreError, Take, Verification,
};
use crate::machine::{Event, Projection, SagaId, SagaState, Timestamp};

/// How every saga of the suite is sealed.
static SEAL: LazyLock<Seal> = LazyLock::new(Seal::fresh);

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
    at_rest_until_due(&*store).await;
    delivered_once(&*store).await;
    an_ended_saga_is_owned_by_nobody(&*store).await;
    erased_with_the_chain_intact(&*store).await;
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
    let row = must(store.acquire(saga, Take::Anyway).await);
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
        let row = must(store.acquire(saga, Take::Anyway).await);
        assert!(row.epoch > last, "epoch {} after {last}", row.epoch);
        last = row.epoch;
    }
    let nobody = SagaId(Uuid::now_v7());
    assert!(matches!(
        store.acquire(nobody, Take::Anyway).await,
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

/// A saga that rests is owned by nobody, comes back when it is due and not before, and whoever takes it
/// over fences off the one before.
async fn at_rest_until_due(store: &dyn Store) {
    let (saga, epoch, head) = begin(store, None).await;
    let owner = must(store.load(saga).await).row.owner;
    assert!(owner.is_some(), "whoever accepts a saga owns it");
    let mut resting = append(saga, epoch, head, vec![record(3)]);
    resting.rests = Some(Timestamp(9));
    let head = must(store.append(resting).await);
    assert_eq!(must(store.load(saga).await).row.owner, None);
    let due = must(store.next_due().await);
    assert!(due.is_some_and(|due| due <= Timestamp(9)), "{due:?}");
    let early = must(store.claimable(Timestamp(8), 10_000).await);
    assert!(!early.contains(&saga), "not before it is due");
    let due = must(store.claimable(Timestamp(9), 10_000).await);
    assert!(due.contains(&saga));
    let row = must(store.acquire(saga, Take::IfFree).await);
    assert!(row.epoch > epoch);
    assert_eq!(row.owner, owner, "this incarnation took it over");
    let taken = must(store.claimable(Timestamp(9), 10_000).await);
    assert!(
        !taken.contains(&saga),
        "a saga that is owned is not claimable"
    );
    let late = store
        .append(append(saga, epoch, head, vec![record(4)]))
        .await;
    assert!(matches!(late, Err(StoreError::Fenced)));
    let mut empty = append(saga, row.epoch, head, Vec::new());
    empty.rests = Some(Timestamp(9));
    assert_eq!(
        must(store.append(empty).await),
        head,
        "only the row changed"
    );
    assert_eq!(must(store.load(saga).await).row.owner, None);
}

/// A delivery is kept once, for any saga, with the position behind it, and leaves with the append that
/// takes it in and with no other.
async fn delivered_once(store: &dyn Store) {
    let source = Uuid::now_v7().to_string();
    assert_eq!(must(store.position(&source).await), None);
    let (saga, epoch, head) = begin(store, None).await;
    let nobody = SagaId(Uuid::now_v7());
    let delivery = |saga, name: &str, body: &str| Delivery {
        saga,
        name: name.to_owned(),
        body: body.to_owned(),
        payload: Bytes::from_static(&[0, 255]),
    };
    let first = delivery(saga, "a", "first");
    let all = vec![first.clone(), delivery(nobody, "a", "kept")];
    must(store.receive(&source, "1", all).await);
    let again = vec![delivery(saga, "a", "again"), delivery(saga, "b", "second")];
    must(store.receive(&source, "2", again).await);
    assert_eq!(must(store.position(&source).await).as_deref(), Some("2"));
    assert_eq!(
        must(store.inbox(nobody).await).len(),
        1,
        "unmatched ones are kept"
    );
    let inbox = must(store.inbox(saga).await);
    assert_eq!(inbox, [first, delivery(saga, "b", "second")]);
    assert!(must(store.mail(10_000).await).contains(&saga));
    let mut stale = append(saga, epoch + 1, head, Vec::new());
    stale.taken = vec!["a".to_owned()];
    assert!(matches!(store.append(stale).await, Err(StoreError::Fenced)));
    assert_eq!(
        must(store.inbox(saga).await).len(),
        2,
        "nothing was taken in"
    );
    let mut resting = append(saga, epoch, head, vec![record(3)]);
    resting.taken = vec!["a".to_owned()];
    resting.rests = Some(Timestamp(9));
    must(store.append(resting).await);
    let left: Vec<_> = must(store.inbox(saga).await)
        .into_iter()
        .map(|delivery| delivery.name)
        .collect();
    assert_eq!(left, ["b"]);
    assert!(
        !must(store.mail(10_000).await).contains(&saga),
        "nobody owns it"
    );
    let claimable = must(store.claimable(Timestamp(0), 10_000).await);
    assert!(claimable.contains(&saga), "something waits for it");
    assert!(!claimable.contains(&nobody), "it is not here");
}

async fn an_ended_saga_is_owned_by_nobody(store: &dyn Store) {
    let (saga, epoch, head) = begin(store, None).await;
    let mut last = append(saga, epoch, head, vec![record(3)]);
    last.projection = projection(SagaState::Completed);
    last.rests = Some(Timestamp(9));
    must(store.append(last).await);
    for take in [Take::IfFree, Take::Anyway] {
        let row = must(store.acquire(saga, take).await);
        assert_eq!((row.epoch, row.owner), (epoch, None));
    }
    let claimable = must(store.claimable(Timestamp(i64::MAX), 10_000).await);
    assert!(!claimable.contains(&saga));
}

/// Without its key an ended saga's payloads are empty, its other bytes are as they were, and the chain fits.
async fn erased_with_the_chain_intact(store: &dyn Store) {
    let nobody = SagaId(Uuid::now_v7());
    let unknown = store.erase(nobody, erasure()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(id)) if id == nobody));
    let dedupe = Dedupe {
        key: Uuid::now_v7().to_string(),
        digest: [7; 32],
    };
    let (saga, epoch, head) = begin(store, Some(dedupe.clone())).await;
    let early = store.erase(saga, erasure()).await;
    assert!(matches!(early, Err(StoreError::Fenced)), "{early:?}");
    let mut last = append(saga, epoch, head, vec![record(3)]);
    last.projection = projection(SagaState::Completed);
    must(store.append(last).await);
    let before = must(store.load(saga).await);
    assert!(before.events.iter().all(|event| !event.payload.is_empty()));

    let row = must(store.erase(saga, erasure()).await);
    assert!(row.seal.is_erased());
    let after = must(store.load(saga).await);
    assert_eq!(after.verification, Verification::Intact);
    assert_eq!(after.row, row);
    assert_eq!(after.row.state, before.row.state);
    assert_eq!(after.row.ended_at, before.row.ended_at);
    assert_eq!(after.events.len(), before.events.len() + 1);
    for (old, new) in before.events.iter().zip(&after.events) {
        assert!(new.payload.is_empty(), "event {} is readable", new.seq);
        assert_eq!((&new.body, new.mac), (&old.body, old.mac));
    }
    assert_eq!(must(store.events(saga, 1, 100).await), after.events);
    let again = must(store.erase(saga, erasure()).await);
    assert_eq!(again, row, "it is erased and journaled once");
    let resubmitted = store
        .accept(new(SagaId(Uuid::now_v7()), Some(dedupe)))
        .await;
    assert!(matches!(resubmitted, Err(StoreError::Erased { saga: id }) if id == saga));
}

fn erasure() -> EventRecord {
    let event = Event::Erased {
        by: "saran".to_owned(),
        reason: "its time is over".to_owned(),
    };
    EventRecord {
        at: Timestamp(7),
        kind: event.kind(),
        body: must(event.body()),
        payload: event.payload(),
    }
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
        seal: *SEAL,
        events: vec![record(1), record(2)],
        projection: projection(SagaState::Accepted),
    }
}

fn append(saga: SagaId, epoch: u64, head: Head, events: Vec<EventRecord>) -> Append {
    Append {
        saga,
        epoch,
        head,
        seal: *SEAL,
        events,
        projection: projection(SagaState::Running),
        at: Timestamp(5),
        rests: None,
        taken: Vec::new(),
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
