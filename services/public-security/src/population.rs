//! How the synthetic population becomes rows of the registers.

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{self as synthetic, Population};
use onething_runtime::config::PopulationSettings;

use crate::store::population::{
    Household, Member, Parentage, Resident, Seal, add_households, add_parentage, add_residents,
    add_seals, any,
};
use crate::store::vehicle_population::add_vehicles;
use crate::vehicle::vehicles;

/// Puts the configured population into empty registers; others are left as they are.
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
    let vehicles = vehicles(&population);
    let members: Vec<_> = population.households.iter().flat_map(members).collect();
    let parentage = population.parentage().into_iter().map(Parentage::from);
    let parentage: Vec<_> = parentage.collect();
    let residents: Vec<_> = population.persons.into_iter().map(Resident::from).collect();
    let households = population.households.into_iter().map(Household::from);
    let households: Vec<_> = households.collect();
    let seals: Vec<_> = population.enterprises.into_iter().map(Seal::from).collect();
    let at = now.as_microsecond();
    add_residents(&mut tx, &residents).await?;
    add_households(&mut tx, &households, &members, at).await?;
    add_parentage(&mut tx, &parentage).await?;
    add_seals(&mut tx, &seals, at).await?;
    add_vehicles(&mut tx, &vehicles, at).await?;
    tx.commit().await
}

fn members(household: &synthetic::Household) -> impl Iterator<Item = Member> {
    household.members.iter().map(|member| Member {
        id_number: member.id_number.clone(),
        household_id: household.id.clone(),
        relation: member.relation.code(),
    })
}

impl From<synthetic::Person> for Resident {
    fn from(person: synthetic::Person) -> Self {
        Self {
            id_number: person.id_number,
            name: person.name,
            sex: person.sex.code(),
            birth_date: person.birth_date.to_string(),
            ethnicity: person.ethnicity,
            state: if person.alive {
                "registered"
            } else {
                "deceased"
            },
        }
    }
}

impl From<synthetic::Household> for Household {
    fn from(household: synthetic::Household) -> Self {
        Self {
            id: household.id,
            region: household.region,
            number_division: household.number_division,
            address: household.address,
            head_id_number: household.head_id_number,
        }
    }
}

impl From<synthetic::Parentage> for Parentage {
    fn from(parentage: synthetic::Parentage) -> Self {
        Self {
            child_id_number: parentage.child_id_number,
            parent_id_number: parentage.parent_id_number,
        }
    }
}

impl From<synthetic::Enterprise> for Seal {
    /// A seal bears the number of its first filing for as long as it is used.
    fn from(enterprise: synthetic::Enterprise) -> Self {
        Self {
            credit_code: enterprise.credit_code,
            seal_number: enterprise.seal_filing_number.clone(),
            registrar: enterprise.registrar,
            filing_number: enterprise.seal_filing_number,
        }
    }
}
