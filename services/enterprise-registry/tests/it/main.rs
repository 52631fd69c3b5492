//! The real service on both databases, called over gRPC.

mod acceptance;
mod archive;
mod change;
mod changes;
mod check;
mod conversion;
mod history;
mod lock;
mod name;
mod pilot_code;
mod registration;
mod registry;
mod release;
mod repair;
mod service;
mod undo;
