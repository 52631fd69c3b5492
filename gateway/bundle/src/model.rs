//! A loaded bundle: what it promises, its steps and segments, the form it computes. Owns the shape
//! alone; it is built by the checks and never by hand.

mod step;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use onething_elements::{Choice, Divisions, Element, Input as Asked, ValueType};
use serde::Serialize;

use crate::plan::Plan;
use crate::text::Text;

pub use step::{Await, Deadline, ForEach, Input, OnExpiry, Source, Step};

/// A bundle (一件事) that passed every check.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its id, for example `newborn`.
    pub id: String,
    /// Its version; a running case keeps the one it started with.
    pub version: u32,
    /// What it is called.
    pub title: Text,
    /// What an applicant should know first (办事指南): who may apply, and how it is decided.
    pub guide: Option<Text>,
    /// The region whose overlay this is; `None` for the bundle as it is everywhere.
    pub region: Option<Region>,
    /// The bundle in each region, and in each year, for which the file says something else.
    pub variants: Vec<Arc<Bundle>>,
    /// For whom it is.
    pub audience: Audience,
    /// The lead department (牵头部门).
    pub lead: Department,
    /// The promised limit (承诺时限), in working days from acceptance.
    pub promise_working_days: u32,
    /// The figures before the reform.
    pub before: Before,
    /// How long a case may take from its acceptance; then what is open is undone.
    pub time_limit: Option<Duration>,
    /// What a case ends in that was withdrawn, or ran out of time, after a first legal effect.
    pub withdrawal: Partial,
    /// The roles, in the order of the file.
    pub roles: Vec<Role>,
    /// The steps, in the order of the file. Positions in this list are how steps are named below.
    pub steps: Vec<Step>,
    /// The all-or-nothing groups of steps, in the order of their first steps.
    pub segments: Vec<Segment>,
    /// What the applicant is asked: each field once, in the order of the steps that need it.
    pub form: Vec<FormField>,
    /// The materials that a paper application needs, in the order of the steps that require them.
    pub materials: Vec<Material>,
    /// What the applicant gets.
    pub results: Vec<ResultSpec>,
    /// A form for demonstrations: `{role: {attribute: value}}`. A text that begins with `$` is a
    /// path into the synthetic population, see [`Bundle::sample_form`].
    pub sample: serde_json::Value,
    /// What the planner added, and why.
    pub plan: Plan,
    /// The text that it was loaded from, to be kept with the cases that follow it.
    pub text: String,
}

/// A region for which a bundle is different, and the year if it is different in that year alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Region {
    /// The code of the region, league or county (GB/T 2260), for example `150100`.
    pub code: String,
    /// The year, where it matters.
    pub year: Option<u16>,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        self.year.map_or(Ok(()), |year| write!(f, "-{year}"))
    }
}

/// Something that a paper application hands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Material {
    /// Its id, for example `household-booklet`.
    pub id: String,
    /// What it is called.
    pub title: Text,
}

/// For whom a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// A person.
    Person,
    /// An enterprise.
    Enterprise,
}

impl Audience {
    /// The name that bundles and callers use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Enterprise => "enterprise",
        }
    }
}

/// A department and the process that serves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Department {
    /// Its code, for example `PS`.
    pub code: String,
    /// The name under which discovery knows the process.
    pub served_by: String,
    /// What it is called.
    pub title: Text,
}

/// The figures before the reform, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Fields that the applicant filled in.
    pub fields: Option<u32>,
    /// Materials that the applicant handed in.
    pub materials: Option<u32>,
    /// Steps that the applicant went through.
    pub steps: Option<u32>,
    /// Trips to a counter.
    pub trips: Option<u32>,
    /// Working days until the last result.
    pub working_days: Option<u32>,
}

/// Someone or something that a bundle speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Its name in the bundle, for example `mother`.
    pub id: String,
    /// What it is: the first part of its elements' ids, for example `person`.
    pub kind: String,
    /// What it is called.
    pub title: Text,
}

/// A group of steps of which either all or none take effect.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its id, unique among the segments.
    pub id: String,
    /// Its steps.
    pub steps: Vec<usize>,
    /// The step at which it takes legal effect.
    pub pivot: Option<usize>,
    /// The segments that must be past the point of going backward before it starts.
    pub after: Vec<usize>,
    /// The outcome in which a case ends when this segment failed and another took effect.
    pub partial: Option<Partial>,
}

/// The id of the outcome in which a case ends that was withdrawn after a first legal effect.
pub const WITHDRAWN: &str = "withdrawn";

/// A declared partial outcome: what was decided stands, what was not is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partial {
    /// Its id, unique in the bundle.
    pub id: String,
    /// What it means for the applicant.
    pub title: Text,
    /// Who acts next.
    pub owner: Text,
    /// What is to be done.
    pub next: Text,
}

/// One field that the applicant is asked.
#[derive(Debug, Clone)]
pub struct FormField {
    /// The role.
    pub role: String,
    /// The role's title.
    pub role_title: Text,
    /// The attribute within the role.
    pub attribute: String,
    /// The element's id.
    pub element: String,
    /// What the element is called; beside `role_title`, which says whose it is.
    pub title: Text,
    /// Whether it may be left out, at least in some cases: see `requirement`.
    pub optional: bool,
    /// When it must be filled in.
    pub requirement: Requirement,
    /// The type of its value.
    pub value_type: ValueType,
    /// How it is asked for.
    pub input: Asked,
    /// The values it can take; empty when it is free.
    pub choices: Vec<Choice>,
    /// The steps that use it, in ascending order.
    pub used_by: Vec<usize>,
    pub(crate) checked_by: Element,
}

impl FormField {
    /// How problems and samples name it, `role.attribute`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.role, self.attribute)
    }
}

/// When a field of the form must be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// Always.
    Always,
    /// When the condition of one of these steps holds, as far as the form alone can tell.
    When(Vec<usize>),
    /// Never.
    Never,
}

/// One thing that the applicant gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultSpec {
    /// The step that gives it.
    pub step: usize,
    /// The field of that step's response.
    pub field: String,
    /// What it is called.
    pub title: Text,
    /// The element that the field carries, if any.
    pub element: Option<String>,
}

impl Bundle {
    /// Its name among all definitions: its id, and the region whose overlay it is.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.region {
            Some(region) => format!("{}@{region}", self.id),
            None => self.id.clone(),
        }
    }

    /// The bundle as it is in a region in a year: the overlay of the nearest division that has one,
    /// over those of the wider ones. `None`: it is there as it is everywhere.
    #[must_use]
    pub fn in_region(&self, code: &str, year: u16) -> Option<&Arc<Self>> {
        let variant = |code: &str, year: Option<u16>| {
            self.variants.iter().find(|variant| {
                let region = variant.region.as_ref();
                region.is_some_and(|r| r.code == code && r.year == year)
            })
        };
        Divisions::standard().path(code).find_map(|division| {
            variant(&division.code, Some(year)).or_else(|| variant(&division.code, None))
        })
    }

    /// The position of the step with an id.
    #[must_use]
    pub fn step_index(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// The role with an id.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// The declared outcome with an id: a segment's partial one, or the withdrawal's.
    #[must_use]
    pub fn partial(&self, id: &str) -> Option<&Partial> {
        let declared = self.segments.iter().filter_map(|s| s.partial.as_ref());
        let mut declared = declared.chain([&self.withdrawal]);
        declared.find(|partial| partial.id == id)
    }
}
