//! The journal's vocabulary: the facts themselves, what they are about, and how they are written down.

mod codec;
mod fact;
mod parts;
mod words;

pub use codec::UndecodableEvent;
pub use fact::Event;
