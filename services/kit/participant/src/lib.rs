//! The participant ledger: what makes a step happen once.
//!
//! A department writes each mutating call as an [`Action`]: how it takes effect and how the effect
//! is annulled, both inside a transaction that the [`Ledger`] opens. The ledger records key,
//! digest, epoch and answer in that same transaction, answers repeats from what it recorded, and
//! serves `onething.participant.v1` for all of them. Handlers never see keys or epochs.

mod action;
mod call;
mod fault;
mod key;
mod ledger;
mod recorded;
mod refusal;
mod rejection;
pub mod rules;
mod service;
mod store;
mod suspension;
mod undo;

pub use action::{Action, Annulled, Effect, Erased, ErasedEffect, Stop, Typed};
pub use call::{Call, Origin, metadata};
pub use fault::Fault;
pub use key::Key;
pub use ledger::{Clock, Ledger, LedgerBuilder};
pub use recorded::Recorded;
pub use refusal::{INVALID_INPUT, MATTER_SUSPENDED, Refusal};
pub use rejection::Rejection;
pub use service::Participant;
pub use store::{MIGRATIONS, STATEMENTS};
pub use suspension::{Suspension, Suspensions};
