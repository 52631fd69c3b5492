//! Power loss, seen from outside: nothing may leave a process that its disk has not got. A program that
//! says aloud what it acknowledges, and a reader of system-call traces that holds it to that.

mod program;
mod trace;

pub use program::main;
pub use trace::{Moment, Trace, early};
