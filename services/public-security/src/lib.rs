//! Public security: households, birth registration, seals, vehicles.
//!
//! A birth enters a child in a household and issues its resident number, which is never issued
//! again. A spouse joins a household by the county's rule and moves there in one act. A seal is filed
//! with the office of its enterprise's registrar, and every filing is kept. A vehicle is registered
//! with the plate number that was reserved for it, and keeps all its owners.

mod birth;
mod birth_day;
mod day;
mod family;
mod grpc;
mod issuance;
mod joining;
mod kinship;
mod marital_status;
mod naming;
mod notification;
mod population;
mod relocation;
mod seal;
mod seal_replacement;
mod service;
mod settlement;
mod store;
mod value;
mod vehicle;

pub use service::PublicSecurity;
