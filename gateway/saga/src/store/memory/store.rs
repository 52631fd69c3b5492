//! What is asked of the store, carried out on its tables.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;

use super::{Kept, MemoryStore};
use crate::machine::{Projection, SagaId, Timestamp};
use crate::mutant::{self, Mutant};
use crate::store::chain::Head;
use crate::store::error::StoreError;
use crate::store::record::{
    Acceptance, Append, Dedupe, Delivery, Filter, Journal, NewSaga, Page, Pulse, SagaRow,
    StoredEvent, Take, Verification,
};
use crate::store::seal::Seal;
use crate::store::{EventRecord, Store};

#[async_trait]
impl Store for MemoryStore {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        let mut tables = self.held()?;
        if let Some(Dedupe { key, digest }) = &new.dedupe
            && let Some((saga, known)) = tables.dedupe.get(key).copied()
            && !mutant::active(Mutant::SubmissionDoubled)
        {
            return match known {
                Some(known) if known == *digest => Ok(Acceptance::Duplicate { saga }),
                Some(_) => Err(StoreError::DigestConflict { saga }),
                None => Err(StoreError::Erased { saga }),
            };
        }
        if tables.sagas.contains_key(&new.saga) {
            return Err(StoreError::Exists(new.saga));
        }
        let epoch = self.mine();
        let events = self
            .key
            .extend(new.saga, epoch, Head::START, new.seal, new.events.clone());
        let (head, at) = end(Head::START, &events);
        let mut row = SagaRow {
            saga: new.saga,
            definition: new.definition,
            version: new.version,
            state: new.projection.state,
            waiting: false,
            epoch,
            owner: Some(epoch),
            seq: 0,
            mac: [0; 32],
            responsible: None,
            wake_at: None,
            wake_reason: None,
            accepted_at: at,
            updated_at: at,
            ended_at: None,
            quarantined: None,
            seal: new.seal,
        };
        show(&mut row, head, at, new.projection);
        if let Some(Dedupe { key, digest }) = new.dedupe {
            tables.dedupe.insert(key, (new.saga, Some(digest)));
        }
        if row.ended_at.is_some() {
            row.owner = None;
        }
        let due_at = None;
        tables.sagas.insert(
            new.saga,
            Kept {
                row,
                due_at,
                events,
            },
        );
        Ok(Acceptance::Accepted { epoch, head })
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        let mut tables = self.held()?;
        let kept = tables
            .sagas
            .get_mut(&append.saga)
            .ok_or(StoreError::Fenced)?;
        let overtaken =
            kept.row.epoch != append.epoch && !mutant::active(Mutant::JournalIgnoresEpoch);
        if overtaken || kept.row.seq != append.head.seq {
            return Err(StoreError::Fenced);
        }
        let events = self.key.extend(
            append.saga,
            append.epoch,
            append.head,
            append.seal,
            append.events,
        );
        let (head, _) = end(append.head, &events);
        let ended = append.projection.state.ended();
        kept.due_at = append.rests.filter(|_| !ended);
        kept.row.owner = (kept.due_at.is_none() && !ended).then(|| self.mine());
        show(&mut kept.row, head, append.at, append.projection);
        kept.events.extend(events);
        for name in append.taken {
            tables.inbox.remove(&(append.saga, name));
        }
        Ok(head)
    }

    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError> {
        let (mut tables, mine) = (self.held()?, self.mine());
        let owner = match tables.sagas.get(&saga) {
            Some(kept) if kept.row.ended_at.is_some() => return Ok(kept.row.clone()),
            Some(kept) => kept.row.owner,
            None => return Err(StoreError::NotFound(saga)),
        };
        let free = owner.is_none_or(|owner| owner == mine || !tables.living.contains_key(&owner));
        if take == Take::IfFree && !free {
            return Err(StoreError::Fenced);
        }
        let kept = tables
            .sagas
            .get_mut(&saga)
            .ok_or(StoreError::NotFound(saga))?;
        kept.row.epoch = (kept.row.epoch + 1).max(mine);
        kept.row.owner = Some(mine);
        kept.due_at = None;
        Ok(kept.row.clone())
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        let tables = self.lock();
        let kept = tables.sagas.get(&saga).ok_or(StoreError::NotFound(saga))?;
        let (row, mut events) = (kept.row.clone(), kept.events.clone());
        let verification = self.key.read(&row, &mut events);
        Ok(Journal {
            row,
            events,
            verification,
        })
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let tables = self.lock();
        let Some(kept) = tables.sagas.get(&saga) else {
            return Ok(Vec::new());
        };
        let events = kept.events.iter().filter(|event| event.seq >= from);
        let mut page: Vec<_> = events.take(limit as usize).cloned().collect();
        self.key.open_page(saga, kept.row.seal, &mut page)?;
        Ok(page)
    }

    async fn claimable(&self, now: Timestamp, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        let tables = self.lock();
        let limit = limit as usize;
        let rows = || tables.sagas.values();
        let orphaned = rows()
            .filter(|kept| {
                kept.row
                    .owner
                    .is_some_and(|owner| !tables.living.contains_key(&owner))
            })
            .map(|kept| kept.row.saga);
        let mut due: Vec<_> = rows()
            .filter_map(|kept| Some((kept.due_at.filter(|at| *at <= now)?, kept.row.saga)))
            .collect();
        due.sort_unstable();
        let delivered = rows()
            .filter(|kept| kept.due_at.is_some() && tables.delivered(kept.row.saga))
            .map(|kept| kept.row.saga);
        let due = due.into_iter().map(|(_, saga)| saga);
        Ok(orphaned.chain(due).chain(delivered).take(limit).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.lock();
        Ok(tables.sagas.values().filter_map(|kept| kept.due_at).min())
    }

    async fn heartbeat(&self, lease: Duration) -> Result<Pulse, StoreError> {
        let now = (self.clock)();
        if self.exclusive {
            return Ok(Pulse { now, held: true });
        }
        let mut tables = self.lock();
        let held = tables.lives(self.mine(), now);
        let expires_at = Some(now.plus(lease));
        tables
            .living
            .retain(|_, expires_at| expires_at.is_none_or(|at| at > now));
        if held {
            tables.living.insert(self.mine(), expires_at);
        } else {
            let incarnation = tables.begin(now, expires_at);
            self.incarnation.store(incarnation, Ordering::Release);
        }
        Ok(Pulse { now, held })
    }

    async fn step_down(&self) -> Result<(), StoreError> {
        self.lock().living.remove(&self.mine());
        Ok(())
    }

    fn exclusive(&self) -> bool {
        self.exclusive
    }

    async fn receive(
        &self,
        source: &str,
        position: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        let mut tables = self.held()?;
        for delivery in deliveries {
            let place = (delivery.saga, delivery.name.clone());
            tables.inbox.entry(place).or_insert(delivery);
        }
        tables
            .positions
            .insert(source.to_owned(), position.to_owned());
        Ok(())
    }

    async fn position(&self, source: &str) -> Result<Option<String>, StoreError> {
        Ok(self.lock().positions.get(source).cloned())
    }

    async fn inbox(&self, saga: SagaId) -> Result<Vec<Delivery>, StoreError> {
        let tables = self.lock();
        let from = (saga, String::new());
        let mine = tables
            .inbox
            .range(from..)
            .take_while(|((of, _), _)| *of == saga);
        Ok(mine.map(|(_, delivery)| delivery.clone()).collect())
    }

    async fn mail(&self, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        let (tables, mine) = (self.lock(), self.mine());
        let rows = tables.sagas.values().map(|kept| &kept.row);
        let mail = rows.filter(|row| row.owner == Some(mine) && tables.delivered(row.saga));
        Ok(mail.take(limit as usize).map(|row| row.saga).collect())
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        let tables = self.lock();
        let rows = tables.sagas.values().map(|kept| &kept.row).filter(|row| {
            page.after.is_none_or(|after| row.saga > after)
                && filter.state.is_none_or(|state| row.state == state)
                && filter
                    .definition
                    .as_ref()
                    .is_none_or(|name| row.definition == *name)
                && (filter.responsible.is_none() || row.responsible == filter.responsible)
                && filter
                    .accepted_before
                    .is_none_or(|before| row.accepted_at < before)
                && filter
                    .quarantined
                    .is_none_or(|set| row.quarantined.is_some() == set)
                && (!filter.without_wake || (row.ended_at.is_none() && row.wake_at.is_none()))
        });
        Ok(rows.take(page.limit as usize).cloned().collect())
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        if let Some(kept) = self.lock().sagas.get_mut(&saga) {
            kept.row.quarantined = Some(reason.to_owned());
            kept.row.owner = None;
            kept.due_at = None;
        }
        Ok(())
    }

    async fn erase(&self, saga: SagaId, record: EventRecord) -> Result<SagaRow, StoreError> {
        let mut tables = self.lock();
        let kept = tables
            .sagas
            .get_mut(&saga)
            .ok_or(StoreError::NotFound(saga))?;
        let row = &mut kept.row;
        if row.seal.is_erased() {
            return Ok(row.clone());
        }
        if row.ended_at.is_none() || !row.seal.is_closed() {
            return Err(StoreError::Fenced);
        }
        let at = record.at;
        let events = self
            .key
            .extend(saga, row.epoch, row.head(), Seal::ERASED, vec![record]);
        let (head, _) = end(row.head(), &events);
        (row.seq, row.mac, row.updated_at, row.seal) = (head.seq, head.mac, at, Seal::ERASED);
        let row = row.clone();
        kept.events.extend(events);
        tables.inbox.retain(|(of, _), _| *of != saga);
        for (of, digest) in tables.dedupe.values_mut() {
            if *of == saga {
                *digest = None;
            }
        }
        Ok(row)
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        Ok(self.load(saga).await?.verification)
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok((self.clock)())
    }

    async fn close(&self) {}
}

fn end(before: Head, events: &[StoredEvent]) -> (Head, Timestamp) {
    events
        .last()
        .map_or((before, Timestamp::default()), |event| {
            (
                Head {
                    seq: event.seq,
                    mac: event.mac,
                },
                event.at,
            )
        })
}

fn show(row: &mut SagaRow, head: Head, at: Timestamp, shown: Projection) {
    row.seq = head.seq;
    row.mac = head.mac;
    row.updated_at = at;
    row.ended_at = shown.state.ended().then_some(at);
    row.state = shown.state;
    row.waiting = shown.waiting;
    row.responsible = shown.responsible;
    row.wake_at = shown.wake_at;
    row.wake_reason = shown.wake_reason;
    row.quarantined = None;
}
