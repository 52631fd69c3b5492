//! How many statements a call takes beside those of its action. It has a binary of its own, since it
//! counts what the whole process sends.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

#[expect(
    dead_code,
    reason = "shared with the suite of reviews, which uses all of it"
)]
#[path = "reviews/office.rs"]
mod office;

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use office::{NOTE, Office, key};
use onething_db::Backend;
use tracing::{Event, Metadata, Subscriber, field::Field, span};

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

/// How the statements of a call and of its action begin. Others are sent at any time: by connections
/// that are opened, and by the look for reviews that are due.
const OURS: [&str; 5] = [
    "SELECT round, epoch",
    "INSERT INTO ledger",
    "INSERT INTO ledger_past",
    "UPDATE ledger SET",
    "INSERT INTO effect",
];

/// Counts the statements that the drivers tell of: a summary, or the text.
struct Counting;

impl Subscriber for Counting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["sqlx::query", "onething_db::query"].contains(&metadata.target())
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut counts = false;
        event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
            if ["summary", "statement"].contains(&field.name()) {
                let text = format!("{value:?}");
                counts |= OURS.iter().any(|ours| text.contains(ours));
            }
        });
        STATEMENTS.fetch_add(usize::from(counts), Ordering::SeqCst);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn a_call_takes_as_few_statements_as_it_can() {
    tracing::subscriber::set_global_default(Counting).unwrap();
    for office in Office::on_each_database().await {
        let first = key("first", 1);
        office.apply(NOTE, "holder", &first, 1, None).await.unwrap();
        let count = async |what: &str, name: &str, saga: &str, round| {
            STATEMENTS.store(0, Ordering::SeqCst);
            let answer = office.apply(NOTE, name, &key(saga, round), 1, None).await;
            let statements = STATEMENTS.load(Ordering::SeqCst);
            println!("{:?}: {what}: {statements}", office.test.db.backend());
            (answer.is_ok(), statements)
        };
        // The action's own statement is one of them.
        let (new, repeat, refused, next) = match office.test.db.backend() {
            Backend::Sqlite => (3, 1, 4, 4),
            Backend::Postgres => (3, 2, 4, 5),
        };
        assert_eq!(count("new", "holder", "second", 1).await, (true, new));
        assert_eq!(count("repeat", "holder", "second", 1).await, (true, repeat));
        // A refusal is looked for and recorded in a second run.
        let refusing = count("refused", "unqualified", "third", 1).await;
        assert_eq!(refusing, (false, refused));
        assert_eq!(
            count("next round", "holder", "third", 2).await,
            (true, next)
        );
        // On SQLite they share a commit.
        let together: Vec<_> = (0..16).map(|saga| key(&format!("{saga}"), 1)).collect();
        let calls = together
            .iter()
            .map(|key| office.apply(NOTE, "holder", key, 1, None));
        STATEMENTS.store(0, Ordering::SeqCst);
        for answer in join_all(calls).await {
            answer.unwrap();
        }
        let statements = STATEMENTS.load(Ordering::SeqCst);
        assert_eq!(statements, new * together.len());
    }
}
