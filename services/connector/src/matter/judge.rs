//! The first half of a program, which changes nothing: it reads the request, finds records, and
//! refuses what it must.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use onething_db::Db;
use onething_participant::{Fault, Refusal, Stop};
use serde_json::{Map, Value};

use super::program::{By, Each, Else, Find, Matter, Review};
use crate::{
    expression::Values,
    message,
    store::{Reader, Record, index_text},
};

/// What the number of a list's item is called, from 1.
pub(super) const INDEX: &str = "index";

/// What the first half of a program knows at its end.
pub(crate) struct Judged {
    pub(crate) values: Values,
    /// The records that were found, by their names.
    pub(super) found: BTreeMap<String, Vec<Record>>,
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

    pub(crate) fn encode(&self, values: &Values) -> Result<Bytes, Fault> {
        let mut fields = self
            .answer
            .iter()
            .map(|(field, expression)| Ok((field.clone(), expression.evaluate(values)?)))
            .collect::<Result<Vec<_>, Fault>>()?;
        for list in &self.lists {
            let items = list.each.scopes(values).map(|values| {
                list.set
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.evaluate(&values)?)))
                    .collect::<Result<Map<_, _>, Fault>>()
                    .map(Value::Object)
            });
            let items = items.collect::<Result<Vec<_>, Fault>>()?;
            fields.push((list.field.clone(), Value::Array(items)));
        }
        message::encode(&self.response, fields)
    }

    /// Whether an officer decides on what was judged.
    pub(super) fn needs_review(&self, judged: &Judged) -> Result<bool, Fault> {
        match &self.review {
            Review::Never => Ok(false),
            Review::Always => Ok(true),
            Review::When(condition) => condition.holds(&judged.values),
        }
    }

    pub(crate) async fn judge(
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
            let mut views = found.iter().map(|record| find.kind.view(record));
            let view = match (found.is_empty(), &find.otherwise) {
                (true, Some(otherwise)) => return Err(otherwise.refusal().into()),
                _ if find.all => Value::Array(views.collect()),
                _ => views.next().unwrap_or(Value::Null),
            };
            judged.values.insert(find.name.clone(), view);
            judged.found.insert(find.name.clone(), found);
        }
        for named in &self.named {
            let value = named.value.evaluate(&judged.values)?;
            judged.values.insert(named.name.clone(), value);
        }
        for require in &self.requires {
            if !require.that.holds(&judged.values)? {
                return Err(require.otherwise.refusal().into());
            }
        }
        Ok(judged)
    }

    /// The record that is looked for, or all of them; none when there is none.
    async fn look(
        &self,
        find: &Find,
        reader: &mut Reader<'_>,
        values: &Values,
    ) -> Result<Vec<Record>, Stop> {
        let kind = find.kind.name.as_str();
        let attributes = match &find.by {
            By::Key(key) => {
                let key = key.text(values)?;
                let record = reader.in_force(self.place(kind, &key)).await?;
                return Ok(match record {
                    Some(record) if find.accepts(&record, &[], values)? => vec![record],
                    _ => Vec::new(),
                });
            }
            By::Rows(rows) => {
                let mut found = Vec::new();
                for (number, row) in rows.iter().enumerate() {
                    let row = Record::of_table(number, row);
                    if find.accepts(&row, &[], values)? {
                        found.push(row);
                        if !find.all {
                            break;
                        }
                    }
                }
                return Ok(found);
            }
            By::Attributes(attributes) => attributes
                .iter()
                .map(|(name, value)| Ok((name.as_str(), value.evaluate(values)?)))
                .collect::<Result<Vec<_>, Fault>>()?,
        };
        let mut found = Vec::new();
        let Some((attribute, value)) = attributes
            .first()
            .and_then(|(name, value)| Some((*name, index_text(value)?)))
        else {
            return Ok(found);
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
                found.push(record);
                if !find.all {
                    break;
                }
            }
        }
        Ok(found)
    }
}

impl Each {
    /// The scope of each item: the item under its name, and its number from 1.
    pub(crate) fn scopes<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = Values> + 'a {
        let (name, field) = &self.list;
        let list = values.get(name).unwrap_or(&Value::Null);
        let list = field.as_ref().map_or(list, |field| &list[field.as_str()]);
        let items = list.as_array().into_iter().flatten();
        items.zip(1_i64..).map(|(item, index)| {
            let mut values = values.clone();
            values.insert(self.name.clone(), item.clone());
            values.insert(INDEX.to_owned(), index.into());
            values
        })
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
