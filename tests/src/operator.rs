//! An operator of the gateway, over REST.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    eventually::eventually,
    rest::{Answer, Client},
};

/// The operators of every suite, each with a token.
pub const OPERATORS: [(&str, &str); 2] = [
    ("saran", "token-of-saran-0123456789"),
    ("batu", "token-of-batu-0123456789"),
];

/// The setting that makes them the gateway's operators.
pub(crate) fn setting(folder: &std::path::Path) -> String {
    let operators = OPERATORS.map(|(name, token)| {
        let file = folder.join(format!("{name}.token"));
        std::fs::write(&file, token).unwrap();
        format!(
            r#"{{ name = "{name}", token_file = "{}" }}"#,
            file.display()
        )
    });
    format!("[{}]", operators.join(", "))
}

/// One operator.
#[derive(Debug, Clone)]
pub struct Operator {
    client: Client,
    token: &'static str,
}

impl Operator {
    /// The operator with this name.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn new(client: Client, name: &str) -> Self {
        let found = OPERATORS.iter().find(|(known, _)| *known == name);
        Self {
            client,
            token: found.unwrap().1,
        }
    }

    /// Gets an address below `/v1/sagas`.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self
            .client
            .request(Method::GET, &format!("/v1/sagas{path}"));
        self.client.send(request.bearer_auth(self.token)).await
    }

    /// Posts to an address below `/v1/sagas`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self
            .client
            .request(Method::POST, &format!("/v1/sagas{path}"));
        let request = request.bearer_auth(self.token).json(body);
        self.client.send(request).await
    }

    /// The ids of the sagas that a query finds.
    pub async fn list(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let page = answer.json();
        let sagas = page["sagas"].as_array().unwrap().iter();
        sagas
            .map(|saga| saga["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// One saga.
    pub async fn show(&self, id: &str) -> Value {
        let answer = self.get(&format!("/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    /// Waits until a saga is in a state, and gives it.
    pub async fn until(&self, id: &str, state: &str) -> Value {
        eventually(&format!("saga {id} is {state}"), async || {
            let saga = self.show(id).await;
            (saga["state"] == state).then_some(saga)
        })
        .await
    }

    /// The rows of one kind in a saga's journal.
    pub async fn rows(&self, id: &str, kind: &str) -> Vec<Value> {
        let answer = self.get(&format!("/{id}/events?page_size=500")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let page = answer.json();
        let rows = page["events"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == kind).cloned().collect()
    }
}
