//! Steps that run again: because a correction concerns them, or because their answer grew too old.

use super::Draft;
use crate::definition::{Kind, StepIndex};
use crate::machine::event::Event;
use crate::machine::status::{SegmentState, StepState};
use crate::mutant::{self, Mutant};

/// How often a query is asked again because its answer grew too old. One that takes longer to answer
/// than its answer keeps fresh must not hold a pivot for ever.
const MOST_REFRESHES: u32 = 3;

impl Draft {
    /// Undoes what a correction concerns, in the order of any undo, and opens it for a new round.
    pub(super) fn rerun_steps(&mut self) {
        for step in self.state.plan.step_indices() {
            let record = self.state.step(step);
            if !record.rerun || record.closing || self.state.held(step) {
                continue;
            }
            let query = self.state.plan.step(step).kind == Kind::Query;
            match record.state {
                StepState::Waiting if record.deciding() && !query => self.undo(step),
                // What was left out may take effect this time: not before what stands behind it is undone.
                StepState::Succeeded | StepState::UndoReady | StepState::Omitted
                    if !query && self.built_on(step) => {}
                StepState::Succeeded | StepState::UndoReady
                    if !query && !mutant::active(Mutant::RerunWithoutUndo) =>
                {
                    self.undo(step);
                }
                StepState::Waiting
                | StepState::Succeeded
                | StepState::UndoReady
                | StepState::Refused
                | StepState::Omitted
                | StepState::Undone
                | StepState::NothingToUndo => self.emit(Event::Reopened { step }),
                _ => {}
            }
        }
    }

    /// Whether something that depends on the step has, or may get, an effect.
    pub(super) fn built_on(&self, step: StepIndex) -> bool {
        self.state
            .plan
            .descendants(step)
            .iter()
            .any(|later| !self.state.step(*later).without_effect())
            && !mutant::active(Mutant::UndoInForwardOrder)
    }

    /// Before a pivot starts, the queries it builds on are asked again if their answers are too old.
    pub(super) fn refresh_queries(&mut self) {
        for pivot in self.state.plan.step_indices() {
            if self.state.step(pivot).state != StepState::Ready {
                continue;
            }
            let plan = self.state.plan.clone();
            for query in plan.queries(pivot) {
                if self.stale(*query) && self.repeatable(pivot, *query) {
                    self.emit(Event::Reopened { step: *query });
                }
            }
        }
    }

    /// Whether a pivot must not start before a query is asked again.
    pub(super) fn awaits_refresh(&self, pivot: StepIndex) -> bool {
        let queries = self.state.plan.queries(pivot);
        queries
            .iter()
            .any(|query| self.stale(*query) && self.repeatable(pivot, *query))
    }

    fn stale(&self, query: StepIndex) -> bool {
        let record = self.state.step(query);
        let fresh_for = self.state.plan.step(query).fresh_for;
        let until = record
            .ended_at
            .zip(fresh_for)
            .map(|(at, fresh_for)| at.plus(fresh_for));
        record.state == StepState::Succeeded
            && !record.rerun
            && !mutant::active(Mutant::StaleAnswersUsed)
            && record.refreshed < MOST_REFRESHES
            && until.is_some_and(|until| until < self.at)
    }

    /// Whether a refusal of the repeated query could only concern the pivot's own segment, or goes to an
    /// owner: others that started after the query's segment must not lose the ground they stand on.
    fn repeatable(&self, pivot: StepIndex, query: StepIndex) -> bool {
        let plan = &self.state.plan;
        let (here, there) = (plan.step(pivot).segment, plan.step(query).segment);
        if here == there || self.state.irrevocable(there) {
            return true;
        }
        let sound = matches!(
            self.state.segment(there).state,
            SegmentState::Completed | SegmentState::Running
        );
        let relied_on = plan.segment_indices().any(|other| {
            other != here
                && other != there
                && plan.relies_on(other, there)
                && self.state.segment(other).state != SegmentState::Pending
        });
        sound && !relied_on
    }
}
