//! The participant ledger: what makes a step happen once.
//!
//! A department writes each mutating call as an [`Action`]: how it takes effect and how the effect
//! is annulled, both inside a transaction that the [`Ledger`] opens. The ledger records key,
//! digest, epoch and answer in that same transaction, answers repeats from what it recorded, and
//! serves `onething.participant.v1` for all of them. Handlers never see keys or epochs.

mod act;
mod action;
mod arrival;
mod call;
mod decide;
mod elsewhere;
mod expiry;
mod fault;
mod flight;
mod job;
mod key;
mod ledger;
mod lookout;
pub mod mutant;
mod question;
mod recorded;
mod refusal;
mod rejection;
mod retention;
mod review;
pub mod rules;
mod service;
mod store;
mod suspension;
mod undo;
mod watch;
mod worklist;
mod writer;

pub use action::{Action, Annulled, Effect, Erased, ErasedEffect, Stop, Typed};
pub use call::{Call, Origin, metadata};
pub use elsewhere::{Elsewhere, Errand, TakenBack, Told};
pub use fault::Fault;
pub use key::Key;
pub use ledger::{Clock, Ledger, LedgerBuilder};
pub use recorded::Recorded;
pub use refusal::{DEEMED_REFUSED, INVALID_INPUT, MATTER_SUSPENDED, RETURNED, Refusal};
pub use rejection::Rejection;
pub use review::{Conclusion, Decided, Decision, DecisionError, Dismissal, Pending, Review};
pub use service::Participant;
pub use store::{MIGRATIONS, STATEMENTS};
pub use suspension::{Suspension, Suspensions};
pub use worklist::{Officers, Reviews};
