//! The bank whose account a card carries when its holder names none: a table by league and city.

use std::collections::HashMap;

use onething_elements::{Dictionary, Divisions, Level, ResidentNumber};
use serde::Deserialize;

use crate::table::{self, TableError};

const STANDARD: &str = include_str!("../data/banks.toml");
const TABLE: &str = "default banks";
/// Whose bank is taken for holders from elsewhere.
const REGION: &str = "150000";

/// The default banks.
#[derive(Debug)]
pub(crate) struct DefaultBanks {
    of_region: String,
    of_league: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    default: Vec<DefaultBank>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultBank {
    region: String,
    bank: String,
}

impl DefaultBanks {
    /// The embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, TableError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let table: Table = table::read(TABLE, text)?;
        let error = |entry: &str, problem| TableError::Entry {
            table: TABLE,
            entry: entry.to_owned(),
            problem,
        };
        let mut of_league = HashMap::new();
        for DefaultBank { region, bank } in table.default {
            let division = Divisions::standard().get(&region);
            if division.is_none_or(|division| division.level == Level::County) {
                return Err(error(&region, "is no league or city of the region"));
            }
            let element = Dictionary::standard().get("social_card.bank");
            if element.is_none_or(|element| element.validate(&bank).is_err()) {
                return Err(error(&region, "its bank is none of those that issue cards"));
            }
            if of_league.insert(region.clone(), bank).is_some() {
                return Err(error(&region, "stands twice"));
            }
        }
        let of_region = of_league.remove(REGION);
        let of_region = of_region.ok_or_else(|| error(REGION, "is missing"))?;
        Ok(Self {
            of_region,
            of_league,
        })
    }

    /// The default bank of a holder, by the league or city of the first registration.
    pub(crate) fn of(&self, holder: &ResidentNumber) -> &str {
        let league = format!("{}00", &holder.region()[..4]);
        self.of_league.get(&league).unwrap_or(&self.of_region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank(id_number: &str) -> String {
        let banks = DefaultBanks::standard().unwrap();
        let number = ResidentNumber::parse(id_number).unwrap();
        banks.of(&number).to_owned()
    }

    #[test]
    fn the_bank_is_that_of_the_league_or_else_of_the_region() {
        assert_eq!(bank("150302196603159977"), "icbc");
        assert_eq!(bank("15010520190715996X"), "ccb");
        assert_eq!(bank("159919199503060015"), "abc");
    }

    #[test]
    fn every_league_and_city_has_a_bank() {
        let banks = DefaultBanks::standard().unwrap();
        let leagues = Divisions::standard().iter();
        for league in leagues.filter(|division| division.level == Level::LeagueOrCity) {
            assert!(
                banks.of_league.contains_key(&league.code),
                "{}",
                league.name
            );
        }
    }

    #[test]
    fn a_defective_table_is_refused_with_the_entry() {
        let whole = "[[default]]\nregion = \"150000\"\nbank = \"abc\"\n";
        assert!(DefaultBanks::parse(whole).is_ok());
        for (text, problem) in [
            (whole.replace("150000", "150302"), "150302: is no league"),
            (whole.replace("150000", "150300"), "150000: is missing"),
            (whole.replace("abc", "xyz"), "150000: its bank"),
            (whole.repeat(2), "150000: stands twice"),
            (whole.replace("bank", "house"), "the table of default banks"),
        ] {
            let error = DefaultBanks::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
