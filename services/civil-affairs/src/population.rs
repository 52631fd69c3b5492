//! How the synthetic population becomes rows of the register.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{self as synthetic, Population};
use onething_runtime::config::PopulationSettings;

use crate::store::{self, Marriage};

/// Puts the configured population into an empty register; another is left as it is.
///
/// # Errors
/// When the database refuses or does not answer; nothing is put in then.
pub(crate) async fn settle(db: &Db, settings: PopulationSettings) -> Result<()> {
    if settings.persons == 0 {
        return Ok(());
    }
    // Two replicas may find the same register empty: the second one's rows are there already by then.
    let mut tx = db.begin().await?;
    if store::has_marriages(&mut tx).await? {
        return Ok(());
    }
    let today = local_date(Timestamp::now());
    let population = Population::generate(settings.persons.into(), settings.seed, today);
    let marriages: Vec<_> = population
        .marriages
        .into_iter()
        .map(Marriage::from)
        .collect();
    store::add_marriages(&mut tx, &marriages).await?;
    tx.commit().await
}

impl From<synthetic::Marriage> for Marriage {
    fn from(marriage: synthetic::Marriage) -> Self {
        Self {
            certificate_number: marriage.certificate_number,
            wife_id_number: marriage.wife_id_number,
            husband_id_number: marriage.husband_id_number,
            registered_on: marriage.registered_on.to_string(),
            region: marriage.region,
        }
    }
}
