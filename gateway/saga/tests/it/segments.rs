//! The pure core: segments, optional steps, queries and withdrawal.

use onething_saga::{
    Answer, Draft, Input, Operator, Prepared, Rejection, SagaState, SegmentState, State, StepState,
    UndoAnswer,
};

use crate::bench::Bench;

#[test]
fn independent_segments_survive_each_others_refusal() {
    let mut bench = Bench::new(&[
        "birth pivot 0",
        "insurance compensable 1 after birth",
        "benefit compensable 2 after insurance",
        "card compensable 3 after birth",
    ]);
    bench.succeed("birth");
    bench.refuse("insurance");
    assert_eq!(bench.segment(1), SegmentState::Compensated);
    assert_eq!(bench.segment(2), SegmentState::Dropped);
    assert_eq!(bench.step("benefit"), StepState::NotStarted);
    bench.succeed("card");
    assert_eq!(bench.status(), SagaState::Partial);
    // What follows from a failed segment is part of that segment's outcome.
    assert_eq!(bench.outcomes(), ["without1"]);
    assert_eq!(bench.step("birth"), StepState::Succeeded);
}

#[test]
fn a_segment_starts_only_when_what_it_needs_can_no_longer_fail() {
    let mut bench = Bench::new(&[
        "a compensable 0",
        "b compensable 0",
        "c compensable 1 after a",
    ]);
    bench.succeed("a");
    assert_eq!(bench.step("c"), StepState::Blocked);
    bench.succeed("b");
    assert_eq!(bench.step("c"), StepState::Intended);
}

#[test]
fn an_optional_step_is_closed_then_omitted() {
    let mut bench = Bench::new(&[
        "a compensable 0",
        "b? compensable 0 after a",
        "c pivot 0 after b",
    ]);
    bench.succeed("a");
    bench.refuse("b");
    assert_eq!(bench.step("c"), StepState::Blocked);
    bench.undo("b", UndoAnswer::NothingToUndo);
    assert_eq!(bench.step("b"), StepState::Omitted);
    assert_eq!(bench.step("c"), StepState::Intended);
    bench.succeed("c");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn an_optional_query_is_omitted_without_a_call() {
    let mut bench = Bench::new(&["a? query 0", "c pivot 0 after a"]);
    bench.refuse("a");
    assert_eq!(bench.step("a"), StepState::Omitted);
    assert_eq!(bench.take("undo"), Vec::<String>::new());
}

#[test]
fn queries_are_undone_without_a_call() {
    let mut bench = Bench::new(&[
        "q query 0",
        "a compensable 0 after q",
        "b compensable 0 after a",
    ]);
    bench.succeed("q");
    bench.succeed("a");
    bench.refuse("b");
    assert_eq!(bench.take("undo"), ["a"]);
    bench.undone("a");
    assert_eq!(bench.step("q"), StepState::NothingToUndo);
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn a_cancel_before_any_pivot_compensates_everything() {
    let mut bench = Bench::new(&[
        "a compensable 0",
        "b compensable 1 after a",
        "c pivot 2 after b",
    ]);
    bench.succeed("a");
    bench.cancel().unwrap();
    bench.succeed("b");
    assert_eq!(bench.take("undo"), ["b"], "{:#?}", bench.events);
    bench.undone("b");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.step("c"), StepState::NotStarted);
}

#[test]
fn a_cancel_after_a_pivot_undoes_the_open_and_keeps_what_stands() {
    let mut bench = Bench::new(&[
        "a pivot 0",
        "b compensable 1 after a",
        "c compensable 1 after b",
        "d compensable 2 after c",
    ]);
    bench.succeed("a");
    bench.succeed("b");
    bench.cancel().unwrap();
    bench.succeed("c");
    bench.undone("c");
    bench.undone("b");
    assert_eq!(bench.status(), SagaState::Partial);
    assert_eq!(bench.outcomes(), ["withdrawn"]);
    assert!(matches!(bench.cancel(), Err(Rejection::Conflict(_))));
}

#[test]
fn s21_a_pivot_whose_undo_failed_keeps_a_withdrawal_from_undoing_what_it_stands_on() {
    let mut bench = Bench::new(&["a compensable 0", "c pivot 1 after a"]);
    bench.succeed("a");
    bench.answer("c", Answer::Pending);
    bench.cancel().unwrap();
    let reason = "UNREACHABLE".to_owned();
    bench.undo("c", UndoAnswer::Impossible { reason });
    assert_eq!(bench.step("c"), StepState::UndoFailed);
    assert_eq!(bench.segment(0), SegmentState::Completed);
    let mut attested = bench.clone();
    attested.attest("c", "the register shows it granted");
    assert_eq!(attested.status(), SagaState::Reconciled);
    assert_eq!(
        attested.step("a"),
        StepState::Succeeded,
        "nobody said it is not needed"
    );
    let step = bench.index("c");
    let (by, reason) = ("saran".to_owned(), "reachable again".to_owned());
    let retry = Operator::RetryUndo { step, by, reason };
    bench.feed(Input::Operator(retry)).unwrap();
    bench.undo("c", UndoAnswer::NothingToUndo);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn a_cancel_with_nothing_left_to_undo_is_a_conflict() {
    let mut bench = Bench::new(&["a pivot 0", "b forward 0 after a"]);
    bench.succeed("a");
    assert!(matches!(bench.cancel(), Err(Rejection::Conflict(_))));
}

#[test]
fn a_request_that_cannot_be_built_is_a_refusal_without_effect() {
    let bench = Bench::new(&["a compensable 0"]);
    let step = bench.index("a");
    let fresh = State::new(bench.state.saga(), bench.state.plan().clone());
    let mut draft = Draft::new(fresh, bench.now);
    draft.feed(Input::Resume).unwrap();
    draft
        .feed(Input::Prepared {
            step,
            prepared: Prepared::Impossible {
                why: "no name".into(),
            },
        })
        .unwrap();
    assert_eq!(draft.state().status(), SagaState::Rejected);
}
