//! The connector as it runs: the real service on a free port, on both databases, over gRPC.

mod api;
mod compensation;
mod concurrency;
mod declared;
mod health;
mod relocation;
mod running;
