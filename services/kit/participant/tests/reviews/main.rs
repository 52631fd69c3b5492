//! Matters that are decided later, the decision log, expiry, group commit and retention, on both
//! databases.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod batch;
mod decide;
mod expire;
mod forget;
mod late;
mod office;
mod officers;
mod stream;
