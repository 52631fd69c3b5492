//! The connector as it runs: the real service on a free port, on both databases, over gRPC.

mod api;
mod compensation;
mod concurrency;
mod court;
mod declared;
mod dynamic;
mod forest_office;
mod health;
mod http;
mod kept;
mod overtaken;
mod relocation;
mod running;
mod tls;
