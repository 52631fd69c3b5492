//! Working days: which days count, when a promise in working days falls due, and what "today" is.
//!
//! Statutory and promised time limits run in working days (工作日). The day of acceptance is day 0.
//! The State Council announces each year's holidays and make-up days late in the year before, so a
//! date in a year the table lacks is *provisional*: it counts weekends only and may still move.
//!
//! ```
//! use jiff::civil::date;
//! use onething_calendar::Calendar;
//!
//! let due = Calendar::standard().add_working_days(date(2026, 9, 30), 1);
//! assert_eq!(due.date, date(2026, 10, 8));
//! assert!(!due.provisional);
//! ```

mod calendar;
mod clock;
mod table;

pub use calendar::{Calendar, Deadline};
pub use clock::{end_of_day, local_date, start_of_day};
pub use table::TableError;
