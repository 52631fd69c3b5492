//! The cross-service suites. Each test has processes of its own, so that tests disturb neither each
//! other nor anything else on the machine.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests say what they expect by panicking"
)]

mod ahead;
mod bundle_files;
mod chaos;
mod cli;
mod connected;
mod consul;
mod crash;
mod every_bundle;
mod fencing;
mod grpc;
mod in_person;
mod malformed;
mod officers;
mod operators;
mod outcomes;
mod overtaking;
mod participant_check;
mod power_loss;
mod python_department;
mod regions;
mod reorganisation;
mod restored;
mod school_age;
mod schooling;
mod separate_processes;
mod sse;
mod telemetry;
mod unfiled;
