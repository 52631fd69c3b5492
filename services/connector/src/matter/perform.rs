//! The second half of a program, which takes effect: numbers, new records, changes, the answer.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use onething_db::Tx;
use onething_participant::{Annulled, Call, Conclusion, Erased, ErasedEffect, Fault, Review, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    judge::Judged,
    program::Matter,
    trail::{self, Trace, Trail},
};
use crate::{
    expression::Values,
    store::{self, Body, Reader},
};

/// A matter whose calls the ledger records.
#[derive(Debug)]
pub(crate) struct Recorded(pub(crate) Arc<Matter>);

#[async_trait]
impl Erased for Recorded {
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop> {
        let matter = &self.0;
        let judged = matter
            .judge(&mut Reader::Locking(tx), call.message.clone(), call.at)
            .await?;
        if matter.needs_review(&judged)? {
            let message = BASE64.encode(&call.message);
            return Err(Stop::Later(Review::of(&Application { message })?));
        }
        Ok(matter.take_effect(tx, judged, call.at).await?)
    }

    /// The records may have changed since the review was opened: they are judged again.
    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<ErasedEffect, Stop> {
        let matter = &self.0;
        let application: Application = review.read()?;
        let message = BASE64
            .decode(application.message)
            .map_err(|error| Fault::Corrupt {
                what: matter.method.clone(),
                source: error.into(),
            })?;
        let reader = &mut Reader::Locking(tx);
        let judged = matter.judge(reader, message.into(), conclusion.at).await?;
        Ok(matter.take_effect(tx, judged, conclusion.at).await?)
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Value) -> Result<Annulled, Fault> {
        let trail: Trail = serde_json::from_value(record).map_err(|error| self.0.corrupt(error))?;
        trail.take_back(tx, &self.0.department, at).await
    }
}

/// What deciding later needs.
#[derive(Serialize, Deserialize)]
struct Application {
    /// The request as it came, in base64.
    message: String,
}

impl Matter {
    async fn take_effect(
        &self,
        tx: &mut Tx,
        mut judged: Judged,
        at: i64,
    ) -> Result<ErasedEffect, Fault> {
        self.number(tx, &mut judged).await?;
        let mut trail = Trail::default();
        self.create(tx, &judged, &mut trail, at).await?;
        self.change(tx, &judged, &mut trail, at).await?;
        let record = serde_json::to_value(trail).map_err(|error| self.corrupt(error))?;
        Ok(ErasedEffect {
            response: self.encode(&judged.values)?,
            record,
        })
    }

    async fn number(&self, tx: &mut Tx, judged: &mut Judged) -> Result<(), Fault> {
        for number in &self.numbers {
            let (department, sequence) = (&self.department, &number.sequence);
            let next = store::next_number(tx, department, sequence, number.first).await?;
            judged.values.insert("number".to_owned(), next.into());
            let text = number.format.text(&judged.values)?;
            judged.values.remove("number");
            judged.values.insert(number.name.clone(), text.into());
        }
        Ok(())
    }

    async fn create(
        &self,
        tx: &mut Tx,
        judged: &Judged,
        trail: &mut Trail,
        at: i64,
    ) -> Result<(), Fault> {
        for create in &self.creates {
            let scopes: Vec<Values> = match &create.each {
                Some(each) => each.scopes(&judged.values).collect(),
                None => vec![judged.values.clone()],
            };
            for values in scopes {
                let key = create.key.text(&values)?;
                let mut body = Body::new();
                for (name, value) in &create.set {
                    body.insert(name.clone(), value.evaluate(&values)?);
                }
                let kind = &create.kind;
                let place = self.place(&kind.name, &key);
                let content = store::create(tx, place, &body, &kind.indexed, at).await?;
                trail.0.push(Trace {
                    kind: kind.name.clone(),
                    key,
                    content,
                    before: None,
                    added: BTreeMap::new(),
                    indexed: kind.indexed.clone(),
                });
            }
        }
        Ok(())
    }

    async fn change(
        &self,
        tx: &mut Tx,
        judged: &Judged,
        trail: &mut Trail,
        at: i64,
    ) -> Result<(), Fault> {
        for change in &self.changes {
            let find = self.finds.iter().find(|find| find.name == change.found);
            let found = judged.found.get(&change.found).zip(find);
            let (records, find) = found.ok_or_else(|| Fault::Contract {
                method: self.method.clone(),
                problem: format!("changes `{}`, which was not found", change.found),
            })?;
            let kind = &find.kind;
            for record in records {
                let mut values = judged.values.clone();
                values.insert(find.name.clone(), kind.view(record));
                let mut body = record.body.clone();
                for (name, value) in &change.set {
                    body.insert(name.clone(), value.evaluate(&values)?);
                }
                let mut added = BTreeMap::new();
                for (name, value) in &change.add {
                    let value = value.evaluate(&values)?.as_i64().unwrap_or_default();
                    trail::shift(&mut body, name, value);
                    added.insert(name.clone(), value);
                }
                let place = self.place(&kind.name, &record.key);
                let content = store::change(tx, place, record, &body, &kind.indexed, at).await?;
                trail.0.push(Trace {
                    kind: kind.name.clone(),
                    key: record.key.clone(),
                    content,
                    before: Some(record.content),
                    added,
                    indexed: kind.indexed.clone(),
                });
            }
        }
        Ok(())
    }

    fn corrupt(&self, error: serde_json::Error) -> Fault {
        Fault::Corrupt {
            what: self.method.clone(),
            source: error.into(),
        }
    }
}
