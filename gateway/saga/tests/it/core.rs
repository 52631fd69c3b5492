//! The pure core: doubt, undo, pivots and owners.

use onething_saga::{
    Answer, Command, Event, Input, Operator, OutcomeAnswer, OwnerAct, Rejection, SagaState,
    SegmentState, StepState, UndoAnswer,
};

use crate::bench::Bench;
use crate::fixtures::MINUTE;

const CHAIN: &[&str] = &[
    "a compensable 0",
    "b compensable 0 after a",
    "c pivot 0 after b",
    "d forward 0 after c",
];

#[test]
fn s01_nothing_is_sent_before_its_intent() {
    let bench = Bench::new(CHAIN);
    let intent = bench
        .events
        .iter()
        .position(|event| matches!(event, Event::Intended { .. }));
    assert!(intent.is_some());
    assert_eq!(bench.open.len(), 1);
    // Without the events (the commit failed) a new owner starts from nothing and intends again.
    let again = Bench::new(CHAIN);
    assert_eq!(again.events, bench.events);
}

#[test]
fn s02_an_intent_without_answer_is_sent_again_with_the_same_bytes() {
    let mut bench = Bench::new(CHAIN);
    let (index, events) = (bench.index("a"), bench.events.len());
    let request = bench.state.step(index).request.clone();
    bench.crash();
    assert_eq!(bench.take("act"), ["a"]);
    assert_eq!(bench.state.step(index).request, request);
    assert_eq!(bench.events.len(), events, "a repetition is not journaled");
}

#[test]
fn s04_a_journaled_result_is_not_asked_for_again() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.crash();
    assert_eq!(bench.take("act"), ["b"]);
}

#[test]
fn s07_a_step_that_stays_in_doubt_is_undone_when_its_time_is_up() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.doubt("b");
    assert_eq!(bench.step("b"), StepState::InDoubt);
    assert_eq!(bench.take("ask"), ["b"]);
    bench.doubt("b");
    bench.later(MINUTE);
    bench.doubt("b");
    assert_eq!(bench.step("b"), StepState::UndoIntended);
    bench.undone("b");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    let doubts = bench
        .events
        .iter()
        .filter(|e| matches!(e, Event::InDoubt { .. }))
        .count();
    assert_eq!(doubts, 1, "doubt is journaled once a round");
}

#[test]
fn s07_a_step_never_seen_is_sent_again() {
    let mut bench = Bench::new(CHAIN);
    bench.doubt("a");
    bench.take("act");
    let (step, round) = (bench.index("a"), 1);
    bench
        .feed(Input::Asked {
            step,
            round,
            answer: OutcomeAnswer::NotSeen,
        })
        .unwrap();
    assert_eq!(bench.take("act"), ["a"]);
}

#[test]
fn s08_a_closed_key_is_undone_and_an_incident() {
    let mut bench = Bench::new(CHAIN);
    bench.answer("a", Answer::Closed);
    assert_eq!(bench.step("a"), StepState::UndoIntended);
    bench.undo("a", UndoAnswer::NothingToUndo);
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.state.incidents().len(), 1);
}

#[test]
fn s09_a_late_success_after_the_undo_is_an_incident_and_changes_nothing() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0"]);
    bench.doubt("a");
    bench.refuse("b");
    bench.later(MINUTE);
    bench.doubt("a");
    bench.undo(
        "a",
        UndoAnswer::Doubt {
            why: "reset".to_owned(),
        },
    );
    bench.succeed("a");
    assert_eq!(bench.step("a"), StepState::UndoInDoubt);
    bench.undo(
        "a",
        UndoAnswer::Impossible {
            reason: "PAID".to_owned(),
        },
    );
    bench.succeed("a");
    assert_eq!(bench.step("a"), StepState::UndoFailed);

    let mut bench = Bench::new(&[
        "a compensable 0",
        "b compensable 0 after a",
        "x compensable 0",
    ]);
    bench.succeed("a");
    bench.later(MINUTE);
    bench.doubt("b");
    bench.succeed("x");
    bench.undone("b");
    bench.succeed("b");
    bench.succeed("b");
    assert_eq!(bench.step("b"), StepState::Undone);
    assert_eq!(bench.state.incidents().len(), 1);
}

#[test]
fn s10_another_request_under_the_key_halts() {
    let mut bench = Bench::new(CHAIN);
    bench.answer("a", Answer::Mismatch);
    assert_eq!(bench.status(), SagaState::Halted);
    let projection = bench.state.projection();
    assert!(projection.wake_at.is_some() && projection.responsible.is_some());
}

#[test]
fn s19_a_cancel_that_races_the_pivot_has_one_winner() {
    let chain = &[
        "a compensable 0",
        "c pivot 0 after a",
        "d forward 0 after c",
    ];
    let mut effective = Bench::new(chain);
    effective.succeed("a");
    effective.cancel().unwrap();
    assert_eq!(
        effective.take("undo"),
        Vec::<String>::new(),
        "a pivot in flight decides"
    );
    effective.succeed("c");
    effective.succeed("d");
    assert_eq!(effective.status(), SagaState::Completed);

    let mut refused = Bench::new(chain);
    refused.succeed("a");
    refused.cancel().unwrap();
    refused.refuse("c");
    refused.undone("a");
    assert_eq!(refused.status(), SagaState::Compensated);

    // The pivot decides later: the department says which came first.
    let mut waiting = Bench::new(chain);
    waiting.succeed("a");
    waiting.answer("c", Answer::Pending);
    waiting.cancel().unwrap();
    assert_eq!(waiting.take("undo"), ["c"]);
    waiting.undo("c", UndoAnswer::AlreadyEffective);
    assert_eq!(waiting.segment(0), SegmentState::Running);
    waiting.take("act");
    let (step, round) = (waiting.index("c"), 1);
    let known = OutcomeAnswer::Known(Answer::Succeeded {
        response: "ok".into(),
    });
    waiting
        .feed(Input::Asked {
            step,
            round,
            answer: known,
        })
        .unwrap();
    waiting.succeed("d");
    assert_eq!(waiting.status(), SagaState::Completed);
    assert_eq!(waiting.step("a"), StepState::Succeeded);
}

#[test]
fn s20_after_the_pivot_a_refusal_goes_to_an_owner_and_forward() {
    let mut bench = Bench::new(CHAIN);
    for step in ["a", "b", "c"] {
        bench.succeed(step);
    }
    assert_eq!(bench.status(), SagaState::Committed);
    bench.refuse("d");
    assert_eq!(bench.status(), SagaState::Escalated);
    assert_eq!(bench.step("a"), StepState::Succeeded);
    assert!(bench.state.projection().wake_reason.unwrap().contains("NO"));
    let (by, reason) = ("owner".to_owned(), "corrected".to_owned());
    let step = bench.index("d");
    bench
        .feed(Input::Operator(Operator::Retry { step, by, reason }))
        .unwrap();
    assert_eq!(bench.status(), SagaState::Committed);
    assert_eq!(
        bench.state.step(step).round,
        2,
        "a new round, and so a new key"
    );
    bench.succeed("d");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn s21_a_pivot_in_doubt_is_asked_until_it_is_known() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.succeed("b");
    bench.doubt("c");
    for _ in 0..5 {
        bench.later(MINUTE);
        bench.doubt("c");
        assert_eq!(bench.take("undo"), Vec::<String>::new());
        assert_eq!(bench.take("ask").last().map(String::as_str), Some("c"));
    }
    assert_eq!(bench.step("c"), StepState::InDoubt);
    assert_eq!(
        bench
            .events
            .iter()
            .filter(|e| matches!(e, Event::Overdue { .. }))
            .count(),
        1
    );
    bench.succeed("c");
    assert_eq!(bench.status(), SagaState::Committed);
}

#[test]
fn s23_a_stale_epoch_drops_the_saga_and_journals_nothing() {
    let mut bench = Bench::new(CHAIN);
    let events = bench.events.len();
    bench.answer("a", Answer::StaleEpoch);
    assert_eq!(bench.events.len(), events);
    assert_eq!(bench.open.back(), Some(&Command::Abandon));
}

#[test]
fn s48_owners_can_only_act_on_what_waits_for_them() {
    let mut bench = Bench::new(CHAIN);
    let step = bench.index("a");
    let (by, reason) = ("owner".to_owned(), "why not".to_owned());
    let retry = Operator::Retry {
        step,
        by: by.clone(),
        reason: reason.clone(),
    };
    let undo = Operator::RetryUndo {
        step,
        by: by.clone(),
        reason: reason.clone(),
    };
    let propose = |act| Operator::Propose {
        step,
        act,
        by: by.clone(),
        reason: reason.clone(),
    };
    let attest = propose(OwnerAct::Attest {
        disposition: reason.clone(),
    });
    let skip = propose(OwnerAct::Skip);
    for request in [retry, undo, attest, skip] {
        let refused = bench.feed(Input::Operator(request));
        assert!(
            matches!(refused, Err(Rejection::Conflict(_))),
            "{refused:?}"
        );
    }
}
