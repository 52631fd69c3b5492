//! The laws of single events, judged by what the departments' tables hold.

use onething_saga::{
    Event, FailureCause, Kind, SegmentIndex, SegmentState, State, StepIndex, StepState,
};

use super::{slot, wanted};
use crate::simulation::books::Books;
use crate::simulation::chronicle::Asked;

/// What is wrong with an event that is committed in this state.
pub(in crate::simulation) fn before_event(
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
        Event::IntendedAhead { step, .. } => {
            check(state.step(*step).round == 0, "intended ahead after a round");
            check(!books.ever(*step), "took effect before it was intended");
        }
        Event::Begun { step, round } => {
            check(*round == state.step(*step).round + 1, "a round was skipped");
        }
        Event::Succeeded { step, round, .. } if effect(step) => {
            check(
                books.slot_stands(slot(plan, *step, *round)),
                "the department holds no such effect",
            );
        }
        Event::Refused {
            step,
            round,
            refusal,
        } if *round > 0 => {
            let key = slot(plan, *step, *round);
            let returned = books.returned.contains(&key);
            check(
                refusal.reason == "CANNOT_PREPARE" || returned || books.refused.contains(&key),
                "the department refused no such thing",
            );
            check(!books.stands(*step), "refused, and an effect stands");
            let built = refusal.reason != "CANNOT_PREPARE";
            check(
                !(built && returned && plan.step(*step).correctable && wanted(state, *step)),
                "returned to the applicant, who was not asked to correct it",
            );
        }
        Event::Returned { step, round, .. } => {
            check(
                books.returned.contains(&slot(plan, *step, *round)),
                "the department returned no such thing",
            );
            check(!books.stands(*step), "returned, and an effect stands");
            check(
                plan.step(*step).correctable,
                "returned, but not correctable",
            );
        }
        Event::Corrected {
            step, rerun, input, ..
        } => {
            let asked = asked.corrections.get(input);
            check(
                asked.is_some_and(|(asked, _)| asked == step),
                "the applicant corrected no such thing",
            );
            let affected = asked.map(|(_, affected)| affected.as_slice());
            wrong.extend(corrects(
                state,
                *step,
                rerun,
                affected.unwrap_or_default(),
                books,
            ));
        }
        Event::Reopened { step } => {
            check(
                plan.step(*step).kind == Kind::Query || !books.stands(*step),
                "runs again over a standing effect",
            );
        }
        Event::SignalReceived { id, name, payload } => {
            let known = asked.messages.get(id);
            let forged = asked.forgeries && payload.as_ref() == b"forged";
            check(
                forged || known.is_some_and(|known| known == &(name.clone(), payload.clone())),
                "nobody sent such a message",
            );
        }
        Event::Accepted { annuls, .. } => {
            check(
                *annuls == asked.annuls,
                "annuls another case than it was submitted for",
            );
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
        | Event::Approved { .. }
        | Event::Declined { .. }
        | Event::Attested { .. } => check(asked.operator, "no operator asked for it"),
        Event::Ended {
            state: end,
            outcomes,
        } => wrong.extend(super::at_end(state, *end, outcomes, books)),
        _ => {}
    }
    wrong
}

/// A correction changes nothing that an effect which stays was built on; everything else that was is
/// undone and runs again.
fn corrects(
    state: &State,
    corrected: StepIndex,
    rerun: &[StepIndex],
    affected: &[StepIndex],
    books: &Books,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let plan = state.plan();
    let backward = |step: StepIndex| {
        matches!(
            state.segment(plan.step(step).segment).state,
            SegmentState::Compensating | SegmentState::Compensated
        )
    };
    for step in rerun {
        let stays = matches!(plan.step(*step).kind, Kind::Pivot | Kind::Forward);
        if stays && books.stands(*step) {
            wrong.push(format!("a correction would undo {step:?}, which stays"));
        }
    }
    for step in affected.iter().filter(|step| **step != corrected) {
        let built_on = std::iter::once(step).chain(plan.descendants(*step));
        for later in built_on.filter(|_| books.stands(*step) && !backward(*step)) {
            if books.stands(*later)
                && !backward(*later)
                && !rerun.contains(later)
                && *later != corrected
            {
                wrong.push(format!(
                    "{later:?} was built on what changed and does not run again"
                ));
            }
        }
    }
    wrong
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
        FailureCause::TimeLimit if !state.time_up() => {
            wrong.push(format!("`{name}` is out of time before the case is"));
        }
        _ => {}
    }
    if state.segment(segment).state == SegmentState::Completed {
        let irrevocable = plan.step_indices().any(|step| {
            matches!(plan.step(step).kind, Kind::Pivot | Kind::Forward) && books.stands(step)
        });
        let whole = matches!(
            why,
            FailureCause::Cancelled | FailureCause::TimeLimit | FailureCause::Depends { .. }
        );
        if irrevocable || !whole {
            wrong.push(format!("`{name}` is undone although it was complete"));
        }
    }
    wrong
}
