//! The file of samples: what the department's team gives the check to call with. TOML or JSON; each
//! request is written as JSON's mapping of its message.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde::Deserialize;
use serde_json::Value;

use super::department::{Department, Matter};

/// The samples of all methods, by the method's full name.
#[derive(Debug, Default)]
pub(super) struct Samples(BTreeMap<String, Sample>);

/// What one method is called with.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    /// Requests that succeed. The first one that is not refused is used.
    pub(super) succeeds: Vec<Bytes>,
    /// A request that is refused.
    pub(super) refused: Option<Bytes>,
    /// A request that waits for an officer.
    pub(super) pending: Option<Bytes>,
    /// How an officer decides it, if there is a call for that.
    pub(super) decide: Option<Decide>,
    /// Metadata beside the key.
    pub(super) metadata: Vec<(String, String)>,
}

/// A call by which an officer decides.
#[derive(Debug, Clone)]
pub(super) struct Decide {
    /// The method's full name, `package.Service/Method`.
    pub(super) path: String,
    /// The request's bytes.
    pub(super) request: Bytes,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    method: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    succeeds: OneOrMany,
    refused: Option<Value>,
    pending: Option<Value>,
    decide: Option<DecideEntry>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecideEntry {
    call: String,
    request: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    fn into_vec(self) -> Vec<Value> {
        match self {
            Self::Many(values) => values,
            Self::One(value) => vec![value],
        }
    }
}

impl Samples {
    /// Reads a file for a department.
    ///
    /// # Errors
    /// When it cannot be read, or a request in it does not fit the method: the message says where.
    pub(super) fn read(path: &Path, department: &Department) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{shown}: the samples cannot be read"))?;
        let json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        Self::parse(&text, json, department).with_context(|| shown.to_string())
    }

    fn parse(text: &str, json: bool, department: &Department) -> anyhow::Result<Self> {
        let file: File = if json {
            serde_json::from_str(text)?
        } else {
            toml::from_str(text).map_err(|error| anyhow!("{error}"))?
        };
        let mut samples = BTreeMap::new();
        for entry in file.method {
            let name = entry.name.clone();
            let Some(matter) = department.matter(&name) else {
                if department.method(&name).is_some() {
                    // One that is not checked this time, or that a saga never calls.
                    continue;
                }
                let known: Vec<_> = department.matters.iter().map(|m| m.path.as_str()).collect();
                bail!(
                    "{name}: the department has no such method; its actions are {}",
                    known.join(", ")
                );
            };
            let sample = entry
                .read(matter, department)
                .with_context(|| name.clone())?;
            if samples.insert(name.clone(), sample).is_some() {
                bail!("{name} is there twice");
            }
        }
        Ok(Self(samples))
    }

    /// What a method is called with; nothing if the file says nothing of it.
    pub(super) fn of(&self, path: &str) -> Sample {
        self.0.get(path).cloned().unwrap_or_default()
    }
}

impl Entry {
    fn read(self, matter: &Matter, department: &Department) -> anyhow::Result<Sample> {
        let mut succeeds = Vec::new();
        for value in self.succeeds.into_vec() {
            succeeds.push(request(matter.method.input(), value).context("succeeds")?);
        }
        let read = |what: &'static str, value: Option<Value>| {
            value
                .map(|value| request(matter.method.input(), value).context(what))
                .transpose()
        };
        let decide = match self.decide {
            None => None,
            Some(DecideEntry {
                call,
                request: value,
            }) => {
                let method = department.method(&call);
                let method = method
                    .with_context(|| format!("decide: the department has no method {call}"))?;
                Some(Decide {
                    request: request(method.input(), value).context("decide")?,
                    path: call,
                })
            }
        };
        for name in self.metadata.keys() {
            if name.starts_with("onething-") && name != onething_participant::metadata::PURPOSE {
                bail!("metadata: {name} is part of the key and set by the check");
            }
            if name.chars().any(|c| c.is_ascii_uppercase()) {
                bail!("metadata: {name} is not in lower case, as gRPC wants it");
            }
        }
        Ok(Sample {
            succeeds,
            refused: read("refused", self.refused)?,
            pending: read("pending", self.pending)?,
            decide,
            metadata: self.metadata.into_iter().collect(),
        })
    }
}

fn request(input: MessageDescriptor, value: Value) -> anyhow::Result<Bytes> {
    let name = input.full_name().to_owned();
    let message = DynamicMessage::deserialize(input, value)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("not a {name} in JSON's mapping of protobuf"))?;
    Ok(message.encode_to_vec().into())
}
