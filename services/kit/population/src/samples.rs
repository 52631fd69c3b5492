//! The family and the enterprise that a demonstration files its cases with.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::birth::ExpectedBirth;
use crate::enterprise::Enterprise;
use crate::family::{Household, Marriage};
use crate::person::Person;
use crate::population::Population;
use crate::random::{Random, Stream};
use crate::{address, names};

/// Married parents in one household whose child was just born.
pub struct SampleFamily<'a> {
    /// Their household.
    pub household: &'a Household,
    /// Their marriage.
    pub marriage: &'a Marriage,
    /// The mother, entitled to maternity benefit.
    pub mother: &'a Person,
    /// The father, who heads the household.
    pub father: &'a Person,
    /// The hospital's record of the birth.
    pub birth: &'a ExpectedBirth,
    /// The name that they choose for the child.
    pub child_name: String,
    /// The name in Mongolian script.
    pub child_mongolian_name: Option<String>,
}

impl fmt::Debug for SampleFamily<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleFamily")
            .field("household", self.household)
            .finish_non_exhaustive()
    }
}

/// An enterprise in Wuhai against which nothing stands, and where it wants to move.
pub struct SampleRelocation<'a> {
    /// The enterprise, registered at 150302.
    pub enterprise: &'a Enterprise,
    /// Its legal representative.
    pub legal_representative: &'a Person,
    /// The registrar of the destination, a county of Ordos.
    pub target_registrar: &'static str,
    /// The address there.
    pub target_address: String,
    /// The right to use it, a value of the element `enterprise.premises_right`.
    pub premises_right: &'static str,
    /// The day of the owners' resolution, three days before the population's.
    pub resolution_date: Date,
}

impl fmt::Debug for SampleRelocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleRelocation")
            .field("enterprise", self.enterprise)
            .field("target_registrar", &self.target_registrar)
            .finish_non_exhaustive()
    }
}

/// Where the sample enterprise wants to move: 东胜区 of Ordos.
const DESTINATION: &str = "150602";

impl Population {
    /// The first family; `None` only in a population of fewer than four persons.
    #[must_use]
    pub fn sample_family(&self) -> Option<SampleFamily<'_>> {
        let birth = self.expected_births.first()?;
        let marriage = self
            .marriages
            .iter()
            .find(|marriage| marriage.wife_id_number == birth.mother_id_number)?;
        let father = self.person(&marriage.husband_id_number)?;
        let mother = self.person(&marriage.wife_id_number)?;
        let household = self.household_of(&father.id_number)?;
        let mut random = Random::new(self.seed, Stream::Child, 0);
        let child = match &father.mongolian_name {
            Some(_) => names::mongolian(&mut random, birth.child_sex),
            None => {
                let surname: String = father.name.chars().take(1).collect();
                names::chinese(&mut random, &surname, birth.child_sex)
            }
        };
        Some(SampleFamily {
            household,
            marriage,
            mother,
            father,
            birth,
            child_name: child.chinese,
            child_mongolian_name: child.mongolian,
        })
    }

    /// The first clean enterprise and its plan to move; `None` only in a population of fewer than
    /// four persons.
    #[must_use]
    pub fn sample_enterprise(&self) -> Option<SampleRelocation<'_>> {
        let enterprise = self
            .enterprises
            .iter()
            .find(|enterprise| enterprise.is_clean())?;
        let mut random = Random::new(self.seed, Stream::Child, 1);
        Some(SampleRelocation {
            enterprise,
            legal_representative: self.person(&enterprise.legal_representative_id_number)?,
            target_registrar: DESTINATION,
            target_address: address::premises(&mut random, DESTINATION),
            premises_right: "leased",
            resolution_date: self.today.saturating_sub(3.days()),
        })
    }
}
