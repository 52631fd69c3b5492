//! The synthetic population's enterprises, as the register's first records.

use jiff::civil::Date;
use onething_db::{Db, Error};
use onething_population::{ArchiveDocument, Enterprise, Population};
use serde_json::{Value, json};

use crate::{
    digest::digest,
    store::{archive::Document, population as store, seed},
};

/// How many enterprises one statement takes.
const BATCH: usize = 500;

/// Enters a population's enterprises into an empty register, all of them or none. A register that
/// has records already is left alone.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settle(
    db: &Db,
    persons: u32,
    seed: u64,
    today: Date,
    at: i64,
) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    if store::any(&mut tx).await? {
        return tx.rollback().await;
    }
    let population = Population::generate(persons.into(), seed, today);
    for batch in population.enterprises.chunks(BATCH) {
        let enterprises = batch.iter().map(row).collect();
        let archives = batch.iter().map(archive).collect();
        let documents = batch.iter().flat_map(documents).collect();
        store::insert(&mut tx, enterprises, archives, documents, at).await?;
        let shareholders = batch.iter().flat_map(shareholders).collect();
        let permits = batch.iter().flat_map(permits).collect();
        seed::holdings(&mut tx, shareholders, permits, at).await?;
    }
    let penalties = json!(population.penalties);
    let disqualifications = json!(population.disqualifications);
    seed::records(&mut tx, penalties, disqualifications, at).await?;
    tx.commit().await
}

fn row(enterprise: &Enterprise) -> Value {
    json!({
        "credit_code": enterprise.credit_code,
        "name": enterprise.name,
        "kind": enterprise.kind.code(),
        "status": enterprise.status.code(),
        "registrar": enterprise.registrar,
        "address": enterprise.address,
        "capital_fen": enterprise.capital_fen,
        "founded_on": enterprise.founded_on.to_string(),
        "abnormal_listed": enterprise.abnormal_listed,
        "serious_breach_listed": enterprise.serious_breach_listed,
        "equity_frozen": enterprise.equity_frozen,
        "open_cases": enterprise.open_cases,
        "legal_representative_id_number": enterprise.legal_representative_id_number,
        "scope": enterprise.business_scope,
        "family_operated": enterprise.family_operated,
    })
}

fn shareholders(enterprise: &Enterprise) -> impl Iterator<Item = Value> {
    enterprise.shareholders.iter().map(|holder| {
        json!({
            "credit_code": enterprise.credit_code,
            "id_number": holder.id_number,
            "amount_fen": holder.amount_fen,
            "subscribed_on": holder.subscribed_on.to_string(),
        })
    })
}

fn permits(enterprise: &Enterprise) -> impl Iterator<Item = Value> {
    enterprise.permits.iter().map(|permit| {
        json!({
            "credit_code": enterprise.credit_code,
            "number": permit.number,
            "kind": permit.kind,
        })
    })
}

fn archive(enterprise: &Enterprise) -> Value {
    let archived: Vec<Document> = enterprise.archive.iter().map(document).collect();
    json!({
        "credit_code": enterprise.credit_code,
        "holder": enterprise.registrar,
        "sha256": digest(&archived),
    })
}

fn documents(enterprise: &Enterprise) -> impl Iterator<Item = Value> {
    (1..).zip(&enterprise.archive).map(|(position, document)| {
        let position: u32 = position;
        json!({
            "credit_code": enterprise.credit_code,
            "position": position,
            "title": document.title,
            "pages": document.pages,
            "content": document.content,
        })
    })
}

fn document(document: &ArchiveDocument) -> Document {
    Document {
        title: document.title.clone(),
        pages: document.pages.into(),
        content: document.content.clone(),
    }
}
