//! Births that a hospital has recorded and no department has seen yet.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use onething_elements::{Masked, Sex};
use serde::{Deserialize, Serialize};

use crate::address;
use crate::random::{Random, Stream};

/// A hospital's record of a birth within the last twenty days. The child has no name, number or
/// certificate yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedBirth {
    /// The hospital's number of the record.
    pub record_number: String,
    /// The mother's resident number.
    pub mother_id_number: String,
    /// The hospital.
    pub hospital: String,
    /// The division code of the hospital.
    pub region: String,
    /// When the child was born, in UTC+8.
    pub born_at: DateTime,
    /// The child's sex.
    pub child_sex: Sex,
    /// The child's weight in grams.
    pub weight_g: u32,
}

impl ExpectedBirth {
    /// The day of birth in UTC+8.
    #[must_use]
    pub fn born_on(&self) -> Date {
        self.born_at.date()
    }

    /// The birth in the household with an index, 1 to 20 days before `today`.
    pub(crate) fn generate(
        seed: u64,
        household: u64,
        region: &str,
        mother: &str,
        today: Date,
    ) -> Self {
        let mut random = Random::new(seed, Stream::Birth, household);
        let day = today.saturating_sub(i64::from(random.between(1, 20)).days());
        let minutes = i64::from(random.between(0, 24 * 60 - 1));
        let kind = random.pick(&["人民医院", "妇幼保健院", "蒙医医院"]);
        Self {
            record_number: format!("CS{region}-{:07}", household + 1),
            mother_id_number: mother.to_owned(),
            hospital: format!(
                "{}{}{kind}",
                address::city_name(region),
                address::name(region)
            ),
            region: region.to_owned(),
            born_at: day
                .to_datetime(Time::midnight())
                .saturating_add(minutes.minutes()),
            child_sex: if random.chance(51) {
                Sex::Male
            } else {
                Sex::Female
            },
            weight_g: random.between(250, 420) * 10,
        }
    }
}

impl fmt::Debug for ExpectedBirth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectedBirth")
            .field("record_number", &self.record_number)
            .field("mother_id_number", &Masked(&self.mother_id_number))
            .finish_non_exhaustive()
    }
}
