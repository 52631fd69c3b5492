//! The HTTP part of a department file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::declaration::{Assignments, Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemDeclaration {
    /// Where it is; or the variable that says so.
    pub(crate) url: Option<Text>,
    pub(crate) url_env: Option<Text>,
    /// How long a request may take, unless it says otherwise.
    pub(crate) timeout: Option<Text>,
    /// The certificates to trust in place of the system's.
    pub(crate) ca_file: Option<Text>,
    /// What is sent with every request.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<HeaderDeclaration>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderDeclaration {
    pub(crate) value: Option<String>,
    /// The variable that holds the value: a credential never stands in a file.
    pub(crate) env: Option<String>,
    /// What stands before the variable's value.
    #[serde(default)]
    pub(crate) prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpDeclaration {
    pub(crate) system: Text,
    /// The header by which the system knows a repeated call.
    pub(crate) idempotency_header: Option<Text>,
    /// What is read out of the system's answers.
    #[serde(default)]
    pub(crate) response: BTreeMap<String, Spanned<ValueDeclaration>>,
    pub(crate) call: Spanned<ExchangeDeclaration>,
    /// How to ask what became of a call.
    pub(crate) outcome: Option<Spanned<ExchangeDeclaration>>,
    pub(crate) undo: Option<Spanned<ExchangeDeclaration>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueDeclaration {
    /// Where it stands, for example `permit.number`; its own name unless stated.
    pub(crate) at: Option<String>,
    /// `text`, `integer`, `boolean`, with `?` where it may be missing; or `list`.
    #[serde(rename = "type")]
    pub(crate) kind: Option<Text>,
    /// The types of a list's items' fields.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeDeclaration {
    pub(crate) method: Text,
    pub(crate) path: Text,
    /// What stands behind the `?`.
    #[serde(default)]
    pub(crate) params: Assignments,
    #[serde(default)]
    pub(crate) headers: Assignments,
    /// The JSON body: where a value stands, and the value.
    #[serde(default)]
    pub(crate) body: Assignments,
    #[serde(default)]
    pub(crate) list: Vec<BodyListDeclaration>,
    pub(crate) timeout: Option<Text>,
    pub(crate) done: Option<Vec<u16>>,
    pub(crate) done_when: Option<Text>,
    #[serde(default)]
    pub(crate) pending: Vec<u16>,
    pub(crate) pending_when: Option<Text>,
    #[serde(default)]
    pub(crate) refuse: Vec<RefuseDeclaration>,
    /// With what the system says that it does not know the call.
    #[serde(default)]
    pub(crate) absent: Vec<u16>,
    pub(crate) absent_when: Option<Text>,
    /// After which time whatever was sent is surely not carried out any more.
    pub(crate) final_after: Option<Text>,
    /// How often it is asked whether it has decided.
    pub(crate) every: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyListDeclaration {
    pub(crate) at: Text,
    pub(crate) each: Text,
    #[serde(rename = "as")]
    pub(crate) name: Text,
    pub(crate) set: Assignments,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseDeclaration {
    pub(crate) status: Vec<u16>,
    pub(crate) when: Option<Text>,
    pub(crate) reason: Text,
    pub(crate) message: Text,
    pub(crate) field: Option<Text>,
}
