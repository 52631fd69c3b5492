//! The materials (材料) of a bundle: which steps require them on paper, and what becomes of each.

use std::collections::BTreeMap;

use onething_proto::annotations::ActionKind;
use serde::Serialize;

use crate::model::{Bundle, Step};
use crate::text::Text;

/// One material that steps require on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paper {
    /// Its id.
    pub material: String,
    /// What it is called.
    pub title: Text,
    /// The steps that require it, each with its own copy.
    pub required_by: Vec<String>,
    /// What becomes of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// What becomes of a material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// It was a department's own form: there is one form now.
    OneForm,
    /// A shared item proves what it proved.
    Replaced {
        /// The step that queries the item.
        step: String,
        /// The item's number.
        item: String,
        /// What the item is called.
        item_title: Text,
    },
    /// An earlier step of the bundle issues it.
    Issued {
        /// The step.
        step: String,
        /// What the matter is called.
        step_title: Text,
    },
    /// The applicant hands it in, once.
    Remains,
}

impl Bundle {
    pub(super) fn papers(&self) -> Vec<Paper> {
        let mut required: Vec<&str> = Vec::new();
        let mut by: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (position, step) in self.steps.iter().enumerate() {
            if self.plan.is_inserted(position) {
                continue;
            }
            for material in &step.materials {
                let steps = by.entry(material).or_default();
                if steps.is_empty() {
                    required.push(material);
                }
                steps.push(step.id.clone());
            }
        }
        let paper = |material: &str| Paper {
            title: self
                .materials
                .iter()
                .find(|known| known.id == material)
                .map(|known| known.title.clone())
                .unwrap_or_default(),
            material: material.to_owned(),
            required_by: by.get(material).cloned().unwrap_or_default(),
            fate: self.fate(material),
        };
        required.into_iter().map(paper).collect()
    }

    fn fate(&self, material: &str) -> Fate {
        if is_form(material) {
            return Fate::OneForm;
        }
        let replacing = self.steps.iter().find_map(|step| {
            let share = step.share.as_ref()?;
            let replaces = share.replaces_materials.iter().any(|id| id == material);
            replaces.then_some((step, share))
        });
        if let Some((step, share)) = replacing {
            return Fate::Replaced {
                step: step.id.clone(),
                item: share.id.clone(),
                item_title: share.title.as_ref().map(Into::into).unwrap_or_default(),
            };
        }
        self.issuer(material)
            .map_or(Fate::Remains, |step| Fate::Issued {
                step: step.id.clone(),
                step_title: step.title.clone(),
            })
    }

    /// The step that issues a material to all that require it: it takes effect, comes before them, and
    /// answers with the material's number. A `birth-certificate` has a `birth.certificate_number`.
    fn issuer(&self, material: &str) -> Option<&Step> {
        let number = material.replacen('-', ".", 1).replace('-', "_") + "_number";
        let steps = self.steps.iter().enumerate();
        let found = steps.filter(|(_, step)| {
            let answers = step.gives.iter().any(|(_, element)| *element == number);
            answers && step.kind != ActionKind::Query
        });
        let before_all = |issuer: usize| {
            let mut requiring = self.steps.iter().enumerate().filter(|(position, step)| {
                !self.plan.is_inserted(*position) && step.materials.iter().any(|m| m == material)
            });
            requiring.all(|(step, _)| self.comes_after(step, issuer))
        };
        let mut found = found.filter(|(position, _)| before_all(*position));
        found.next().map(|(_, step)| step)
    }

    fn comes_after(&self, later: usize, earlier: usize) -> bool {
        let mut open = vec![later];
        let mut seen = vec![false; self.steps.len()];
        while let Some(step) = open.pop() {
            for before in &self.steps[step].after {
                if *before == earlier {
                    return true;
                }
                if !std::mem::replace(&mut seen[*before], true) {
                    open.push(*before);
                }
            }
        }
        false
    }
}

/// Whether a material is a department's own application form, which the one form replaces: its id
/// says so.
fn is_form(material: &str) -> bool {
    let last = material.rsplit('-').next();
    matches!(last, Some("form" | "application"))
}
