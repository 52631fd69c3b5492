//! The pure core: statutory times in working days, what happens at their end, and the end of a whole
//! case's time.

use std::time::Duration;

use onething_calendar::Calendar;
use onething_saga::{
    Answer, Event, FailureCause, MoveReason, OnExpiry, SagaState, SegmentState, StepState,
    TimeLimit, Timestamp, UndoAnswer,
};

use crate::bench::Bench;
use crate::fixtures::{MINUTE, definition};

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

/// A case that starts at a time of the day in UTC, with a statutory time for its step `a`.
fn case(lines: &[&str], start: &str, working_days: u32, on_expiry: OnExpiry) -> Bench {
    let mut definition = definition(lines);
    let step = definition.index_of("a").unwrap();
    definition.steps[step.at()].deadline = Some(TimeLimit {
        working_days,
        on_expiry,
    });
    definition.steps[step.at()].correctable = true;
    let mut bench = Bench::idle(definition);
    bench.now = at(start);
    bench.start();
    bench
}

fn due(bench: &Bench, step: &str) -> Timestamp {
    bench.state.view().steps[bench.index(step).at()]
        .due
        .unwrap()
}

fn leak(days: &str) -> &'static Calendar {
    Box::leak(Box::new(
        Calendar::parse(&format!("date,kind,name\n{days}")).unwrap(),
    ))
}

#[test]
fn s37_the_day_of_the_call_is_day_zero_and_the_last_day_counts_in_full() {
    let start = "2026-09-30T15:59:59Z";
    let before = case(&["a compensable 0"], start, 1, OnExpiry::Escalate);
    assert_eq!(due(&before, "a"), at("2026-10-08T16:00:00Z"));
    // A second later it is the first of October in Beijing, a holiday: the same day 1.
    let after = case(
        &["a compensable 0"],
        "2026-09-30T16:00:00Z",
        1,
        OnExpiry::Escalate,
    );
    assert_eq!(due(&after, "a"), at("2026-10-08T16:00:00Z"));
    // No summer time moves it, and no year's end but by the days that are off.
    let spring = case(
        &["a compensable 0"],
        "2026-03-27T01:00:00Z",
        2,
        OnExpiry::Escalate,
    );
    assert_eq!(due(&spring, "a"), at("2026-03-31T16:00:00Z"));
    let new_year = case(
        &["a compensable 0"],
        "2025-12-31T01:00:00Z",
        1,
        OnExpiry::Escalate,
    );
    assert_eq!(due(&new_year, "a"), at("2026-01-04T16:00:00Z"));
}

#[test]
fn s37_a_holiday_inserted_later_moves_nothing_by_itself() {
    let mut bench = case(
        &["a compensable 0"],
        "2026-09-21T01:00:00Z",
        3,
        OnExpiry::Escalate,
    );
    let set = due(&bench, "a");
    bench.answer("a", Answer::Pending);
    bench.calendar = leak("2026-09-22,holiday,inserted\n2026-09-23,holiday,inserted\n");
    bench.later(Duration::from_hours(24));
    bench.wake();
    bench.crash();
    assert_eq!(due(&bench, "a"), set);
    assert_eq!(bench.count("deadline_moved"), 0);
}

#[test]
fn s37_a_provisional_end_moves_once_the_year_is_known_and_by_an_event() {
    let mut bench = case(
        &["a compensable 0"],
        "2026-12-30T01:00:00Z",
        3,
        OnExpiry::Escalate,
    );
    // 31 December, then Friday the first and Monday the fourth of a year without a notice.
    assert_eq!(due(&bench, "a"), at("2027-01-04T16:00:00Z"));
    assert!(bench.state.view().steps[0].due_provisional);
    bench.answer("a", Answer::Pending);
    bench.calendar = leak("2026-01-01,holiday,x\n2027-01-01,holiday,New Year's Day\n");
    bench.wake();
    assert_eq!(due(&bench, "a"), at("2027-01-05T16:00:00Z"));
    assert!(!bench.state.view().steps[0].due_provisional);
    let moved = bench.events.iter().any(|event| {
        matches!(event, Event::DeadlineMoved { why: MoveReason::Calendar, calendar, .. }
            if calendar == bench.calendar.version())
    });
    assert!(moved);
    bench.wake();
    assert_eq!(bench.count("deadline_moved"), 1);
}

#[test]
fn the_clock_stands_still_during_a_correction() {
    let mut bench = case(
        &["a compensable 0"],
        "2026-09-14T01:00:00Z",
        3,
        OnExpiry::Compensate,
    );
    assert_eq!(due(&bench, "a"), at("2026-09-17T16:00:00Z"));
    bench.answer("a", Answer::Pending);
    bench.now = at("2026-09-15T01:00:00Z");
    bench.returned("a");
    // Long past the due date, nothing expires.
    bench.now = at("2026-09-24T01:00:00Z");
    bench.tick();
    assert_eq!(bench.count("expired"), 0);
    bench.correct("a", &[]).unwrap();
    // Tuesday the 15th to Thursday the 24th: 16, 17, 18, 20 (a make-up day), 21, 22, 23, 24.
    // So eight more after the 17th: 18, 20, 21, 22, 23, 24, then 28 and 29 after the festival.
    assert_eq!(due(&bench, "a"), at("2026-09-29T16:00:00Z"));
    assert_eq!(bench.count("deadline_set"), 1);
    assert_eq!(bench.count("deadline_moved"), 1);
    bench.crash();
    assert_eq!(due(&bench, "a"), at("2026-09-29T16:00:00Z"));
    bench.answer("a", Answer::Pending);
    bench.now = at("2026-09-29T16:00:00Z");
    bench.tick();
    assert_eq!(bench.step("a"), StepState::UndoIntended);
}

#[test]
fn an_expiry_may_call_an_owner_and_the_step_goes_on_waiting() {
    let lines = &["a compensable 0", "b compensable 0 after a"];
    let mut bench = case(lines, "2026-09-14T01:00:00Z", 1, OnExpiry::Escalate);
    bench.answer("a", Answer::Pending);
    bench.now = Timestamp(due(&bench, "a").0 - 1);
    bench.tick();
    assert_eq!(bench.count("expired"), 0, "not a microsecond early");
    bench.now = due(&bench, "a");
    bench.tick();
    assert_eq!(bench.status(), SagaState::Escalated);
    let projection = bench.state.projection();
    assert_eq!(projection.responsible.as_deref(), Some("department"));
    assert!(projection.wake_at.unwrap() > bench.now);
    bench.crash();
    bench.succeed("a");
    assert_eq!(bench.status(), SagaState::Running);
}

#[test]
fn an_expiry_may_undo_the_segment() {
    let lines = &[
        "x compensable 0",
        "a compensable 0 after x",
        "c pivot 0 after a",
    ];
    let mut bench = case(lines, "2026-09-14T01:00:00Z", 1, OnExpiry::Compensate);
    bench.succeed("x");
    bench.answer("a", Answer::Pending);
    bench.now = due(&bench, "a");
    bench.tick();
    assert_eq!(bench.take("undo"), ["a"]);
    // The officer was a moment faster at the department: its undo annuls that, too.
    bench.succeed("a");
    bench.undone("a");
    bench.undone("x");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn s19_an_expiry_that_races_the_pivot_has_one_winner() {
    let lines = &[
        "x compensable 0",
        "a pivot 0 after x",
        "d forward 0 after a",
    ];
    let expired = || {
        let mut bench = case(lines, "2026-09-14T01:00:00Z", 1, OnExpiry::Compensate);
        bench.succeed("x");
        bench.answer("a", Answer::Pending);
        bench.now = due(&bench, "a");
        bench.tick();
        assert_eq!(bench.take("undo"), ["a"], "only the department can say");
        bench
    };
    let mut closed = expired();
    closed.undo("a", UndoAnswer::NothingToUndo);
    closed.undone("x");
    assert_eq!(closed.status(), SagaState::Compensated);
    let mut effective = expired();
    effective.undo("a", UndoAnswer::AlreadyEffective);
    assert_eq!(effective.segment(0), SegmentState::Running);
    effective.succeed("a");
    effective.succeed("d");
    assert_eq!(effective.status(), SagaState::Completed);
    assert_eq!(effective.step("x"), StepState::Succeeded);
}

#[test]
fn only_the_department_deems_a_step_decided() {
    for on_expiry in [OnExpiry::DeemedGranted, OnExpiry::DeemedRefused] {
        let mut bench = case(&["a compensable 0"], "2026-09-14T01:00:00Z", 1, on_expiry);
        bench.answer("a", Answer::Pending);
        bench.open.clear();
        bench.now = due(&bench, "a");
        bench.tick();
        assert_eq!(bench.step("a"), StepState::Waiting);
        assert_eq!(bench.take("ask"), ["a"]);
        // Not yet recorded there: asked again, less and less often.
        assert_eq!(bench.wake_at(), bench.now.plus(MINUTE * 5));
        bench.wake();
        assert_eq!(bench.take("ask"), ["a"]);
        assert_eq!(bench.wake_at(), bench.now.plus(MINUTE * 10));
        if on_expiry == OnExpiry::DeemedGranted {
            bench.succeed("a");
            assert_eq!(bench.status(), SagaState::Completed);
        } else {
            bench.refuse("a");
            assert_eq!(bench.status(), SagaState::Compensated);
        }
    }
}

fn limited(lines: &[&str]) -> Bench {
    Bench::with(lines, |definition| {
        definition.time_limit = Some(MINUTE * 10);
        for step in &mut definition.steps {
            step.max_elapsed = MINUTE * 60;
        }
    })
}

#[test]
fn a_case_past_its_time_before_any_pivot_is_undone() {
    let mut bench = limited(&[
        "a compensable 0",
        "b compensable 0 after a",
        "c pivot 1 after b",
    ]);
    bench.succeed("a");
    bench.answer("b", Answer::Pending);
    assert_eq!(bench.wake_at(), Timestamp(1_000_000).plus(MINUTE * 10));
    bench.wake();
    assert_eq!(bench.take("undo"), ["b"]);
    bench.undo("b", UndoAnswer::NothingToUndo);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    let why = bench.state.segment(onething_saga::SegmentIndex(0)).why;
    assert_eq!(why, Some(FailureCause::TimeLimit));
    assert!(bench.state.view().segments[0].time_up);
}

#[test]
fn a_case_past_its_time_after_a_pivot_undoes_the_open_and_calls_an_owner_for_the_rest() {
    let mut bench = limited(&[
        "a pivot 0",
        "f forward 0 after a",
        "b compensable 1 after a",
        "c compensable 1 after b",
        "d compensable 2 after c",
    ]);
    bench.succeed("a");
    bench.succeed("b");
    bench.wake();
    bench.crash();
    assert_eq!(bench.segment(2), SegmentState::Dropped);
    let projection = bench.state.projection();
    assert_eq!(projection.responsible.as_deref(), Some("department"));
    assert!(projection.wake_reason.unwrap().contains("`f`"));
    bench.succeed("c");
    bench.undone("c");
    bench.undone("b");
    bench.succeed("f");
    assert_eq!(bench.status(), SagaState::Partial);
    assert_eq!(bench.outcomes(), ["without1", "without2"]);
}

#[test]
fn a_pivot_in_flight_at_the_end_of_the_cases_time_decides() {
    let mut bench = limited(&[
        "a compensable 0",
        "c pivot 0 after a",
        "d forward 0 after c",
    ]);
    bench.succeed("a");
    bench.wake();
    assert_eq!(bench.take("undo"), Vec::<String>::new());
    bench.succeed("c");
    bench.succeed("d");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn s34_what_fails_for_days_has_an_owner_and_costs_hardly_any_log() {
    for chain in [
        &["c pivot 0", "d forward 0 after c"] as &[&str],
        &["d forward 0"],
    ] {
        let mut bench = Bench::new(chain);
        let step = chain[0].split_whitespace().next().unwrap();
        bench.doubt(step);
        let until = bench.now.plus(Duration::from_hours(72));
        while bench.now < until {
            bench.later(MINUTE);
            bench.doubt(step);
            if bench.wake_at() <= bench.now {
                bench.tick();
            }
            assert!(bench.wake_at() > bench.now);
        }
        let projection = bench.state.projection();
        assert_eq!(projection.responsible.as_deref(), Some("department"));
        assert!(projection.wake_reason.unwrap().contains("past its time"));
        assert!(bench.events.len() <= 8, "{:?}", bench.events);
        bench.succeed(step);
        assert_eq!(
            bench.status(),
            if chain.len() == 2 {
                SagaState::Committed
            } else {
                SagaState::Completed
            }
        );
    }
}

#[test]
fn time_ends_a_call_and_an_undo_of_which_nothing_is_heard() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0 after a"]);
    bench.succeed("a");
    assert_eq!(bench.wake_at(), bench.now.plus(MINUTE));
    bench.wake();
    assert_eq!(bench.take("undo"), ["b"]);
    assert_eq!(bench.wake_at(), bench.now.plus(MINUTE));
    bench.wake();
    assert_eq!(bench.step("b"), StepState::UndoFailed);
    assert_eq!(bench.status(), SagaState::Halted);
    // The department's word comes late and counts.
    bench.undone("b");
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}
