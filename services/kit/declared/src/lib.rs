//! Contracts that department files declare: a department with its messages, matters and shared data
//! items becomes descriptors with the same options that a `.proto` file would have. What checks or
//! calls a department does not see the difference. How a matter is carried out is not known here.

mod check;
mod declaration;
mod descriptor;
mod duration;
mod load;
mod message;
mod name;
mod problem;

pub use duration::duration;
pub use load::{File, contracts, files_of, read};
pub use name::{is_name, is_type};
pub use problem::{Examined, Problem, Problems};
