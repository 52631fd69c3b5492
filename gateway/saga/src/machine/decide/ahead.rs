//! Calls that are journaled before it is their turn, so that they can be sent the moment it is.
//!
//! Nothing is called whose intent is not journaled; but what a step comes after need only have answered, and
//! that answer may still be on its way into the journal. An owner that is lost in between leaves a call which
//! the journal does not tell of: the next one counts it as made ([`Event::AheadInDoubt`]).

use super::Draft;
use crate::definition::StepIndex;
use crate::machine::cause::GiveUp;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::input::PreparedCall;
use crate::machine::status::{SegmentState, StepState};
use crate::mutant::{self, Mutant};

impl Event {
    /// The step of which it decides something that a call which rests on it may not leave without: its call
    /// itself, or that others go on without its answer.
    pub(crate) fn decides(&self) -> Option<StepIndex> {
        match self {
            Self::IntendedAhead { step, .. }
            | Self::Omitted { step, .. }
            | Self::Attested { step, .. } => Some(*step),
            _ => None,
        }
    }
}

impl Draft {
    /// A step was intended in this draft: its followers' requests may be known as well.
    pub(super) fn look_ahead(&mut self, step: StepIndex) {
        let plan = self.state.plan.clone();
        for later in plan.followers(step) {
            if !self.looked.contains(later) && self.can_be_ahead(*later) {
                self.looked.push(*later);
                self.command(Command::PrepareAhead { step: *later });
            }
        }
    }

    pub(super) fn prepared_ahead(&mut self, step: StepIndex, call: PreparedCall) {
        if !self.can_be_ahead(step) {
            return;
        }
        let PreparedCall { request, target } = call;
        self.emit(Event::IntendedAhead {
            step,
            target,
            request,
        });
    }

    fn can_be_ahead(&self, step: StepIndex) -> bool {
        let segment = self.state.plan.step(step).segment;
        let record = self.state.step(step);
        record.state == StepState::Blocked
            && record.round == 0
            && record.ahead.is_none()
            && self.state.segment(segment).state == SegmentState::Running
            && self.state.stopping().is_none()
    }

    /// The turn of a step has come that was intended ahead. It is called at once, unless the journal does not
    /// yet have what it rests on: what departments answered can be asked again, what was decided here cannot.
    pub(super) fn begin(&mut self, step: StepIndex) {
        let round = self.state.step(step).round + 1;
        self.emit(Event::Begun { step, round });
        let wait = Wait::Now;
        let act = Command::Act { step, round, wait };
        let before = &self.state.plan.step(step).after;
        let rests_on = |decided: &StepIndex| *decided == step || before.contains(decided);
        if self.unjournaled.iter().any(rests_on) {
            self.command(act);
        } else {
            self.decision.early.push(act);
        }
    }

    /// The owner changed: the last one may have been further than the journal says.
    pub(super) fn doubt_what_was_ahead(&mut self) {
        for step in self.state.plan.step_indices() {
            if self.state.step(step).ahead_unsent() && !mutant::active(Mutant::AheadForgotten) {
                self.emit(Event::AheadInDoubt { step });
            }
        }
    }

    /// A segment that turns backward undoes what may have been called of it.
    pub(super) fn give_up_what_was_ahead(&mut self, step: StepIndex) {
        if self.state.step(step).ahead_in_doubt() {
            let round = self.state.step(step).round + 1;
            self.emit(Event::Begun { step, round });
            let why = GiveUp::MayBeCalled;
            self.emit(Event::GivenUp { step, round, why });
        }
    }
}
