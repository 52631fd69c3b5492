//! What an applicant may wish, and when it is a conflict.

use super::Draft;
use crate::machine::event::Event;
use crate::machine::input::Rejection;
use crate::machine::status::SegmentState;

impl Draft {
    /// Journals the wish. What it means for each segment is settled with everything else, because a
    /// pivot in flight decides it.
    pub(super) fn cancel(&mut self, by: String, reason: String) -> Result<(), Rejection> {
        if self.state.ended().is_some() {
            return Err(conflict("the case has ended"));
        }
        if self.state.cancel().is_some() {
            return Ok(());
        }
        let any = |wanted: &[SegmentState]| {
            self.state
                .segments
                .iter()
                .any(|segment| wanted.contains(&segment.state))
        };
        let open = any(&[SegmentState::Pending, SegmentState::Running]);
        let undoable = any(&[SegmentState::Completed]) && !self.state.something_irrevocable();
        if !open && !undoable {
            if any(&[SegmentState::Compensating]) {
                return Ok(());
            }
            return Err(conflict("everything that could be withdrawn is done"));
        }
        self.emit(Event::CancelRequested { by, reason });
        Ok(())
    }
}

pub(super) fn conflict(why: &str) -> Rejection {
    Rejection::Conflict(why.to_owned())
}
