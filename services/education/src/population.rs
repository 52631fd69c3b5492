//! How the synthetic population becomes rows of the register.

use std::collections::HashMap;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{self as synthetic, Population};
use onething_runtime::config::PopulationSettings;

use crate::store::{self, SchoolArea};

/// Puts the school areas of every county into an empty register; another is left as it is.
///
/// # Errors
/// When the database refuses or does not answer; nothing is put in then.
pub(crate) async fn settle(db: &Db, settings: PopulationSettings) -> Result<()> {
    if settings.persons == 0 {
        return Ok(());
    }
    // Two replicas may find the same register empty: the second one's rows are there already by then.
    let mut tx = db.begin().await?;
    if store::has_areas(&mut tx).await? {
        return Ok(());
    }
    // The areas are the same for one person as for any number.
    let population = Population::generate(1, settings.seed, local_date(Timestamp::now()));
    store::add_areas(&mut tx, &in_order(population.school_areas)).await?;
    tx.commit().await
}

/// Counts the areas within each county, in the order in which they come.
fn in_order(areas: Vec<synthetic::SchoolArea>) -> Vec<SchoolArea> {
    let mut counts = HashMap::new();
    areas
        .into_iter()
        .map(|area| {
            let position = counts.entry(area.region.clone()).or_default();
            *position += 1;
            SchoolArea {
                region: area.region,
                position: *position,
                name: area.name,
                school: area.school,
            }
        })
        .collect()
}
