//! How the synthetic population becomes rows of the department.

use std::collections::HashMap;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{Enterprise, Population};
use onething_runtime::config::PopulationSettings;

use crate::{
    store::population::{
        Card, Employee, Pension, Unit, add_cards, add_employees, add_pensions, add_units, any,
    },
    unit::Kind,
};

/// Puts the configured population into an empty database; another is left as it is.
///
/// # Errors
/// When the database refuses or does not answer; nothing is put in then.
pub(crate) async fn settle(db: &Db, settings: PopulationSettings) -> Result<()> {
    if settings.persons == 0 {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    if any(&mut tx).await? {
        return Ok(());
    }
    let now = Timestamp::now();
    let population = Population::generate(settings.persons.into(), settings.seed, local_date(now));
    let units: Vec<_> = population.enterprises.iter().flat_map(units).collect();
    let (pensions, cards) = pensions(&population);
    add_employees(&mut tx, &employees(population)).await?;
    add_pensions(&mut tx, &pensions).await?;
    add_cards(&mut tx, &cards, now.as_microsecond()).await?;
    add_units(&mut tx, &units, now.as_microsecond()).await?;
    tx.commit().await
}

/// Everybody whom an employer insures. The number is `ZG` (职工), the division of the household and
/// seven digits.
fn employees(population: Population) -> Vec<Employee> {
    let homes: HashMap<_, _> = population
        .households
        .iter()
        .flat_map(|home| {
            home.members
                .iter()
                .map(|member| (&member.id_number, &home.region))
        })
        .collect();
    let insured = population
        .persons
        .iter()
        .filter(|person| person.employee_insured);
    (1..)
        .zip(insured)
        .map(|(serial, person)| {
            let serial: u64 = serial;
            let region = homes
                .get(&person.id_number)
                .map_or("150000", |home| home.as_str());
            Employee {
                id_number: person.id_number.clone(),
                name: person.name.clone(),
                insurance_number: format!("ZG{region}-{serial:07}"),
                maternity_entitled: person.maternity_entitled,
            }
        })
        .collect()
}

/// The pension accounts of everybody whom an employer insures, and the cards that there are. Medical
/// insurance was paid with the pension's.
fn pensions(population: &Population) -> (Vec<Pension>, Vec<Card>) {
    let mut pensions = Vec::new();
    let mut cards = Vec::new();
    for paid in population.pensions() {
        cards.extend(paid.card_number.map(|card_number| Card {
            card_number,
            id_number: paid.id_number.clone(),
            bank: paid.bank,
        }));
        pensions.push(Pension {
            id_number: paid.id_number,
            category: paid.category,
            months: paid.months,
            deemed_months: paid.deemed_months,
            index_permille: paid.index_permille,
            balance_fen: paid.account_fen,
            medical_months: paid.months,
        });
    }
    (pensions, cards)
}

fn units(enterprise: &Enterprise) -> [Unit; 2] {
    let unit = |kind: Kind, unit_number: &str| Unit {
        kind: kind.name(),
        credit_code: enterprise.credit_code.clone(),
        office: enterprise.registrar.clone(),
        unit_number: unit_number.to_owned(),
    };
    [
        unit(Kind::Social, &enterprise.social_insurance_number),
        unit(Kind::Medical, &enterprise.medical_insurance_number),
    ]
}
