//! The pure core: an officer returns an application and the applicant corrects it.

use onething_saga::{Answer, Command, Rejection, SagaState, StepState, UndoAnswer};

use crate::bench::Bench;
use crate::fixtures::{MINUTE, definition};

fn correctable(lines: &[&str]) -> Bench {
    Bench::with(lines, |definition| {
        for step in &mut definition.steps {
            step.correctable = true;
        }
    })
}

fn request(bench: &Bench, step: &str) -> String {
    let request = &bench.state.step(bench.index(step)).request;
    String::from_utf8_lossy(request).into_owned()
}

#[test]
fn a_returned_step_waits_for_the_applicant_and_runs_in_a_new_round() {
    let mut bench = correctable(&["a compensable 0", "b pivot 0 after a"]);
    bench.answer("a", Answer::Pending);
    bench.returned("a");
    assert_eq!(bench.step("a"), StepState::Waiting);
    let projection = bench.state.projection();
    assert!(projection.waiting);
    assert_eq!(projection.responsible.as_deref(), Some("applicant"));
    bench.crash();
    bench.open.clear();
    bench.correct("a", &[]).unwrap();
    bench.crash();
    assert_eq!(bench.take("act"), ["a"]);
    assert_eq!(bench.state.step(bench.index("a")).round, 2);
    assert!(request(&bench, "a").ends_with("corrected"));
    bench.succeed("a");
    bench.succeed("b");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_return_of_a_step_that_is_not_correctable_is_a_refusal() {
    let mut bench = Bench::new(&["a compensable 0", "b compensable 0 after a"]);
    bench.succeed("a");
    bench.returned("b");
    assert_eq!(bench.step("b"), StepState::Refused);
    assert_eq!(bench.take("undo"), ["a"]);
}

#[test]
fn a_second_word_about_a_returned_round_changes_nothing() {
    let mut bench = correctable(&["a compensable 0"]);
    bench.returned("a");
    let events = bench.events.len();
    bench.returned("a");
    bench.refuse("a");
    bench.answer("a", Answer::Pending);
    assert_eq!(bench.events.len(), events);
    bench.succeed("a");
    assert_eq!(bench.step("a"), StepState::Waiting);
    assert_eq!(bench.state.incidents().len(), 1);
}

#[test]
fn only_what_waits_for_it_is_corrected() {
    let mut bench = correctable(&["a compensable 0", "b compensable 0 after a"]);
    let early = bench.correct("a", &[]);
    assert!(matches!(early, Err(Rejection::Conflict(_))));
    bench.returned("a");
    bench.correct("a", &[]).unwrap();
    let twice = bench.correct("a", &[]);
    assert!(matches!(twice, Err(Rejection::Conflict(_))));
    bench.returned("a");
    bench.cancel().unwrap();
    assert_eq!(bench.status(), SagaState::Compensated);
    let late = bench.correct("a", &[]);
    assert!(matches!(late, Err(Rejection::Conflict(_))));
}

#[test]
fn what_used_the_changed_fields_is_undone_with_what_was_built_on_it_and_runs_again() {
    let mut bench = correctable(&[
        "a compensable 0",
        "b compensable 0 after a",
        "q query 0 after b",
        "x compensable 0",
        "r compensable 0 after q x",
        "p pivot 0 after r",
    ]);
    for step in ["a", "x", "b", "q"] {
        bench.succeed(step);
    }
    bench.returned("r");
    bench.open.clear();
    bench.correct("r", &["a"]).unwrap();
    assert_eq!(bench.status(), SagaState::Running);
    assert_eq!(
        bench.take("undo"),
        ["b"],
        "nothing is undone before what builds on it"
    );
    assert_eq!(bench.step("x"), StepState::Succeeded);
    bench.crash();
    bench.undone("b");
    bench.undone("a");
    bench.crash();
    assert_eq!(bench.take("act"), ["a"]);
    assert!(request(&bench, "a").ends_with("corrected"));
    for step in ["a", "b", "q", "r"] {
        assert_eq!(bench.step(step), StepState::Intended, "{step}");
        assert_eq!(bench.state.step(bench.index(step)).round, 2, "{step}");
        bench.succeed(step);
    }
    assert_eq!(bench.state.step(bench.index("x")).round, 1);
    bench.succeed("p");
    assert_eq!(bench.status(), SagaState::Completed);
    assert_eq!(bench.count("segment_failed"), 0);
}

#[test]
fn a_correction_cannot_change_what_an_effective_pivot_used() {
    let mut bench = correctable(&[
        "q query 0",
        "p pivot 0 after q",
        "f forward 0 after p",
        "r compensable 1 after p",
    ]);
    bench.succeed("q");
    bench.succeed("p");
    bench.returned("r");
    for affected in ["p", "f", "q"] {
        let refused = bench.correct("r", &[affected]);
        assert!(matches!(refused, Err(Rejection::Conflict(_))), "{affected}");
    }
    assert_eq!(bench.step("p"), StepState::Succeeded);
    bench.correct("r", &[]).unwrap();
    assert_eq!(bench.step("r"), StepState::Intended);
}

#[test]
fn a_correction_cannot_change_what_a_pivot_under_way_used() {
    let mut bench = correctable(&["p pivot 0", "r compensable 1"]);
    bench.answer("p", Answer::Pending);
    bench.returned("r");
    let refused = bench.correct("r", &["p"]);
    assert!(matches!(refused, Err(Rejection::Conflict(_))));
}

#[test]
fn what_is_under_way_is_resolved_before_it_runs_again() {
    let mut bench = correctable(&[
        "a compensable 0",
        "w compensable 0",
        "n compensable 0",
        "r compensable 0",
    ]);
    bench.answer("w", Answer::Pending);
    bench.returned("r");
    bench.open.clear();
    bench.correct("r", &["a", "w", "n"]).unwrap();
    assert_eq!(bench.take("undo"), ["w"], "what waits is withdrawn at once");
    // Its refusal concerns the application as it was.
    bench.refuse("n");
    assert_eq!(bench.step("n"), StepState::Intended);
    assert_eq!(bench.state.step(bench.index("n")).round, 2);
    bench.succeed("a");
    assert_eq!(bench.take("undo"), ["a"]);
    bench.undo("w", UndoAnswer::NothingToUndo);
    bench.undone("a");
    assert_eq!(bench.count("segment_failed"), 0);
    for step in ["a", "w", "n", "r"] {
        bench.succeed(step);
    }
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_takeover_does_not_repeat_a_call_whose_time_is_up_and_whose_step_runs_again() {
    let mut bench = correctable(&["q query 0", "a compensable 0", "r compensable 0"]);
    bench.returned("r");
    bench.correct("r", &["q", "a"]).unwrap();
    bench.answer("r", Answer::Pending);
    bench.later(MINUTE * 2);
    bench.crash();
    let (q, a) = (bench.index("q"), bench.index("a"));
    assert_eq!(bench.state.step(q).round, 2);
    let acts = bench.open.iter().filter_map(|command| match command {
        Command::Act { step, round, .. } => Some((*step, *round)),
        _ => None,
    });
    assert_eq!(
        acts.collect::<Vec<_>>(),
        [(q, 2)],
        "the first round's call would be sent with the second one's request"
    );
    assert_eq!(bench.step("a"), StepState::UndoIntended);
    assert_eq!(bench.take("undo"), ["a"]);
    bench.undo("a", UndoAnswer::NothingToUndo);
    assert_eq!(bench.state.step(a).round, 2);
}

#[test]
fn an_undo_that_fails_for_a_correction_waits_for_an_owner() {
    let mut bench = correctable(&["a compensable 0", "r compensable 0 after a"]);
    bench.succeed("a");
    bench.returned("r");
    bench.correct("r", &["a"]).unwrap();
    let reason = "PAID".to_owned();
    bench.undo("a", UndoAnswer::Impossible { reason });
    assert_eq!(bench.status(), SagaState::Halted);
    bench.attest("a", "stays as it was");
    assert_eq!(bench.step("r"), StepState::Intended);
    bench.succeed("r");
    assert_eq!(bench.status(), SagaState::Reconciled);
}

#[test]
fn a_withdrawal_during_a_correction_undoes_everything() {
    let mut bench = correctable(&[
        "a compensable 0",
        "r compensable 0 after a",
        "p pivot 0 after r",
    ]);
    bench.succeed("a");
    bench.returned("r");
    bench.open.clear();
    bench.cancel().unwrap();
    assert_eq!(
        bench.take("undo"),
        ["a"],
        "the returned round is closed already"
    );
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn a_withdrawal_while_a_correction_runs_undoes_each_effect_once() {
    let mut bench = correctable(&["a compensable 0", "r compensable 0 after a"]);
    bench.succeed("a");
    bench.returned("r");
    bench.open.clear();
    bench.correct("r", &["a"]).unwrap();
    bench.cancel().unwrap();
    assert_eq!(bench.take("undo"), ["a"]);
    bench.undone("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.count("reopened"), 0);
}

#[test]
fn a_correction_reaches_the_segments_that_started_on_the_changed_one() {
    let mut bench = correctable(&[
        "a compensable 0",
        "b compensable 1 after a",
        "r compensable 1 after a",
    ]);
    bench.succeed("a");
    bench.succeed("b");
    bench.returned("r");
    bench.open.clear();
    bench.correct("r", &["a"]).unwrap();
    assert_eq!(bench.take("undo"), ["b"]);
    bench.undone("b");
    bench.undone("a");
    bench.refuse("a");
    assert_eq!(bench.status(), SagaState::Compensated);
    assert_eq!(bench.step("b"), StepState::NotStarted);
}

#[test]
fn a_returned_pivot_and_a_returned_forward_step_run_again() {
    let mut bench = correctable(&[
        "a compensable 0",
        "p pivot 0 after a",
        "f forward 0 after p",
    ]);
    bench.succeed("a");
    bench.returned("p");
    bench.correct("p", &["a"]).unwrap();
    bench.undone("a");
    bench.succeed("a");
    bench.succeed("p");
    bench.returned("f");
    assert_eq!(bench.status(), SagaState::Committed);
    bench.correct("f", &[]).unwrap();
    bench.succeed("f");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_condition_is_looked_at_again_when_its_fields_change() {
    let mut definition = definition(&["c compensable 0", "r compensable 0 after c"]);
    definition.steps[0].conditional = true;
    definition.steps[1].correctable = true;
    let mut bench = Bench::idle(definition);
    bench.omitted.push("c".to_owned());
    bench.start();
    assert_eq!(bench.step("c"), StepState::Omitted);
    bench.returned("r");
    bench.omitted.clear();
    bench.correct("r", &["c"]).unwrap();
    assert_eq!(bench.step("c"), StepState::Intended);
    bench.succeed("c");
    bench.succeed("r");
    assert_eq!(bench.status(), SagaState::Completed);
}
