//! The participant's rules as pure functions: what is recorded for a key and what arrives give a
//! verdict. They know no database, no clock and no wire. [`crate::Ledger`] carries the verdicts out
//! in SQL; a simulation carries the same verdicts out on a table in memory.
//!
//! Whoever carries them out owes them three things:
//! - the row that a verdict was taken from stays locked until what follows from it is committed;
//! - the row, the effect and the entry in the decision log commit together or not at all;
//! - a verdict other than [`CallVerdict::Rejected`] and its like raises the row's epoch to
//!   [`raised`].

mod call;
mod decision;
mod expiry;
mod log;
mod question;
mod retention;
mod row;
mod undo;

#[cfg(test)]
mod tests;

pub use call::{Admission, CallVerdict, Incoming, Performed, admission, call, digest, settled};
pub use decision::{Decision, DecisionVerdict, decide};
pub use expiry::{Expiry, ExpiryVerdict, deemed, due, expire};
pub use log::{Cursor, CursorProblem, next_position, resume};
pub use question::{QuestionVerdict, question};
pub use retention::{is_forgotten, may_forget};
pub use row::{Found, Kind, Recorded, Row, raised};
pub use undo::{Annulment, UndoVerdict, annulled, undo};
