//! Tables of rules that a department file holds: rows of the same columns, which programs look up
//! and never change. What varies by year or place is written here, with the days between which each
//! row holds, so that a new rule takes a new row and no program.

use std::{collections::BTreeMap, sync::Arc};

use onething_declared::{Examined, is_name};
use serde_json::Value;
use toml::Spanned;

use super::records::{KEY, RecordKind};
use crate::{
    expression::{Scalar, Type},
    store::Body,
};

/// The rows of a table as they are written.
pub(crate) type Rows = Vec<Spanned<toml::Table>>;

/// A table of rules.
#[derive(Debug)]
pub(crate) struct RuleTable {
    /// Its columns, as a kind of record that is never stored.
    pub(crate) kind: Arc<RecordKind>,
    /// Its rows in the order of the file.
    pub(crate) rows: Arc<Vec<Body>>,
}

impl RuleTable {
    /// Checks a table: every row has the columns of the first, with values of the same types.
    pub(crate) fn check(name: &str, declared: &Rows, examined: &mut Examined<'_>) -> Self {
        let place = format!("tables.{name}");
        let mut attributes: BTreeMap<String, Type> = BTreeMap::new();
        let mut rows = Vec::new();
        for (row, number) in declared.iter().zip(1..) {
            if number == 1 && !is_name(name) {
                let message = "a table is named in lower case, with digits and `_`";
                examined.report(row.span(), &place, message);
            }
            let mut body = Body::new();
            for (column, written) in row.get_ref() {
                let Some((scalar, value)) = read(written) else {
                    let message = format!("`{column}` is no text, whole number or boolean");
                    examined.report(row.span(), &place, message);
                    continue;
                };
                let wanted = Type::plain(scalar);
                let known = attributes.get(column);
                if number == 1 && is_name(column) && column != KEY {
                    attributes.insert(column.clone(), wanted);
                } else if known != Some(&wanted) {
                    let message = match known {
                        Some(known) => format!("`{column}` is {known} in the first row"),
                        None => format!("`{column}` is no column of the first row, or no name"),
                    };
                    examined.report(row.span(), &place, message);
                }
                body.insert(column.clone(), value);
            }
            let missing = attributes.keys().find(|column| !body.contains_key(*column));
            if let Some(column) = missing {
                let message = format!("the row has no `{column}`");
                examined.report(row.span(), &place, message);
            }
            rows.push(body);
        }
        Self {
            kind: Arc::new(RecordKind {
                name: name.to_owned(),
                attributes,
                indexed: Vec::new(),
            }),
            rows: Arc::new(rows),
        }
    }
}

fn read(value: &toml::Value) -> Option<(Scalar, Value)> {
    match value {
        toml::Value::String(text) => Some((Scalar::Text, text.as_str().into())),
        toml::Value::Integer(number) => Some((Scalar::Integer, (*number).into())),
        toml::Value::Boolean(truth) => Some((Scalar::Boolean, (*truth).into())),
        _ => None,
    }
}
