//! Education: school areas, and the year in which a child starts school. It answers questions and
//! changes nothing.

mod age_rule;
mod grpc;
mod population;
mod service;
mod store;

pub use service::Education;
