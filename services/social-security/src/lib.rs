//! Social security: medical insurance, social security cards, maternity benefit, insured units.
//!
//! An enrolment and a card can be annulled; what was cancelled stays, and its number with it. A
//! benefit is granted once for a birth, and a unit keeps every office it was insured with.

mod bank;
mod benefit_rule;
mod card;
mod day;
mod grpc;
mod maternity;
mod medical_insurance;
mod population;
mod premium;
mod service;
mod store;
mod table;
mod unit;
mod unit_information;
mod value;

pub use service::SocialSecurity;
