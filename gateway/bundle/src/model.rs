//! A loaded bundle: what it promises, its steps and segments, the form it computes. Owns the shape
//! alone; it is built by the checks and never by hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use onething_elements::{Choice, Divisions, Element, Input as Asked, ValueType};
use onething_proto::annotations::{ActionKind, Share};
use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor, Value};
use serde::Serialize;

use crate::condition::Condition;
use crate::plan::Plan;
use crate::text::Text;

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

/// One call of one department's action, or one wait for something from outside.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id, unique in the bundle.
    pub id: String,
    /// What the matter is called, from the contract; for a wait, from the bundle.
    pub title: Text,
    /// The method it calls; `None` for a step that waits.
    pub method: Option<MethodDescriptor>,
    /// The method's full name, `package.Service/Method`; empty for a step that waits.
    pub path: String,
    /// What it waits for instead of calling anybody.
    pub awaits: Option<Await>,
    /// What the call does to the world. A wait is a query.
    pub kind: ActionKind,
    /// Who answers: for a wait, who acts, with a code in lower case that no department has.
    pub department: Department,
    /// The steps that must be finished first: those named by `after` and those it takes data from.
    /// In ascending order.
    pub after: Vec<usize>,
    /// The segment it stands or falls with.
    pub segment: usize,
    /// Its refusal does not undo its segment.
    pub optional: bool,
    /// A return by an officer waits for the applicant's correction instead of counting as refusal.
    pub correctable: bool,
    /// Whether it is done with those whom it concerns present at the department: a trip to its counter.
    pub in_person: bool,
    /// The statutory time of the decision, and what happens when it is over.
    pub deadline: Option<Deadline>,
    /// How old a query's answer may be when a pivot that builds on it starts.
    pub fresh_for: Option<Duration>,
    /// The list whose items it is repeated for.
    pub for_each: Option<ForEach>,
    /// Whether it applies.
    pub when: Option<Condition>,
    /// Whether [`Bundle::request`] may answer [`Prepared::Omit`](crate::Prepared::Omit): it has a
    /// condition, or needs something from a step that may be left out.
    pub conditional: bool,
    /// Where each field of the request comes from. Fields that stay empty are not listed.
    pub inputs: Vec<Input>,
    /// What its answer tells: (role, element) in the order of its fields.
    pub gives: Vec<(String, String)>,
    /// The reasons with which the department may refuse.
    pub refusal_reasons: Vec<String>,
    /// Whether the decision may follow later.
    pub decides_later: bool,
    /// The materials that a paper application needs, as stable ids.
    pub materials: Vec<String>,
    /// The shared data item that the call is, if it is one.
    pub share: Option<Share>,
    /// How long the call usually takes.
    pub normal_duration: Duration,
    /// How long it may take, repeats included.
    pub max_duration: Duration,
}

impl Step {
    /// Whether its failure makes its segment go backward. Every matter can be refused as suspended
    /// (暂停受理), so only a forward step and an optional one cannot; a wait fails only when its time
    /// is over, and only if that is what is to happen then.
    #[must_use]
    pub fn can_fail(&self) -> bool {
        !self.optional
            && self.kind != ActionKind::Forward
            && (self.awaits.is_none() || self.expires_into(OnExpiry::Compensate))
    }

    fn expires_into(&self, what: OnExpiry) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline.on_expiry == what)
    }

    /// The message that answers it: the method's; none for a step that waits.
    #[must_use]
    pub fn answer(&self) -> Option<MessageDescriptor> {
        self.method.as_ref().map(MethodDescriptor::output)
    }
}

/// What a step waits for instead of calling anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Await {
    /// An act from outside.
    Signal {
        /// The act's name.
        name: String,
        /// Who acts: `applicant`, `merchant`, or a role of the bundle.
        by: String,
    },
    /// Nothing but time.
    Timer {
        /// How long, from the moment everything before the step is finished.
        after: Duration,
    },
}

/// A statutory time in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// How many working days.
    pub working_days: u32,
    /// What happens then.
    pub on_expiry: OnExpiry,
}

/// What happens when a step's statutory time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// An owner is named; the step goes on waiting.
    Escalate,
    /// The step is closed at its department, and its segment fails.
    Compensate,
    /// The department records that it counts as granted.
    DeemedGranted,
    /// The department records that it counts as refused.
    DeemedRefused,
}

impl OnExpiry {
    /// Everything that can happen.
    pub const ALL: [Self; 4] = [
        Self::Escalate,
        Self::Compensate,
        Self::DeemedGranted,
        Self::DeemedRefused,
    ];

    /// The name that bundles and callers use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escalate => "escalate",
            Self::Compensate => "compensate",
            Self::DeemedGranted => "deemed_granted",
            Self::DeemedRefused => "deemed_refused",
        }
    }
}

/// A list whose items a step is repeated for: a repeated field of an earlier step's answer.
#[derive(Debug, Clone)]
pub struct ForEach {
    /// The earlier step.
    pub step: usize,
    /// The field of its answer.
    pub field: FieldDescriptor,
}

/// One field of a request and where its value comes from.
#[derive(Debug, Clone)]
pub struct Input {
    /// The field.
    pub field: FieldDescriptor,
    /// The bundle's role and the element that it carries; `None` for a field without an element.
    pub carries: Option<(String, String)>,
    /// Whether the request makes no sense without it; a proto3 `optional` field is not required.
    pub required: bool,
    /// Where the value comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The applicant.
    Form {
        /// The role.
        role: String,
        /// The attribute within the role.
        attribute: String,
        /// The element's id.
        element: String,
    },
    /// An earlier step's answer.
    Step {
        /// The step's position.
        step: usize,
        /// The field of its response.
        field: String,
    },
    /// The item that the step is repeated for.
    Item {
        /// The field of the item.
        field: String,
    },
    /// The bundle itself.
    Literal(Value),
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
