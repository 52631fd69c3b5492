//! The applicant corrects what an officer returned. A correction changes only what no legal effect was
//! built on; everything else that was is undone and runs again.

use bytes::Bytes;

use super::Draft;
use super::wishes::conflict;
use crate::definition::{Kind, StepIndex};
use crate::machine::event::Event;
use crate::machine::input::Rejection;
use crate::machine::status::{SegmentState, StepState};
use crate::mutant::{self, Mutant};

impl Draft {
    pub(super) fn correct(
        &mut self,
        by: String,
        step: StepIndex,
        input: Bytes,
        affected: &[StepIndex],
    ) -> Result<(), Rejection> {
        if self.state.ended().is_some() {
            return Err(conflict("the case has ended"));
        }
        self.exists(step)?;
        for other in affected {
            self.exists(*other)?;
        }
        let record = self.state.step(step);
        let segment = self.state.segment(self.state.plan.step(step).segment).state;
        // What can only go forward is corrected even in a case that is withdrawn: nothing else helps it.
        let open = self.state.stopping().is_none() || segment == SegmentState::Committed;
        if !record.returned() || !open {
            return Err(conflict("the step does not wait for a correction"));
        }
        let mut rerun = self.affected(step, affected)?;
        if mutant::active(Mutant::CorrectionRerunsNothing) {
            rerun.clear();
        }
        self.emit(Event::Corrected {
            step,
            by,
            rerun,
            input,
        });
        Ok(())
    }

    /// The steps that must run again: those that used what changed, and whatever was built on them.
    fn affected(
        &self,
        corrected: StepIndex,
        changed: &[StepIndex],
    ) -> Result<Vec<StepIndex>, Rejection> {
        let plan = &self.state.plan;
        let mut reached = vec![false; plan.steps.len()];
        let mut open: Vec<StepIndex> = changed.to_vec();
        while let Some(step) = open.pop() {
            if step == corrected || reached[step.at()] || !self.started(step) {
                continue;
            }
            reached[step.at()] = true;
            open.extend(plan.descendants(step));
            open.extend(plan.items_of(step));
            // What started because this one's segment could no longer fail was built on it as well.
            let segment = plan.step(step).segment;
            for later in plan.segment_indices() {
                if plan.needs(later).contains(&segment) {
                    open.extend(plan.members(later));
                }
            }
        }
        let rerun: Vec<StepIndex> = plan
            .step_indices()
            .filter(|step| reached[step.at()])
            .collect();
        for step in &rerun {
            self.changeable(*step)?;
        }
        Ok(rerun)
    }

    /// Whether the step was called, decided or expanded in a segment that still stands.
    fn started(&self, step: StepIndex) -> bool {
        use SegmentState::{Compensated, Compensating, Dropped};
        let segment = self.state.segment(self.state.plan.step(step).segment).state;
        let record = self.state.step(step);
        let fresh = matches!(
            record.state,
            StepState::Blocked | StepState::Ready | StepState::NotStarted
        );
        !matches!(segment, Compensating | Compensated | Dropped)
            && (!fresh || self.state.plan.joins(step))
    }

    fn changeable(&self, step: StepIndex) -> Result<(), Rejection> {
        let (named, record) = (self.state.plan.step(step), self.state.step(step));
        if self.state.held(step) || record.state == StepState::Attested {
            return Err(conflict("an owner decides about a step that this changes"));
        }
        let stays = matches!(named.kind, Kind::Pivot | Kind::Forward);
        let nothing = record.returned() || record.without_effect();
        if stays
            && (!nothing || record.effective)
            && !mutant::active(Mutant::CorrectionIgnoresEffects)
        {
            let id = &named.id;
            return Err(conflict(&format!(
                "step `{id}` relied on what this changes, and its effect stays"
            )));
        }
        Ok(())
    }
}
