//! The laws: what must hold at every event, at every commit and at the end, judged by what the
//! departments' tables hold and what people asked for, and not by what the journal says of them.

mod ending;
mod event;
mod memory;

use onething_saga::{Plan, SegmentState, State, StepIndex};

pub(super) use ending::{acknowledged, after_commit, at_end};
pub(super) use event::before_event;
pub(super) use memory::Memory;

use super::books::Slot;

fn slot(plan: &Plan, step: StepIndex, round: u32) -> Slot {
    (step, plan.item(step), round)
}

/// Whether the step is still to be done: its segment goes forward and nobody stops the case.
fn wanted(state: &State, step: StepIndex) -> bool {
    let segment = state.plan().step(step).segment;
    let going = matches!(
        state.segment(segment).state,
        SegmentState::Running | SegmentState::Committed
    );
    going && state.cancel().is_none() && !state.time_up() && !state.step(step).rerun
}
