//! The gateway's REST interface, as an app uses it.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::time::Duration;

use eventsource_stream::Eventsource;
use futures::{Stream, StreamExt};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{case::Case, eventually::PATIENCE};

/// A client of one gateway.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

/// What the gateway answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// A header's value; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// The id of the event in the stream.
    pub id: String,
    /// The event's name, for example `step.succeeded`.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

impl Happening {
    /// Its number within the case.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.data["sequence"].as_u64().unwrap()
    }

    /// The step it happened to; empty when it concerns the whole case.
    #[must_use]
    pub fn step(&self) -> &str {
        self.data["step"].as_str().unwrap_or_default()
    }

    /// The case's state afterwards.
    #[must_use]
    pub fn state(&self) -> &str {
        self.data["state"].as_str().unwrap()
    }
}

impl Client {
    /// A client of the gateway at a URL.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5));
        Self {
            base: base.to_owned(),
            http: http.build().unwrap(),
        }
    }

    /// A client of the same gateway that shares no connection with this one.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::new(&self.base)
    }

    /// A request to a path, for the test to complete.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request and reads the answer whole.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer {
            status,
            headers,
            text: answer.text().await.unwrap(),
        }
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Files a case under a key.
    pub async fn submit(&self, bundle: &str, form: &Value, key: &str) -> Answer {
        let body = json!({ "bundle": bundle, "form": form });
        let request = self
            .request(Method::POST, "/v1/cases")
            .header("Idempotency-Key", key);
        self.send(request.json(&body)).await
    }

    /// Files a case under a key of its own, which must be accepted.
    pub async fn file(&self, bundle: &str, form: &Value) -> Case {
        self.file_as(bundle, form, &uuid::Uuid::new_v4().to_string())
            .await
    }

    /// Files a case under a key, which must be accepted.
    pub async fn file_as(&self, bundle: &str, form: &Value, key: &str) -> Case {
        let answer = self.submit(bundle, form, key).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        let case = Case::new(answer.json());
        assert_eq!(
            answer.header("location"),
            format!("/v1/cases/{}", case.id())
        );
        case
    }

    /// Reads a case.
    pub async fn case(&self, id: &str) -> Case {
        let answer = self.get(&format!("/v1/cases/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        Case::new(answer.json())
    }

    /// Waits until a case has ended.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn ended(&self, id: &str) -> Case {
        // The stream ends with the case; a gateway that is killed meanwhile breaks it off.
        let mut events = Box::pin(self.events(id, None).await);
        let end = async { while events.next().await.is_some() {} };
        let in_time = tokio::time::timeout(PATIENCE, end).await.is_ok();
        let case = self.case(id).await;
        assert!(in_time && case.ended(), "it never ended: {case:#?}");
        case
    }

    /// Follows a case, from the event behind `last` on. The stream ends with the case, or when the
    /// connection breaks.
    pub async fn events(
        &self,
        id: &str,
        last: Option<u64>,
    ) -> impl Stream<Item = Happening> + use<> {
        let mut request = self.request(Method::GET, &format!("/v1/cases/{id}/events"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        let events = answer.bytes_stream().eventsource();
        events
            .take_while(|event| std::future::ready(event.is_ok()))
            .map(|event| {
                let event = event.unwrap();
                Happening {
                    data: serde_json::from_str(&event.data).unwrap(),
                    id: event.id,
                    kind: event.event,
                }
            })
    }

    /// Follows a case until something happens that is looked for; everything up to that.
    ///
    /// # Panics
    /// When the case ends without it, or it takes too long.
    pub async fn until(&self, id: &str, wanted: impl Fn(&Happening) -> bool) -> Vec<Happening> {
        let mut events = Box::pin(self.events(id, None).await);
        let mut seen = Vec::new();
        let look = async {
            while let Some(event) = events.next().await {
                seen.push(event);
                if seen.last().is_some_and(&wanted) {
                    return true;
                }
            }
            false
        };
        let found = tokio::time::timeout(PATIENCE, look).await;
        assert_eq!(
            found,
            Ok(true),
            "it never happened, but this did: {seen:#?}"
        );
        seen
    }
}
