//! A case as the gateway tells it over REST.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use serde_json::Value;

/// A case. Its parts are read where a test asks for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Case(Value);

impl Case {
    /// Takes the gateway's JSON.
    #[must_use]
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    /// The bundle that it follows.
    #[must_use]
    pub fn bundle(&self) -> &str {
        self.0["bundle"].as_str().unwrap()
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> &str {
        self.0["state"].as_str().unwrap()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.0["ended"].as_bool().unwrap()
    }

    /// The trace to follow it in.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.0["trace_id"].as_str().unwrap()
    }

    /// Its items as (step, state).
    #[must_use]
    pub fn items(&self) -> Vec<(&str, &str)> {
        let items = self.0["items"].as_array().unwrap().iter();
        items
            .map(|item| {
                (
                    item["step"].as_str().unwrap(),
                    item["state"].as_str().unwrap(),
                )
            })
            .collect()
    }

    /// One item.
    ///
    /// # Panics
    /// When the case has no such step.
    #[must_use]
    pub fn item(&self, step: &str) -> &Value {
        let found = self.0["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["step"] == step);
        found.unwrap_or_else(|| panic!("no step {step}: {:#?}", self.0))
    }

    /// The state of one item.
    #[must_use]
    pub fn state_of(&self, step: &str) -> &str {
        self.item(step)["state"].as_str().unwrap()
    }

    /// The steps that were undone, in the order in which they were.
    #[must_use]
    pub fn undone(&self) -> Vec<&str> {
        let items = self.0["items"].as_array().unwrap().iter();
        let mut undone: Vec<_> = items.filter(|item| item["state"] == "undone").collect();
        undone.sort_by_key(|item| item["undo_order"].as_u64().unwrap());
        undone
            .into_iter()
            .map(|item| item["step"].as_str().unwrap())
            .collect()
    }

    /// The value of the certificate that a step gave.
    ///
    /// # Panics
    /// When it gave none.
    #[must_use]
    pub fn certificate(&self, step: &str) -> &str {
        let certificates = self.0["certificates"].as_array().unwrap();
        let found = certificates
            .iter()
            .find(|certificate| certificate["step"] == step);
        let found = found.unwrap_or_else(|| panic!("no certificate of {step}: {:#?}", self.0));
        found["value"].as_str().unwrap()
    }

    /// The steps that gave certificates.
    #[must_use]
    pub fn certified(&self) -> Vec<&str> {
        let certificates = self.0["certificates"].as_array().unwrap().iter();
        certificates
            .map(|certificate| certificate["step"].as_str().unwrap())
            .collect()
    }

    /// What is left to be done.
    #[must_use]
    pub fn remainders(&self) -> &[Value] {
        self.0["remainders"].as_array().unwrap()
    }
}
