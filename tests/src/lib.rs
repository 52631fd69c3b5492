//! Cross-service suites: every service as a process of its own, spoken to as its callers do.
//!
//! The library is the harness (processes, clients, sample forms, foreign programs); the suites are
//! in `tests/it`. Tests panic rather than return errors, so the harness does as well.

mod attempt;
mod case;
pub mod chaos;
mod cluster;
mod collector;
mod consul;
mod department;
mod effects;
mod eventually;
mod foreign;
mod gate;
pub mod load;
mod officer;
mod operator;
pub mod power;
mod process;
mod python;
mod registers;
mod rest;
mod sample;
pub mod simulation;
mod steps;
mod suite;

pub use attempt::{Attempt, databases_at_the_start};
pub use case::Case;
pub use collector::{Collector, Receiver, Span};
pub use consul::ConsulAgent;
pub use department::Departments;
pub use effects::{assert_each_effect_once, assert_nothing_written, effects};
pub use eventually::{PATIENCE, eventually};
pub use foreign::Foreign;
pub use gate::Gate;
pub use officer::Officer;
pub use operator::{OPERATORS, Operator};
pub use process::{Process, Program, Spec, program};
pub use python::{Certificate, Python};
pub use registers::{Databases, Recorded};
pub use rest::{Answer, Client, Happening};
pub use sample::{Samples, fill, today};
pub use steps::{Step, bundle_steps};
pub use suite::{DEPARTMENTS, Plan, Suite};
