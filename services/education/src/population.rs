//! How the synthetic population becomes rows of the register.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use onething_calendar::local_date;
use onething_db::{Db, Result};
use onething_population::{self as synthetic, Population};
use onething_runtime::config::PopulationSettings;

use crate::{
    day::intake,
    store::{
        self, SchoolArea,
        population::{Seats, Street, Student, add_seats, add_streets, add_students},
    },
};

/// First-year seats of a school.
const SEATS: i64 = 90;

/// For so many years ahead seats are known.
const YEARS: i16 = 3;

/// Puts the school areas and seats of every county and the pupils of the configured population into
/// an empty register; another is left as it is.
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
    let now = Timestamp::now();
    let today = local_date(now);
    let population = Population::generate(settings.persons.into(), settings.seed, today);
    let students: Vec<_> = population.pupils().into_iter().map(Student::from).collect();
    let areas = in_order(population.school_areas);
    store::add_areas(&mut tx, &areas).await?;
    add_streets(&mut tx, &areas.iter().flat_map(streets).collect::<Vec<_>>()).await?;
    let seats: Vec<_> = areas.iter().flat_map(|area| seats(area, today)).collect();
    add_seats(&mut tx, &seats).await?;
    add_students(&mut tx, &students, now.as_microsecond()).await?;
    tx.commit().await
}

/// Every third street belongs to an area.
fn streets(area: &SchoolArea) -> impl Iterator<Item = Street> {
    let turn = usize::try_from(area.position - 1).unwrap_or_default();
    let streets = synthetic::STREETS.iter().skip(turn).step_by(3);
    streets.map(|street| Street {
        region: area.region.clone(),
        street,
        position: area.position,
    })
}

/// The primary school's seats and those of the junior middle school that takes its pupils on.
fn seats(area: &SchoolArea, today: Date) -> Vec<Seats> {
    let junior = area.school.replace("小学", "中学");
    let schools = [("primary", area.school.clone()), ("junior", junior)];
    let years = (0..YEARS).map(|ahead| intake(today) + ahead);
    years
        .flat_map(|year| {
            schools.clone().map(|(stage, school)| Seats {
                region: area.region.clone(),
                stage,
                year,
                position: area.position,
                school,
                seats: SEATS,
            })
        })
        .collect()
}

impl From<synthetic::Pupil> for Student {
    fn from(pupil: synthetic::Pupil) -> Self {
        let school = if pupil.grade > 6 {
            pupil.school.replace("小学", "中学")
        } else {
            pupil.school
        };
        Self {
            student_number: format!("G{}", pupil.id_number),
            id_number: pupil.id_number,
            region: pupil.region,
            school,
            grade: pupil.grade,
        }
    }
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
