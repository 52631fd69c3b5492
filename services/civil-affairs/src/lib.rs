//! Civil affairs: the marriage register, and who stands in for children.

mod condition;
mod day;
mod grpc;
mod population;
mod registration;
mod service;
mod store;
mod value;

pub use service::CivilAffairs;
