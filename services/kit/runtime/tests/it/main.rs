//! The kit as services meet it: real listeners, real connections, everything in this process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests say what they expect by panicking"
)]

#[path = "../conformance/mod.rs"]
mod conformance;

mod calls;
mod deadlines;
mod discovery;
mod kit;
mod lifecycle;
mod process;
mod reflection;
mod rest;
mod telemetry;
