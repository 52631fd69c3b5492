//! The second half of a program, which takes effect: numbers, new records, changes, the answer.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Annulled, Call, Erased, ErasedEffect, Fault, Stop};
use serde_json::Value;

use super::{
    judge::Judged,
    program::Matter,
    trail::{Trace, Trail},
};
use crate::store::{self, Body, Reader};

/// A matter whose calls the ledger records.
#[derive(Debug)]
pub(crate) struct Recorded(pub(crate) Arc<Matter>);

#[async_trait]
impl Erased for Recorded {
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop> {
        let matter = &self.0;
        let mut judged = matter
            .judge(&mut Reader::Locking(tx), call.message.clone(), call.at)
            .await?;
        matter.number(tx, &mut judged).await?;
        let mut trail = Trail::default();
        matter.create(tx, &judged, &mut trail, call.at).await?;
        matter.change(tx, &judged, &mut trail, call.at).await?;
        let record = serde_json::to_value(trail).map_err(|error| matter.corrupt(error))?;
        Ok(ErasedEffect {
            response: matter.encode(&judged.values)?,
            record,
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Value) -> Result<Annulled, Fault> {
        let trail: Trail = serde_json::from_value(record).map_err(|error| self.0.corrupt(error))?;
        trail.take_back(tx, &self.0.department, at).await
    }
}

impl Matter {
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
            let key = create.key.text(&judged.values)?;
            let mut body = Body::new();
            for (name, value) in &create.set {
                body.insert(name.clone(), value.evaluate(&judged.values)?);
            }
            let kind = &create.kind;
            let content =
                store::create(tx, self.place(&kind.name, &key), &body, &kind.indexed, at).await?;
            trail.0.push(Trace {
                kind: kind.name.clone(),
                key,
                content,
                before: None,
                indexed: kind.indexed.clone(),
            });
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
            let found = judged.found.get(&change.found).zip(
                self.finds
                    .iter()
                    .find(|find| find.name == change.found)
                    .map(|find| &find.kind),
            );
            let (record, kind) = found.ok_or_else(|| Fault::Contract {
                method: self.method.clone(),
                problem: format!("changes `{}`, which was not found", change.found),
            })?;
            let mut body = record.body.clone();
            for (name, value) in &change.set {
                body.insert(name.clone(), value.evaluate(&judged.values)?);
            }
            let place = self.place(&kind.name, &record.key);
            let content = store::change(tx, place, record, &body, &kind.indexed, at).await?;
            trail.0.push(Trace {
                kind: kind.name.clone(),
                key: record.key.clone(),
                content,
                before: Some(record.content),
                indexed: kind.indexed.clone(),
            });
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
