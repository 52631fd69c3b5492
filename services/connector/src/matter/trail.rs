//! What a program did to the record store, as the ledger keeps it, and taking it back from there.

use std::collections::BTreeMap;

use onething_db::Tx;
use onething_participant::{Annulled, Fault};
use serde::{Deserialize, Serialize};

use crate::store::{self, Body, Place, Record, State};

/// The reason for not taking back what others have built upon.
pub(super) const RECORD_CHANGED_SINCE: &str = "RECORD_CHANGED_SINCE";

/// Everything that one call did, in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Trail(pub(super) Vec<Trace>);

/// What a call did to one record.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) kind: String,
    pub(super) key: String,
    /// The content that the call gave it.
    pub(super) content: i64,
    /// The content it had before; none when the call created it.
    pub(super) before: Option<i64>,
    /// What was added to its integers. Only that is taken back, whatever others added since.
    #[serde(default)]
    pub(super) added: BTreeMap<String, i64>,
    /// Its indexed attributes.
    pub(super) indexed: Vec<String>,
}

impl Trace {
    /// Whether what the call did to the record can still be taken back alone.
    fn still(&self, record: &Record) -> bool {
        if self.added.is_empty() {
            record.content == self.content
        } else {
            record.state == State::InForce
        }
    }
}

/// Adds to an integer of a record.
pub(super) fn shift(body: &mut Body, name: &str, by: i64) {
    let value = body.get(name).and_then(serde_json::Value::as_i64);
    let sum = value.unwrap_or_default().saturating_add(by);
    body.insert(name.to_owned(), sum.into());
}

impl Trail {
    /// Annuls created records, gives changed ones their content of before and subtracts what was
    /// added, the last first.
    pub(super) async fn take_back(
        &self,
        tx: &mut Tx,
        department: &str,
        at: i64,
    ) -> Result<Annulled, Fault> {
        for trace in self.0.iter().rev() {
            let place = Place {
                department,
                kind: &trace.kind,
                key: &trace.key,
            };
            let record = store::lock(tx, place).await?;
            let Some(record) = record.filter(|record| trace.still(record)) else {
                return Ok(Annulled::Impossible {
                    reason: RECORD_CHANGED_SINCE.to_owned(),
                    message: format!(
                        "A record of the kind {} was changed since by another call.",
                        trace.kind
                    ),
                });
            };
            match trace.before {
                Some(_) if !trace.added.is_empty() => {
                    let mut body = record.body.clone();
                    for (name, value) in &trace.added {
                        shift(&mut body, name, value.saturating_neg());
                    }
                    store::change(tx, place, &record, &body, &trace.indexed, at).await?;
                }
                Some(before) => {
                    store::restore(tx, place, &record, before, &trace.indexed, at).await?;
                }
                None => store::annul(tx, place, &record, at).await?,
            }
        }
        Ok(Annulled::Done)
    }
}
