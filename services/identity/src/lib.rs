//! Identity: who a person is, from the population register, and for which enterprise a person may
//! act. It answers questions and changes nothing.

mod grpc;
mod population;
mod service;
mod store;

pub use service::Identity;
