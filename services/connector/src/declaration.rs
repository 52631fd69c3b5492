//! A department file as it is written. Whether what it says holds is checked elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use toml::Spanned;

use crate::http::{HttpDeclaration, SystemDeclaration};

use crate::catalogue::Rows;

/// A text with its place in the file.
pub(crate) type Text = Spanned<String>;
/// Named expressions.
pub(crate) type Assignments = BTreeMap<String, Text>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// The full name of the contract's service.
    pub(crate) service: Text,
    /// Its contract, unless a `.proto` file has it; proved before everything else.
    #[serde(default, rename = "contract")]
    pub(crate) _contract: Option<IgnoredAny>,
    /// The HTTP systems that carry matters out.
    #[serde(default)]
    pub(crate) systems: BTreeMap<String, Spanned<SystemDeclaration>>,
    /// The kinds of records.
    #[serde(default)]
    pub(crate) records: BTreeMap<String, Spanned<RecordDeclaration>>,
    /// Tables of rules.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, Rows>,
    /// Number sequences, with the first number of each.
    #[serde(default)]
    pub(crate) sequences: BTreeMap<String, Spanned<i64>>,
    #[serde(default, rename = "matter")]
    pub(crate) matters: Vec<MatterDeclaration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordDeclaration {
    /// Attribute → `text`, `integer` or `boolean`, with `?` behind it where it may be missing.
    pub(crate) attributes: BTreeMap<String, Text>,
    /// Attributes by which records can be found.
    #[serde(default)]
    pub(crate) indexed: Vec<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatterDeclaration {
    pub(crate) method: Text,
    /// Request fields that may be empty.
    #[serde(default)]
    pub(crate) optional: Vec<Text>,
    /// Whether an officer decides: `true`, or the condition under which one does.
    pub(crate) review: Option<Spanned<toml::Value>>,
    /// The HTTP system that carries it out, in place of records.
    pub(crate) http: Option<HttpDeclaration>,
    #[serde(default)]
    pub(crate) find: Vec<FindDeclaration>,
    #[serde(default, rename = "let")]
    pub(crate) named: Vec<LetDeclaration>,
    #[serde(default)]
    pub(crate) require: Vec<RequireDeclaration>,
    #[serde(default)]
    pub(crate) number: Vec<NumberDeclaration>,
    #[serde(default)]
    pub(crate) create: Vec<CreateDeclaration>,
    #[serde(default)]
    pub(crate) change: Vec<ChangeDeclaration>,
    #[serde(default)]
    pub(crate) answer: Assignments,
    #[serde(default)]
    pub(crate) list: Vec<ListDeclaration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindDeclaration {
    /// The kind of record, unless a row of a table is looked for.
    pub(crate) record: Option<Text>,
    /// The table of rules.
    pub(crate) table: Option<Text>,
    #[serde(rename = "as")]
    pub(crate) name: Text,
    pub(crate) key: Option<Text>,
    #[serde(rename = "where")]
    pub(crate) attributes: Option<Assignments>,
    /// Whether it finds every such record and not only the first.
    #[serde(default)]
    pub(crate) all: bool,
    pub(crate) only: Option<Text>,
    #[serde(rename = "else")]
    pub(crate) otherwise: Option<ElseDeclaration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LetDeclaration {
    #[serde(rename = "as")]
    pub(crate) name: Text,
    pub(crate) value: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequireDeclaration {
    pub(crate) that: Text,
    #[serde(rename = "else")]
    pub(crate) otherwise: ElseDeclaration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ElseDeclaration {
    pub(crate) refuse: Text,
    pub(crate) message: Text,
    pub(crate) field: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberDeclaration {
    #[serde(rename = "as")]
    pub(crate) name: Text,
    pub(crate) sequence: Text,
    pub(crate) format: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDeclaration {
    pub(crate) record: Text,
    /// The list for each of whose items one record is created.
    pub(crate) each: Option<Text>,
    /// What such an item is called.
    #[serde(rename = "as")]
    pub(crate) name: Option<Text>,
    pub(crate) key: Text,
    #[serde(default)]
    pub(crate) set: Assignments,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeDeclaration {
    /// The name under which the record was found.
    pub(crate) found: Text,
    #[serde(default)]
    pub(crate) set: Assignments,
    /// What is added to integers.
    #[serde(default)]
    pub(crate) add: Assignments,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListDeclaration {
    /// The repeated field of the answer.
    pub(crate) answer: Text,
    /// The list whose items it gives.
    pub(crate) each: Text,
    /// What such an item is called.
    #[serde(rename = "as")]
    pub(crate) name: Text,
    pub(crate) set: Assignments,
}
