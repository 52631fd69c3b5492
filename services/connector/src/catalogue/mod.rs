//! The departments that stand behind the connector, loaded and proved.

mod department;
mod load;
mod records;

pub use load::Catalogue;

pub(crate) use department::Department;
pub(crate) use records::{RecordKind, is_name};
