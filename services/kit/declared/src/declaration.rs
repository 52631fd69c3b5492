//! The contract part of a department file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A text with its place in the file.
pub(crate) type Text = Spanned<String>;

/// A file, of which only the contract is looked at here.
#[derive(Debug, Deserialize)]
pub(crate) struct Declaration {
    /// The full name of the contract's service.
    pub(crate) service: Option<Text>,
    /// The contract, unless a `.proto` file has it.
    pub(crate) contract: Option<Contract>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contract {
    /// The department's code.
    pub(crate) code: Text,
    pub(crate) title: Spanned<Title>,
    /// The messages that lists consist of.
    #[serde(default)]
    pub(crate) messages: BTreeMap<String, Spanned<Vec<Field>>>,
    #[serde(default, rename = "matter")]
    pub(crate) matters: Vec<Matter>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Title {
    pub(crate) zh: String,
    pub(crate) mn: String,
    pub(crate) en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matter {
    pub(crate) method: Text,
    pub(crate) kind: Text,
    pub(crate) title: Spanned<Title>,
    /// What undoing it means in law, and whatever else a reader must know.
    #[serde(default)]
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) decides_later: bool,
    /// Every reason with which the department may refuse.
    #[serde(default)]
    pub(crate) refuses: Vec<Text>,
    #[serde(default)]
    pub(crate) materials: Vec<String>,
    pub(crate) normal_duration: Option<Text>,
    pub(crate) max_duration: Option<Text>,
    pub(crate) request: Vec<Field>,
    #[serde(default)]
    pub(crate) answer: Vec<Field>,
    pub(crate) share: Option<Spanned<Share>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: Text,
    /// A number stays with its field for ever, and is never given to another.
    pub(crate) number: Spanned<i64>,
    /// `text`, `integer`, `boolean` or `list`.
    #[serde(rename = "type")]
    pub(crate) kind: Option<Text>,
    /// What a list consists of: a message, or a type.
    pub(crate) of: Option<Text>,
    pub(crate) role: Option<Text>,
    pub(crate) element: Option<Text>,
    pub(crate) sensitivity: Option<Text>,
    pub(crate) title: Option<Title>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    pub(crate) id: String,
    pub(crate) title: Option<Title>,
    pub(crate) legal_basis: String,
    #[serde(default)]
    pub(crate) proves: Vec<Text>,
    pub(crate) fresh_for: Option<Text>,
    #[serde(default)]
    pub(crate) replaces: Vec<String>,
}
