//! The gateway's `/v1/sagas`, with an operator's token.

use std::path::Path;

use anyhow::{Context as _, bail};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::arguments::Access;
use crate::outcome::Outcome;

const VARIABLE: &str = "ONETHING_OPERATOR_TOKEN";

/// A client of one gateway, as one operator.
pub(super) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// Why the gateway did not do it.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It said so, with a problem document.
    Problem(Box<Problem>),
    /// It did not answer, or with something else.
    Failed(anyhow::Error),
}

/// A problem document (RFC 9457).
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    title: String,
    status: u16,
    detail: String,
    code: String,
    #[serde(default)]
    errors: Vec<Field>,
    trace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Field {
    field: String,
    reason: String,
}

impl Client {
    /// A client with the token of the arguments or the environment.
    ///
    /// # Errors
    /// When there is none, or its file cannot be read.
    pub(super) fn new(access: &Access) -> anyhow::Result<Self> {
        let token = match &access.token_file {
            Some(file) => from_file(file)?,
            None => std::env::var(VARIABLE).unwrap_or_default(),
        };
        let token = token.trim().to_owned();
        Ok(Self {
            base: access.gateway.trim_end_matches('/').to_owned(),
            token,
            http: reqwest::Client::new(),
        })
    }

    /// Whether there is a token to send.
    pub(super) fn has_token(&self) -> bool {
        !self.token.is_empty()
    }

    /// Gets an address below `/v1/sagas`.
    pub(super) async fn get(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<Value, Refusal> {
        let request = self.request(Method::GET, path, parameters)?;
        self.send(request).await
    }

    /// Posts to an address below `/v1/sagas`.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        let request = self.request(Method::POST, path, &[])?.json(body);
        self.send(request).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<reqwest::RequestBuilder, Refusal> {
        let text = format!("{}/v1/sagas{path}", self.base);
        let mut url = reqwest::Url::parse(&text)
            .with_context(|| format!("--gateway {}", self.base))
            .map_err(Refusal::Failed)?;
        if url.scheme() != "http" {
            let why = anyhow::anyhow!(
                "--gateway {}: only http:// is spoken; go through a tunnel where that is not safe",
                self.base
            );
            return Err(Refusal::Failed(why));
        }
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(self.http.request(method, url).bearer_auth(&self.token))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Refusal> {
        let read = async {
            let answer = request.send().await?;
            let status = answer.status();
            anyhow::Ok((status, answer.text().await?))
        };
        let (status, text) = read
            .await
            .with_context(|| format!("the gateway at {} does not answer", self.base))
            .map_err(Refusal::Failed)?;
        if status.is_success() {
            return serde_json::from_str(&text)
                .context("an answer that is not understood")
                .map_err(Refusal::Failed);
        }
        match serde_json::from_str(&text) {
            Ok(problem) => Err(Refusal::Problem(problem)),
            Err(_) => Err(Refusal::Failed(anyhow::anyhow!(
                "{} answered {status} and no problem document: is it a gateway?",
                self.base
            ))),
        }
    }
}

fn from_file(file: &Path) -> anyhow::Result<String> {
    let token =
        std::fs::read_to_string(file).with_context(|| format!("token file {}", file.display()))?;
    if token.trim().is_empty() {
        bail!("token file {} is empty", file.display());
    }
    Ok(token)
}

impl Refusal {
    /// Says it and gives the exit code for it.
    pub(super) fn tell(self, client: &Client) -> anyhow::Result<Outcome> {
        let problem = match self {
            Self::Failed(error) => return Err(error),
            Self::Problem(problem) => problem,
        };
        anstream::eprintln!(
            "onething: {}: {} ({})",
            problem.title,
            problem.detail,
            problem.code
        );
        for field in &problem.errors {
            anstream::eprintln!("  {} {}", field.field, field.reason);
        }
        if problem.code == "OPERATOR_TOKEN_MISSING" && !client.has_token() {
            anstream::eprintln!("  give it with --token-file FILE or in the variable {VARIABLE}");
        }
        if let Some(trace) = &problem.trace_id
            && problem.status >= 500
        {
            anstream::eprintln!("  trace {trace}");
        }
        Ok(match StatusCode::from_u16(problem.status) {
            Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Outcome::Denied,
            Ok(StatusCode::NOT_FOUND) => Outcome::Unknown,
            Ok(StatusCode::CONFLICT) => Outcome::Conflict,
            Ok(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => Outcome::Misused,
            _ => Outcome::Unfinished,
        })
    }
}
