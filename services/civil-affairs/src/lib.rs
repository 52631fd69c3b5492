//! Civil affairs: the marriage register. It answers questions and changes nothing.

mod grpc;
mod population;
mod service;
mod store;

pub use service::CivilAffairs;
