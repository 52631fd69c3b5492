//! What a department offers its officers: the open reviews, and deciding them over gRPC. Which
//! decision counts is judged where decisions are recorded, not here.

mod access;
mod entry;
mod service;

pub use access::Officers;
pub use service::Reviews;
