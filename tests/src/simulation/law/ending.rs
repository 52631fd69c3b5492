//! The laws of commits and of ends, judged by what the departments' tables hold.

use onething_saga::{
    FailureCause, Kind, Plan, Projection, SagaState, SegmentIndex, SegmentState, State, StepIndex,
    StepState,
};

use crate::simulation::books::Books;
use crate::simulation::chronicle::Asked;

/// What is wrong with the state after a commit.
pub(in crate::simulation) fn after_commit(state: &State, stored: &Projection) -> Vec<String> {
    let mut wrong = Vec::new();
    let folded = state.projection();
    if folded != *stored {
        wrong.push(format!(
            "the journal adds up to {folded:?}, but {stored:?} was stored"
        ));
    }
    let ended = stored.state.ended();
    if ended == stored.wake_at.is_some() || ended == stored.responsible.is_some() {
        wrong.push(format!("neither ended nor anybody's: {stored:?}"));
    }
    let plan = state.plan();
    for step in plan.step_indices() {
        let segment = state.segment(plan.step(step).segment).state;
        let step_state = state.step(step).state;
        if segment == SegmentState::Compensating && step_state == StepState::Waiting {
            let id = &plan.step(step).id;
            wrong.push(format!(
                "`{id}` is left to its officer in a segment that is undone"
            ));
        }
    }
    wrong
}

/// What is wrong with an end, by what the departments hold.
pub(in crate::simulation) fn at_end(
    state: &State,
    end: SagaState,
    outcomes: &[String],
    books: &Books,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let plan = state.plan();
    let attested = |step: StepIndex| state.step(step).state == StepState::Attested;
    for segment in plan.segment_indices() {
        wrong.extend(segment_at_end(state, segment, books));
    }
    let any_attested = plan.step_indices().any(attested);
    let stands = plan
        .step_indices()
        .any(|step| !attested(step) && books.stands(step));
    let complete = |segment| state.segment(segment).state == SegmentState::Completed;
    let all_complete = plan.segment_indices().all(complete);
    let right = match end {
        SagaState::Completed => all_complete && !any_attested,
        SagaState::Compensated => !stands && !all_complete && !any_attested,
        SagaState::Partial => stands && !all_complete && !any_attested,
        SagaState::Reconciled => any_attested,
        SagaState::Rejected => plan.step_indices().all(|step| !books.ever(step)),
        _ => false,
    };
    if !right {
        wrong.push(format!("{end:?} is not what the departments hold"));
    }
    let expected = match end {
        SagaState::Partial | SagaState::Reconciled => declared(state),
        _ => Vec::new(),
    };
    if outcomes != expected {
        wrong.push(format!(
            "ended in {outcomes:?}, declared for this are {expected:?}"
        ));
    }
    wrong
}

/// An ended segment has every effect kept or every effect annulled (or attested).
fn segment_at_end(state: &State, segment: SegmentIndex, books: &Books) -> Vec<String> {
    let mut wrong = Vec::new();
    let plan = state.plan();
    let how = state.segment(segment).state;
    for step in plan.members(segment) {
        let named = plan.step(*step);
        let step_state = state.step(*step).state;
        if named.kind == Kind::Query || step_state == StepState::Attested {
            continue;
        }
        let right = match how {
            SegmentState::Completed => books.stands(*step) == (step_state != StepState::Omitted),
            SegmentState::Compensated => !books.stands(*step),
            SegmentState::Dropped => !books.ever(*step),
            _ => false,
        };
        if !right {
            let stands = books.stands(*step);
            wrong.push(format!(
                "segment {how:?} at the end, `{}` is {step_state:?}, its effect stands: {stands}",
                named.id
            ));
        }
    }
    wrong
}

/// The outcomes the definition declares for what did not take effect.
fn declared(state: &State) -> Vec<String> {
    let plan: &Plan = state.plan();
    let mut outcomes: Vec<String> = Vec::new();
    let partial = |segment| plan.definition().segment(segment).partial.as_ref();
    for segment in plan.segment_indices() {
        let record = state.segment(segment);
        if record.state == SegmentState::Completed {
            continue;
        }
        let name = match record.why {
            Some(FailureCause::Cancelled) => Some(&plan.withdrawal),
            Some(FailureCause::Depends { .. }) => None,
            Some(FailureCause::TimeLimit) => Some(partial(segment).unwrap_or(&plan.withdrawal)),
            _ => partial(segment),
        };
        if let Some(name) = name.filter(|name| !outcomes.contains(name)) {
            outcomes.push(name.clone());
        }
    }
    outcomes
}

/// Whatever somebody was told is done is found in the journal.
pub(in crate::simulation) fn acknowledged(state: &State, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    for id in &asked.granted_messages {
        if !state.signals().iter().any(|signal| signal.id == *id) {
            wrong.push(format!("{id} was acknowledged and is not in the journal"));
        }
    }
    let corrected = asked.journaled_corrections;
    if corrected < asked.granted_corrections.len() {
        let granted = asked.granted_corrections.len();
        wrong.push(format!(
            "{granted} corrections were acknowledged, {corrected} are in the journal"
        ));
    }
    if state.annuls() != asked.annuls {
        wrong.push(format!(
            "annuls {:?} instead of {:?}",
            state.annuls(),
            asked.annuls
        ));
    }
    wrong
}
