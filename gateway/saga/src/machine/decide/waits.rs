//! Messages from outside.

use bytes::Bytes;

use super::Draft;
use super::wishes::conflict;
use crate::machine::event::Event;
use crate::machine::input::Rejection;

/// More messages than this are not kept for one saga.
const MOST_SIGNALS: usize = 1024;

impl Draft {
    /// Keeps a message until a step waits for it; a repetition is the same message.
    pub(super) fn signal(
        &mut self,
        id: String,
        name: String,
        payload: Bytes,
    ) -> Result<(), Rejection> {
        if let Some(known) = self.state.signals().iter().find(|signal| signal.id == id) {
            return if known.name == name && known.payload == payload {
                Ok(())
            } else {
                Err(conflict("the message's identity was used for another one"))
            };
        }
        if self.state.ended().is_some() {
            return Err(conflict("the case has ended"));
        }
        if self.state.signals().len() >= MOST_SIGNALS {
            return Err(conflict("the case has too many messages"));
        }
        self.emit(Event::SignalReceived { id, name, payload });
        Ok(())
    }
}
