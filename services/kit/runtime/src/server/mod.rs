//! The listener and what stands around every handler: dispatch between gRPC and REST, health,
//! reflection, probes, tracing, deadlines, panics. When to start and stop it is decided elsewhere.

mod accept;
mod answer;
mod health;
mod panic;
mod probes;
mod reflection;
mod stack;

pub(crate) use accept::{Server, bind};
pub(crate) use answer::{is_grpc, problem};
pub(crate) use health::{PROCESS, publish};
pub(crate) use panic::message as panic_message;
pub(crate) use reflection::reflection;
pub(crate) use stack::stack;
