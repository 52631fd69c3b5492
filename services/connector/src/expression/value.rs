//! Values between JSON and CEL. Integers stay signed: CEL does not mix them with unsigned ones.

use std::{collections::HashMap, sync::Arc};

use cel::Value as Cel;
use serde_json::Value as Json;

/// A JSON value for an expression.
pub(super) fn to_cel(value: &Json) -> Cel {
    match value {
        Json::Null => Cel::Null,
        Json::Bool(truth) => Cel::Bool(*truth),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Cel::Float(number.as_f64().unwrap_or_default()), Cel::Int),
        Json::String(text) => Cel::String(Arc::new(text.clone())),
        Json::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Json::Object(fields) => {
            let fields: HashMap<String, Cel> = fields
                .iter()
                .map(|(name, value)| (name.clone(), to_cel(value)))
                .collect();
            fields.into()
        }
    }
}

/// The JSON of an expression's result; none for what no checked expression yields.
pub(super) fn to_json(value: &Cel) -> Option<Json> {
    match value {
        Cel::Null => Some(Json::Null),
        Cel::Bool(truth) => Some(Json::Bool(*truth)),
        Cel::Int(number) => Some(Json::from(*number)),
        Cel::String(text) => Some(Json::String(text.to_string())),
        _ => None,
    }
}
