//! The pure core: what it takes two operators to do.

use onething_saga::{
    Answer, Awaits, Event, Input, OmitReason, OnExpiry, Operator, OwnerAct, Rejection, SagaId,
    SagaState, StepState, TimeLimit, UndoAnswer,
};

use crate::bench::Bench;
use crate::fixtures::MINUTE;

const CHAIN: &[&str] = &["p pivot 0", "f forward 0 after p"];

fn propose(
    bench: &mut Bench,
    step: &str,
    act: OwnerAct,
    by: &str,
    why: &str,
) -> Result<(), Rejection> {
    let step = bench.index(step);
    let (by, reason) = (by.to_owned(), why.to_owned());
    bench.feed(Input::Operator(Operator::Propose {
        step,
        act,
        by,
        reason,
    }))
}

fn approve(bench: &mut Bench, proposal: u32, by: &str) -> Result<(), Rejection> {
    let by = by.to_owned();
    bench.feed(Input::Operator(Operator::Approve { proposal, by }))
}

fn conflicts(result: Result<(), Rejection>) -> bool {
    matches!(result, Err(Rejection::Conflict(_)))
}

fn refused() -> Bench {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("p");
    bench.refuse("f");
    assert_eq!(bench.status(), SagaState::Escalated);
    bench
}

#[test]
fn s48_a_skip_takes_two_people_and_a_reason_and_is_journaled() {
    let mut bench = refused();
    assert!(conflicts(propose(
        &mut bench,
        "f",
        OwnerAct::Skip,
        "ann",
        " "
    )));
    assert!(conflicts(propose(
        &mut bench,
        "f",
        OwnerAct::Skip,
        "",
        "useless"
    )));
    propose(&mut bench, "f", OwnerAct::Skip, "ann", "the office is gone").unwrap();
    bench.crash();
    assert_eq!(bench.status(), SagaState::Escalated);
    let shown = bench.state.view().proposals;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].number, shown[0].step.as_str()), (1, "f"));
    assert_eq!(shown[0].reason, "the office is gone");
    assert!(conflicts(approve(&mut bench, 1, "ann")), "two people");
    assert!(conflicts(approve(&mut bench, 1, "")));
    assert!(conflicts(approve(&mut bench, 2, "bob")), "no such proposal");
    approve(&mut bench, 1, "bob").unwrap();
    assert_eq!(bench.step("f"), StepState::Omitted);
    assert_eq!(bench.status(), SagaState::Completed);
    let kinds: Vec<_> = bench.events.iter().map(Event::kind).collect();
    let approved = kinds.iter().position(|kind| *kind == "approved").unwrap();
    assert!(kinds[..approved].contains(&"proposed"));
    assert!(bench.events.iter().any(|event| matches!(
        event,
        Event::Omitted {
            why: OmitReason::Skipped,
            ..
        }
    )));
    bench.crash();
    assert!(conflicts(approve(&mut bench, 1, "bob")), "it ended");
}

#[test]
fn s48_a_proposal_is_void_when_its_step_changes() {
    let mut bench = refused();
    propose(&mut bench, "f", OwnerAct::Skip, "ann", "useless").unwrap();
    let (step, by, reason) = (bench.index("f"), "cat".to_owned(), "again".to_owned());
    bench
        .feed(Input::Operator(Operator::Retry { step, by, reason }))
        .unwrap();
    assert!(bench.state.proposals().is_empty());
    assert!(conflicts(approve(&mut bench, 1, "bob")));
    bench.refuse("f");
    assert!(
        conflicts(approve(&mut bench, 1, "bob")),
        "it is another refusal"
    );
    propose(&mut bench, "f", OwnerAct::Skip, "ann", "useless").unwrap();
    assert_eq!(
        bench.state.proposals()[0].number,
        2,
        "a number is used once"
    );
}

#[test]
fn s48_a_declined_proposal_is_gone() {
    let mut bench = refused();
    propose(&mut bench, "f", OwnerAct::Skip, "ann", "useless").unwrap();
    let decline = |reason: &str| {
        Input::Operator(Operator::Decline {
            proposal: 1,
            by: "bob".to_owned(),
            reason: reason.to_owned(),
        })
    };
    assert!(conflicts(bench.feed(decline(""))));
    bench.feed(decline("try again first")).unwrap();
    assert!(bench.state.proposals().is_empty());
    assert!(conflicts(approve(&mut bench, 1, "cat")));
    assert_eq!(bench.status(), SagaState::Escalated);
}

#[test]
fn s48_what_may_have_an_effect_is_not_skipped() {
    let mut halted = Bench::new(CHAIN);
    halted.answer("p", Answer::Mismatch);
    assert!(conflicts(propose(
        &mut halted,
        "p",
        OwnerAct::Skip,
        "ann",
        "x"
    )));
    let mut failed = Bench::new(&["a compensable 0", "b compensable 0 after a"]);
    failed.succeed("a");
    failed.refuse("b");
    let reason = "PAID".to_owned();
    failed.undo("a", UndoAnswer::Impossible { reason });
    assert!(conflicts(propose(
        &mut failed,
        "a",
        OwnerAct::Skip,
        "ann",
        "x"
    )));
    let attest = |disposition: &str| OwnerAct::Attest {
        disposition: disposition.to_owned(),
    };
    assert!(conflicts(propose(
        &mut failed,
        "a",
        attest(" "),
        "ann",
        "x"
    )));
    propose(&mut failed, "a", attest("paid back in cash"), "ann", "seen").unwrap();
    approve(&mut failed, 1, "bob").unwrap();
    assert_eq!(failed.status(), SagaState::Reconciled);
    let attested = failed.state.step(failed.index("a")).attested.clone();
    assert_eq!(attested.as_deref(), Some("paid back in cash"));
}

#[test]
fn a_message_that_never_comes_can_be_skipped_once_it_is_overdue() {
    let mut bench = Bench::with(&["s query 0", "b compensable 0 after s"], |definition| {
        definition.steps[0].awaits = Some(Awaits::Signal {
            name: "paid".to_owned(),
        });
        definition.steps[0].deadline = Some(TimeLimit {
            working_days: 1,
            on_expiry: OnExpiry::Escalate,
        });
    });
    assert!(conflicts(propose(
        &mut bench,
        "s",
        OwnerAct::Skip,
        "ann",
        "x"
    )));
    while bench.status() != SagaState::Escalated {
        bench.wake();
    }
    bench.settle("s", OwnerAct::Skip);
    assert_eq!(bench.step("b"), StepState::Intended);
}

#[test]
fn an_owner_attests_what_nobody_can_find_out() {
    let mut bench = Bench::new(CHAIN);
    bench.doubt("p");
    bench.later(MINUTE);
    bench.doubt("p");
    assert_eq!(bench.status(), SagaState::Running);
    bench.attest("p", "registered on paper");
    assert_eq!(bench.step("f"), StepState::Intended);
    bench.succeed("f");
    assert_eq!(bench.status(), SagaState::Reconciled);
}

#[test]
fn a_correction_that_never_comes_can_be_skipped_once_the_cases_time_is_over() {
    let mut bench = Bench::with(CHAIN, |definition| {
        definition.time_limit = Some(MINUTE * 10);
        definition.steps[1].correctable = true;
    });
    bench.succeed("p");
    bench.returned("f");
    let early = propose(&mut bench, "f", OwnerAct::Skip, "ann", "gone");
    assert!(conflicts(early), "the applicant may still correct it");
    bench.wake();
    assert_eq!(
        bench.state.projection().responsible.as_deref(),
        Some("department")
    );
    bench.settle("f", OwnerAct::Skip);
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_case_that_annuls_another_names_it() {
    let mut bench = Bench::idle(crate::fixtures::definition(CHAIN));
    let other = SagaId(uuid::Uuid::from_u128(7));
    bench.annuls = Some(other);
    bench.start();
    bench.crash();
    assert_eq!(bench.state.view().annuls, Some(other));
    assert_eq!(Bench::new(CHAIN).state.view().annuls, None);
}
