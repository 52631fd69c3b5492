//! The ledger's tables. Every function runs inside the caller's transaction and has locked the row
//! it returns, unless it says otherwise.

mod decision;
mod retention;
mod review;
mod row;
mod statement;

pub(crate) use decision::{Decided, Logged, decisions, due, head, log, seal_at};
pub(crate) use retention::{Candidate, declare, forget, low_water, low_waters};
pub(crate) use review::{
    Counted, OpenAfter, OpenReview, decide_review, decided_review, open_review, open_reviews,
};
pub(crate) use row::{
    After, Entry, Place, Row, Settlement, found, in_flight, keep_round, list, lock, look, mark,
    move_due, past, peek, raise, settle, signed, write,
};
pub use statement::{MIGRATIONS, STATEMENTS};
