//! An action whose effect takes place in another system, which is called outside any transaction
//! (rule 11): the call is committed as in flight before the system is called, and what became of it
//! is committed afterwards. What is in between is never guessed.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::{Annulled, ErasedEffect, Key, Refusal};

/// A call on its way to another system.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The call's key.
    pub key: Key,
    /// What [`crate::Stop::Elsewhere`] kept before the system was called, or what
    /// [`ErasedEffect::record`] kept afterwards.
    pub kept: Value,
    /// Since when it is in flight, in microseconds since the epoch.
    pub since: i64,
    /// Whether the system may have been called for it before.
    pub again: bool,
    /// Whether the system said that it decides later.
    pub later: bool,
}

/// What another system said of a call.
#[derive(Debug)]
pub enum Told {
    /// It took effect.
    Done(ErasedEffect),
    /// It is refused, with no effect.
    Refused(Refusal),
    /// The system decides later. This is kept from now on in place of [`Errand::kept`].
    Later(Value),
    /// It was not carried out, and whatever was sent so far never will be: it may be sent.
    Absent,
    /// It is not known yet: ask again.
    Unknown,
    /// Nobody can find out by asking: an owner does.
    Unknowable {
        /// What to tell the owner.
        message: String,
    },
}

/// What another system said of annulling.
#[derive(Debug)]
pub enum TakenBack {
    /// How it ended.
    Annulled(Annulled),
    /// It is not known: ask again.
    Unknown,
}

/// Calls another system. A call that was given up by its caller is carried out to its end.
#[async_trait]
pub trait Elsewhere: Send + Sync + 'static {
    /// Has the call carried out, or finds out what became of it when it may have been before.
    async fn carry_out(&self, errand: &Errand) -> Told;

    /// Has the effect annulled; or, when the system has yet to decide, the application withdrawn.
    async fn take_back(&self, errand: &Errand) -> TakenBack;

    /// How often the system is asked whether it has decided.
    fn ask_every(&self) -> Duration;
}
