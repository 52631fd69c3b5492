//! What somebody waits for an answer to: read out of the saga's mailbox, granted, refused or turned away.

use super::error::EngineError;
use super::journal;
use super::registry::{Asker, Wish};
use super::worker::Worker;
use crate::machine::{Draft, Rejection, State};

impl Worker {
    /// Whether somebody waits for this engine to do something with the saga.
    pub(super) fn wished(&mut self) -> bool {
        self.collect();
        !self.wishes.is_empty()
    }

    /// Answers wishes out of a state that changes no more.
    pub(super) fn grant_known(&mut self, state: &State) {
        let ended = || EngineError::Conflict("the case has ended".to_owned());
        for Wish { input, reply } in std::mem::take(&mut self.wishes) {
            let mut draft = Draft::new(state.clone(), state.updated_at());
            let result = match journal::feed(&self.shared, &mut draft, input) {
                Ok(()) if draft.into_parts().1.events.is_empty() => Ok(()),
                Ok(()) => Err(ended()),
                Err(Rejection::Conflict(why) | Rejection::Illegal(why)) => {
                    Err(EngineError::Conflict(why))
                }
            };
            answer(reply, result);
        }
    }

    pub(super) fn turn_away(&mut self, error: &EngineError) {
        self.wished();
        for wish in self.wishes.drain(..) {
            answer(wish.reply, Err(error.clone()));
        }
    }
}

/// Answers the wishes of a batch that stands.
pub(super) fn tell(granted: Vec<Asker>, refused: Vec<(Asker, String)>) {
    for reply in granted {
        answer(reply, Ok(()));
    }
    for (reply, why) in refused {
        answer(reply, Err(EngineError::Conflict(why)));
    }
}

/// Whoever asked may have gone away.
pub(super) fn answer(reply: Asker, result: Result<(), EngineError>) {
    drop(reply.send(result));
}
