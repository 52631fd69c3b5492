//! The JSON Schema of bundle files, for editors: the language's shape as types, whose documentation
//! becomes the schema's. What a file means is not checked here: that takes `onething bundle check`.

#![expect(
    dead_code,
    reason = "the types are there for their shape and documentation"
)]

use std::collections::BTreeMap;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;

/// The JSON Schema (draft 2020-12) of a bundle file.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<BundleFile>();
    let title = "A bundle (一件事) of Onething";
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// One bundle: one application, the steps that carry it out, and what becomes of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BundleFile {
    /// The bundle's id: lower-case words joined by `-`.
    id: String,
    /// The version, from 1. Every change of the file takes a higher one; running cases keep theirs.
    version: u32,
    /// For whom the bundle is.
    audience: AudienceName,
    /// The code of the lead department (牵头部门), such as `PS`.
    lead: String,
    /// The promised limit (承诺时限), in working days from acceptance.
    promise_working_days: u32,
    /// What the bundle is called.
    title: Languages,
    /// What an applicant should know first (办事指南): who may apply, and how it is decided.
    guide: Option<Languages>,
    /// How long a case may take at most, such as `90d`; then what is open is undone.
    time_limit: Option<String>,
    /// The figures before the reform.
    before: Option<BeforeFigures>,
    /// What a case ends in that was withdrawn after a first legal effect.
    withdrawal: Option<Withdrawal>,
    /// Constants for inputs (`{ value = "name" }`) and conditions (`values.name`).
    #[serde(default)]
    values: BTreeMap<String, Constant>,
    /// Titles of materials that have none yet.
    #[serde(default)]
    material: Vec<MaterialTitle>,
    /// Who and what the bundle speaks of, by name.
    #[serde(default)]
    roles: BTreeMap<String, RoleTable>,
    /// The steps.
    step: Vec<StepTable>,
    /// Groups of steps that take effect together or not at all, and how a case ends without them.
    #[serde(default)]
    segment: Vec<SegmentTable>,
    /// What the applicant gets.
    #[serde(default)]
    result: Vec<ResultTable>,
    /// A form for demonstrations.
    sample: Option<Sample>,
    /// What is different in a region, league or county.
    #[serde(default)]
    region: Vec<RegionTable>,
}

/// For whom a bundle is.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AudienceName {
    /// A person.
    Person,
    /// An enterprise.
    Enterprise,
}

/// A text in the three languages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Languages {
    /// Chinese.
    zh: String,
    /// Mongolian, in traditional script.
    mn: String,
    /// English.
    en: String,
}

/// The figures before the reform, as far as they are known.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BeforeFigures {
    /// Fields that the applicant filled in.
    fields: Option<u32>,
    /// Materials that the applicant handed in.
    materials: Option<u32>,
    /// Steps that the applicant went through.
    steps: Option<u32>,
    /// Trips to a counter.
    trips: Option<u32>,
    /// Working days until the last result.
    working_days: Option<u32>,
}

/// How a case ends that was withdrawn after a first legal effect.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    /// What it means for the applicant.
    title: Languages,
    /// Who acts next.
    owner: Languages,
    /// What is to be done.
    next: Languages,
}

/// A text, a whole number, or true or false.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Constant {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

/// What a material is called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MaterialTitle {
    /// The material's id in the contracts.
    id: String,
    /// What it is called.
    title: Languages,
}

/// Someone or something that the bundle speaks of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    /// What it is, such as `person`: the first part of its elements' ids.
    kind: String,
    /// What it is called.
    title: Languages,
}

/// One call of a department's action (`call`), or one wait for something from outside (`await`).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepTable {
    /// The step's id: lower-case words joined by `-`.
    id: String,
    /// The call, `package.Service/Method`.
    call: Option<String>,
    /// What the step waits for instead of calling anybody.
    #[serde(rename = "await")]
    awaits: Option<Waits>,
    /// The call's roles and the bundle's that they are here.
    #[serde(default)]
    roles: BTreeMap<String, String>,
    /// Where fields of the request come from, when not from where the planner finds them.
    #[serde(default)]
    with: BTreeMap<String, FieldSource>,
    /// Steps that must be finished first, beside those that this one takes data from.
    #[serde(default)]
    after: Vec<String>,
    /// When the step applies, such as `has(delivery.address)`.
    when: Option<String>,
    /// The segment that the step stands or falls with.
    segment: Option<String>,
    /// Whether its refusal leaves the rest of its segment alone.
    #[serde(default)]
    optional: bool,
    /// Whether the applicant may correct what an officer returns.
    #[serde(default)]
    correctable: bool,
    /// The statutory time of the decision.
    deadline: Option<DeadlineTable>,
    /// Whether those whom it concerns have to appear at the department, which is a trip.
    #[serde(default)]
    in_person: bool,
    /// How old a query's answer may be when a point of legal effect builds on it, such as `2h`.
    fresh_for: Option<String>,
    /// The list whose items the step is repeated for.
    for_each: Option<List>,
}

/// What a step waits for.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Waits {
    /// An act from outside.
    Signal(SignalTable),
    /// Nothing but time.
    Timer(TimerTable),
}

/// An act from outside.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignalTable {
    /// The act's name.
    signal: String,
    /// What it is called.
    title: Languages,
    /// Who acts: `applicant`, `merchant`, or a role of the bundle.
    by: String,
}

/// Nothing but time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimerTable {
    /// How long, such as `10d`, from the moment everything before the step is finished.
    timer: String,
    /// What the period is called.
    title: Option<Languages>,
}

/// Where a field of a request comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum FieldSource {
    /// The value itself.
    Constant(Constant),
    /// A field of an earlier step's answer.
    Step(StepField),
    /// One of the bundle's `[values]`.
    Value(ValueName),
    /// A field of the item that the step is repeated for.
    Item(ItemField),
    /// The applicant, even where a step could tell; or not the applicant.
    Ask(Asked),
}

/// A field of an earlier step's answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepField {
    /// The step's id.
    step: String,
    /// The field of its answer.
    field: String,
}

/// One of the bundle's `[values]`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValueName {
    /// Its name.
    value: String,
}

/// A field of the item that the step is repeated for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ItemField {
    /// The field.
    item: String,
}

/// Whether the applicant is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// `true`: even where a step could tell; `false`: what nothing else gives stays empty.
    ask: bool,
}

/// A statutory time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeadlineTable {
    /// How many working days, from 1.
    working_days: u32,
    /// What happens when they are over.
    on_expiry: Expiry,
}

/// What happens when a statutory time is over.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Expiry {
    /// An owner is named; the step goes on waiting.
    Escalate,
    /// The step is closed at its department, and its segment fails.
    Compensate,
    /// The department records that it counts as granted.
    DeemedGranted,
    /// The department records that it counts as refused.
    DeemedRefused,
}

/// A list in an earlier step's answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct List {
    /// The step's id.
    step: String,
    /// The repeated field of its answer.
    field: String,
}

/// A group of steps.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SegmentTable {
    /// The segment's id; that of its only step, if it has no other.
    id: String,
    /// How the case ends when the segment fails after another took effect.
    partial: Option<PartialTable>,
}

/// A declared partial outcome.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PartialTable {
    /// The outcome's id.
    id: String,
    /// What it means for the applicant.
    title: Languages,
    /// Who acts next.
    owner: Languages,
    /// What is to be done.
    next: Languages,
}

/// One thing that the applicant gets.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResultTable {
    /// The step that gives it.
    step: String,
    /// The field of that step's answer.
    field: String,
    /// What it is called, when the dictionary does not say.
    title: Option<Languages>,
}

/// A form for demonstrations.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sample {
    /// A value, or a path into the synthetic population (`$family.mother.id_number`), for each
    /// attribute of each role that the form asks.
    #[serde(default)]
    form: BTreeMap<String, BTreeMap<String, Constant>>,
}

/// What is different in one place: the bundle's own tables again, with only what differs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RegionTable {
    /// The code of the region, league or county (GB/T 2260), such as `150100`.
    code: String,
    /// The years in which it is so; every year if it is not there.
    years: Option<Vec<u16>>,
    /// Steps that are left out there.
    #[serde(default)]
    without: Vec<String>,
    /// The code of the lead department there.
    lead: Option<String>,
    /// The promised limit there.
    promise_working_days: Option<u32>,
    /// What the bundle is called there, in the languages in which that differs.
    title: Option<BTreeMap<String, String>>,
    /// What an applicant should know first there, in the languages in which that differs.
    guide: Option<BTreeMap<String, String>>,
    /// How long a case may take there.
    time_limit: Option<String>,
    /// The figures before the reform there.
    before: Option<BeforeFigures>,
    /// How a withdrawn case ends there.
    withdrawal: Option<Withdrawal>,
    /// Constants that differ there.
    #[serde(default)]
    values: BTreeMap<String, Constant>,
    /// Titles of further materials.
    #[serde(default)]
    material: Vec<MaterialTitle>,
    /// Further roles.
    #[serde(default)]
    roles: BTreeMap<String, RoleTable>,
    /// Steps that differ, by id, and further ones.
    #[serde(default)]
    step: Vec<StepTable>,
    /// Segments that differ, by id, and further ones.
    #[serde(default)]
    segment: Vec<SegmentTable>,
    /// Results that differ, by step and field, and further ones.
    #[serde(default)]
    result: Vec<ResultTable>,
    /// A form for demonstrations there.
    sample: Option<Sample>,
}

#[cfg(test)]
mod tests;
