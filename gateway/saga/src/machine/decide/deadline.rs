//! Statutory times: when they begin to run, stand still, and move. They are counted in working days and
//! move only by an event.

use onething_calendar::{end_of_day, local_date};

use super::Draft;
use crate::definition::StepIndex;
use crate::machine::cause::MoveReason;
use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::mutant::{self, Mutant};

impl Draft {
    /// The step's statutory time begins to run, unless it does already.
    pub(super) fn set_deadline(&mut self, step: StepIndex) {
        let Some(limit) = self.state.plan.step(step).deadline else {
            return;
        };
        if self.state.step(step).deadline.is_some() {
            self.resume_clock(step);
            return;
        }
        let counted = self
            .calendar
            .add_working_days(day(self.at), limit.working_days);
        self.emit(Event::DeadlineSet {
            step,
            due: end(counted.date),
            calendar: self.calendar.version().to_owned(),
            provisional: counted.provisional,
        });
    }

    /// The clock runs again after it stood still, from the applicant's return until the department has
    /// the step again: the end moves by as many working days.
    fn resume_clock(&mut self, step: StepIndex) {
        let record = self.state.step(step);
        let (Some(deadline), Some(stopped_at)) = (record.deadline.clone(), record.stopped_at)
        else {
            return;
        };
        let days = self
            .calendar
            .working_days_between(day(stopped_at), day(self.at));
        let days = u32::try_from(days).unwrap_or(0);
        let over = deadline.due <= self.at;
        if (days == 0 && !over) || mutant::active(Mutant::ClockNotStopped) {
            return;
        }
        let counted = self.calendar.add_working_days(last_day(deadline.due), days);
        self.emit(Event::DeadlineMoved {
            step,
            // What was over while the clock stood still is not over at once when it runs again.
            due: end(counted.date.max(day(self.at))),
            calendar: self.calendar.version().to_owned(),
            provisional: deadline.provisional || counted.provisional,
            days,
            why: MoveReason::Correction,
        });
    }

    /// A provisional end is counted again once the calendar knows more.
    pub(super) fn recount(&mut self, step: StepIndex) {
        let Some(deadline) = self.state.step(step).deadline.as_ref() else {
            return;
        };
        if !deadline.provisional || deadline.calendar == self.calendar.version() {
            return;
        }
        let counted = self
            .calendar
            .add_working_days(day(deadline.from), deadline.working_days);
        let due = end(counted.date);
        if due == deadline.due && counted.provisional {
            return;
        }
        self.emit(Event::DeadlineMoved {
            step,
            due,
            calendar: self.calendar.version().to_owned(),
            provisional: counted.provisional,
            days: 0,
            why: MoveReason::Calendar,
        });
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MAX)
}

fn day(at: Timestamp) -> jiff::civil::Date {
    local_date(instant(at))
}

/// The day with which a time ends of which this is the first moment after it.
fn last_day(due: Timestamp) -> jiff::civil::Date {
    day(Timestamp(due.0.saturating_sub(1)))
}

fn end(date: jiff::civil::Date) -> Timestamp {
    Timestamp(end_of_day(date).as_microsecond())
}
