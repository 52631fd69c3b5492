//! The whole population. Owns the order in which it is generated, which keeps its beginning
//! independent of its size.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::birth::ExpectedBirth;
use crate::business::{self, Disqualification, Penalty};
use crate::cast;
use crate::enterprise::Enterprise;
use crate::family::{self, Builder, Family, Household, Marriage, Shape};
use crate::founding::{EXCEPTIONAL, FIRST_REGISTRAR, Founder, INDIVIDUAL, PENALISED};
use crate::numbers::Numbers;
use crate::person::Person;
use crate::school::{self, SchoolArea};

/// The fewest persons among whom the samples are.
const SMALLEST: u64 = 4;

/// The households before the cast's.
const FIRST_HOUSEHOLDS: u64 = 3;

/// The fewest persons, beside the first households', among whom the cast is: it has neighbours.
const CAST_FROM: u64 = cast::SIZE + 6;

/// After the first households, the head of one in so many owns an enterprise.
const HOUSEHOLDS_PER_ENTERPRISE: usize = 8;

/// A synthetic population, ready to be put into the departments' registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// The seed from which it follows.
    pub seed: u64,
    /// The day relative to which births are recent.
    pub today: Date,
    /// All persons, the few dead included.
    pub persons: Vec<Person>,
    /// All households; every living person is in one.
    pub households: Vec<Household>,
    /// All marriages in force.
    pub marriages: Vec<Marriage>,
    /// The births of the last twenty days.
    pub expected_births: Vec<ExpectedBirth>,
    /// All enterprises.
    pub enterprises: Vec<Enterprise>,
    /// Penalty records that are published about them.
    pub penalties: Vec<Penalty>,
    /// Persons who may not be legal representatives.
    pub disqualifications: Vec<Disqualification>,
    /// The school areas of every county; none when there are no persons.
    pub school_areas: Vec<SchoolArea>,
}

impl Population {
    /// Generates exactly `persons` persons with their families and enterprises.
    ///
    /// The same three arguments give the same population. `today` (UTC+8) moves only the recent
    /// births, and the birthdays of the children who start school and of the man who retires. From
    /// four persons on, the family of a newborn and the firms are there and the same for every size;
    /// from twenty-one on, the applicants of the other bundles are.
    #[must_use]
    pub fn generate(persons: u64, seed: u64, today: Date) -> Self {
        let mut population = Self {
            seed,
            today,
            persons: Vec::new(),
            households: Vec::new(),
            marriages: Vec::new(),
            expected_births: Vec::new(),
            enterprises: Vec::new(),
            penalties: Vec::new(),
            disqualifications: Vec::new(),
            school_areas: if persons == 0 {
                Vec::new()
            } else {
                school::areas()
            },
        };
        population.settle(persons);
        if persons >= SMALLEST {
            population.found_enterprises();
            population.penalties = business::penalties(&population);
            population.disqualifications = business::disqualifications(&population);
        }
        population
    }

    /// The person with a resident number. Looks through all of them.
    #[must_use]
    pub fn person(&self, id_number: &str) -> Option<&Person> {
        self.persons
            .iter()
            .find(|person| person.id_number == id_number)
    }

    /// The household of a person. Looks through all of them.
    #[must_use]
    pub fn household_of(&self, id_number: &str) -> Option<&Household> {
        self.households.iter().find(|household| {
            household
                .members
                .iter()
                .any(|member| member.id_number == id_number)
        })
    }

    fn settle(&mut self, persons: u64) {
        let mut numbers = Numbers::default();
        let mut left = persons;
        let mut index = 0;
        while left > 0 {
            if index == FIRST_HOUSEHOLDS && left >= CAST_FROM {
                left -= cast::SIZE;
                for family in cast::cast(self.seed, self.today, &mut numbers) {
                    self.add(index, family);
                }
            }
            let mut random = family::stream(self.seed, index);
            let shape = Shape::of(index, &mut random);
            // What no longer fits is settled as single persons, so that the count is exact.
            let fits = shape.size() <= left && persons >= SMALLEST;
            let shape = if fits { shape } else { Shape::Single };
            let family = Builder::new(index, random, &mut numbers).build(shape);
            left = left.saturating_sub(family.persons.len() as u64);
            self.add(index, family);
            index += 1;
        }
    }

    fn add(&mut self, index: u64, family: Family) {
        let Family {
            household,
            persons,
            marriage,
            expecting,
        } = family;
        if let Some(marriage) = marriage {
            if expecting {
                self.expected_births.push(ExpectedBirth::generate(
                    self.seed,
                    index,
                    &household.region,
                    &marriage.wife_id_number,
                    self.today,
                ));
            }
            self.marriages.push(marriage);
        }
        self.persons.extend(persons);
        self.households.push(household);
    }

    /// The second household's head owns the clean sample, the third's the exceptional ones, the
    /// fourth's the penalised company and the individual business; then every eighth head owns one.
    fn found_enterprises(&mut self) {
        let first = std::iter::once(1).chain((0..EXCEPTIONAL).map(|_| 2));
        let others = self.households.iter().enumerate().skip(3);
        let others = others.filter(|(_, household)| !cast::is_at_home(&household.id));
        let others: Vec<usize> = others.map(|(position, _)| position).collect();
        let fourth = others.first().copied().unwrap_or(3);
        let first = first
            .zip(0..)
            .chain([(fourth, PENALISED), (fourth, INDIVIDUAL)]);
        let rest = others.into_iter().step_by(HOUSEHOLDS_PER_ENTERPRISE);
        let mut founder = Founder::default();
        self.enterprises = first
            .chain(rest.zip(EXCEPTIONAL + 1..))
            .filter_map(|(owner, index)| {
                let owner = self.households.get(owner)?;
                // The samples are at one registrar, whatever the owner's county.
                let special = matches!(index, PENALISED | INDIVIDUAL);
                let region = if special {
                    FIRST_REGISTRAR
                } else {
                    &owner.region
                };
                Some(founder.found(self.seed, index, region, &owner.head_id_number))
            })
            .collect();
    }
}

#[cfg(test)]
mod tests;
