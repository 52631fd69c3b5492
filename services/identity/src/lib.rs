//! Identity: who a person is, from the population register, and for which enterprise a person may
//! act, which the registry tells it.

mod appointment;
mod grpc;
mod population;
mod service;
mod store;

pub use service::Identity;
