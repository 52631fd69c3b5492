//! The persons with whom a demonstration files the cases of the family's bundles.

use std::fmt;

use jiff::civil::Date;

use crate::cast::{self, BRIDES_HOME, GROOMS_HOME, PUPILS_HOME, RETIREES_HOME, THIRD_CHILDS_HOME};
use crate::family::{Household, Relation};
use crate::person::Person;
use crate::population::Population;

/// A child about to start school, and who registers it.
pub struct SamplePupil<'a> {
    /// The family's household, in whose home they live.
    pub household: &'a Household,
    /// The child, six years old by the next 31 August.
    pub child: &'a Person,
    /// The mother, who logged in.
    pub guardian: &'a Person,
    /// The one-time code with which she did.
    pub login_code: String,
}

/// A man who reached the statutory age of retirement.
pub struct SampleRetiree<'a> {
    /// The man.
    pub person: &'a Person,
    /// The day on which he reached the age.
    pub retires_on: Date,
}

/// A woman and a man who want to marry; she then moves to his household in another city.
pub struct SampleCouple<'a> {
    /// The woman.
    pub bride: &'a Person,
    /// The man.
    pub groom: &'a Person,
    /// His household.
    pub household: &'a Household,
}

impl fmt::Debug for SamplePupil<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamplePupil")
            .field("household", self.household)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SampleRetiree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleRetiree")
            .field("retires_on", &self.retires_on)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SampleCouple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleCouple")
            .field("household", self.household)
            .finish_non_exhaustive()
    }
}

impl Population {
    /// The child about to start school, its parents' first; `None` in a population too small for a
    /// cast.
    #[must_use]
    pub fn sample_pupil(&self) -> Option<SamplePupil<'_>> {
        self.youngest_of(PUPILS_HOME, 0)
    }

    /// The third child of its parents, about to start school in Hohhot; `None` in a population too
    /// small for a cast.
    #[must_use]
    pub fn sample_third_child(&self) -> Option<SamplePupil<'_>> {
        self.youngest_of(THIRD_CHILDS_HOME, 3)
    }

    /// The youngest child of a household, whose mother registers it.
    fn youngest_of(&self, home: &str, turn: u64) -> Option<SamplePupil<'_>> {
        let household = self.household(home)?;
        let member = |relation| {
            let mut members = household.members.iter().rev();
            let found = members.find(|member| member.relation == relation)?;
            self.person(&found.id_number)
        };
        let spread = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        Some(SamplePupil {
            household,
            child: member(Relation::Child)?,
            guardian: member(Relation::Spouse)?,
            login_code: format!("{:06}", (spread + turn) % 1_000_000),
        })
    }

    /// The man who retires; `None` in a population too small for a cast.
    #[must_use]
    pub fn sample_retiree(&self) -> Option<SampleRetiree<'_>> {
        Some(SampleRetiree {
            person: self.person(self.head_of(RETIREES_HOME)?)?,
            retires_on: cast::just_of_age(self.today).1,
        })
    }

    /// The two who marry; `None` in a population too small for a cast.
    #[must_use]
    pub fn sample_couple(&self) -> Option<SampleCouple<'_>> {
        Some(SampleCouple {
            bride: self.person(self.head_of(BRIDES_HOME)?)?,
            groom: self.person(self.head_of(GROOMS_HOME)?)?,
            household: self.household(GROOMS_HOME)?,
        })
    }

    fn household(&self, id: &str) -> Option<&Household> {
        self.households.iter().find(|household| household.id == id)
    }
}
