//! The real service on both databases, called over gRPC.

mod acceptance;
mod archive;
mod check;
mod history;
mod lock;
mod pilot_code;
mod registration;
mod registry;
mod release;
mod service;
mod undo;
