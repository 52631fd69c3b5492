//! The materials of a paper application, and what each is called.

use onething_elements::Materials;

use super::calls::Call;
use crate::diagnostic::{Code, Mistakes};
use crate::model::Material;
use crate::syntax::Document;
use crate::text::Text;

/// Every material that a step requires, once, with its title.
pub(super) fn materials(
    document: &Document,
    calls: &[Call<'_>],
    mistakes: &mut Mistakes,
) -> Vec<Material> {
    let mut found: Vec<Material> = Vec::new();
    // Nobody would hand in paper for a query that the planner makes.
    for call in calls.iter().filter(|call| !call.syntax.inserted) {
        for id in &call.action.materials {
            if found.iter().any(|known| known.id == *id) {
                continue;
            }
            let mut declared = document.materials.iter();
            let declared = declared.find(|material| material.id.get_ref() == id);
            let title = declared.map(|material| material.title.clone());
            let title = title.or_else(|| Materials::standard().get(id).map(Text::from));
            if title.is_none() {
                mistakes.add(
                    Code::UntitledMaterial,
                    call.syntax.place(),
                    format!("the call requires the material `{id}`, which has no title"),
                    format!(
                        "say what it is called: `[[material]]` with `id = \"{id}\"` and \
                         `title = {{ zh = \"…\", mn = \"…\", en = \"…\" }}`"
                    ),
                );
            }
            found.push(Material {
                id: id.clone(),
                title: title.unwrap_or_default(),
            });
        }
    }
    for declared in &document.materials {
        let required = found.iter().any(|known| known.id == *declared.id.get_ref());
        if !required && document.region.is_none() {
            mistakes.add(
                Code::UnusedMaterial,
                declared.id.span(),
                format!("no step requires the material `{}`", declared.id.get_ref()),
                "take it out: which materials there are is what the contracts say",
            );
        }
    }
    found
}
