//! The language as its users meet it: files in, bundles or diagnostics out.
#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod broken;
mod bundles;
mod cuts;
mod explanation;
mod filing;
mod language;
mod pages;
mod planner;
mod regions;
mod removed;
mod spared;
mod support;
mod time;
