//! What departments have on record of persons beside the register: parents, homes, pensions, cards,
//! housing funds, school records, logins. All of it follows from the population itself.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::Date;
use onething_elements::Sex;

use crate::address;
use crate::cast::{self, RETIREES_HOME};
use crate::family::{Household, Relation};
use crate::person::Person;
use crate::population::Population;

/// That one person is another's parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parentage {
    /// The child's resident number.
    pub child_id_number: String,
    /// The parent's resident number.
    pub parent_id_number: String,
    /// The parent's sex.
    pub parent_sex: Sex,
}

/// A home in the register of real estate. Each owner of a common home has a title of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The title's number.
    pub title_number: String,
    /// The owner's resident number.
    pub owner_id_number: String,
    /// The county of the home.
    pub region: String,
    /// The address of the home.
    pub address: String,
}

/// What an insured person paid into pension insurance, and what the archive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pension {
    /// The person's resident number.
    pub id_number: String,
    /// `man`, `woman_cadre` or `woman_worker`.
    pub category: &'static str,
    /// Months paid.
    pub months: i64,
    /// Months of work before there was an insurance, which count as paid.
    pub deemed_months: i64,
    /// The wages paid upon, in thousandths of the region's average.
    pub index_permille: i64,
    /// The balance of the personal account, in fen.
    pub account_fen: i64,
    /// The number of the social security card; nobody but the man who retires has one yet.
    pub card_number: Option<String>,
    /// The bank of the card.
    pub bank: &'static str,
}

/// A person's housing fund account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundAccount {
    /// Its number.
    pub account_number: String,
    /// The holder's resident number.
    pub id_number: String,
    /// The county of the centre that keeps it.
    pub centre: String,
    /// Its balance, in fen.
    pub balance_fen: i64,
}

/// A pupil at school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pupil {
    /// The pupil's resident number.
    pub id_number: String,
    /// The county of the school.
    pub region: String,
    /// The school, the first of the county.
    pub school: String,
    /// The grade, 1 to 9.
    pub grade: i16,
}

/// A one-time code with which a guardian logged in for a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The child's resident number.
    pub child_id_number: String,
    /// The guardian's resident number.
    pub guardian_id_number: String,
    /// Six digits.
    pub code: String,
    /// The last day on which it is good.
    pub good_to: Date,
}

impl Population {
    /// Who is whose parent, as far as they are in one household.
    #[must_use]
    pub fn parentage(&self) -> Vec<Parentage> {
        let of = |household: &Household| {
            let with = |relation| {
                let members = household.members.iter();
                members.filter(move |member| member.relation == relation)
            };
            let head = household.head_id_number.clone();
            let mut pairs = Vec::new();
            for child in with(Relation::Child) {
                let parents = with(Relation::Head).chain(with(Relation::Spouse));
                pairs.extend(
                    parents.map(|parent| (child.id_number.clone(), parent.id_number.clone())),
                );
            }
            pairs.extend(
                with(Relation::Parent).map(|parent| (head.clone(), parent.id_number.clone())),
            );
            pairs
        };
        self.households
            .iter()
            .flat_map(of)
            .map(|(child_id_number, parent_id_number)| Parentage {
                parent_sex: sex_of(&parent_id_number),
                child_id_number,
                parent_id_number,
            })
            .collect()
    }

    /// The titles to homes: head and spouse own the household's home, except in each fifth.
    #[must_use]
    pub fn titles(&self) -> Vec<Title> {
        let owned = self
            .households
            .iter()
            .filter(|household| serial(&household.id) % 5 != 4);
        let owners = owned.flat_map(|household| {
            let owners = household
                .members
                .iter()
                .filter(|member| matches!(member.relation, Relation::Head | Relation::Spouse));
            owners.map(move |owner| (household, owner))
        });
        owners
            .zip(1..)
            .map(|((household, owner), number)| {
                let number: u32 = number;
                let city = address::city_name(&household.region);
                Title {
                    title_number: format!("蒙(2023){city}不动产权第{number:07}号"),
                    owner_id_number: owner.id_number.clone(),
                    region: household.region.clone(),
                    address: household.address.clone(),
                }
            })
            .collect()
    }

    /// The pension insurance of everybody whom an employer insures. The man who retires worked
    /// before there was an insurance.
    #[must_use]
    pub fn pensions(&self) -> Vec<Pension> {
        let retiree = self.head_of(RETIREES_HOME);
        let insured = self.persons.iter().filter(|person| person.employee_insured);
        insured
            .zip(1..)
            .map(|(person, number)| {
                let number: u32 = number;
                let started = person.birth_date.saturating_add(22.years());
                let months = months_between(started, self.today).max(0);
                let retires = retiree == Some(person.id_number.as_str());
                Pension {
                    id_number: person.id_number.clone(),
                    category: category(person, number),
                    months: if retires { 341 } else { months },
                    deemed_months: if retires { 48 } else { 0 },
                    index_permille: 1_000,
                    account_fen: 40_000 * months,
                    card_number: retires.then(|| format!("N{number:08}")),
                    bank: "ccb",
                }
            })
            .collect()
    }

    /// The housing fund accounts of everybody whom an employer insures.
    #[must_use]
    pub fn fund_accounts(&self) -> Vec<FundAccount> {
        let homes: HashMap<&str, &str> = self
            .households
            .iter()
            .flat_map(|home| {
                home.members
                    .iter()
                    .map(|m| (m.id_number.as_str(), home.region.as_str()))
            })
            .collect();
        self.pensions()
            .into_iter()
            .zip(1..)
            .map(|(pension, number)| {
                let number: u32 = number;
                let centre = homes.get(pension.id_number.as_str());
                let centre = centre.copied().unwrap_or(cast::HERE);
                FundAccount {
                    account_number: format!("GJJ{centre}{number:07}"),
                    centre: centre.to_owned(),
                    balance_fen: 30_000 * pension.months,
                    id_number: pension.id_number,
                }
            })
            .collect()
    }

    /// The children of school age, each at the first school of the county.
    #[must_use]
    pub fn pupils(&self) -> Vec<Pupil> {
        let year = cast::next_enrolment(self.today);
        let mut pupils = Vec::new();
        for household in &self.households {
            let school = self.school_areas.iter();
            let school = school
                .into_iter()
                .find(|area| area.region == household.region);
            let children = household.members.iter();
            let children = children.filter(|member| member.relation == Relation::Child);
            for (child, area) in children.filter_map(|child| Some((child, school?))) {
                let Some(born) = birth_year(&child.id_number) else {
                    continue;
                };
                // Who turned six before the year of the next enrolment is at school already.
                let grade = year - born - 6;
                if (1..=9).contains(&grade) {
                    pupils.push(Pupil {
                        id_number: child.id_number.clone(),
                        region: household.region.clone(),
                        school: area.school.clone(),
                        grade,
                    });
                }
            }
        }
        pupils
    }

    /// The logins of the mothers whose child is about to start school; none without a cast.
    #[must_use]
    pub fn logins(&self) -> Vec<Login> {
        let samples = self.sample_pupil().into_iter();
        samples
            .chain(self.sample_third_child())
            .map(|sample| Login {
                child_id_number: sample.child.id_number.clone(),
                guardian_id_number: sample.guardian.id_number.clone(),
                code: sample.login_code,
                good_to: self.today.saturating_add(1.years()),
            })
            .collect()
    }

    /// The head of the household with an id.
    pub(crate) fn head_of(&self, household: &str) -> Option<&str> {
        let mut households = self.households.iter();
        let found = households.find(|known| known.id == household)?;
        Some(&found.head_id_number)
    }
}

fn category(person: &Person, number: u32) -> &'static str {
    match person.sex {
        Sex::Male => "man",
        Sex::Female if number.is_multiple_of(3) => "woman_worker",
        Sex::Female => "woman_cadre",
    }
}

fn months_between(from: Date, to: Date) -> i64 {
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    months(to) - months(from)
}

fn serial(household: &str) -> u64 {
    let digits = household.rsplit('-').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

fn birth_year(id_number: &str) -> Option<i16> {
    id_number.get(6..10)?.parse().ok()
}

/// The sex that a resident number tells: its last digit but one is odd for men.
fn sex_of(id_number: &str) -> Sex {
    let digit = id_number.as_bytes().get(16).copied().unwrap_or(b'0');
    if digit % 2 == 1 {
        Sex::Male
    } else {
        Sex::Female
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;
    use onething_elements::Dictionary;

    use super::*;

    fn population() -> Population {
        Population::generate(300, 7, date(2026, 11, 23))
    }

    #[test]
    fn children_have_two_parents_of_two_sexes() {
        let population = population();
        let parentage = population.parentage();
        for household in &population.households {
            for child in &household.members {
                if child.relation != Relation::Child {
                    continue;
                }
                let sexes: HashSet<Sex> = parentage
                    .iter()
                    .filter(|pair| pair.child_id_number == child.id_number)
                    .map(|pair| pair.parent_sex)
                    .collect();
                assert_eq!(sexes.len(), 2);
            }
        }
    }

    #[test]
    fn what_is_on_record_passes_the_dictionary_and_is_nobodys_twice() {
        let population = population();
        let check = |id: &str, value: &str| {
            let element = Dictionary::standard().get(id).unwrap();
            assert_eq!(element.validate(value).unwrap().as_str(), value, "{id}");
        };
        let mut seen = HashSet::new();
        for title in population.titles() {
            check("home.title_number", &title.title_number);
            check("home.region", &title.region);
            assert!(seen.insert(title.title_number));
        }
        for pension in population.pensions() {
            check("retirement.category", pension.category);
            check("social_card.bank", pension.bank);
            if let Some(card) = pension.card_number {
                check("social_card.number", &card);
                assert!(seen.insert(card));
            }
        }
        for account in population.fund_accounts() {
            check("fund.account_number", &account.account_number);
            assert!(seen.insert(account.account_number));
        }
    }

    #[test]
    fn nobody_is_at_school_before_the_age_of_six() {
        let population = population();
        let sample = population.sample_pupil().unwrap();
        let pupils = population.pupils();
        assert!(!pupils.is_empty());
        assert!(
            pupils
                .iter()
                .all(|pupil| pupil.id_number != sample.child.id_number)
        );
    }
}
