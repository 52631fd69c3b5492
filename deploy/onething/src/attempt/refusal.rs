//! How `--refuse` makes a step fail: its officer refuses, an outsider declines, or its department does
//! not accept the matter at present (暂停受理). Each is a refusal by a real rule.

use anyhow::bail;
use onething_bundle::{ActionKind, Await, Bundle, Step};
use onething_runtime::config::Suspension;

/// Who refuses what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusing {
    /// Nobody refuses.
    Nobody,
    /// The officer refuses this step.
    Officer(String),
    /// Whoever is waited for declines this step, and the applicant withdraws.
    Outsider(String),
    /// The department does not accept the matter.
    Suspended(Suspension),
}

impl Refusing {
    /// How a step of a bundle is refused.
    pub(super) fn of(bundle: &Bundle, step: Option<&str>) -> anyhow::Result<Self> {
        let Some(step) = step else {
            return Ok(Self::Nobody);
        };
        let Some(found) = bundle.steps.iter().find(|known| known.id == step) else {
            bail!(
                "{} has no step `{step}`; its steps that can be refused: {}",
                bundle.id,
                refusable(bundle)
            );
        };
        match (&found.awaits, found.kind) {
            (Some(Await::Signal { .. }), _) => Ok(Self::Outsider(step.to_owned())),
            (Some(Await::Timer { .. }), _) => bail!(
                "`{step}` waits for nothing but time; steps that can be refused: {}",
                refusable(bundle)
            ),
            (None, ActionKind::Forward) => bail!(
                "`{step}` follows from a decision that stands and must succeed: no department may refuse it; steps that can be refused: {}",
                refusable(bundle)
            ),
            (None, _) if found.decides_later && !found.refusal_reasons.is_empty() => {
                Ok(Self::Officer(step.to_owned()))
            }
            (None, _) => Ok(Self::suspended(found)),
        }
    }

    /// The same refusal where no officer was asked.
    pub(super) fn without_officer(&self, bundle: &Bundle) -> Option<Self> {
        let Self::Officer(step) = self else {
            return None;
        };
        let found = bundle.steps.iter().find(|known| known.id == *step)?;
        Some(Self::suspended(found))
    }

    fn suspended(step: &Step) -> Self {
        Self::Suspended(Suspension {
            method: step.path.clone(),
            step: step.id.clone(),
            note: String::new(),
        })
    }

    /// The matters that departments do not accept.
    pub(super) fn suspensions(&self) -> Vec<Suspension> {
        match self {
            Self::Suspended(suspension) => vec![suspension.clone()],
            Self::Nobody | Self::Officer(_) | Self::Outsider(_) => Vec::new(),
        }
    }

    /// What is about to be refused, in words.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Officer(step) => Some(format!("The officer who decides {step} will refuse it.")),
            Self::Outsider(step) => Some(format!(
                "Whoever {step} waits for will decline, and the applicant withdraws."
            )),
            Self::Suspended(Suspension { step, .. }) => Some(format!(
                "The department of {step} does not accept the matter at present."
            )),
        }
    }
}

/// The steps that `--refuse` can be given, joined by commas.
fn refusable(bundle: &Bundle) -> String {
    let can = |step: &&Step| match step.awaits {
        Some(Await::Timer { .. }) => false,
        Some(Await::Signal { .. }) => true,
        None => step.kind != ActionKind::Forward,
    };
    let ids = bundle.steps.iter().filter(can).map(|step| step.id.as_str());
    ids.collect::<Vec<_>>().join(", ")
}
