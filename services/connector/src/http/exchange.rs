//! One request to a system, out of templates, and its answer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use onething_participant::Fault;
use serde_json::{Map, Value};

use super::{
    answer::{Answers, Verdict},
    system::{Silence, System},
};
use crate::{
    expression::{Expression, Values},
    matter::Each,
};

/// How an HTTP system backs a matter.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) system: Arc<System>,
    pub(crate) idempotency: Option<HeaderName>,
    pub(crate) call: Exchange,
    pub(crate) outcome: Option<Exchange>,
    pub(crate) undo: Option<Exchange>,
    /// After which time what the system does not know will not happen any more.
    pub(crate) final_after: Option<Duration>,
    /// How often it is asked whether it has decided.
    pub(crate) every: Duration,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: http::Method,
    pub(crate) path: Vec<Part>,
    pub(crate) params: Vec<(String, Expression)>,
    pub(crate) headers: Vec<(HeaderName, Expression)>,
    pub(crate) body: Vec<(String, Expression)>,
    pub(crate) lists: Vec<BodyList>,
    pub(crate) timeout: Duration,
    pub(crate) answers: Answers,
}

/// A part of a path.
#[derive(Debug)]
pub(crate) enum Part {
    Text(String),
    Value(Expression),
}

/// A list in a body.
#[derive(Debug)]
pub(crate) struct BodyList {
    pub(crate) at: String,
    pub(crate) each: Each,
    pub(crate) set: Vec<(String, Expression)>,
}

/// A request, ready to be sent.
struct Written {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Exchange {
    /// Sends the request and tells what the answer means.
    pub(crate) async fn exchange(
        &self,
        system: &System,
        values: &Values,
        idempotency: Option<(&HeaderName, &str)>,
    ) -> Verdict {
        let written = match self.write(values, idempotency) {
            Ok(written) => written,
            Err(fault) => {
                tracing::error!(
                    error = &fault as &dyn std::error::Error,
                    "a request to a department's system cannot be written"
                );
                return Verdict::NotSent;
            }
        };
        let Written {
            path,
            headers,
            body,
        } = written;
        let sent = system.send(self.method.clone(), &path, headers, body, self.timeout);
        match sent.await {
            Ok(reply) => self.answers.judge(&reply, values),
            Err(Silence::NotSent) => Verdict::NotSent,
            Err(Silence::Lost) => Verdict::Doubt("no answer came in time".to_owned()),
        }
    }

    fn write(
        &self,
        values: &Values,
        idempotency: Option<(&HeaderName, &str)>,
    ) -> Result<Written, Fault> {
        let mut path = String::new();
        for part in &self.path {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Value(value) => {
                    let value = text(&value.evaluate(values)?).ok_or_else(|| missing("path"))?;
                    if value.is_empty() {
                        return Err(missing("path"));
                    }
                    path.push_str(&encoded(&value));
                }
            }
        }
        let mut separator = '?';
        for (name, value) in &self.params {
            if let Some(value) = text(&value.evaluate(values)?) {
                path.push(separator);
                path.push_str(&encoded(name));
                path.push('=');
                path.push_str(&encoded(&value));
                separator = '&';
            }
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            if let Some(value) = text(&value.evaluate(values)?) {
                let value = value.parse().map_err(|_| missing("header"))?;
                headers.insert(name.clone(), value);
            }
        }
        if let Some((name, key)) = idempotency {
            let key = key.parse().map_err(|_| missing("header"))?;
            headers.insert(name.clone(), key);
        }
        let body = match self.json(values)? {
            Some(body) => {
                let json = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json);
                body.to_string().into()
            }
            None => Bytes::new(),
        };
        Ok(Written {
            path,
            headers,
            body,
        })
    }

    /// The body; none where the file declares none.
    fn json(&self, values: &Values) -> Result<Option<Value>, Fault> {
        if self.body.is_empty() && self.lists.is_empty() {
            return Ok(None);
        }
        let mut body = Map::new();
        for (at, value) in &self.body {
            put(&mut body, at, value.evaluate(values)?);
        }
        for list in &self.lists {
            let mut items = Vec::new();
            for values in list.each.scopes(values) {
                let mut item = Map::new();
                for (at, value) in &list.set {
                    put(&mut item, at, value.evaluate(&values)?);
                }
                items.push(Value::Object(item));
            }
            put(&mut body, &list.at, Value::Array(items));
        }
        Ok(Some(Value::Object(body)))
    }
}

/// Puts a value where it stands, `owner.id` for example. The file was checked: nothing else stands
/// on the way.
fn put(object: &mut Map<String, Value>, at: &str, value: Value) {
    match at.split_once('.') {
        None => {
            object.insert(at.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = object
                .entry(head)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn missing(what: &'static str) -> Fault {
    Fault::Corrupt {
        what: format!("the {what} of a request to a department's system"),
        source: "a value is missing or cannot stand there".into(),
    }
}

/// A plain value as a text; none for null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Percent-encodes everything that could mean something in a URL.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_stand_where_the_file_says_and_mean_nothing_in_a_url() {
        let mut body = Map::new();
        put(&mut body, "owner.id", json!("1"));
        put(&mut body, "owner.name", json!("二"));
        put(&mut body, "year", json!(2026));
        let expected = json!({ "owner": { "id": "1", "name": "二" }, "year": 2026 });
        assert_eq!(Value::Object(body), expected);
        assert_eq!(encoded("a/b?c=d&e f"), "a%2Fb%3Fc%3Dd%26e%20f");
        assert_eq!(encoded("../旗"), "..%2F%E6%97%97");
    }
}
