//! What a bundle can say of itself: where each field comes from and why, which materials are left,
//! and what was cut against the figures before. Everything is computed from the loaded bundle.

use onething_elements::Dictionary;
use serde::Serialize;

use super::figures::{Cut, Fields};
use super::papers::Paper;
use super::{Spared, figures};
use crate::model::{Bundle, Department, Region, Requirement, Source, Step};
use crate::text::Text;

/// Where everything in a bundle comes from, and what that spares the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The bundle's id.
    pub bundle: String,
    /// Its version.
    pub version: u32,
    /// What it is called.
    pub title: Text,
    /// The region whose overlay is explained; `None` for the bundle as it is everywhere.
    pub region: Option<Region>,
    /// How many fields come from where.
    pub fields: Fields,
    /// The materials that the applicant hands in.
    pub materials: Cut,
    /// The steps that the applicant goes through.
    pub steps: Cut,
    /// The trips to a counter.
    pub trips: Cut,
    /// The working days until the last result.
    pub working_days: Cut,
    /// Every field that the steps need, with where it comes from: what is asked first.
    pub sources: Vec<FieldSource>,
    /// Every material that a step requires on paper, with what becomes of it.
    pub papers: Vec<Paper>,
    /// Every shared item that the bundle calls.
    pub shared_items: Vec<SharedItem>,
    /// Every step for which somebody has to appear at a department.
    pub in_person: Vec<Appearance>,
}

/// One field, once for each role and element and place that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldSource {
    /// Whose it is.
    pub role: String,
    /// What the role is called.
    pub role_title: Text,
    /// The element's id.
    pub element: String,
    /// What the element is called.
    pub title: Text,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The steps that use it, each as often as it does.
    pub used_by: Vec<String>,
}

/// Where a field comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// The applicant fills it in.
    Asked {
        /// When: `always`, `sometimes` (in some cases) or `never` (as they wish).
        required: &'static str,
        /// Under which condition on what departments know, where nobody else needs it.
        #[serde(skip_serializing_if = "Option::is_none")]
        only_when: Option<String>,
        /// Why they are asked although a shared item gives it.
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Spared>,
    },
    /// A shared item gives it.
    Prefilled {
        /// The step that queries it.
        step: String,
        /// The item's number.
        item: String,
        /// What the item is called.
        item_title: Text,
        /// Who answers.
        department: Department,
        /// The keys by which it is asked for, `role.attribute`.
        by: Vec<String>,
        /// The rule that allows departments to use it.
        legal_basis: String,
        /// For how many seconds an answer is fresh enough to decide upon.
        fresh_for_seconds: u64,
        /// Whether the planner queries it and not the file.
        inserted: bool,
    },
    /// An earlier step produces it.
    Produced {
        /// The step.
        step: String,
        /// What the matter is called.
        step_title: Text,
        /// Who answers.
        department: Department,
    },
    /// The bundle states it.
    Stated,
}

/// A shared item that a bundle calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedItem {
    /// The step that queries it.
    pub step: String,
    /// The item's number.
    pub item: String,
    /// What it is called.
    pub title: Text,
    /// Who answers.
    pub department: Department,
    /// The rule that allows departments to use it.
    pub legal_basis: String,
    /// The keys by which it is asked for, `role.attribute`.
    pub by: Vec<String>,
    /// Whether the planner queries it and not the file.
    pub inserted: bool,
    /// Whether the case goes on without its answer.
    pub optional: bool,
}

/// A step for which somebody has to appear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Appearance {
    /// The step.
    pub step: String,
    /// What the matter is called.
    pub title: Text,
    /// Before whom.
    pub department: Department,
}

impl Bundle {
    /// Explains where everything comes from. Titles of elements are the dictionary's.
    #[must_use]
    pub fn explain(&self, dictionary: &Dictionary) -> Explanation {
        let sources = self.sources(dictionary);
        let papers = self.papers();
        Explanation {
            bundle: self.id.clone(),
            version: self.version,
            title: self.title.clone(),
            region: self.region.clone(),
            fields: Fields::of(&sources, self.before.fields),
            materials: figures::materials(self, &papers),
            steps: figures::steps(self),
            trips: figures::trips(self),
            working_days: Cut {
                before: self.before.working_days,
                after: self.promise_working_days,
            },
            shared_items: self.shared_items(),
            in_person: self.appearances(),
            sources,
            papers,
        }
    }

    fn sources(&self, dictionary: &Dictionary) -> Vec<FieldSource> {
        let mut found: Vec<FieldSource> = Vec::new();
        for (position, step) in self.steps.iter().enumerate() {
            // The keys of the planner's queries are fields of the steps that they are for.
            if self.plan.is_inserted(position) {
                continue;
            }
            let inputs = step.inputs.iter().filter_map(|input| {
                let (role, element) = input.carries.clone()?;
                Some((role, element, &input.source))
            });
            let references = step.when.iter().flat_map(|when| &when.references);
            let references = references.filter_map(|reference| {
                let kind = &self.role(&reference.role)?.kind;
                let element = format!("{kind}.{}", reference.attribute);
                Some((reference.role.clone(), element, &reference.source))
            });
            for (role, element, source) in inputs.chain(references) {
                let origin = self.origin(step, &role, &element, source);
                let same = found.iter_mut().find(|known| {
                    known.role == role && known.element == element && known.origin == origin
                });
                match same {
                    Some(same) => same.used_by.push(step.id.clone()),
                    None => found.push(FieldSource {
                        role_title: self
                            .role(&role)
                            .map(|r| r.title.clone())
                            .unwrap_or_default(),
                        title: dictionary
                            .get(&element)
                            .map(|e| Text::from(e.titles()))
                            .unwrap_or_default(),
                        role,
                        element,
                        origin,
                        used_by: vec![step.id.clone()],
                    }),
                }
            }
        }
        found.sort_by_key(|source| source.origin.rank());
        found
    }

    fn origin(&self, step: &Step, role: &str, element: &str, source: &Source) -> Origin {
        match source {
            Source::Form {
                role: of,
                attribute,
                ..
            } => Origin::Asked {
                required: self.form_field(of, attribute).map_or("never", |field| {
                    match field.requirement {
                        Requirement::Always => "always",
                        Requirement::When(_) => "sometimes",
                        Requirement::Never => "never",
                    }
                }),
                only_when: self.only_when(of, attribute),
                because: {
                    let fact = (role.to_owned(), element.to_owned());
                    self.plan.spared.get(&fact).cloned()
                },
            },
            Source::Step { step, .. } => self.answered(*step),
            Source::Item { .. } => step
                .for_each
                .as_ref()
                .map_or(Origin::Stated, |list| self.answered(list.step)),
            Source::Literal(_) => Origin::Stated,
        }
    }

    /// The conditions of the steps that use a field of the form, when all of them depend on what a
    /// department knows: whomever they do not concern does without it.
    fn only_when(&self, role: &str, attribute: &str) -> Option<String> {
        let field = self.form_field(role, attribute)?;
        let mut conditions: Vec<String> = Vec::new();
        for step in &field.used_by {
            let when = self.steps[*step].when.as_ref()?;
            let mut references = when.references.iter();
            references.find(|reference| matches!(reference.source, Source::Step { .. }))?;
            if !conditions.contains(&when.text) {
                conditions.push(when.text.clone());
            }
        }
        (!conditions.is_empty()).then(|| conditions.join(" || "))
    }

    fn answered(&self, position: usize) -> Origin {
        let step = &self.steps[position];
        match &step.share {
            Some(share) => Origin::Prefilled {
                step: step.id.clone(),
                item: share.id.clone(),
                item_title: share.title.as_ref().map(Into::into).unwrap_or_default(),
                department: step.department.clone(),
                by: keys(step),
                legal_basis: share.legal_basis.clone(),
                fresh_for_seconds: fresh_for(step),
                inserted: self.plan.is_inserted(position),
            },
            None => Origin::Produced {
                step: step.id.clone(),
                step_title: step.title.clone(),
                department: step.department.clone(),
            },
        }
    }

    fn appearances(&self) -> Vec<Appearance> {
        let steps = self.steps.iter().filter(|step| step.in_person);
        let appearances = steps.map(|step| Appearance {
            step: step.id.clone(),
            title: step.title.clone(),
            department: step.department.clone(),
        });
        appearances.collect()
    }

    fn shared_items(&self) -> Vec<SharedItem> {
        let steps = self.steps.iter().enumerate();
        let items = steps.filter_map(|(position, step)| {
            let share = step.share.as_ref()?;
            Some(SharedItem {
                step: step.id.clone(),
                item: share.id.clone(),
                title: share.title.as_ref().map(Into::into).unwrap_or_default(),
                department: step.department.clone(),
                legal_basis: share.legal_basis.clone(),
                by: keys(step),
                inserted: self.plan.is_inserted(position),
                optional: step.optional,
            })
        });
        items.collect()
    }
}

impl Origin {
    /// What an applicant cares about first.
    const fn rank(&self) -> u8 {
        match self {
            Self::Asked { .. } => 0,
            Self::Prefilled { .. } => 1,
            Self::Produced { .. } => 2,
            Self::Stated => 3,
        }
    }
}

fn keys(step: &Step) -> Vec<String> {
    let carried = step
        .inputs
        .iter()
        .filter_map(|input| input.carries.as_ref());
    let keys = carried.map(|(role, element)| {
        let attribute = element
            .split_once('.')
            .map_or("", |(_, attribute)| attribute);
        format!("{role}.{attribute}")
    });
    keys.collect()
}

/// The contract's default is one day.
fn fresh_for(step: &Step) -> u64 {
    let stated = step.fresh_for.or_else(|| {
        let stated = step.share.as_ref()?.fresh_for?;
        stated.try_into().ok()
    });
    stated.map_or(86_400, |age: std::time::Duration| age.as_secs())
}
