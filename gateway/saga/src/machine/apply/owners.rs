//! Events that people cause: withdrawals, and what operators ask for, propose and approve.

use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::machine::record::{Cancel, Incident, Proposal};
use crate::machine::state::State;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

impl State {
    pub(super) fn apply_owners(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::CancelRequested { by, reason } => {
                self.rare_mut().cancel = Some(Cancel {
                    by: by.clone(),
                    reason: reason.clone(),
                });
            }
            Event::RetryRequested { step, .. } => {
                let record = self.record(*step);
                record.overdue = false;
                if std::mem::take(&mut record.halted) {
                    record.intended_at = at;
                } else {
                    record.state = StepState::Ready;
                    // A new application: its time runs anew.
                    record.deadline = None;
                }
            }
            Event::UndoRetryRequested { step, .. } => {
                self.record(*step).state = StepState::UndoReady;
            }
            Event::Proposed {
                proposal,
                step,
                act,
                by,
                reason,
            } => {
                let rare = self.rare_mut();
                rare.proposed = *proposal;
                rare.proposals.push(Proposal {
                    number: *proposal,
                    step: *step,
                    act: act.clone(),
                    by: by.clone(),
                    reason: reason.clone(),
                    at,
                });
            }
            Event::Declined { .. } if mutant::active(Mutant::DeclinedIsOpen) => {}
            Event::Approved { proposal, .. } | Event::Declined { proposal, .. } => {
                let proposals = &mut self.rare_mut().proposals;
                proposals.retain(|known| known.number != *proposal);
            }
            Event::Attested {
                step, disposition, ..
            } => {
                let record = self.record(*step);
                record.state = StepState::Attested;
                record.halted = false;
                record.closing = false;
                record.rerun = false;
                record.attested = Some(disposition.clone());
                record.ended_at = Some(at);
            }
            Event::Erased { .. } => self.rare_mut().erased = true,
            Event::Incident { step, what } => {
                let (step_id, what) = (self.plan.step(*step).id.clone(), what.clone());
                self.rare_mut().incidents.push(Incident {
                    step: step_id,
                    what,
                    at,
                });
                self.record(*step).incident = true;
            }
            _ => {}
        }
    }
}
