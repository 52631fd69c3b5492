//! The HTTP system of a forestry department, with the ways in which such systems go wrong.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    routing::{delete, get, post},
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

/// A permit or clearing in the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permit {
    pub(crate) parcel: String,
    pub(crate) key: String,
    pub(crate) in_force: bool,
}

/// What the system is asked to do wrong, and what it recorded.
#[derive(Debug, Default)]
struct Books {
    /// By number.
    permits: BTreeMap<String, Permit>,
    /// By key: pending, granted or refused.
    clearings: BTreeMap<String, &'static str>,
    /// How often a permit was applied for.
    applications: usize,
    withdrawals: usize,
    felled: BTreeSet<String>,
    /// Whether it forgets which keys it has seen, as systems do that know none.
    knows_keys: bool,
    answers: Answers,
}

/// How a system answers an application for a permit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Answers {
    /// As it should.
    #[default]
    Well,
    /// Not before the gate opens; the effect is there already.
    LateAfterEffect,
    /// Not before the gate opens; the effect comes then.
    LateBeforeEffect,
    /// With 500, after the effect.
    Broken,
}

/// The running system.
#[derive(Debug, Clone)]
pub(crate) struct ForestOffice {
    pub(crate) address: SocketAddr,
    books: Arc<Mutex<Books>>,
    gate: Arc<Semaphore>,
    arrived: watch::Sender<usize>,
}

impl ForestOffice {
    /// Opens it.
    pub(crate) async fn open(knows_keys: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = Self {
            address: listener.local_addr().unwrap(),
            books: Arc::new(Mutex::new(Books {
                knows_keys,
                ..Books::default()
            })),
            gate: Arc::new(Semaphore::new(0)),
            arrived: watch::Sender::new(0),
        };
        let router = Router::new()
            .route("/api/owners/{id}/permits", get(list))
            .route("/api/permits", post(apply))
            .route("/api/permits/by-key/{key}", get(by_key))
            .route("/api/permits/{number}", delete(withdraw))
            .route("/api/clearings", post(clear))
            .route("/api/clearings/{key}", get(cleared).delete(uncleared))
            .with_state(office.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        office
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    pub(crate) fn answer(&self, answers: Answers) {
        self.books.lock().unwrap().answers = answers;
    }

    /// Lets one late answer go.
    pub(crate) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until so many applications have arrived.
    pub(crate) async fn has_got(&self, applications: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|got| *got >= applications).await.unwrap();
    }

    pub(crate) fn permits(&self) -> Vec<Permit> {
        self.books
            .lock()
            .unwrap()
            .permits
            .values()
            .cloned()
            .collect()
    }

    pub(crate) fn applications(&self) -> usize {
        self.books.lock().unwrap().applications
    }

    pub(crate) fn withdrawals(&self) -> usize {
        self.books.lock().unwrap().withdrawals
    }

    /// The trees of the first permit are felled.
    pub(crate) fn fell(&self) {
        self.books.lock().unwrap().felled.insert("P1".to_owned());
    }

    /// Decides on every clearing.
    pub(crate) fn decide(&self, decision: &'static str) {
        let mut books = self.books.lock().unwrap();
        books
            .clearings
            .values_mut()
            .for_each(|clearing| *clearing = decision);
    }

    pub(crate) fn clearings(&self) -> Vec<&'static str> {
        self.books
            .lock()
            .unwrap()
            .clearings
            .values()
            .copied()
            .collect()
    }
}

type Told = (StatusCode, Json<Value>);

fn authorised(headers: &HeaderMap) {
    assert_eq!(headers["authorization"], "Bearer onething-connector");
}

async fn list(
    State(office): State<ForestOffice>,
    Path(id): Path<String>,
    Query(params): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Told {
    authorised(&headers);
    assert_eq!(params["on"].len(), 10);
    if id == "15010520190715996X" {
        let permits = office.books.lock().unwrap().permits.clone();
        let permits = permits.iter().filter(|(_, permit)| permit.in_force);
        let data =
            permits.map(|(number, permit)| json!({ "number": number, "parcel": permit.parcel }));
        return (
            StatusCode::OK,
            Json(json!({ "data": data.collect::<Vec<_>>() })),
        );
    }
    (StatusCode::NOT_FOUND, Json(json!({})))
}

async fn apply(
    State(office): State<ForestOffice>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Told {
    // What has arrived is carried out, whether the caller waits or not.
    tokio::spawn(carry_out(office, headers, body))
        .await
        .unwrap()
}

async fn carry_out(office: ForestOffice, headers: HeaderMap, body: Value) -> Told {
    authorised(&headers);
    assert!(body["owner"]["id"].is_string(), "{body}");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let (parcel, key) = (text("parcel"), text("key"));
    let answers = {
        let mut books = office.books.lock().unwrap();
        books.applications += 1;
        books.answers
    };
    office.arrived.send_modify(|got| *got += 1);
    if answers == Answers::LateBeforeEffect {
        office.gate.acquire().await.unwrap().forget();
    }
    if parcel.contains("水源") {
        return (StatusCode::CONFLICT, Json(json!({ "code": "PROTECTED" })));
    }
    let number = {
        let mut books = office.books.lock().unwrap();
        let known = books.permits.iter().find(|(_, permit)| {
            books.knows_keys && permit.key == headers["idempotency-key"].to_str().unwrap()
        });
        match known {
            Some((number, _)) => number.clone(),
            None => {
                let number = format!("P{}", books.permits.len() + 1);
                let in_force = true;
                books.permits.insert(
                    number.clone(),
                    Permit {
                        parcel,
                        key,
                        in_force,
                    },
                );
                number
            }
        }
    };
    match answers {
        Answers::Broken => return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))),
        Answers::LateAfterEffect => office.gate.acquire().await.unwrap().forget(),
        Answers::Well | Answers::LateBeforeEffect => {}
    }
    (
        StatusCode::CREATED,
        Json(json!({ "permit": { "number": number } })),
    )
}

async fn by_key(State(office): State<ForestOffice>, Path(key): Path<String>) -> Told {
    let books = office.books.lock().unwrap();
    let found = books.permits.iter().find(|(_, permit)| permit.key == key);
    match found {
        Some((number, _)) => {
            let permit = json!({ "permit": { "number": number } });
            (StatusCode::OK, Json(permit))
        }
        None => (StatusCode::NOT_FOUND, Json(json!({}))),
    }
}

async fn withdraw(State(office): State<ForestOffice>, Path(number): Path<String>) -> StatusCode {
    let mut books = office.books.lock().unwrap();
    if books.felled.contains(&number) {
        return StatusCode::CONFLICT;
    }
    books.withdrawals += 1;
    match books.permits.get_mut(&number) {
        Some(permit) => permit.in_force = false,
        None => return StatusCode::NOT_FOUND,
    }
    StatusCode::NO_CONTENT
}

async fn clear(State(office): State<ForestOffice>, Json(body): Json<Value>) -> StatusCode {
    let key = body["key"].as_str().unwrap().to_owned();
    let mut books = office.books.lock().unwrap();
    books.clearings.entry(key).or_insert("pending");
    StatusCode::ACCEPTED
}

async fn cleared(State(office): State<ForestOffice>, Path(key): Path<String>) -> Told {
    let books = office.books.lock().unwrap();
    match books.clearings.get(&key).copied() {
        Some("granted") => {
            let permit = json!({ "permit": { "number": "C1" } });
            (StatusCode::OK, Json(permit))
        }
        Some("refused") => (StatusCode::GONE, Json(json!({}))),
        Some(_) => (StatusCode::ACCEPTED, Json(json!({}))),
        None => (StatusCode::NOT_FOUND, Json(json!({}))),
    }
}

async fn uncleared(State(office): State<ForestOffice>, Path(key): Path<String>) -> StatusCode {
    let mut books = office.books.lock().unwrap();
    match books.clearings.get_mut(&key) {
        Some(clearing) => {
            *clearing = "withdrawn";
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}
