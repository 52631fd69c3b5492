//! The kinds of records that a department keeps: their attributes, and by which of them records
//! can be found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use onething_declared::{Examined, is_name};
use serde_json::Value;
use toml::Spanned;

use crate::{
    declaration::RecordDeclaration,
    expression::{Scalar, Table, Type},
    store::{Body, Record},
};

/// The attribute that every record has: its own key.
pub(crate) const KEY: &str = "key";

/// A kind of record.
#[derive(Debug)]
pub(crate) struct RecordKind {
    pub(crate) name: String,
    /// The type of each attribute. The key is not among them.
    pub(crate) attributes: BTreeMap<String, Type>,
    /// The attributes by which records can be found.
    pub(crate) indexed: Vec<String>,
}

impl RecordKind {
    /// Checks a kind as a file declares it.
    pub(crate) fn check(
        name: &str,
        declared: &Spanned<RecordDeclaration>,
        examined: &mut Examined<'_>,
    ) -> Self {
        let place = format!("records.{name}");
        if !is_name(name) {
            examined.report(
                declared.span(),
                &place,
                "a kind of record is named in lower case, with digits and `_`",
            );
        }
        let mut attributes = BTreeMap::new();
        for (attribute, written) in &declared.get_ref().attributes {
            if !is_name(attribute) || attribute == KEY {
                examined.report(
                    written.span(),
                    &place,
                    format!(
                        "`{attribute}` cannot be an attribute: names are in lower case, with \
                         digits and `_`, and `key` is every record's own"
                    ),
                );
                continue;
            }
            match Type::written(written.get_ref()) {
                Some(found) => {
                    attributes.insert(attribute.clone(), found);
                }
                None => examined.report(
                    written.span(),
                    &place,
                    format!(
                        "`{}` is no type; write text, integer or boolean, with `?` behind it \
                         where it may be missing",
                        written.get_ref()
                    ),
                ),
            }
        }
        let mut indexed = BTreeSet::new();
        for attribute in &declared.get_ref().indexed {
            let known = declared
                .get_ref()
                .attributes
                .contains_key(attribute.get_ref());
            if !known {
                examined.report(
                    attribute.span(),
                    &place,
                    format!("there is no attribute `{}` to index", attribute.get_ref()),
                );
            }
            indexed.insert(attribute.get_ref().clone());
        }
        Self {
            name: name.to_owned(),
            attributes,
            indexed: indexed.into_iter().collect(),
        }
    }

    /// A record of this kind as expressions see it.
    pub(crate) fn table(&self) -> Arc<Table> {
        let mut fields = self.attributes.clone();
        fields.insert(KEY.to_owned(), Type::TEXT);
        Arc::new(Table {
            name: self.name.clone(),
            fields,
        })
    }

    /// A record's attributes and key as a value for expressions. What an older record lacks is
    /// null.
    pub(crate) fn view(&self, record: &Record) -> Value {
        let mut fields: Body = self
            .attributes
            .keys()
            .map(|name| {
                let value = record.body.get(name).cloned().unwrap_or(Value::Null);
                (name.clone(), value)
            })
            .collect();
        fields.insert(KEY.to_owned(), Value::String(record.key.clone()));
        Value::Object(fields)
    }

    /// Whether a body is one of this kind: every attribute declared, of its type, and none missing.
    pub(crate) fn accepts(&self, body: &Body) -> bool {
        body.keys().all(|name| self.attributes.contains_key(name))
            && self.attributes.iter().all(|(name, declared)| {
                let value = body.get(name).unwrap_or(&Value::Null);
                match (declared, value) {
                    (declared, Value::Null) => declared.is_nullable(),
                    (Type::Scalar { scalar, .. }, value) => match scalar {
                        Scalar::Text => value.is_string(),
                        Scalar::Integer => value.is_i64(),
                        Scalar::Boolean => value.is_boolean(),
                    },
                    _ => false,
                }
            })
    }
}
