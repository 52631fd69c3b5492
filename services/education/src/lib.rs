//! Education: school areas, the year in which a child starts school, and enrolment: from the review
//! of a registration over a seat to the admission and the student record.

mod admission;
mod age_rule;
mod choice;
mod class_rule;
mod day;
mod grpc;
mod placement;
mod population;
mod review;
mod seat;
mod service;
mod store;
mod value;
mod window;

pub use service::Education;
pub use window::{EducationSettings, EnrolmentSection, Window};
