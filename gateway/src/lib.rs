//! The gateway: files cases, carries each out as a saga over the departments, and tells how it
//! stands, over REST for apps and over gRPC for services inside the government.
//!
//! It calls departments through the descriptor set alone: no department's client is linked in, so
//! that a bundle can use any action that is declared.

mod announced;
mod cases;
mod departments;
mod exclusive;
mod grpc;
mod operators;
mod rest;
mod service;
mod settings;
mod shelf;
mod trace;
mod versions;

pub use departments::definition;
pub use operators::OperatorSettings;
pub use service::Gateway;
pub use settings::GatewaySettings;
