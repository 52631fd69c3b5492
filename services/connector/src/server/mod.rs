//! Serves declared departments: messages as bytes, methods looked up in the catalogue.

mod department;

pub(crate) use department::DepartmentServer;
