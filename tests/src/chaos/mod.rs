//! Power cuts under load: gateways and departments are killed at random moments and started again
//! while applicants file cases. Afterwards every case must have ended, and the departments' databases
//! must hold each effect once and none of an undone case.

mod applicants;
mod command;
mod disaster;
mod registers;
mod rules;
mod services;

pub use command::main;
pub use disaster::{Disaster, Found};
