//! How the synthetic population becomes rows: insured mothers and insured units.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{Enterprise, Population};
use onething_runtime::config::PopulationSettings;

use crate::store::{
    benefit,
    unit::{self, Unit},
};

/// Puts the configured population into an empty database; one with units is left as it is.
///
/// # Errors
/// When the database refuses or does not answer; nothing is put in then.
pub(crate) async fn settle(db: &Db, settings: PopulationSettings) -> Result<()> {
    if settings.persons == 0 {
        return Ok(());
    }
    // Two replicas may find the same database empty: the second one's rows are there already by then.
    let mut tx = db.begin().await?;
    if unit::any(&mut tx).await? {
        return Ok(());
    }
    let today = local_date(Timestamp::now());
    let population = Population::generate(settings.persons.into(), settings.seed, today);
    let insured = population.persons.into_iter().filter(|person| person.maternity_entitled);
    let insured: Vec<_> = insured.map(|person| person.id_number).collect();
    let units: Vec<_> = population.enterprises.into_iter().map(Unit::from).collect();
    benefit::insure(&mut tx, &insured).await?;
    unit::add(&mut tx, &units).await?;
    tx.commit().await
}

impl From<Enterprise> for Unit {
    fn from(enterprise: Enterprise) -> Self {
        Self {
            credit_code: enterprise.credit_code,
            social_office: enterprise.registrar.clone(),
            social_number: enterprise.social_insurance_number,
            medical_office: enterprise.registrar,
            medical_number: enterprise.medical_insurance_number,
        }
    }
}
