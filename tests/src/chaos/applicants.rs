//! The load: applicants who file cases over REST, each again under the same key until it is
//! acknowledged, whatever happens to the gateways meanwhile.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    rest::Client,
    sample::{Samples, fill},
};

/// How many file at a time.
const AT_ONCE: usize = 12;
/// How long an applicant waits for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How long an applicant waits before asking again: at most as long as a gateway takes to come back.
const AGAIN: Duration = Duration::from_millis(50);

/// Forms to file.
#[derive(Debug)]
pub(super) struct Forms {
    births: Vec<Value>,
    /// Of each enterprise its move away and its move back home.
    moves: Vec<[Value; 2]>,
}

impl Forms {
    /// Fills in a form for every expected birth and every enterprise that can move.
    pub(super) async fn fill_in(client: &Client, samples: &Samples) -> Self {
        let population = &samples.population;
        let mut births = Vec::new();
        for index in 0..population.expected_births.len() {
            births.push(fill(client, "newborn", &samples.parents(index)).await);
        }
        let mut moves = Vec::new();
        for index in 0..samples.movers().count() {
            let (away, home) = (samples.mover(index), samples.homecomer(index));
            let away = fill(client, "enterprise-relocation", &away).await;
            let home = fill(client, "enterprise-relocation", &home).await;
            moves.push([away, home]);
        }
        Self { births, moves }
    }

    /// The form of an applicant's case with this number: a birth and a move in turn, as long as there are
    /// births, each once. Every enterprise is one applicant's and moves away and back home again, one case
    /// after the other, so that what cases do goes on for as long as the load does.
    fn of(&self, applicant: usize, number: usize) -> (&'static str, &Value) {
        let birth = number / 2 * AT_ONCE + applicant;
        if let Some(form) = self.births.get(birth)
            && number.is_multiple_of(2)
        {
            return ("newborn", form);
        }
        let own = (self.moves.len() - applicant).div_ceil(AT_ONCE);
        let moves = &self.moves[applicant + number % own * AT_ONCE];
        ("enterprise-relocation", &moves[number / own % moves.len()])
    }
}

/// The applicants.
pub(super) struct Applicants {
    urls: Arc<Mutex<Vec<String>>>,
    accepted: Arc<Mutex<BTreeMap<String, String>>>,
    closing: CancellationToken,
    filing: JoinSet<()>,
}

impl Applicants {
    /// Has them begin.
    pub(super) fn begin(forms: Forms, urls: Vec<String>) -> Self {
        let mut applicants = Self {
            urls: Arc::new(Mutex::new(urls)),
            accepted: Arc::default(),
            closing: CancellationToken::new(),
            filing: JoinSet::new(),
        };
        assert!(
            forms.moves.len() >= AT_ONCE,
            "an enterprise for each applicant"
        );
        let forms = Arc::new(forms);
        for place in 0..AT_ONCE {
            let applicant = Applicant {
                http: reqwest::Client::builder().timeout(ANSWER).build().unwrap(),
                urls: applicants.urls.clone(),
                accepted: applicants.accepted.clone(),
                closing: applicants.closing.clone(),
            };
            let forms = forms.clone();
            applicants.filing.spawn(async move {
                for number in 0.. {
                    if applicant.closing.is_cancelled() {
                        return;
                    }
                    let (bundle, form) = forms.of(place, number);
                    applicant.case(bundle, form).await;
                }
            });
        }
        applicants
    }

    /// A gateway listens elsewhere now.
    pub(super) fn moved(&self, gateway: usize, url: String) {
        self.urls.lock().unwrap_or_else(PoisonError::into_inner)[gateway] = url;
    }

    /// How many cases were acknowledged so far.
    pub(super) fn filed(&self) -> usize {
        lock(&self.accepted).len()
    }

    /// Has them file nothing new and waits until what they have under way is acknowledged: the case
    /// of every key.
    pub(super) async fn end(mut self) -> BTreeMap<String, String> {
        self.closing.cancel();
        while let Some(done) = self.filing.join_next().await {
            done.unwrap();
        }
        lock(&self.accepted).clone()
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Applicant {
    http: reqwest::Client,
    urls: Arc<Mutex<Vec<String>>>,
    accepted: Arc<Mutex<BTreeMap<String, String>>>,
    closing: CancellationToken,
}

impl Applicant {
    /// Files one case and waits for its end, but not beyond the end of the load.
    async fn case(&self, bundle: &str, form: &Value) {
        let key = uuid::Uuid::new_v4().to_string();
        let mut attempt = 0;
        let id = loop {
            if let Some(id) = self.file(attempt, bundle, form, &key).await {
                break id;
            }
            attempt += 1;
            tokio::time::sleep(AGAIN).await;
        };
        let before = lock(&self.accepted).insert(key, id.clone());
        assert_eq!(before, None);
        while !self.closing.is_cancelled() && !self.ended(attempt, &id).await {
            attempt += 1;
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn file(&self, attempt: usize, bundle: &str, form: &Value, key: &str) -> Option<String> {
        let answer = self
            .http
            .post(format!("{}/v1/cases", self.gateway(attempt)))
            .header("Idempotency-Key", key)
            .json(&json!({ "bundle": bundle, "form": form }))
            .send()
            .await
            .ok()?;
        let status = answer.status();
        if status == StatusCode::ACCEPTED {
            let case: Value = answer.json().await.ok()?;
            return Some(case["id"].as_str().unwrap().to_owned());
        }
        let later = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        assert!(later, "{status}: {:?}", answer.text().await);
        None
    }

    async fn ended(&self, attempt: usize, id: &str) -> bool {
        let url = format!("{}/v1/cases/{id}", self.gateway(attempt));
        let Ok(answer) = self.http.get(url).send().await else {
            return false;
        };
        let status = answer.status();
        assert_ne!(status, StatusCode::NOT_FOUND, "case {id} was acknowledged");
        let case = answer.json::<Value>().await;
        status.is_success() && case.is_ok_and(|case| case["ended"] == true)
    }

    fn gateway(&self, attempt: usize) -> String {
        let urls = lock(&self.urls);
        urls[attempt % urls.len()].clone()
    }
}
