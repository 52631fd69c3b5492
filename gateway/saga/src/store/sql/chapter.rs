//! A chapter: consecutive events of one saga as they are kept for good, in one row of the journal. Each
//! event has the form in which commits keep it.

use super::super::error::StoreError;
use super::super::record::StoredEvent;
use super::run::Run;

/// The form of a chapter; a later form gets another number.
const FORM: u8 = 1;

/// What a row of the journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Its events in their order, as they are stored: sealed payloads are sealed.
    pub events: Vec<StoredEvent>,
    /// Whether nothing is behind them that cannot be read.
    pub whole: bool,
}

impl Chapter {
    /// Reads a row's bytes. What stands before some damage is read.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let Some((&FORM, run)) = bytes.split_first() else {
            return Self {
                events: Vec::new(),
                whole: false,
            };
        };
        let (events, whole) = Run::read(run);
        Self { events, whole }
    }

    /// The bytes of a row with these events.
    ///
    /// # Errors
    /// [`StoreError::Damaged`]; never for events that were read or made by a store.
    pub fn write(events: &[StoredEvent]) -> Result<Vec<u8>, StoreError> {
        Run::write(events).map(|run| Self::of(&run))
    }

    /// The bytes of a row with a run of events.
    pub(super) fn of(run: &Run) -> Vec<u8> {
        [&[FORM], run.bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::machine::Timestamp;

    fn stored(seq: u64) -> StoredEvent {
        StoredEvent {
            seq,
            epoch: u64::MAX,
            at: Timestamp(-1),
            kind: "Succeeded".into(),
            body: r#"{"why":"\"乌兰\" said\n"}"#.to_owned(),
            payload: Bytes::from(vec![0; seq as usize]),
            mac: [seq as u8; 32],
        }
    }

    #[test]
    fn a_chapter_is_read_back_word_for_word() {
        let events: Vec<_> = (0..3).map(stored).collect();
        let read = Chapter::read(&Chapter::write(&events).unwrap());
        assert_eq!((read.events, read.whole), (events, true));
    }

    #[test]
    fn a_damaged_chapter_is_read_up_to_the_damage() {
        let events: Vec<_> = (1..4).map(stored).collect();
        let bytes = Chapter::write(&events).unwrap();
        let read = |bytes: &[u8]| {
            let Chapter { events, whole } = Chapter::read(bytes);
            (events, whole)
        };
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(read(cut), (events[..2].to_vec(), false));
        assert_eq!(read(&bytes[1..]), (Vec::new(), false), "of another form");
        assert_eq!(read(&[]), (Vec::new(), false));
    }
}
