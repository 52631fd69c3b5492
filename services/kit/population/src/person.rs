//! One synthetic person.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use onething_elements::{Masked, Sex};
use serde::{Deserialize, Serialize};

use crate::family::REFERENCE;

/// A person as the registers of several departments together know them. `Debug` shows a masked
/// number and no name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// A valid resident number that begins with [`crate::SYNTHETIC_PREFIX`].
    pub id_number: String,
    /// The name in Chinese characters.
    pub name: String,
    /// The name in Mongolian script, for Mongols.
    pub mongolian_name: Option<String>,
    /// The sex, as in the number.
    pub sex: Sex,
    /// The date of birth, as in the number.
    pub birth_date: Date,
    /// The ethnic group, GB/T 3304: `01` Han, `02` Mongol.
    pub ethnicity: String,
    /// A mobile number, for those above 14. It begins with 154, which no operator has.
    pub mobile: Option<String>,
    /// Whether the person lives. The dead are members of no household.
    pub alive: bool,
    /// Whether an employer insures the person.
    pub employee_insured: bool,
    /// Whether the person is entitled to maternity benefit: an insured woman with enough months.
    pub maternity_entitled: bool,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id_number", &Masked(&self.id_number))
            .field("sex", &self.sex)
            .field("alive", &self.alive)
            .finish_non_exhaustive()
    }
}

/// Whether a person was of age on the day of reference.
pub(crate) fn is_adult(person: &Person) -> bool {
    person.birth_date <= REFERENCE.saturating_sub(18.years())
}
