//! A synthetic population: persons, families and enterprises that never existed.
//!
//! Everything follows from a seed: the same seed, number of persons and day give the same
//! population, and a smaller population is the beginning of a larger one up to its last household.
//! Resident numbers are valid after GB 11643 but begin with `1599`, which no division has ever had,
//! and credit codes carry `YYYY` in their organisation code, so neither can be anyone's. Places are
//! real divisions of Inner Mongolia.
//!
//! ```
//! use jiff::civil::date;
//! use onething_population::Population;
//!
//! let population = Population::generate(1_000, 7, date(2026, 6, 1));
//! let family = population.sample_family().expect("four persons or more");
//! assert!(family.mother.maternity_entitled);
//! assert!(family.mother.id_number.starts_with("1599"));
//! ```

mod account;
mod address;
mod applicants;
mod birth;
mod business;
mod cast;
mod changes;
mod enterprise;
mod family;
mod founding;
mod names;
mod numbers;
mod person;
mod population;
mod product;
mod random;
mod records;
mod samples;
mod school;
mod vehicle;

pub use account::PersonalAccount;
pub use address::STREETS;
pub use applicants::{SampleCouple, SamplePupil, SampleRetiree};
pub use birth::ExpectedBirth;
pub use business::{BusinessTitle, Disqualification, Penalty, Permit, Reorganisation, Shareholder};
pub use changes::{SampleChange, SampleConversion, SampleRepair};
pub use enterprise::{ArchiveDocument, Enterprise, EnterpriseKind, EnterpriseStatus};
pub use family::{Household, Marriage, Member, Relation};
pub use numbers::SYNTHETIC_PREFIX;
pub use onething_elements::Sex;
pub use person::Person;
pub use population::Population;
pub use product::{Order, Product};
pub use records::{FundAccount, Login, Parentage, Pension, Pupil, Title};
pub use samples::{SampleFamily, SampleRelocation};
pub use school::SchoolArea;
pub use vehicle::{NewVehicle, OldVehicle, TradeIn};
