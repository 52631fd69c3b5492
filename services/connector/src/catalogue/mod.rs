//! The departments that stand behind the connector, loaded and proved.

mod department;
mod load;
mod records;
mod tables;

pub use load::Catalogue;

pub(crate) use department::Department;
pub(crate) use records::RecordKind;
pub(crate) use tables::{Rows, RuleTable};
