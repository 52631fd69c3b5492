//! The environment as a layer: `ONETHING__SECTION__KEY=value`. It says where a variable's value goes
//! and what it is; whether it fits there is the layers' business.

use toml::Value;

use super::layers::{Layers, lookup};
use super::problem::Origin;

const PREFIX: &str = "ONETHING__";

/// Lays every variable that starts with `ONETHING__` over `layers`, in the order of their names.
pub(super) fn add(layers: &mut Layers, variables: impl IntoIterator<Item = (String, String)>) {
    let mut variables: Vec<(String, String)> = variables
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    variables.sort();
    for (name, text) in variables {
        let path = path(layers, &name[PREFIX.len()..]);
        let value = match layers.default_type(&path) {
            Some("string") => Value::String(text),
            _ => text.parse().unwrap_or(Value::String(text)),
        };
        layers.overlay(&path, value, &Origin::Variable(name));
    }
}

/// Splits a name at `__`. A variable's name cannot hold a hyphen, so inside tables with free keys
/// (service names) an underscore stands for one.
fn path(layers: &Layers, name: &str) -> Vec<String> {
    let mut path = Vec::new();
    for segment in name.split("__") {
        let mut segment = segment.to_lowercase();
        if layers.is_open(&path) {
            let mut literal = path.clone();
            literal.push(segment.clone());
            if lookup(&layers.merged, &literal).is_none() {
                segment = segment.replace('_', "-");
            }
        }
        path.push(segment);
    }
    path
}
