//! The bank accounts of persons.

use std::fmt;

use onething_elements::Masked;
use serde::{Deserialize, Serialize};

use crate::person::{Person, is_adult};
use crate::population::Population;

const BANKS: &[&str] = &[
    "中国工商银行",
    "中国农业银行",
    "中国银行",
    "中国建设银行",
    "中国邮政储蓄银行",
];

/// An account that a bank keeps for a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalAccount {
    /// The holder's resident number.
    pub holder_id_number: String,
    /// The bank.
    pub bank: String,
    /// The account's number. It begins with 9998, which no bank's cards do.
    pub account_number: String,
}

impl fmt::Debug for PersonalAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonalAccount")
            .field("holder_id_number", &Masked(&self.holder_id_number))
            .finish_non_exhaustive()
    }
}

impl PersonalAccount {
    /// The account of a person, whose place in the population gives its number.
    fn of(index: usize, person: &Person) -> Self {
        Self {
            holder_id_number: person.id_number.clone(),
            bank: BANKS[index % BANKS.len()].to_owned(),
            account_number: format!("9998{:015}", index + 1),
        }
    }
}

impl Population {
    /// The accounts: one of every living adult.
    pub fn accounts(&self) -> impl Iterator<Item = PersonalAccount> + '_ {
        let persons = self.persons.iter().enumerate();
        persons
            .filter(|(_, person)| person.alive && is_adult(person))
            .map(|(index, person)| PersonalAccount::of(index, person))
    }

    /// The account of a person, if the person has one.
    #[must_use]
    pub fn account_of(&self, id_number: &str) -> Option<PersonalAccount> {
        self.accounts()
            .find(|account| account.holder_id_number == id_number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_adult_has_one_account_of_their_own() {
        let population = Population::generate(400, 1, date(2026, 6, 1));
        let accounts: Vec<_> = population.accounts().collect();
        let numbers: HashSet<_> = accounts.iter().map(|a| &a.account_number).collect();
        assert_eq!(numbers.len(), accounts.len());
        let adults = population.persons.iter().filter(|p| p.alive && is_adult(p));
        assert_eq!(adults.count(), accounts.len());
        let family = population.sample_family().unwrap();
        let account = population.account_of(&family.mother.id_number).unwrap();
        assert_eq!(account.holder_id_number, family.mother.id_number);
        assert!(!format!("{account:?}").contains(&account.account_number));
    }
}
