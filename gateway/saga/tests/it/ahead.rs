//! Calls that are journaled before it is their turn, and sent the moment it is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use onething_saga::store::MemoryStore;
use onething_saga::{
    Answer, Awaits, Command, Engine, Event, MigrationError, Plan, SagaId, SagaState, StepIndex,
    StepState, Submission, UndoAnswer, Wait,
};

use crate::bench::Bench;
use crate::departments::{Departments, Mood};
use crate::engine::{ended, settings, submit};
use crate::fixtures::definition;
use crate::forgetful::Forgetful;
use crate::mortal::Mortal;

const CHAIN: &[&str] = &[
    "a compensable 0",
    "b compensable 0 after a",
    "c compensable 0 after b",
    "p pivot 0 after c",
];

/// A saga whose steps `ahead` need nothing of each other's answers.
fn looking_ahead(lines: &[&str], ahead: &[&str]) -> Bench {
    let mut bench = Bench::idle(definition(lines));
    bench.ahead = ahead.iter().map(|step| (*step).to_owned()).collect();
    bench.start();
    bench
}

/// The steps of which there are events of a kind.
fn about(bench: &Bench, kind: &str) -> Vec<String> {
    let events = bench.events.iter().filter(|event| event.kind() == kind);
    let steps = events.filter_map(Event::step);
    let name = |step| bench.state.plan().step(step).id.clone();
    steps.map(name).collect()
}

#[test]
fn what_needs_no_answer_is_intended_before_its_turn_and_called_at_once() {
    let mut bench = looking_ahead(CHAIN, &["b", "c", "p"]);
    assert_eq!(about(&bench, "intended"), ["a"]);
    // A pivot waits until everything before it is in the journal.
    assert_eq!(about(&bench, "intended_ahead"), ["b", "c"]);
    assert_eq!(bench.take("act"), ["a"], "it is nobody else's turn");
    assert_eq!(bench.step("b"), StepState::Blocked);
    assert_eq!(bench.state.step(bench.index("b")).round, 0);
    bench.succeed("a");
    let (step, round, wait) = (bench.index("b"), 1, Wait::Now);
    assert_eq!(bench.early, [Command::Act { step, round, wait }]);
    assert_eq!(bench.take("act"), ["b"]);
    assert_eq!(about(&bench, "begun"), ["b"]);
    bench.succeed("b");
    assert_eq!(bench.take("act"), ["c"]);
    bench.succeed("c");
    assert_eq!(bench.early.len(), 2, "the pivot waits for the journal");
    assert_eq!(bench.take("act"), ["p"]);
    bench.succeed("p");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn what_needs_an_answer_is_looked_at_again_when_that_is_there() {
    let mut bench = looking_ahead(CHAIN, &["c"]);
    assert_eq!(about(&bench, "intended_ahead"), ["c"]);
    bench.succeed("a");
    assert_eq!(about(&bench, "intended"), ["a", "b"]);
    assert!(
        bench.early.is_empty(),
        "`b` was built out of what `a` answered"
    );
    bench.succeed("b");
    assert_eq!(bench.early.len(), 1);
}

#[test]
fn what_rests_on_a_decision_waits_until_that_is_in_the_journal() {
    let lines = &[
        "a compensable 0",
        "x compensable 0 after a",
        "b compensable 0 after x",
    ];
    let mut definition = definition(lines);
    definition.steps[1].conditional = true;
    let mut bench = Bench::idle(definition);
    bench.ahead = vec!["b".to_owned()];
    bench.omitted = vec!["x".to_owned()];
    bench.start();
    assert_eq!(about(&bench, "intended_ahead"), ["b"]);
    bench.succeed("a");
    // Its successor might find that `x` applies.
    assert_eq!(about(&bench, "omitted"), ["x"]);
    assert!(bench.early.is_empty());
    assert_eq!(bench.take("act"), ["a", "b"]);
}

#[test]
fn where_something_may_be_corrected_nothing_is_intended_ahead() {
    let mut definition = definition(CHAIN);
    definition.steps[3].correctable = true;
    let mut bench = Bench::idle(definition);
    bench.ahead = vec!["b".to_owned(), "c".to_owned()];
    bench.start();
    assert_eq!(bench.count("intended_ahead"), 0);
}

#[test]
fn whatever_is_decided_in_its_turn_is_not_intended_ahead() {
    let lines = &[
        "a compensable 0",
        "b compensable 0 after a",
        "c? compensable 0 after a",
        "d compensable 0 after a",
        "e compensable 0 after a",
        "f compensable 1 after a",
    ];
    let mut definition = definition(lines);
    definition.steps[1].conditional = true;
    definition.steps[3].for_each = true;
    definition.steps[4].deadline = Some(onething_saga::TimeLimit {
        working_days: 3,
        on_expiry: onething_saga::OnExpiry::Escalate,
    });
    let mut bench = Bench::idle(definition);
    bench.ahead = ["b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
    bench.start();
    assert_eq!(bench.count("intended_ahead"), 0);
}

#[test]
fn what_was_never_called_is_not_undone() {
    let mut bench = looking_ahead(CHAIN, &["b", "c"]);
    bench.refuse("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.step("b"), StepState::NotStarted);
    assert_eq!(bench.count("undo_intended"), 0);
}

#[test]
fn s01_what_an_earlier_owner_may_have_called_is_undone() {
    let mut bench = looking_ahead(CHAIN, &["b", "c"]);
    // It had answers for `a` and `b`, called `c`, and died before anything of that was journaled.
    bench.crash();
    assert_eq!(about(&bench, "ahead_in_doubt"), ["b", "c"]);
    bench.crash();
    assert_eq!(bench.count("ahead_in_doubt"), 2, "journaled once");
    assert_eq!(bench.take("act"), ["a"]);
    bench.cancel().unwrap();
    bench.doubt("a");
    bench.later(crate::fixtures::MINUTE);
    bench.tick();
    assert_eq!(bench.take("undo"), ["c"], "in the order of any undo");
    bench.undone("c");
    bench.undo("b", UndoAnswer::NothingToUndo);
    assert_eq!(bench.take("undo"), ["b", "a"]);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn what_an_earlier_owner_may_have_called_is_undone_before_another_segment_it_builds_on() {
    let lines = &[
        "a compensable 0",
        "b compensable 1",
        "c compensable 1 after a b",
    ];
    let mut bench = looking_ahead(lines, &["c"]);
    bench.succeed("a");
    bench.crash();
    assert_eq!(about(&bench, "ahead_in_doubt"), ["c"]);
    bench.cancel().unwrap();
    assert!(bench.take("undo").is_empty(), "`b` is still asked for");
    bench.succeed("b");
    assert_eq!(bench.take("undo"), ["c"]);
    bench.undone("c");
    for step in bench.take("undo") {
        bench.undone(&step);
    }
    assert_eq!(bench.step("a"), StepState::Undone);
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn s02_what_an_earlier_owner_may_have_called_is_called_again_with_the_same_bytes() {
    let mut bench = looking_ahead(CHAIN, &["b"]);
    bench.crash();
    bench.succeed("a");
    assert_eq!(about(&bench, "begun"), ["b"]);
    let record = bench.state.step(bench.index("b"));
    assert_eq!((record.round, &record.request[..]), (1, &b"b ahead"[..]));
    bench.crash();
    let record = bench.state.step(bench.index("b"));
    assert_eq!((record.round, &record.request[..]), (1, &b"b ahead"[..]));
    assert_eq!(bench.take("act"), ["b"]);
}

#[test]
fn behind_an_officer_nothing_is_kept_ready() {
    let mut bench = looking_ahead(CHAIN, &["b"]);
    bench.answer("a", Answer::Pending);
    bench.crash();
    assert_eq!(
        bench.count("ahead_in_doubt"),
        0,
        "nobody can have called it"
    );
    bench.succeed("a");
    assert_eq!(about(&bench, "intended"), ["a", "b"], "built in its turn");
    assert!(bench.early.is_empty());
}

#[test]
fn behind_an_officer_what_may_have_been_called_is_kept() {
    let mut bench = looking_ahead(CHAIN, &["b"]);
    bench.crash();
    bench.answer("a", Answer::Pending);
    bench.refuse("a");
    assert_eq!(bench.take("undo"), ["b"]);
    bench.undo("b", UndoAnswer::NothingToUndo);
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn s40_what_is_intended_ahead_counts_as_started_in_another_definition() {
    let bench = looking_ahead(CHAIN, &["b"]);
    let next = Plan::new(definition(CHAIN)).unwrap();
    let only_first = [(StepIndex(0), StepIndex(0))];
    let step = "b".to_owned();
    assert_eq!(
        bench.state.check_migration(&next, &only_first),
        Err(vec![MigrationError::Unmapped { step }])
    );
}

/// Waits until the departments have done this.
async fn called(departments: &Departments, saga: SagaId, log: &[&str]) {
    let done = async {
        while departments.log(saga) != log {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(30), done).await;
    assert!(done.is_ok(), "{:?}", departments.log(saga));
}

/// A case whose owner stops answering at its first write after the submission.
async fn cut_off(refuses: bool) -> (Arc<Departments>, SagaState, Vec<String>) {
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
        "d compensable 0 after c",
    ];
    let departments = Departments::new(vec![definition(&lines)], 1).looking_ahead(true);
    let departments = Arc::new(departments);
    let store = Arc::new(MemoryStore::default());
    let mortal = Arc::new(Mortal::new(store.clone(), 1, false));
    let start = |store| Engine::start(store, departments.clone(), departments.clone(), settings());
    let engine = start(mortal.clone());
    let submission = Submission {
        definition: "test".to_owned(),
        ..Submission::default()
    };
    let saga = engine.submit(submission).await.unwrap().saga;
    // Every step is called although no answer was journaled.
    called(&departments, saga, &["do a", "do b", "do c", "do d"]).await;
    let journaled = engine.view(saga).await.unwrap();
    assert_eq!(journaled.steps[0].state, StepState::Intended);
    assert_eq!(journaled.steps[1].state, StepState::Blocked);
    drop(engine);
    departments.mood(
        "a",
        Mood {
            refuses,
            losses: if refuses { 100 } else { 0 },
            ..Mood::default()
        },
    );
    let engine = start(Arc::new(store.reopened()));
    engine.recover().await.unwrap();
    if refuses {
        engine.cancel(saga, "applicant", "changed").await.unwrap();
        departments.mood("a", Mood::default());
    }
    let state = ended(&engine, saga).await.state;
    let log = departments.log(saga);
    (departments, state, log)
}

#[tokio::test]
async fn s03_what_was_called_ahead_of_the_journal_is_not_repeated() {
    let (departments, state, log) = cut_off(false).await;
    assert_eq!(departments.violations(), Vec::<String>::new());
    assert_eq!(state, SagaState::Completed);
    assert_eq!(log, ["do a", "do b", "do c", "do d"]);
}

#[tokio::test]
async fn s05_what_was_called_ahead_of_the_journal_is_undone_with_the_rest() {
    let (departments, state, log) = cut_off(true).await;
    assert_eq!(departments.violations(), Vec::<String>::new());
    assert_eq!(state, SagaState::Compensated);
    let undone = ["undo d", "undo c", "undo b", "undo a"];
    assert_eq!(log[4..], undone);
}

#[tokio::test]
async fn what_a_failed_take_over_began_ahead_is_not_called_under_its_epoch() {
    let lines = [
        "a compensable 0",
        "t query 0 after a",
        "b compensable 0 after t",
    ];
    let mut definition = definition(&lines);
    definition.steps[1].awaits = Some(Awaits::Timer {
        after: Duration::from_millis(100),
    });
    let departments = Departments::new(vec![definition], 1)
        .looking_ahead(true)
        .latency(Duration::from_millis(20));
    let departments = Arc::new(departments);
    let start = |store| Engine::start(store, departments.clone(), departments.clone(), settings());
    // Its owner dies while `a` is under way, so that `b` may have been called.
    let memory = Arc::new(MemoryStore::default());
    let engine = start(Arc::new(Mortal::new(memory.clone(), 1, false)));
    let saga = submit(&engine, None).await;
    called(&departments, saga, &["do a"]).await;
    drop(engine);
    // Later, when time is up, whoever takes it over calls `b` at once, and then its first write fails. A
    // later try that called under that epoch as well would find itself overtaken by itself.
    let store = Arc::new(Forgetful {
        refuses: Mutex::new(Some("begun")),
        ..Forgetful::new(memory.reopened())
    });
    let engine = start(store.clone());
    engine.recover().await.unwrap();
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    assert_eq!(*store.refuses.lock().unwrap(), None, "one write failed");
    assert_eq!(departments.log(saga), ["do a", "do b"]);
    assert_eq!(departments.most_at_once(), 1, "`b` is called once");
}
