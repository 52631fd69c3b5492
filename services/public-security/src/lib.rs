//! Public security: households, birth registration, seals, vehicles.
//!
//! A birth enters a child in a household and issues its resident number, which is never issued
//! again. A seal is filed with the office of its enterprise's registrar, and every filing is kept.
//! A vehicle is registered with the plate number that was reserved for it, and keeps all its owners.

mod birth;
mod birth_day;
mod day;
mod grpc;
mod issuance;
mod kinship;
mod naming;
mod notification;
mod population;
mod seal;
mod seal_replacement;
mod service;
mod store;
mod value;
mod vehicle;

pub use service::PublicSecurity;
