//! Households and marriages, and how a family comes about: whom it has, how old they are, when the
//! parents married.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use onething_elements::{MarriageCertificate, Masked, Sex};
use serde::{Deserialize, Serialize};

use crate::address::{self, counties};
use crate::names::{self, Name};
use crate::numbers::{Numbers, number_division};
use crate::person::Person;
use crate::random::{Random, Stream};

/// The day on which the population is described. It is fixed, so that a seed gives the same persons
/// on every day; only recent births follow the day of generation.
pub(crate) const REFERENCE: Date = date(2026, 1, 1);

/// The relation of a member to the household's head (户主).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The head.
    Head,
    /// The head's spouse.
    Spouse,
    /// The head's child.
    Child,
    /// The head's parent.
    Parent,
}

impl Relation {
    /// The value of the element `household.relation`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
        }
    }
}

/// One member of a household.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The member's resident number.
    pub id_number: String,
    /// The relation to the head.
    pub relation: Relation,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.relation, Masked(&self.id_number))
    }
}

/// A household (户) in the register of public security.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// Its number.
    pub id: String,
    /// The county of the address: whose office is competent.
    pub region: String,
    /// The six digits with which numbers begin that are issued to this household's newborns: the
    /// region's own, except in a synthetic population, where they begin with
    /// [`crate::SYNTHETIC_PREFIX`].
    pub number_division: String,
    /// The address.
    pub address: String,
    /// The head's resident number.
    pub head_id_number: String,
    /// All members, the head first.
    pub members: Vec<Member>,
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Household")
            .field("id", &self.id)
            .field("region", &self.region)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

/// A marriage in the register of civil affairs, in force.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marriage {
    /// The number of the certificate.
    pub certificate_number: String,
    /// The wife's resident number.
    pub wife_id_number: String,
    /// The husband's resident number.
    pub husband_id_number: String,
    /// The day of registration.
    pub registered_on: Date,
    /// The registrar's county.
    pub region: String,
}

impl fmt::Debug for Marriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marriage")
            .field("certificate_number", &self.certificate_number)
            .finish_non_exhaustive()
    }
}

/// Whom a household has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One adult.
    Single,
    /// A married couple, with a birth just recorded or not.
    Couple { expecting: bool },
    /// A married couple, up to so many children, and perhaps a grandparent, who may have died.
    Parents { children: u32, grandparent: bool },
}

impl Shape {
    /// The shape of the household with an index. The first is the sample family, the second and
    /// third are the owners of the sample enterprises.
    pub(crate) fn of(index: u64, random: &mut Random) -> Self {
        match index {
            0 => Self::Couple { expecting: true },
            1 | 2 => Self::Single,
            _ => match random.between(1, 100) {
                1..=20 => Self::Single,
                21..=50 => Self::Couple {
                    expecting: random.chance(33),
                },
                _ => Self::Parents {
                    children: random.between(1, 3),
                    grandparent: random.chance(20),
                },
            },
        }
    }

    /// How many persons it has at most.
    pub(crate) const fn size(self) -> u64 {
        match self {
            Self::Single => 1,
            Self::Couple { .. } => 2,
            Self::Parents {
                children,
                grandparent,
            } => 2 + children as u64 + grandparent as u64,
        }
    }
}

/// What one household adds to the population.
pub(crate) struct Family {
    pub(crate) household: Household,
    pub(crate) persons: Vec<Person>,
    pub(crate) marriage: Option<Marriage>,
    /// Whether a birth was just recorded.
    pub(crate) expecting: bool,
}

/// Builds one household.
pub(crate) struct Builder<'a> {
    index: u64,
    random: Random,
    numbers: &'a mut Numbers,
    region: String,
    number_division: String,
    /// `None` for a Mongol family, which has no surname.
    surname: Option<&'static str>,
    persons: Vec<Person>,
    members: Vec<Member>,
}

impl<'a> Builder<'a> {
    /// Starts the household with an index. The stream has been used for its shape.
    pub(crate) fn new(index: u64, mut random: Random, numbers: &'a mut Numbers) -> Self {
        let county = &random.pick(counties()).code;
        let region = if index < 3 {
            "150302".to_owned()
        } else {
            county.clone()
        };
        let family_name = names::surname(&mut random);
        let mongol = random.chance(30) || index == 0;
        Self {
            index,
            number_division: number_division(&region),
            region,
            surname: (!mongol).then_some(family_name),
            random,
            numbers,
            persons: Vec::new(),
            members: Vec::new(),
        }
    }

    pub(crate) fn build(mut self, shape: Shape) -> Family {
        let mut marriage = None;
        match shape {
            Shape::Single => {
                let sex = if self.random.chance(50) {
                    Sex::Male
                } else {
                    Sex::Female
                };
                let born = self.born(25, 60);
                self.member(sex, born, self.surname, Relation::Head);
            }
            Shape::Couple { expecting } => {
                let ages = if expecting { (24, 32) } else { (24, 45) };
                marriage = Some(self.couple(ages));
            }
            Shape::Parents {
                children,
                grandparent,
            } => {
                let registered = self.couple((26, 44));
                self.children(registered.registered_on, children);
                if grandparent {
                    self.grandparent();
                }
                marriage = Some(registered);
            }
        }
        let expecting = shape == Shape::Couple { expecting: true };
        if expecting && self.index == 0 {
            self.persons[1].employee_insured = true;
            self.persons[1].maternity_entitled = true;
        }
        let household = Household {
            id: format!("HK{}-{:07}", self.region, self.index + 1),
            address: address::home(&mut self.random, &self.region),
            head_id_number: self.persons[0].id_number.clone(),
            members: self.members,
            region: self.region,
            number_division: self.number_division,
        };
        Family {
            household,
            persons: self.persons,
            marriage,
            expecting,
        }
    }

    /// A birthday that makes a person so old, in full years, on the day of reference.
    fn born(&mut self, youngest: i16, oldest: i16) -> Date {
        let first = REFERENCE
            .saturating_sub(i64::from(oldest + 1).years())
            .saturating_add(1.day());
        self.random
            .day(first, REFERENCE.saturating_sub(i64::from(youngest).years()))
    }

    /// Husband (the head) and wife, married once both were old enough.
    fn couple(&mut self, (youngest, oldest): (i16, i16)) -> Marriage {
        let husband_born = self.born(youngest, oldest);
        let wife_born = self.born(youngest, oldest);
        let husband = self.member(Sex::Male, husband_born, self.surname, Relation::Head);
        let maiden_name = self.surname.map(|_| names::surname(&mut self.random));
        let wife = self.member(Sex::Female, wife_born, maiden_name, Relation::Spouse);
        let allowed = husband_born
            .saturating_add(22.years())
            .max(wife_born.saturating_add(20.years()));
        let last = allowed.saturating_add(3.years()).min(date(2025, 6, 30));
        let registered_on = self.random.day(allowed, last);
        let serial = self.numbers.marry(&self.region, registered_on.year());
        let number = MarriageCertificate::compose(&self.region, registered_on.year(), serial);
        Marriage {
            certificate_number: number.map(|number| number.to_string()).unwrap_or_default(),
            wife_id_number: wife,
            husband_id_number: husband,
            registered_on,
            region: self.region.clone(),
        }
    }

    /// Minor children, born within the marriage and a year or more apart.
    fn children(&mut self, married: Date, wanted: u32) {
        let first = married
            .saturating_add(300.days())
            .max(REFERENCE.saturating_sub(17.years()));
        let last = REFERENCE.saturating_sub(90.days());
        let days = i64::from((last - first).get_days());
        let count = i64::from(wanted).min(days / 700);
        for child in 0..count {
            let slot = days / count;
            let from = first.saturating_add((child * slot).days());
            let born = self
                .random
                .day(from, from.saturating_add((slot - 330).days()));
            let sex = if self.random.chance(51) {
                Sex::Male
            } else {
                Sex::Female
            };
            self.member(sex, born, self.surname, Relation::Child);
        }
    }

    /// A parent of the head, who may have died.
    fn grandparent(&mut self) {
        let years = i64::from(self.random.between(22, 32)).years();
        let days = i64::from(self.random.between(0, 364)).days();
        let born = self.persons[0]
            .birth_date
            .saturating_sub(years)
            .saturating_sub(days);
        let sex = if self.random.chance(50) {
            Sex::Male
        } else {
            Sex::Female
        };
        let surname = match sex {
            Sex::Male => self.surname,
            Sex::Female => self.surname.map(|_| names::surname(&mut self.random)),
        };
        self.member(sex, born, surname, Relation::Parent);
        if self.random.chance(30) {
            self.members.pop();
            if let Some(person) = self.persons.last_mut() {
                person.alive = false;
                person.employee_insured = false;
                person.mobile = None;
            }
        }
    }

    /// Adds a person and gives the number.
    fn member(
        &mut self,
        sex: Sex,
        birth_date: Date,
        surname: Option<&str>,
        relation: Relation,
    ) -> String {
        let Name { chinese, mongolian } = match surname {
            Some(surname) => names::chinese(&mut self.random, surname, sex),
            None => names::mongolian(&mut self.random, sex),
        };
        let born_before = |years: i64| birth_date <= REFERENCE.saturating_sub(years.years());
        let employee_insured = born_before(20) && !born_before(60) && self.random.chance(60);
        let of_age = sex == Sex::Female && !born_before(50);
        let maternity_entitled = employee_insured && of_age && self.random.chance(80);
        let mobile = format!("154{:08}", self.random.between(0, 99_999_999));
        let id_number = self.numbers.issue(&self.number_division, birth_date, sex);
        self.members.push(Member {
            id_number: id_number.clone(),
            relation,
        });
        self.persons.push(Person {
            id_number: id_number.clone(),
            name: chinese,
            mongolian_name: mongolian,
            sex,
            birth_date,
            ethnicity: if self.surname.is_none() { "02" } else { "01" }.to_owned(),
            mobile: born_before(14).then_some(mobile),
            alive: true,
            employee_insured,
            maternity_entitled,
        });
        id_number
    }
}

/// The stream of the household with an index.
pub(crate) fn stream(seed: u64, index: u64) -> Random {
    Random::new(seed, Stream::Household, index)
}
