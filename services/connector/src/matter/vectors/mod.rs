//! Test vectors of the rules that the built-in department files state: each on a day of its own, for
//! the rules have days between which they hold.

mod car_subsidy;
mod product_subsidy;
mod purchase_tax;
mod vehicle_insurance;

use std::sync::Arc;

use bytes::Bytes;
use jiff::civil::Date;
use onething_db::testing::{TestDb, databases};
use onething_participant::{Annulled, Call, Erased, Stop};
use prost_reflect::prost::Message;
use serde_json::{Value, json};

use super::perform::Recorded;
use crate::{
    catalogue::Catalogue,
    store::{Body, MIGRATIONS, Reader, Seed, plant},
};

const PERSON: &str = "150302196603159977";
const OTHER: &str = "15010520190715996X";
const MERCHANT: &str = "91150105YYYY00012D";

/// The departments' programs over a database.
struct Office {
    catalogue: Catalogue,
    database: TestDb,
}

/// What a call did: its answer, and what is needed to take it back.
struct Done<R> {
    answer: R,
    record: Value,
}

impl Office {
    async fn on_each_database() -> Vec<Self> {
        let databases = databases(&[onething_participant::MIGRATIONS, MIGRATIONS]).await;
        let office = |database| Self {
            catalogue: Catalogue::load(None).unwrap(),
            database,
        };
        databases.into_iter().map(office).collect()
    }

    async fn put(&self, department: &str, kind: &str, key: &str, body: Value) {
        let declared = &self.catalogue.department(department).unwrap().records[kind];
        let Value::Object(body) = body else { panic!() };
        assert!(declared.accepts(&body), "{kind}");
        let seed = Seed {
            key: key.to_owned(),
            body,
        };
        let mut tx = self.database.db.begin().await.unwrap();
        let indexed = &declared.indexed;
        plant(&mut tx, department, kind, &[seed], indexed, 0)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn body(&self, department: &str, kind: &str, key: &str) -> Body {
        let place = crate::store::Place {
            department,
            kind,
            key,
        };
        let mut reader = Reader::Reading(&self.database.db);
        reader.in_force(place).await.unwrap().unwrap().body
    }

    fn matter(&self, department: &str, method: &str) -> Recorded {
        let matters = &self.catalogue.department(department).unwrap().matters;
        let found = matters.iter().find(|matter| matter.name() == method);
        Recorded(Arc::clone(found.unwrap()))
    }

    /// Calls a method on a day; the reason when it is refused.
    async fn call<R: Message + Default>(
        &self,
        department: &str,
        method: &str,
        on: Date,
        request: &impl Message,
    ) -> Result<Done<R>, String> {
        let message = Bytes::from(request.encode_to_vec());
        let mut call = Call::read(&http::HeaderMap::new(), message).unwrap();
        call.at = noon(on);
        let mut tx = self.database.db.begin().await.unwrap();
        match self
            .matter(department, method)
            .perform(&mut tx, &call)
            .await
        {
            Ok(effect) => {
                tx.commit().await.unwrap();
                Ok(Done {
                    answer: R::decode(effect.response).unwrap(),
                    record: effect.record,
                })
            }
            Err(Stop::Refuse(refusal)) => Err(refusal.reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn undo(&self, department: &str, method: &str, record: Value) {
        let mut tx = self.database.db.begin().await.unwrap();
        let matter = self.matter(department, method);
        let annulled = matter.annul(&mut tx, 1, record).await.unwrap();
        assert_eq!(annulled, Annulled::Done);
        tx.commit().await.unwrap();
    }
}

/// Noon in UTC+8, in microseconds since the epoch.
fn noon(on: Date) -> i64 {
    let days = on.duration_since(Date::constant(1970, 1, 1));
    (days.as_secs() + 4 * 3_600) * 1_000_000
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}
