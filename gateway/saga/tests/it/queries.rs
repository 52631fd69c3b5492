//! The pure core: queries whose answers grow too old for a pivot.

use onething_saga::{SagaState, StepState};

use crate::bench::Bench;
use crate::fixtures::MINUTE;

fn fresh(lines: &[&str]) -> Bench {
    Bench::with(lines, |definition| {
        for step in &mut definition.steps {
            if step.id.starts_with('q') {
                step.fresh_for = Some(MINUTE);
            }
        }
    })
}

#[test]
fn an_answer_that_is_too_old_is_asked_for_again_before_the_pivot() {
    let mut bench = fresh(&["q query 0", "a compensable 0 after q", "p pivot 0 after a"]);
    bench.succeed("q");
    bench.later(MINUTE * 2);
    bench.succeed("a");
    assert_eq!(bench.step("p"), StepState::Blocked);
    assert_eq!(bench.step("q"), StepState::Intended);
    assert_eq!(bench.step("a"), StepState::Succeeded, "its effect stays");
    bench.crash();
    bench.succeed("q");
    assert_eq!(bench.state.step(bench.index("q")).round, 2);
    assert_eq!(bench.step("p"), StepState::Intended);
    bench.succeed("p");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn an_answer_that_is_fresh_enough_is_not_asked_for_again() {
    let mut bench = fresh(&["q query 0", "a compensable 0 after q", "p pivot 0 after a"]);
    bench.succeed("q");
    bench.later(MINUTE);
    bench.succeed("a");
    assert_eq!(bench.step("p"), StepState::Intended);
    assert_eq!(bench.count("reopened"), 0);
}

#[test]
fn a_refusal_of_the_second_answer_is_a_refusal() {
    let mut bench = fresh(&["q query 0", "a compensable 0 after q", "p pivot 0 after a"]);
    bench.succeed("q");
    bench.later(MINUTE * 2);
    bench.succeed("a");
    bench.refuse("q");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.step("p"), StepState::NotStarted);
}

#[test]
fn queries_slower_than_their_freshness_do_not_hold_a_pivot_for_ever() {
    let mut bench = fresh(&["q1 query 0", "q2 query 0", "p pivot 0 after q1 q2"]);
    let mut answered = 0;
    while bench.step("p") != StepState::Intended {
        bench.later(MINUTE * 2);
        let query = if bench.step("q1") == StepState::Intended {
            "q1"
        } else {
            "q2"
        };
        bench.succeed(query);
        answered += 1;
        assert!(answered < 20);
    }
    assert!(answered > 2, "they were asked again at first");
    bench.succeed("p");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_query_of_a_segment_that_fails_later_takes_the_pivots_segment_along() {
    let mut bench = fresh(&[
        "q query 0",
        "a compensable 0",
        "b compensable 1 after q",
        "p pivot 1 after b",
    ]);
    bench.succeed("q");
    bench.succeed("a");
    bench.later(MINUTE * 2);
    bench.succeed("b");
    assert_eq!(bench.step("q"), StepState::Intended);
    bench.refuse("q");
    bench.undone("b");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn a_query_that_others_rely_on_is_left_as_it_was() {
    let mut bench = fresh(&[
        "q query 0",
        "a compensable 0 after q",
        "p pivot 1 after a",
        "b compensable 2 after a",
        "r pivot 2 after b",
    ]);
    bench.succeed("q");
    bench.succeed("a");
    bench.succeed("p");
    bench.later(MINUTE * 2);
    bench.succeed("b");
    // Its refusal would take the ground from under an effect that stays.
    assert_eq!(bench.step("r"), StepState::Intended);
}
