//! The first half of a program, which changes nothing: it reads the request, finds records, and
//! refuses what it must.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use onething_db::Db;
use onething_participant::{Fault, Refusal, Stop};
use serde_json::Value;

use super::program::{By, Else, Find, Matter};
use crate::{
    expression::Values,
    message,
    store::{Reader, Record, index_text},
};

/// What the first half of a program knows at its end.
pub(super) struct Judged {
    pub(super) values: Values,
    /// The records that were found, by their names.
    pub(super) found: BTreeMap<String, Record>,
}

impl Matter {
    /// Answers a query, at a time in microseconds since the epoch.
    ///
    /// # Errors
    /// [`Stop::Refuse`] with a declared reason, or [`Stop::Fail`].
    pub(crate) async fn ask(&self, db: &Db, message: Bytes, at: i64) -> Result<Bytes, Stop> {
        let judged = self.judge(&mut Reader::Reading(db), message, at).await?;
        Ok(self.encode(&judged.values)?)
    }

    pub(super) fn encode(&self, values: &Values) -> Result<Bytes, Fault> {
        let fields = self
            .answer
            .iter()
            .map(|(field, expression)| Ok((field.clone(), expression.evaluate(values)?)))
            .collect::<Result<Vec<_>, Fault>>()?;
        message::encode(&self.response, fields)
    }

    pub(super) async fn judge(
        &self,
        reader: &mut Reader<'_>,
        message: Bytes,
        at: i64,
    ) -> Result<Judged, Stop> {
        let request = self.request.read(message)?;
        let mut judged = Judged {
            values: Values::from([
                ("request".to_owned(), request),
                ("today".to_owned(), Value::String(day(at))),
            ]),
            found: BTreeMap::new(),
        };
        for find in &self.finds {
            let found = self.look(find, reader, &judged.values).await?;
            let view = match (&found, &find.otherwise) {
                (Some(record), _) => find.kind.view(record),
                (None, None) => Value::Null,
                (None, Some(otherwise)) => return Err(otherwise.refusal().into()),
            };
            judged.values.insert(find.name.clone(), view);
            judged
                .found
                .extend(found.map(|record| (find.name.clone(), record)));
        }
        for require in &self.requires {
            if !require.that.holds(&judged.values)? {
                return Err(require.otherwise.refusal().into());
            }
        }
        Ok(judged)
    }

    async fn look(
        &self,
        find: &Find,
        reader: &mut Reader<'_>,
        values: &Values,
    ) -> Result<Option<Record>, Stop> {
        let kind = find.kind.name.as_str();
        let attributes = match &find.by {
            By::Key(key) => {
                let key = key.text(values)?;
                let record = reader.in_force(self.place(kind, &key)).await?;
                return Ok(match record {
                    Some(record) if find.accepts(&record, &[], values)? => Some(record),
                    _ => None,
                });
            }
            By::Attributes(attributes) => attributes
                .iter()
                .map(|(name, value)| Ok((name.as_str(), value.evaluate(values)?)))
                .collect::<Result<Vec<_>, Fault>>()?,
        };
        let Some((attribute, value)) = attributes
            .first()
            .and_then(|(name, value)| Some((*name, index_text(value)?)))
        else {
            return Ok(None);
        };
        let candidates = reader
            .by_attribute(&self.department, kind, attribute, &value)
            .await?;
        for candidate in candidates {
            if !find.accepts(&candidate, &attributes, values)? {
                continue;
            }
            // It may have changed since: what counts is the record once it is locked.
            let record = match reader {
                Reader::Reading(_) => Some(candidate),
                Reader::Locking(_) => reader.in_force(self.place(kind, &candidate.key)).await?,
            };
            if let Some(record) = record
                && find.accepts(&record, &attributes, values)?
            {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

impl Find {
    /// Whether a record is the one that is looked for.
    fn accepts(
        &self,
        record: &Record,
        attributes: &[(&str, Value)],
        values: &Values,
    ) -> Result<bool, Fault> {
        let equal = attributes
            .iter()
            .all(|(name, value)| record.body.get(*name) == Some(value));
        match &self.only {
            Some(only) if equal => {
                let mut values = values.clone();
                values.insert(self.name.clone(), self.kind.view(record));
                only.holds(&values)
            }
            _ => Ok(equal),
        }
    }
}

impl Else {
    fn refusal(&self) -> Refusal {
        Refusal::new(&self.reason, &self.message).about(&self.field)
    }
}

/// The civil date in UTC+8 at a time in microseconds since the epoch.
fn day(at: i64) -> String {
    let instant = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    onething_calendar::local_date(instant).to_string()
}
