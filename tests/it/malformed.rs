//! Requests that are wrong: each gets a problem document with a stable code, the field and the
//! reason, never the value; and nothing is written, neither here nor at any department.

use onething_tests::{Answer, Client, Suite, assert_nothing_written};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// Asserts the shape of a problem (RFC 9457) and gives its errors as (field, code).
pub(crate) fn problem(answer: &Answer, status: u16, code: &str) -> Vec<(String, String)> {
    let text = &answer.text;
    assert_eq!(answer.status.as_u16(), status, "{code}: {text}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{code}"
    );
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{text}");
    assert_eq!(problem["status"], status, "{text}");
    assert_eq!(
        problem["type"],
        format!(
            "urn:onething:problem:{}",
            code.to_lowercase().replace('_', "-")
        )
    );
    for member in ["title", "detail", "trace_id"] {
        assert_ne!(
            problem[member].as_str().unwrap_or_default(),
            "",
            "{member}: {text}"
        );
    }
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let pair = |error: &Value| {
        assert_ne!(error["reason"].as_str().unwrap(), "", "{text}");
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (text("field"), text("code"))
    };
    errors.iter().map(pair).collect()
}

pub(crate) fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// A body that is no case, filed under a key of its own.
fn post(client: &Client, key: &str) -> RequestBuilder {
    client
        .request(Method::POST, "/v1/cases")
        .header("Idempotency-Key", key.as_bytes())
}

/// A form with one value changed.
fn with(form: &Value, role: &str, attribute: &str, value: Value) -> Value {
    let mut form = form.clone();
    form[role][attribute] = value;
    form
}

#[tokio::test]
async fn a_malformed_request_gets_a_problem_and_writes_nothing() {
    let suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    forms(&client, &form).await;
    bodies(&client).await;
    keys(&client, &form).await;
    addresses(&client).await;
    assert_eq!(suite.journaled_cases().await, 0);
    assert_nothing_written(&suite.departments()).await;
}

async fn forms(client: &Client, form: &Value) {
    // A bad check digit: another digit than the right one at the end.
    let good = form["mother"]["id_number"].as_str().unwrap();
    let wrong = if good.ends_with('1') { '2' } else { '1' };
    let bad = format!("{}{wrong}", &good[..17]);
    let answer = client
        .submit(
            "newborn",
            &with(form, "mother", "id_number", json!(bad)),
            "a",
        )
        .await;
    assert_eq!(
        problem(&answer, 422, "FORM_INVALID"),
        [pair("form.mother.id_number", "CHECK_DIGIT")]
    );
    assert!(
        !answer.text.contains(&bad) && !answer.text.contains(&bad[..12]),
        "{}",
        answer.text
    );

    let answer = client.submit("no-such-thing", form, "a").await;
    assert_eq!(
        problem(&answer, 404, "BUNDLE_UNKNOWN"),
        [pair("bundle", "UNKNOWN")]
    );

    let secret = "unheard-of 4711";
    let more = with(form, "child", "nickname", json!(secret));
    let answer = client.submit("newborn", &more, "a").await;
    assert_eq!(
        problem(&answer, 422, "FORM_INVALID"),
        [pair("form.child.nickname", "UNKNOWN_FIELD")]
    );
    assert!(!answer.text.contains(secret));

    let typed = with(form, "child", "name", json!(4711));
    let answer = client.submit("newborn", &typed, "a").await;
    assert_eq!(
        problem(&answer, 422, "FORM_INVALID"),
        [pair("form.child.name", "WRONG_TYPE")]
    );
    assert!(!answer.text.contains("4711"));

    let mut less = form.clone();
    less["child"].as_object_mut().unwrap().remove("name");
    let answer = client.submit("newborn", &less, "a").await;
    assert_eq!(
        problem(&answer, 422, "FORM_INVALID"),
        [pair("form.child.name", "MISSING")]
    );

    // All at once.
    let mut all = with(&more, "mother", "id_number", json!(bad));
    all["child"]["name"] = Value::Null;
    let answer = client.submit("newborn", &all, "a").await;
    let mut errors = problem(&answer, 422, "FORM_INVALID");
    errors.sort();
    let expected = [
        pair("form.child.name", "MISSING"),
        pair("form.child.nickname", "UNKNOWN_FIELD"),
        pair("form.mother.id_number", "CHECK_DIGIT"),
    ];
    assert_eq!(errors, expected);
}

async fn bodies(client: &Client) {
    let send = async |body: &str| client.send(post(client, "b").body(body.to_owned())).await;
    assert_eq!(problem(&send("").await, 400, "BODY_EMPTY"), []);
    assert_eq!(problem(&send(" \n").await, 400, "BODY_EMPTY"), []);
    let answer = send("{\"bundle\": \"newborn\", form").await;
    assert_eq!(problem(&answer, 400, "BODY_NOT_JSON"), []);
    assert_eq!(problem(&send("[1, 2]").await, 422, "REQUEST_INVALID"), []);
    let answer = send("{\"bundle\": 4711, \"extra\": 4711}").await;
    let mut errors = problem(&answer, 422, "REQUEST_INVALID");
    errors.sort();
    assert_eq!(
        errors,
        [
            pair("bundle", "TYPE"),
            pair("extra", "UNKNOWN"),
            pair("form", "MISSING")
        ]
    );
    assert!(!answer.text.contains("4711"));

    // The answer comes before the end of the body, which is the end of the connection as well.
    let large = format!("{{\"bundle\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let own = client.fresh();
    let answer = own.send(post(&own, "b").body(large)).await;
    assert_eq!(problem(&answer, 413, "BODY_TOO_LARGE"), []);

    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
    ] {
        let answer = client
            .send(post(client, "b").header("Content-Type", media).body("{}"))
            .await;
        assert_eq!(
            problem(&answer, 415, "MEDIA_TYPE_UNSUPPORTED"),
            [],
            "{media}"
        );
    }
}

async fn keys(client: &Client, form: &Value) {
    let body = json!({ "bundle": "newborn", "form": form });
    let answer = client
        .send(client.request(Method::POST, "/v1/cases").json(&body))
        .await;
    assert_eq!(problem(&answer, 400, "IDEMPOTENCY_KEY_MISSING"), []);
    for key in ["", "a b", &"x".repeat(129), "ключ"] {
        let answer = client.send(post(client, key).json(&body)).await;
        assert_eq!(
            problem(&answer, 400, "IDEMPOTENCY_KEY_INVALID"),
            [],
            "{key:?}"
        );
    }
}

async fn addresses(client: &Client) {
    for id in ["00000000-0000-7000-8000-000000000000", "not-an-id"] {
        let answer = client.get(&format!("/v1/cases/{id}")).await;
        assert_eq!(problem(&answer, 404, "CASE_UNKNOWN"), [], "{id}");
        let answer = client.get(&format!("/v1/cases/{id}/events")).await;
        assert_eq!(problem(&answer, 404, "CASE_UNKNOWN"), [], "{id}");
    }
    let answer = client.get("/v1/bundles/no-such-thing").await;
    assert_eq!(
        problem(&answer, 404, "BUNDLE_UNKNOWN"),
        [pair("bundle", "UNKNOWN")]
    );
    assert_eq!(
        problem(&client.get("/v1/nothing").await, 404, "ADDRESS_UNKNOWN"),
        []
    );
    for (method, path) in [
        (Method::DELETE, "/v1/cases"),
        (Method::PUT, "/v1/bundles/newborn"),
        (Method::GET, "/v1/cases"),
    ] {
        let answer = client.send(client.request(method, path)).await;
        assert_eq!(problem(&answer, 405, "METHOD_NOT_ALLOWED"), [], "{path}");
    }
}

/// A key belongs to the content that it was first used with.
#[tokio::test]
async fn a_key_is_one_case_and_no_other() {
    let suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let first = client.submit("newborn", &form, "once").await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (StatusCode::ACCEPTED, "")
    );
    let again = client.submit("newborn", &form, "once").await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (StatusCode::ACCEPTED, "true")
    );
    assert_eq!(again.json()["id"], first.json()["id"]);

    let other = with(&form, "child", "name", json!("巴图"));
    let answer = client.submit("newborn", &other, "once").await;
    assert_eq!(problem(&answer, 422, "IDEMPOTENCY_KEY_REUSED"), []);
    let relocation = suite.samples.relocation(&client).await;
    let answer = client
        .submit("enterprise-relocation", &relocation, "once")
        .await;
    assert_eq!(problem(&answer, 422, "IDEMPOTENCY_KEY_REUSED"), []);
    assert_eq!(suite.journaled_cases().await, 1);

    let id = first.json()["id"].as_str().unwrap().to_owned();
    let events = client.request(Method::GET, &format!("/v1/cases/{id}/events"));
    let answer = client.send(events.header("Last-Event-ID", "last")).await;
    assert_eq!(
        problem(&answer, 400, "PARAMETER_INVALID"),
        [pair("Last-Event-ID", "TYPE")]
    );
    client.ended(&id).await;
}
