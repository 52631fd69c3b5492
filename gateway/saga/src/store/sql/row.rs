//! A saga's row as it is stored, read back into what it was.

use super::super::error::StoreError;
use super::super::record::SagaRow;
use super::super::seal::Seal;
use super::entry::{Birth, Change, Entry};
use crate::machine::{SagaId, SagaState, Timestamp};

#[derive(Clone, sqlx::FromRow)]
pub(super) struct Row {
    saga_id: String,
    definition: String,
    version: i64,
    state: String,
    waiting: bool,
    epoch: i64,
    owner: Option<i64>,
    seq: i64,
    mac: Vec<u8>,
    responsible: Option<String>,
    wake_at: Option<i64>,
    wake_reason: Option<String>,
    accepted_at: i64,
    updated_at: i64,
    ended_at: Option<i64>,
    quarantined: Option<String>,
    seal: Option<Vec<u8>>,
}

impl TryFrom<Row> for SagaRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = SagaState::from_name(&row.state).ok_or_else(|| damaged("state"))?;
        Ok(Self {
            saga: saga_id(&row.saga_id)?,
            definition: row.definition,
            version: u32::try_from(row.version).map_err(|_| damaged("version"))?,
            state,
            waiting: row.waiting,
            epoch: unsigned(row.epoch)?,
            owner: row.owner.map(unsigned).transpose()?,
            seq: unsigned(row.seq)?,
            mac: link(&row.mac)?,
            responsible: row.responsible,
            wake_at: row.wake_at.map(Timestamp),
            wake_reason: row.wake_reason,
            accepted_at: Timestamp(row.accepted_at),
            updated_at: Timestamp(row.updated_at),
            ended_at: row.ended_at.map(Timestamp),
            quarantined: row.quarantined,
            seal: seal(row.seal.as_deref())?,
        })
    }
}

/// A row as a list shows it. One that cannot be read must not hide the others: it is shown as one that
/// an owner must look at, without the parts that mean nothing.
pub(super) fn listed(row: Row) -> Option<SagaRow> {
    let what = match SagaRow::try_from(row.clone()) {
        Ok(row) => return Some(row),
        Err(error) => error.to_string(),
    };
    let saga = row.saga_id.clone();
    let readable = Row {
        state: SagaState::Halted.name().to_owned(),
        version: row.version.max(0),
        epoch: row.epoch.max(0),
        seq: row.seq.max(0),
        mac: vec![0; 32],
        seal: None,
        quarantined: Some(row.quarantined.clone().unwrap_or_else(|| what.clone())),
        ..row
    };
    SagaRow::try_from(readable)
        .inspect_err(|_| tracing::error!(saga, what, "a saga's row is beyond being shown"))
        .ok()
}

/// The row of a saga that is in the log only.
pub(super) fn unborn(first: &Entry) -> Option<SagaRow> {
    let (birth, after) = (first.birth.as_ref()?, first.row.as_ref()?);
    let (
        Birth {
            definition,
            version,
            ..
        },
        Change { seq, mac, .. },
    ) = (birth, after);
    Some(SagaRow {
        saga: first.saga,
        definition: definition.clone(),
        version: *version,
        state: SagaState::from_name(&after.state)?,
        waiting: after.waiting,
        epoch: first.epoch,
        owner: after.owner,
        seq: *seq,
        mac: *mac,
        responsible: after.responsible.clone(),
        wake_at: after.wake_at.map(Timestamp),
        wake_reason: after.wake_reason.clone(),
        accepted_at: Timestamp(birth.accepted_at),
        updated_at: Timestamp(after.updated_at),
        ended_at: after.ended_at.map(Timestamp),
        quarantined: None,
        seal: Seal::from_row(birth.seal.as_deref())?,
    })
}

/// What a write makes of a saga's row.
pub(super) fn advance(row: &mut SagaRow, after: Change) -> Result<(), StoreError> {
    row.state = SagaState::from_name(&after.state).ok_or_else(|| damaged("state"))?;
    row.waiting = after.waiting;
    row.owner = after.owner;
    row.seq = after.seq;
    row.mac = after.mac;
    row.responsible = after.responsible;
    row.wake_at = after.wake_at.map(Timestamp);
    row.wake_reason = after.wake_reason;
    row.updated_at = Timestamp(after.updated_at);
    row.ended_at = after.ended_at.map(Timestamp);
    row.quarantined = None;
    Ok(())
}

pub(super) fn saga_id(text: &str) -> Result<SagaId, StoreError> {
    text.parse().map_err(|_| damaged("saga_id"))
}

pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| damaged("a number"))
}

pub(super) fn link(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| damaged("mac"))
}

pub(super) fn seal(stored: Option<&[u8]>) -> Result<Seal, StoreError> {
    Seal::from_row(stored).ok_or_else(|| damaged("seal"))
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
