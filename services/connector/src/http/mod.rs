//! A matter that an HTTP system of the department carries out: the system with its credentials, the
//! requests that a file writes as templates, and what its answers mean.

mod answer;
mod declaration;
mod errand;
mod exchange;
mod system;

pub(crate) use answer::{Answers, Condition, Datum, Kind, Refused, Shape, Verdict};
pub(crate) use declaration::{
    ExchangeDeclaration, HttpDeclaration, SystemDeclaration, ValueDeclaration,
};
pub(crate) use errand::Remote;
pub(crate) use exchange::{BodyList, Exchange, Http, Part};
pub(crate) use system::System;

/// The name under which expressions know what the system answered.
pub(crate) const ANSWER: &str = "answer";
/// The name under which expressions know the key of the call: the same whenever it is repeated.
pub(crate) const KEY: &str = "key";
