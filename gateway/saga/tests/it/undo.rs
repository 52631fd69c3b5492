//! The pure core: undo, in which order, and what happens when it fails.

use onething_saga::{Answer, Event, Input, Operator, SagaState, StepState, UndoAnswer};

use crate::bench::Bench;
use crate::fixtures::MINUTE;

const CHAIN: &[&str] = &[
    "a compensable 0",
    "b compensable 0 after a",
    "c pivot 0 after b",
    "d forward 0 after c",
];

#[test]
fn s11_a_second_undo_answer_is_ignored() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.refuse("b");
    bench.undone("a");
    let events = bench.events.len();
    bench.undone("a");
    assert_eq!(bench.events.len(), events);
    assert_eq!(bench.state.step(bench.index("a")).undo_order, Some(1));
}

#[test]
fn s12_a_diamond_is_recoverable_at_every_point_of_its_undo() {
    let mut bench = Bench::new(&[
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after a",
        "d compensable 0 after b c",
    ]);
    bench.succeed("a");
    bench.succeed("b");
    bench.refuse("c");
    bench.crash();
    assert_eq!(bench.take("undo"), ["b"]);
    bench.undone("b");
    bench.crash();
    assert_eq!(bench.take("undo"), ["a"]);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.step("d"), StepState::NotStarted);
}

#[test]
fn s13_two_failures_make_one_unwind_and_both_causes_are_kept() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0", "c compensable 0"]);
    bench.succeed("c");
    bench.refuse("a");
    bench.refuse("b");
    let failed = bench
        .events
        .iter()
        .filter(|e| matches!(e, Event::SegmentFailed { .. }))
        .count();
    assert_eq!(failed, 1);
    assert_eq!(bench.take("undo"), ["c"]);
    bench.undone("c");
    assert_eq!(bench.status(), SagaState::Compensated);
    let refused = |step: &str| bench.state.step(bench.index(step)).refusal.is_some();
    assert!(refused("a") && refused("b"));
}

#[test]
fn s14_a_sibling_in_flight_is_resolved_before_anything_is_undone() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0", "c compensable 0"]);
    bench.succeed("a");
    bench.refuse("b");
    assert_eq!(bench.take("undo"), Vec::<String>::new());
    bench.succeed("c");
    assert_eq!(bench.take("undo"), ["c", "a"]);
}

#[test]
fn s14_a_sibling_that_waits_for_a_decision_is_closed_at_once() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0", "c compensable 0"]);
    bench.answer("a", Answer::Pending);
    assert!(bench.state.waiting());
    bench.refuse("b");
    assert_eq!(bench.take("undo"), ["a"]);
    assert_eq!(bench.step("c"), StepState::Intended);
}

#[test]
fn s15_a_failed_undo_holds_its_ancestors_and_nothing_else() {
    let mut bench = Bench::new(&[
        "a compensable 0",
        "b compensable 0 after a",
        "x compensable 0",
        "y compensable 0 after x",
        "z compensable 0 after b y",
    ]);
    for step in ["a", "x", "b", "y"] {
        bench.succeed(step);
    }
    bench.refuse("z");
    bench.undo(
        "b",
        UndoAnswer::Impossible {
            reason: "PAID".to_owned(),
        },
    );
    bench.undone("y");
    bench.undone("x");
    assert_eq!(bench.status(), SagaState::Halted);
    assert_eq!(bench.step("a"), StepState::Succeeded);
    let (by, reason) = ("owner".to_owned(), "paid back".to_owned());
    let step = bench.index("b");
    bench
        .feed(Input::Operator(Operator::RetryUndo { step, by, reason }))
        .unwrap();
    assert_eq!(bench.status(), SagaState::Compensating);
    bench.undone("b");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn s16_a_spent_undo_halts_with_an_owner_and_is_never_compensated() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.refuse("b");
    bench.undo(
        "a",
        UndoAnswer::Doubt {
            why: "down".to_owned(),
        },
    );
    bench.later(MINUTE);
    bench.undo(
        "a",
        UndoAnswer::Doubt {
            why: "down".to_owned(),
        },
    );
    assert_eq!(bench.status(), SagaState::Halted);
    assert_eq!(
        bench.state.projection().responsible.as_deref(),
        Some("department")
    );
    bench.attest("a", "annulled by hand");
    assert_eq!(bench.status(), SagaState::Reconciled);
}

#[test]
fn s17_an_unknown_undo_answer_halts() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.refuse("b");
    bench.undo(
        "a",
        UndoAnswer::Unknown {
            kind: "REBOOTED".to_owned(),
        },
    );
    assert_eq!(bench.status(), SagaState::Halted);
}

#[test]
fn s18_a_cancel_during_the_undo_changes_nothing() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.refuse("b");
    let events = bench.events.len();
    bench.cancel().unwrap();
    assert_eq!(bench.events.len(), events);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}
