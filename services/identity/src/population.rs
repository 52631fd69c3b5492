//! How the synthetic population becomes rows of the registers.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{self as synthetic, Population};
use onething_runtime::config::PopulationSettings;

use crate::store::{self, LegalRepresentative, Login, Person};

/// Puts the configured population into empty registers; others are left as they are.
///
/// # Errors
/// When the database refuses or does not answer; nothing is put in then.
pub(crate) async fn settle(db: &Db, settings: PopulationSettings) -> Result<()> {
    if settings.persons == 0 {
        return Ok(());
    }
    // Two replicas may find the same registers empty: the second one's rows are there already by then.
    let mut tx = db.begin().await?;
    if store::has_persons(&mut tx).await? {
        return Ok(());
    }
    let today = local_date(Timestamp::now());
    let population = Population::generate(settings.persons.into(), settings.seed, today);
    let logins: Vec<_> = population.logins().into_iter().map(Login::from).collect();
    let persons: Vec<_> = population.persons.into_iter().map(Person::from).collect();
    let representatives: Vec<_> = population
        .enterprises
        .into_iter()
        .map(LegalRepresentative::from)
        .collect();
    store::add_persons(&mut tx, &persons).await?;
    store::add_legal_representatives(&mut tx, &representatives).await?;
    store::add_logins(&mut tx, &logins).await?;
    tx.commit().await
}

impl From<synthetic::Person> for Person {
    fn from(person: synthetic::Person) -> Self {
        Self {
            id_number: person.id_number,
            name: person.name,
            sex: person.sex.code().to_owned(),
            birth_date: person.birth_date.to_string(),
            ethnicity: person.ethnicity,
            mobile: person.mobile,
            alive: person.alive,
        }
    }
}

impl From<synthetic::Enterprise> for LegalRepresentative {
    fn from(enterprise: synthetic::Enterprise) -> Self {
        Self {
            credit_code: enterprise.credit_code,
            id_number: enterprise.legal_representative_id_number,
        }
    }
}

impl From<synthetic::Login> for Login {
    fn from(login: synthetic::Login) -> Self {
        Self {
            child_id_number: login.child_id_number,
            code: login.code,
            guardian_id_number: login.guardian_id_number,
            good_to: login.good_to.to_string(),
        }
    }
}
