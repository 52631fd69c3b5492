//! Social security: medical insurance, social security cards, maternity benefit, insured units, and
//! retirement.
//!
//! An enrolment and a card can be annulled; what was cancelled stays, and its number with it. A
//! benefit is granted once for a birth, and a unit keeps every office it was insured with. A retirement
//! is approved after its archive was examined and the finding was public, and the pension follows from
//! it.

mod archive;
mod bank;
mod benefit_rule;
mod card;
mod day;
mod grpc;
mod insured_region;
mod maternity;
mod medical_insurance;
mod pension;
mod population;
mod premium;
mod publicity;
mod question;
mod retirement;
mod retirement_rule;
mod service;
mod settings;
mod store;
mod table;
mod unit;
mod unit_information;
mod value;

pub use service::SocialSecurity;
pub use settings::{ArchiveSection, SocialSecuritySettings};
