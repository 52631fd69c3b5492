//! The expressions of department files: CEL, restricted to what can be checked when a file is
//! loaded. Names and types are proved then; evaluating never meets an unknown name.

mod check;
mod compiled;
mod environment;
mod types;
mod value;

pub(crate) use compiled::{Expression, Values};
pub(crate) use types::{Scalar, Scope, Table, Type};
