//! Connector: departments that have no service of their own.
//!
//! Such a department is a file: the gRPC service of its contract, the kinds of records it keeps,
//! and for each method a program over the embedded record store (`departments/README.md` is the
//! language) or the requests to an HTTP system (`docs/connect-a-department.md`). A file is checked against the contract's descriptors when it is loaded; what loads
//! is served like any other department's service, with the participant's ledger around every call
//! that changes something.

mod catalogue;
mod declaration;
mod expression;
mod grpc;
mod http;
mod matter;
mod message;
mod population;
mod server;
mod service;
mod settings;
mod store;

pub use catalogue::Catalogue;
pub use onething_declared::{Problem, Problems};
pub use service::Connector;
pub use settings::{ConnectorSection, ConnectorSettings};
pub use store::{MIGRATIONS, STATEMENTS};
