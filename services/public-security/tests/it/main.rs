//! What public security does and why it refuses, on both databases, over real gRPC.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod birth;
mod department;
mod household;
mod numbers;
mod overtaken;
mod running;
mod seal;
mod vehicle;
