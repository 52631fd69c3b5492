//! What a program did to the record store, as the ledger keeps it, and taking it back from there.

use onething_db::Tx;
use onething_participant::{Annulled, Fault};
use serde::{Deserialize, Serialize};

use crate::store::{self, Place};

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
    /// Its indexed attributes.
    pub(super) indexed: Vec<String>,
}

impl Trail {
    /// Annuls created records and gives changed ones their content of before, the last first.
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
            let Some(record) = record.filter(|record| record.content == trace.content) else {
                return Ok(Annulled::Impossible {
                    reason: RECORD_CHANGED_SINCE.to_owned(),
                    message: format!(
                        "A record of the kind {} was changed since by another call.",
                        trace.kind
                    ),
                });
            };
            match trace.before {
                Some(before) => {
                    store::restore(tx, place, &record, before, &trace.indexed, at).await?;
                }
                None => store::annul(tx, place, &record, at).await?,
            }
        }
        Ok(Annulled::Done)
    }
}
