//! Social security: resident medical insurance, social security cards, maternity benefit, insured
//! units.

mod benefit;
mod card;
mod enrolment;
mod field;
mod grpc;
mod number;
mod population;
mod rates;
mod service;
mod store;
mod unit;

pub use service::SocialSecurity;
