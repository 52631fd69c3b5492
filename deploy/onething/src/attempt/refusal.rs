//! How `--refuse` makes a department refuse: by its own rule for matters that it does not accept at
//! present (暂停受理), so that the refusal is a real one.

use anyhow::bail;
use onething_bundle::Bundle;
use onething_proto::annotations::ActionKind;
use onething_runtime::config::Suspension;

/// The suspension that lets exactly this step of a bundle be refused.
pub(super) fn suspension(bundle: &Bundle, step: &str) -> anyhow::Result<Suspension> {
    let ids = |of: &dyn Fn(&onething_bundle::Step) -> bool| {
        let ids: Vec<_> = bundle
            .steps
            .iter()
            .filter(|s| of(s))
            .map(|s| s.id.as_str())
            .collect();
        ids.join(", ")
    };
    let refusable = |step: &onething_bundle::Step| step.kind != ActionKind::Forward;
    let Some(found) = bundle.steps.iter().find(|known| known.id == step) else {
        bail!(
            "{} has no step `{step}`; its steps that can be refused: {}",
            bundle.id,
            ids(&refusable)
        );
    };
    if !refusable(found) {
        bail!(
            "`{step}` follows from a decision that stands and must succeed: no department may refuse it; steps that can be refused: {}",
            ids(&refusable)
        );
    }
    Ok(Suspension {
        method: found.path.clone(),
        step: step.to_owned(),
        note: String::new(),
    })
}
