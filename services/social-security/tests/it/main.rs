//! What social security does, why it refuses and what can be undone, on both databases, over real
//! gRPC.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod card;
mod department;
mod insurance;
mod maternity;
mod overtaken;
mod retirement;
mod running;
mod unit;
