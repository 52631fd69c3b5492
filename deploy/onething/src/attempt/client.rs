//! The gateway's REST interface, as an app uses it.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use eventsource_stream::Eventsource;
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A client of one gateway.
#[derive(Debug)]
pub(super) struct Client {
    base: String,
    http: reqwest::Client,
}

/// A text in three languages; Chinese and English are what a terminal shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Text {
    pub(super) zh: String,
    pub(super) en: String,
}

/// A case as the gateway tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) bundle: String,
    pub(super) bundle_version: u32,
    pub(super) region: Option<Region>,
    pub(super) state: String,
    pub(super) ended: bool,
    pub(super) created_at: String,
    pub(super) ended_at: Option<String>,
    pub(super) waits_for: Option<String>,
    pub(super) responsible: Option<String>,
    pub(super) items: Vec<Item>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) remainders: Vec<Remainder>,
    pub(super) trace_id: Option<String>,
}

/// The region whose overlay a case follows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Region {
    pub(super) code: String,
    pub(super) year: Option<u16>,
}

/// One item of a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) step: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) item: u32,
    pub(super) title: Text,
    pub(super) department: Department,
    pub(super) state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) acts_next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) undo_order: Option<u32>,
}

/// A department.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Department {
    pub(super) code: String,
    pub(super) title: Text,
}

/// A result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) title: Text,
    pub(super) value: String,
    pub(super) step: String,
}

/// What a partial outcome leaves to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Remainder {
    pub(super) outcome: String,
    pub(super) title: Text,
    pub(super) owner: Text,
    pub(super) next: Text,
}

/// One thing that happened to a case.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Happening {
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) step: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) state: String,
    pub(super) reason: Option<String>,
}

/// The longest silence in a case's events before the command gives up, beyond the gateway's own
/// signs of life.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

impl Client {
    pub(super) fn new(gateway: SocketAddr) -> Self {
        Self {
            base: format!("http://{gateway}"),
            http: reqwest::Client::new(),
        }
    }

    /// Files a case.
    pub(super) async fn file(
        &self,
        bundle: &str,
        region: Option<&str>,
        form: &Value,
    ) -> anyhow::Result<Case> {
        let key = uuid::Uuid::new_v4().to_string();
        let body = json!({ "bundle": bundle, "region": region, "form": form });
        let request = self.http.post(format!("{}/v1/cases", self.base));
        let answer = request
            .header("Idempotency-Key", key)
            .json(&body)
            .send()
            .await?;
        read(answer).await.context("the case was not filed")
    }

    /// Reads a case.
    pub(super) async fn read(&self, id: &str) -> anyhow::Result<Case> {
        let answer = self
            .http
            .get(format!("{}/v1/cases/{id}", self.base))
            .send()
            .await?;
        read(answer).await.context("the case cannot be read")
    }

    /// Withdraws a case; false when there is nothing left to withdraw.
    pub(super) async fn withdraw(&self, id: &str, reason: &str) -> anyhow::Result<bool> {
        let request = self
            .http
            .post(format!("{}/v1/cases/{id}/withdraw", self.base));
        let answer = request.json(&json!({ "reason": reason })).send().await?;
        done(answer).await.context("the case is not withdrawn")
    }

    /// Does what a step waits for from outside; false when it waits no more.
    pub(super) async fn act(&self, id: &str, step: &str) -> anyhow::Result<bool> {
        let address = format!("{}/v1/cases/{id}/acts/{step}", self.base);
        let key = uuid::Uuid::new_v4().to_string();
        let request = self.http.post(address).header("Idempotency-Key", key);
        let answer = request.json(&json!({})).send().await?;
        done(answer)
            .await
            .with_context(|| format!("the act of `{step}` is not taken"))
    }

    /// Everything that happens to a case, until it has ended or nothing goes on by itself.
    pub(super) async fn follow(
        &self,
        id: &str,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Happening>> + use<>> {
        let answer = self
            .http
            .get(format!("{}/v1/cases/{id}/events", self.base))
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("the case cannot be followed: {}", answer.status());
        }
        let events = Box::pin(answer.bytes_stream().eventsource());
        Ok(futures::stream::unfold(events, async |mut events| {
            // The stream ends with the case; silence means that nothing goes on by itself.
            let next = tokio::time::timeout(LONGEST_SILENCE, events.next()).await;
            let event = next.ok()??.context("the stream of events broke off");
            let happening = event.and_then(|event| {
                serde_json::from_str(&event.data).context("an event that is not understood")
            });
            Some((happening, events))
        }))
    }
}

/// Whether an act was done; it was not when the case had gone another way meanwhile.
async fn done(answer: reqwest::Response) -> anyhow::Result<bool> {
    let status = answer.status();
    if status.is_success() {
        return Ok(true);
    }
    if status == reqwest::StatusCode::CONFLICT {
        return Ok(false);
    }
    bail!("{status}: {}", answer.text().await?)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

async fn read(answer: reqwest::Response) -> anyhow::Result<Case> {
    let status = answer.status();
    let body = answer.text().await?;
    if !status.is_success() {
        bail!("{status}: {body}");
    }
    serde_json::from_str(&body).context("an answer that is not understood")
}
