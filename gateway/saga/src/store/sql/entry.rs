//! What one write leaves behind for one saga, in the form in which a commit keeps it until it is
//! settled.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use serde::{Deserialize, Serialize};

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Append, NewSaga, StoredEvent};
use super::run::Run;
use crate::machine::SagaId;

/// The form of a kept commit; a later form gets another number.
const FORM: u8 = 3;
/// A form before: it kept event by event.
const BY_EVENTS: u8 = 2;
/// A form before that: it kept no births either.
const WITHOUT_BIRTHS: u8 = 1;

/// About what an entry takes beside its events.
const ROW: usize = 256;

/// One write of one saga.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) saga: SagaId,
    pub(super) epoch: u64,
    /// The number of the last event before; of the saga's row when that was written already.
    pub(super) before: u64,
    /// What changes in the saga's row; nothing for a new saga whose row was written with the commit.
    pub(super) row: Option<Change>,
    pub(super) events: Run,
    /// A new saga whose row is still to be written.
    pub(super) birth: Option<Birth>,
}

/// What never changes in a saga's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Birth {
    pub(super) definition: String,
    pub(super) version: u32,
    pub(super) accepted_at: i64,
    pub(super) dedupe: Option<(String, [u8; 32])>,
    pub(super) seal: Option<Vec<u8>>,
}

/// A saga's row after a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) seq: u64,
    pub(super) mac: [u8; 32],
    pub(super) state: Cow<'static, str>,
    pub(super) waiting: bool,
    pub(super) responsible: Option<String>,
    pub(super) wake_at: Option<i64>,
    pub(super) wake_reason: Option<String>,
    pub(super) updated_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) owner: Option<u64>,
    pub(super) due_at: Option<i64>,
}

impl Entry {
    /// The events of a new saga under an epoch, whose row is written with them.
    ///
    /// # Errors
    /// Never for what an engine makes.
    pub(super) fn of_new(key: &ChainKey, epoch: u64, new: &NewSaga) -> Result<Self, StoreError> {
        let events = new.events.clone();
        let events = key.extend(new.saga, epoch, Head::START, new.seal, events);
        let events = Run::write(&events)?;
        Ok(Self {
            saga: new.saga,
            epoch,
            before: events.head().unwrap_or(Head::START).seq,
            row: None,
            events,
            birth: None,
        })
    }

    /// Keeps the new saga's row as well, so that it can be written later.
    pub(super) fn with_birth(mut self, new: &NewSaga) -> Self {
        let (head, shown) = (self.events.head().unwrap_or(Head::START), &new.projection);
        let at = self.events.at().unwrap_or_default().0;
        let ended = shown.state.ended();
        self.row = Some(Change {
            seq: head.seq,
            mac: head.mac,
            state: Cow::Borrowed(shown.state.name()),
            waiting: shown.waiting,
            responsible: shown.responsible.clone(),
            wake_at: shown.wake_at.map(|at| at.0),
            wake_reason: shown.wake_reason.clone(),
            updated_at: at,
            ended_at: ended.then_some(at),
            owner: (!ended).then_some(self.epoch),
            due_at: None,
        });
        self.birth = Some(Birth {
            definition: new.definition.clone(),
            version: new.version,
            accepted_at: at,
            dedupe: new
                .dedupe
                .as_ref()
                .map(|dedupe| (dedupe.key.clone(), dedupe.digest)),
            seal: new.seal.to_row(),
        });
        self
    }

    /// An append by an incarnation.
    ///
    /// # Errors
    /// Never for what an engine makes.
    pub(super) fn of_append(
        key: &ChainKey,
        incarnation: u64,
        append: Append,
    ) -> Result<Self, StoreError> {
        let (saga, epoch, shown) = (append.saga, append.epoch, append.projection);
        let events = key.extend(saga, epoch, append.head, append.seal, append.events);
        let events = Run::write(&events)?;
        let head = events.head().unwrap_or(append.head);
        let ended = shown.state.ended();
        let rests = append.rests.filter(|_| !ended);
        Ok(Self {
            saga,
            epoch,
            before: append.head.seq,
            row: Some(Change {
                seq: head.seq,
                mac: head.mac,
                state: Cow::Borrowed(shown.state.name()),
                waiting: shown.waiting,
                responsible: shown.responsible,
                wake_at: shown.wake_at.map(|at| at.0),
                wake_reason: shown.wake_reason,
                updated_at: append.at.0,
                ended_at: ended.then_some(append.at.0),
                owner: (rests.is_none() && !ended).then_some(incarnation),
                due_at: rests.map(|due_at| due_at.0),
            }),
            events,
            birth: None,
        })
    }
}

/// What a commit keeps of its entries: one behind the other.
///
/// # Errors
/// Never for what this module makes.
pub(super) fn commit<'a>(
    entries: impl Iterator<Item = &'a Entry> + Clone,
) -> Result<Vec<u8>, StoreError> {
    let lengths = entries
        .clone()
        .map(|entry| ROW + entry.events.bytes().len());
    let mut all = Vec::with_capacity(1 + lengths.sum::<usize>());
    all.push(FORM);
    entries
        .into_iter()
        .try_fold(all, |all, entry| postcard::to_extend(entry, all))
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

/// The entries of a commit that was kept.
///
/// # Errors
/// [`StoreError::Damaged`] when it is not what [`commit`] made.
pub(super) fn decode(kept: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let damaged = || StoreError::Damaged("a commit that is not settled yet".to_owned());
    let (&form, mut rest) = kept.split_first().ok_or_else(damaged)?;
    let take = match form {
        FORM => by_runs,
        BY_EVENTS => by_events,
        WITHOUT_BIRTHS => without_birth,
        _ => return Err(damaged()),
    };
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (entry, behind) = take(rest).map_err(|_| damaged())?;
        entries.push(entry);
        rest = behind;
    }
    Ok(entries)
}

fn by_runs(bytes: &[u8]) -> postcard::Result<(Entry, &[u8])> {
    postcard::take_from_bytes(bytes)
}

/// An entry in a form before.
fn by_events(bytes: &[u8]) -> postcard::Result<(Entry, &[u8])> {
    let ((head, birth), behind) = postcard::take_from_bytes(bytes)?;
    Ok((earlier(head, birth)?, behind))
}

/// An entry in the form before that.
fn without_birth(bytes: &[u8]) -> postcard::Result<(Entry, &[u8])> {
    let (head, behind) = postcard::take_from_bytes(bytes)?;
    Ok((earlier(head, None)?, behind))
}

/// Saga, epoch, number before, row and events.
type Earlier = (SagaId, u64, u64, Option<Change>, Vec<StoredEvent>);

fn earlier(
    (saga, epoch, before, row, events): Earlier,
    birth: Option<Birth>,
) -> postcard::Result<Entry> {
    let events = Run::write(&events).map_err(|_| postcard::Error::SerdeSerCustom)?;
    Ok(Entry {
        saga,
        epoch,
        before,
        row,
        events,
        birth,
    })
}

/// What entries come to: one a saga, in the order of the sagas' first.
pub(super) fn fold(entries: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let entries = entries.into_iter();
    let mut places = HashMap::new();
    let mut folded: Vec<Entry> = Vec::new();
    for entry in entries {
        match places.entry(entry.saga) {
            Place::Vacant(place) => {
                place.insert(folded.len());
                folded.push(entry);
            }
            Place::Occupied(place) => {
                let before = &mut folded[*place.get()];
                before.events.append(&entry.events);
                if entry.row.is_some() {
                    before.row = entry.row;
                }
            }
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::machine::Timestamp;

    fn event(seq: u64) -> StoredEvent {
        StoredEvent {
            seq,
            epoch: 7,
            at: Timestamp(1),
            kind: "Succeeded".into(),
            body: "{}".to_owned(),
            payload: Bytes::from_static(b"bytes"),
            mac: [3; 32],
        }
    }

    fn entry(saga: u128, before: u64, seqs: std::ops::RangeInclusive<u64>) -> Entry {
        let events: Vec<_> = seqs.map(event).collect();
        let seq = events.last().map_or(before, |event| event.seq);
        let events = Run::write(&events).unwrap();
        Entry {
            saga: SagaId(Uuid::from_u128(saga)),
            epoch: 7,
            before,
            row: (before > 0).then(|| Change {
                seq,
                mac: [3; 32],
                state: Cow::Borrowed("Running"),
                waiting: false,
                responsible: None,
                wake_at: Some(-1),
                wake_reason: Some("why".to_owned()),
                updated_at: 9,
                ended_at: None,
                owner: Some(7),
                due_at: None,
            }),
            events,
            birth: None,
        }
    }

    #[test]
    fn what_a_commit_keeps_is_read_back() {
        let entries = vec![entry(1, 0, 1..=2), entry(2, 4, 5..=5)];
        let kept = commit(entries.iter()).unwrap();
        assert_eq!(decode(&kept).unwrap(), entries);
        assert!(decode(&kept[..kept.len() - 1]).is_err(), "cut");
        assert!(decode(&[]).is_err(), "empty");
        assert!(decode(&[FORM + 1]).is_err(), "of another form");
    }

    #[test]
    fn what_earlier_versions_kept_is_read() {
        let now = entry(2, 4, 5..=6);
        let events = now.events.events();
        let then = (now.saga, now.epoch, now.before, &now.row, &events);
        let kept = |form, then: Vec<u8>| [&[form], then.as_slice()].concat();
        let without_birth = kept(WITHOUT_BIRTHS, postcard::to_allocvec(&then).unwrap());
        assert_eq!(decode(&without_birth).unwrap(), std::slice::from_ref(&now));
        let by_events = postcard::to_allocvec(&(then, &now.birth)).unwrap();
        assert_eq!(decode(&kept(BY_EVENTS, by_events)).unwrap(), [now]);
    }

    #[test]
    fn entries_of_a_saga_come_to_one() {
        let folded = fold(vec![
            entry(1, 2, 3..=4),
            entry(2, 9, 10..=10),
            entry(1, 4, 5..=5),
        ]);
        assert_eq!(folded.len(), 2);
        assert_eq!(folded[0].before, 2);
        assert_eq!(folded[0].row.as_ref().map(|row| row.seq), Some(5));
        assert_eq!(folded[0].events, Run::write(&[3, 4, 5].map(event)).unwrap());
    }
}
