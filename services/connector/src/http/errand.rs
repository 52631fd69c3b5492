//! A matter that an HTTP system carries out, as the ledger sees it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::{Db, Tx};
use onething_participant::{
    Annulled, Call, Elsewhere, Erased, ErasedEffect, Errand, Fault, Key, Refusal, Stop, TakenBack,
    Told,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ANSWER, Http, KEY, Verdict};
use crate::{expression::Values, matter::Matter, store::Reader};

/// A matter whose calls go on to an HTTP system.
#[derive(Debug)]
pub(crate) struct Remote {
    matter: Arc<Matter>,
    http: Arc<Http>,
}

impl Remote {
    /// The matter, if an HTTP system backs it.
    pub(crate) fn of(matter: &Arc<Matter>) -> Option<Self> {
        Some(Self {
            http: matter.http.clone()?,
            matter: matter.clone(),
        })
    }

    /// Asks a query.
    ///
    /// # Errors
    /// [`Stop::Refuse`] with a declared reason, or [`Stop::Fail`] when no answer can be had.
    pub(crate) async fn ask(&self, db: &Db, message: Bytes, at: i64) -> Result<Bytes, Stop> {
        let reader = &mut Reader::Reading(db);
        let mut values = self.matter.judge(reader, message, at).await?.values;
        let call = &self.http.call;
        match call.exchange(&self.http.system, &values, None).await {
            Verdict::Done(answer) => {
                values.insert(ANSWER.to_owned(), answer);
                Ok(self.matter.encode(&values)?)
            }
            Verdict::Refused(refusal) => Err(refusal.into()),
            Verdict::Doubt(why) => Err(Fault::Elsewhere(why).into()),
            Verdict::NotSent => Err(Fault::Elsewhere("no connection".to_owned()).into()),
            Verdict::Absent | Verdict::Pending(_) => {
                let why = "it answers a query as one does not";
                Err(Fault::Elsewhere(why.to_owned()).into())
            }
        }
    }

    fn values(&self, errand: &Errand) -> Result<Values, Fault> {
        let corrupt = |error: serde_json::Error| Fault::Corrupt {
            what: self.matter.method.clone(),
            source: error.into(),
        };
        let mut values: Values = serde_json::from_value(errand.kept.clone()).map_err(corrupt)?;
        values.insert(KEY.to_owned(), Value::String(key_text(&errand.key)));
        Ok(values)
    }

    /// Sends the call, under its key where the system knows keys.
    async fn send(&self, values: Values) -> Told {
        let key = values.get(KEY).and_then(Value::as_str).unwrap_or_default();
        let idempotency = self.http.idempotency.as_ref().map(|name| (name, key));
        let call = &self.http.call;
        let verdict = call.exchange(&self.http.system, &values, idempotency).await;
        match verdict {
            // What never left is surely not carried out, unless an earlier one arrived.
            Verdict::NotSent if self.http.idempotency.is_none() => Told::Absent,
            Verdict::NotSent => Told::Unknown,
            verdict => self.told(verdict, values),
        }
    }

    fn told(&self, verdict: Verdict, mut values: Values) -> Told {
        let keep = |mut values: Values, answer: Value| {
            values.insert(ANSWER.to_owned(), answer);
            serde_json::to_value(values).unwrap_or_default()
        };
        match verdict {
            Verdict::Done(answer) => {
                values.insert(ANSWER.to_owned(), answer);
                match self.matter.encode(&values) {
                    Ok(response) => Told::Done(ErasedEffect {
                        response,
                        record: serde_json::to_value(values).unwrap_or_default(),
                    }),
                    Err(fault) => self.unknown(&fault.to_string()),
                }
            }
            Verdict::Pending(answer) => Told::Later(keep(values, answer)),
            Verdict::Refused(refusal) => Told::Refused(refusal),
            Verdict::Absent => self.unknown("it says that it does not know a call that it got"),
            Verdict::NotSent => self.unknown("no connection"),
            Verdict::Doubt(why) => self.unknown(&why),
        }
    }

    fn unknown(&self, why: &str) -> Told {
        let method = self.matter.method.as_str();
        tracing::warn!(method, why, "a department's system leaves a call in doubt");
        Told::Unknown
    }

    /// What to do about a call that the system says it does not know.
    async fn absent(&self, errand: &Errand, values: Values) -> Told {
        if errand.later {
            return self.unknown("it does not know any more what it had yet to decide");
        }
        if self.http.idempotency.is_some() {
            return self.send(values).await;
        }
        let Some(after) = self.http.final_after else {
            return self.unknowable();
        };
        let now = jiff::Timestamp::now().as_microsecond();
        let past = Duration::from_micros(u64::try_from(now - errand.since).unwrap_or_default());
        if past < after {
            // It may arrive yet.
            Told::Unknown
        } else {
            Told::Absent
        }
    }

    fn unknowable(&self) -> Told {
        Told::Unknowable {
            message: format!(
                "The answer to {} was lost. The department's system knows no key by which it could \
                 be asked again: look there whether it took effect, and attest it.",
                self.matter.name()
            ),
        }
    }
}

/// The key that a system is given: the same for every repetition of a call, and of a form that every
/// system takes.
fn key_text(key: &Key) -> String {
    let digest = Sha256::digest(key.to_string());
    hex::encode(&digest[..16])
}

#[async_trait]
impl Erased for Remote {
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop> {
        let reader = &mut Reader::Locking(tx);
        let message = call.message.clone();
        let judged = self.matter.judge(reader, message, call.at).await?;
        let kept = serde_json::to_value(judged.values).map_err(|error| Fault::Corrupt {
            what: self.matter.method.clone(),
            source: error.into(),
        })?;
        Err(Stop::Elsewhere(kept))
    }

    async fn annul(&self, _: &mut Tx, _: i64, _: Value) -> Result<Annulled, Fault> {
        // What is elsewhere is taken back there.
        Ok(Annulled::Pending)
    }

    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        Some(self)
    }
}

#[async_trait]
impl Elsewhere for Remote {
    async fn carry_out(&self, errand: &Errand) -> Told {
        let values = match self.values(errand) {
            Ok(values) => values,
            Err(fault) => return self.unknown(&fault.to_string()),
        };
        if !errand.again && !errand.later {
            return self.send(values).await;
        }
        let Some(outcome) = &self.http.outcome else {
            return if self.http.idempotency.is_some() {
                self.send(values).await
            } else {
                self.unknowable()
            };
        };
        match outcome.exchange(&self.http.system, &values, None).await {
            Verdict::Absent => self.absent(errand, values).await,
            verdict => self.told(verdict, values),
        }
    }

    async fn take_back(&self, errand: &Errand) -> TakenBack {
        let (Some(undo), Ok(values)) = (&self.http.undo, self.values(errand)) else {
            return TakenBack::Annulled(Annulled::Impossible {
                reason: "NO_UNDO".to_owned(),
                message: "The department's system cannot take this back.".to_owned(),
            });
        };
        // An undo is another call than the one it undoes.
        let key = values.get(KEY).and_then(Value::as_str).unwrap_or_default();
        let key = format!("{key}-undo");
        let idempotency = self
            .http
            .idempotency
            .as_ref()
            .map(|name| (name, key.as_str()));
        let verdict = undo.exchange(&self.http.system, &values, idempotency).await;
        match verdict {
            Verdict::Done(_) | Verdict::Absent => TakenBack::Annulled(Annulled::Done),
            Verdict::Pending(_) => TakenBack::Annulled(Annulled::Pending),
            Verdict::Refused(Refusal {
                reason, message, ..
            }) => TakenBack::Annulled(Annulled::Impossible { reason, message }),
            Verdict::NotSent | Verdict::Doubt(_) => {
                let method = self.matter.method.as_str();
                tracing::warn!(method, "a department's system leaves an undo in doubt");
                TakenBack::Unknown
            }
        }
    }

    fn ask_every(&self) -> Duration {
        self.http.every
    }
}
