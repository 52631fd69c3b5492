//! The bundle language: checks against descriptors, form planner.
//!
//! A bundle (一件事) is data: a TOML file that names roles, steps and segments. Loading one proves
//! against the contracts' descriptors that a case of it always ends done, undone, or in a partial
//! outcome that it declared, and computes the one form that the applicant fills in.

mod catalogue;
mod check;
mod condition;
mod diagnostic;
mod form;
mod load;
mod model;
mod plan;
mod request;
mod sample;
mod schema;
mod syntax;
mod text;

pub use catalogue::Catalogue;
pub use condition::{Condition, EvaluationError, Reference};
pub use diagnostic::{Code, Diagnostic};
pub use form::{Form, FormProblem};
pub use load::{load_file, load_str};
pub use model::{
    Audience, Await, Before, Bundle, Deadline, Department, ForEach, FormField, Input, Material,
    OnExpiry, Partial, Region, Requirement, ResultSpec, Role, Segment, Source, Step, WITHDRAWN,
};
pub use onething_proto::annotations::ActionKind;
pub use plan::{
    Appearance, Cut, Explanation, Fate, FieldSource, Fields, Layout, LayoutChoice, LayoutField,
    Origin, Paper, Plan, Section, SharedItem, Spared,
};
pub use request::{Omission, Prepared, RequestError};
pub use sample::UnknownSample;
pub use schema::json_schema;
pub use text::Text;
