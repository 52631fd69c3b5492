//! The laws: what must hold at every event, at every commit and at the end, judged by what the
//! departments' tables hold and not by what the journal says of them.

use onething_saga::{
    Event, FailureCause, Kind, Plan, Projection, SagaState, SegmentIndex, SegmentState, State,
    StepIndex, StepState,
};

use super::books::{Books, Slot};
use super::chronicle::Asked;

/// What is wrong with an event that is committed in this state.
pub(super) fn before_event(
    state: &State,
    event: &Event,
    books: &Books,
    asked: &Asked,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{event:?}: {what}"));
        }
    };
    let plan = state.plan();
    if state.ended().is_some() {
        check(false, "written after the end");
    }
    let effect = |step: &StepIndex| plan.step(*step).kind != Kind::Query;
    match event {
        Event::Intended { step, round, .. } => {
            check(*round == state.step(*step).round + 1, "a round was skipped");
            check(!books.stands(*step), "a round opens over a standing effect");
        }
        Event::Succeeded { step, round, .. } if effect(step) => {
            check(
                books.slot_stands(slot(plan, *step, *round)),
                "the department holds no such effect",
            );
        }
        Event::Refused { step, round, .. } if *round > 0 => {
            check(
                books.refused.contains(&slot(plan, *step, *round)),
                "the department refused no such thing",
            );
            check(!books.stands(*step), "refused, and an effect stands");
        }
        Event::UndoIntended { step, .. } => {
            let segment = plan.step(*step).segment;
            let backward = state.segment(segment).state == SegmentState::Compensating;
            let in_flight = |step: &StepIndex| {
                matches!(
                    state.step(*step).state,
                    StepState::Intended | StepState::InDoubt
                )
            };
            check(
                !backward
                    // What waits for an officer is closed at once.
                    || state.step(*step).state == StepState::Waiting
                    || state.step(*step).closing
                    || !plan.members(segment).iter().any(in_flight),
                "undone while a sibling is in flight",
            );
        }
        Event::Expired { step, .. } => {
            check(!state.step(*step).expired, "expired twice");
        }
        Event::Undone { step, round } => {
            check(
                books.slot_annulled(slot(plan, *step, *round)),
                "the department annulled no such effect",
            );
            check(!books.stands(*step), "undone, and an effect stands");
        }
        Event::NothingToUndo { step, .. } => {
            check(
                !books.stands(*step),
                "nothing to undo, and an effect stands",
            );
        }
        Event::Omitted { step, .. } => {
            check(!books.stands(*step), "left out, and an effect stands");
        }
        Event::SegmentFailed { segment, why } => {
            wrong.extend(turns_backward(state, *segment, why, books));
        }
        Event::SegmentUndone { segment } => {
            for step in plan.members(*segment) {
                let attested = state.step(*step).state == StepState::Attested;
                check(
                    attested || !books.stands(*step),
                    "the segment is called undone, and an effect stands",
                );
            }
        }
        Event::CancelRequested { .. } => check(asked.withdrawal, "nobody withdrew"),
        Event::RetryRequested { .. }
        | Event::UndoRetryRequested { .. }
        | Event::Proposed { .. }
        | Event::Declined { .. }
        | Event::Attested { .. } => check(asked.operator, "no operator asked for it"),
        Event::Ended {
            state: end,
            outcomes,
        } => wrong.extend(at_end(state, *end, outcomes, books)),
        _ => {}
    }
    wrong
}

fn slot(plan: &Plan, step: StepIndex, round: u32) -> Slot {
    (step, plan.item(step), round)
}

/// Direction is judged per segment: before its pivot backward, after it forward, in doubt neither.
fn turns_backward(
    state: &State,
    segment: SegmentIndex,
    why: &FailureCause,
    books: &Books,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let plan = state.plan();
    let name = &plan.definition().segment(segment).id;
    if let Some(pivot) = plan.pivot(segment) {
        let record = state.step(pivot);
        if record.state == StepState::Succeeded {
            wrong.push(format!("`{name}` turns backward after its pivot"));
        }
        if matches!(record.state, StepState::Intended | StepState::InDoubt) {
            wrong.push(format!("`{name}` turns backward with its pivot in doubt"));
        }
    }
    match why {
        FailureCause::Refused { step } if state.step(*step).state != StepState::Refused => {
            wrong.push(format!("`{name}` fails for a refusal that was none"));
        }
        FailureCause::Cancelled if state.cancel().is_none() => {
            wrong.push(format!("`{name}` is withdrawn without a wish"));
        }
        _ => {}
    }
    if state.segment(segment).state == SegmentState::Completed {
        let irrevocable = plan.step_indices().any(|step| {
            matches!(plan.step(step).kind, Kind::Pivot | Kind::Forward) && books.stands(step)
        });
        if irrevocable || *why != FailureCause::Cancelled {
            wrong.push(format!("`{name}` is undone although it was complete"));
        }
    }
    wrong
}

/// What is wrong with the state after a commit.
pub(super) fn after_commit(state: &State, stored: &Projection) -> Vec<String> {
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
pub(super) fn at_end(
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
    for segment in plan.segment_indices() {
        let record = state.segment(segment);
        if record.state == SegmentState::Completed {
            continue;
        }
        let name = match record.why {
            Some(FailureCause::Cancelled) => Some(&plan.withdrawal),
            Some(FailureCause::Depends { .. }) => None,
            _ => plan.definition().segment(segment).partial.as_ref(),
        };
        if let Some(name) = name.filter(|name| !outcomes.contains(name)) {
            outcomes.push(name.clone());
        }
    }
    outcomes
}
