//! The pure core: decisions that come later, messages from outside, and timers.

use std::time::Duration;

use onething_saga::{
    Answer, Awaits, Command, Draft, Event, Input, OnExpiry, OutcomeAnswer, Refusal, Rejection,
    SagaState, StepState, TimeLimit, UndoAnswer, WaitingFor,
};

use crate::bench::Bench;
use crate::fixtures::MINUTE;

const DAY: Duration = Duration::from_hours(24);

fn granted() -> Answer {
    Answer::Succeeded {
        response: "granted".into(),
    }
}

/// A case in which `a` waits for a message `paid` (and at most two working days when `limited`).
fn letter(limited: bool) -> Bench {
    Bench::with(
        &["x compensable 0", "a query 0 after x", "b pivot 0 after a"],
        |definition| {
            definition.steps[1].awaits = Some(Awaits::Signal {
                name: "paid".to_owned(),
            });
            definition.steps[1].deadline = limited.then_some(TimeLimit {
                working_days: 2,
                on_expiry: OnExpiry::Compensate,
            });
        },
    )
}

#[test]
fn a_decision_may_come_before_its_wait_and_twice() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0 after a"]);
    // The stream is faster than the reply to the call.
    bench.answer("a", granted());
    assert_eq!(bench.step("b"), StepState::Intended);
    let events = bench.events.len();
    bench.answer("a", Answer::Pending);
    bench.answer("a", granted());
    assert_eq!(bench.events.len(), events);
    bench.answer("b", Answer::Pending);
    assert_eq!(
        bench.state.step(bench.index("b")).waiting_for,
        Some(WaitingFor::Decision)
    );
    bench.answer("b", granted());
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_decision_after_the_close_changes_nothing() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0"]);
    bench.answer("a", Answer::Pending);
    bench.refuse("b");
    bench.undo("a", UndoAnswer::NothingToUndo);
    assert_eq!(bench.status(), SagaState::Compensated);
    let events = bench.events.len();
    bench.answer("a", granted());
    bench.answer("a", Answer::Refused(Refusal::new("NO", "no")));
    assert_eq!(bench.events.len(), events);

    let mut open = Bench::new(&["a compensable 0", "b compensable 0", "c compensable 0"]);
    open.answer("a", Answer::Pending);
    open.refuse("b");
    open.undo("a", UndoAnswer::NothingToUndo);
    open.answer("a", granted());
    open.answer("a", granted());
    assert_eq!(open.step("a"), StepState::NothingToUndo);
    assert_eq!(open.state.incidents().len(), 1);
}

#[test]
fn what_waits_is_looked_at_once_a_day() {
    let mut bench = Bench::new(&["a compensable 0"]);
    bench.take("act");
    bench.answer("a", Answer::Pending);
    bench.crash();
    assert_eq!(bench.wake_at(), bench.now.plus(DAY));
    bench.tick();
    assert!(
        bench.open.is_empty(),
        "nothing is polled, and nothing is due"
    );
    bench.wake();
    assert_eq!(bench.take("ask"), ["a"]);
    assert_eq!(bench.wake_at(), bench.now.plus(DAY));
    // The department lost it: it gets the same call again.
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
fn a_department_that_undoes_slowly_is_asked_less_and_less() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0 after a"]);
    bench.succeed("a");
    bench.refuse("b");
    bench.take("undo");
    bench.undo("a", UndoAnswer::Pending);
    bench.crash();
    assert_eq!(bench.take("undo"), Vec::<String>::new());
    for minutes in [5, 10, 20] {
        assert_eq!(bench.wake_at(), bench.now.plus(MINUTE * minutes));
        bench.wake();
        assert_eq!(bench.take("undo"), ["a"]);
        bench.undo("a", UndoAnswer::Pending);
        assert_eq!(bench.take("undo"), Vec::<String>::new());
    }
    for _ in 0..20 {
        bench.wake();
        assert!(bench.wake_at() <= bench.now.plus(DAY));
    }
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn s35_a_signal_before_the_wait_is_kept() {
    let mut bench = letter(false);
    bench.signal("1", "paid", "yes").unwrap();
    bench.crash();
    assert_eq!(bench.step("a"), StepState::Blocked);
    bench.succeed("x");
    assert_eq!(bench.step("a"), StepState::Succeeded);
    let response = bench.state.step(bench.index("a")).response.clone();
    assert_eq!(response.unwrap(), "yes");
    assert_eq!(bench.step("b"), StepState::Intended);
}

#[test]
fn s35_a_signal_twice_is_one_signal() {
    let mut bench = Bench::with(&["a query 0", "b query 0 after a"], |definition| {
        for step in &mut definition.steps {
            step.awaits = Some(Awaits::Signal {
                name: "paid".to_owned(),
            });
        }
    });
    bench.signal("1", "paid", "yes").unwrap();
    let events = bench.events.len();
    bench.signal("1", "paid", "yes").unwrap();
    assert_eq!(bench.events.len(), events);
    assert_eq!(bench.step("a"), StepState::Succeeded);
    assert_eq!(
        bench.step("b"),
        StepState::Waiting,
        "one message is taken once"
    );
    let other = bench.signal("1", "paid", "no");
    assert!(matches!(other, Err(Rejection::Conflict(_))));
    bench.signal("2", "paid", "again").unwrap();
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn s35_a_signal_after_the_end_is_a_conflict() {
    let mut bench = letter(false);
    bench.signal("1", "paid", "yes").unwrap();
    bench.succeed("x");
    bench.succeed("b");
    assert_eq!(bench.status(), SagaState::Completed);
    let late = bench.signal("2", "paid", "yes");
    assert!(matches!(late, Err(Rejection::Conflict(_))));
    // A repetition of one that was taken is still the same message.
    bench.signal("1", "paid", "yes").unwrap();
}

#[test]
fn s36_of_signal_and_timer_exactly_one_decides() {
    let mut first = letter(true);
    first.succeed("x");
    let due = first.wake_at().max(
        first
            .state
            .step(first.index("a"))
            .deadline
            .clone()
            .unwrap()
            .due,
    );
    first.now = due;
    first.signal("1", "paid", "yes").unwrap();
    first.tick();
    assert_eq!(first.step("a"), StepState::Succeeded);
    assert_eq!(first.step("b"), StepState::Intended);
    assert_eq!(first.count("expired"), 0);

    let mut late = letter(true);
    late.succeed("x");
    late.now = due;
    late.tick();
    late.signal("1", "paid", "yes").unwrap();
    assert_eq!(late.step("a"), StepState::NothingToUndo);
    late.undone("x");
    assert_eq!(late.status(), SagaState::Compensated);
    assert_eq!(late.step("b"), StepState::NotStarted);
    assert_eq!(late.count("succeeded"), 1, "only `x` did");
}

#[test]
fn a_timer_ends_by_itself_and_never_early() {
    let mut bench = Bench::with(&["a query 0", "b pivot 0 after a"], |definition| {
        definition.steps[0].awaits = Some(Awaits::Timer { after: MINUTE * 30 });
    });
    assert!(bench.open.is_empty(), "a timer calls nobody");
    assert_eq!(bench.wake_at(), bench.now.plus(MINUTE * 30));
    let projection = bench.state.projection();
    assert_eq!(projection.responsible.as_deref(), Some("gateway"));
    bench.later(MINUTE * 29);
    bench.tick();
    assert_eq!(bench.step("a"), StepState::Waiting);
    bench.crash();
    bench.wake();
    assert_eq!(bench.step("a"), StepState::Succeeded);
    assert_eq!(bench.take("act"), ["b"]);
}

#[test]
fn a_failing_segment_closes_what_waits_without_asking_anybody() {
    let mut bench = Bench::with(
        &["t query 0", "s query 0", "b compensable 0"],
        |definition| {
            definition.steps[0].awaits = Some(Awaits::Timer { after: DAY });
            definition.steps[1].awaits = Some(Awaits::Signal {
                name: "paid".to_owned(),
            });
        },
    );
    bench.refuse("b");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.take("undo"), Vec::<String>::new());
    assert!(!bench.open.iter().any(|c| matches!(c, Command::Ask { .. })));
}

#[test]
fn a_conditional_wait_may_not_apply() {
    let mut definition = crate::fixtures::definition(&["a query 0", "b compensable 0 after a"]);
    definition.steps[0].conditional = true;
    definition.steps[0].awaits = Some(Awaits::Timer { after: DAY });
    let mut bench = Bench::idle(definition.clone());
    bench.omitted.push("a".to_owned());
    bench.start();
    assert_eq!(bench.step("a"), StepState::Omitted);
    assert_eq!(bench.step("b"), StepState::Intended);
    let applies = Bench::of(definition);
    assert_eq!(applies.step("a"), StepState::Waiting);
    assert!(
        applies
            .events
            .iter()
            .any(|e| matches!(e, Event::Awaited { until: Some(_), .. }))
    );
}

#[test]
fn departments_that_do_not_tell_are_polled() {
    let mut bench = Bench::new(&["a compensable 0"]);
    bench.answer("a", Answer::Pending);
    let mut polling = Draft::new(bench.state.clone(), bench.now);
    polling.feed(Input::Resume).unwrap();
    let asks = |command: &Command| matches!(command, Command::Ask { .. });
    assert!(polling.into_parts().1.commands.iter().any(asks));
}
