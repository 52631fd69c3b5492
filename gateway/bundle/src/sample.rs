//! The sample form of a bundle, resolved on a synthetic population. Where the population comes from
//! is the caller's to say.

use serde_json::Value;

use crate::model::Bundle;

/// A path that the samples do not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sample form's `{field}` is `{path}`, which the samples do not have")]
pub struct UnknownSample {
    /// The field of the form.
    pub field: String,
    /// The path.
    pub path: String,
}

/// Whether a text of a sample is a path, `$name.name…`.
pub(crate) fn is_path(text: &str) -> bool {
    text.starts_with('$')
}

impl Bundle {
    /// The sample form with each path replaced: `$family.mother.id_number` is looked up in
    /// `samples` as `samples["family"]["mother"]["id_number"]`.
    ///
    /// # Errors
    /// [`UnknownSample`] for the first path that `samples` does not have.
    pub fn sample_form(&self, samples: &Value) -> Result<Value, UnknownSample> {
        let mut form = self.sample.clone();
        for (role, attributes) in form.as_object_mut().into_iter().flatten() {
            for (attribute, value) in attributes.as_object_mut().into_iter().flatten() {
                let path = value.as_str().and_then(|text| text.strip_prefix('$'));
                let Some(path) = path else { continue };
                let found = path.split('.').try_fold(samples, |at, name| at.get(name));
                *value = found.cloned().ok_or_else(|| UnknownSample {
                    field: format!("{role}.{attribute}"),
                    path: format!("${path}"),
                })?;
            }
        }
        Ok(form)
    }
}
