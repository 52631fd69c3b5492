//! The people whom the command plays because nobody else is there: the officers who decide later, and
//! whoever does what a step waits for from outside. Each act goes the way it goes elsewhere: over the
//! department's review service, or over the gateway's REST interface.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use onething_bundle::{Await, Bundle, Step};
use onething_proto::participant::{
    DecideRequest, ListReviewsRequest, Outcome, Review, Verdict,
    review_service_client::ReviewServiceClient,
};
use serde::Serialize;
use tonic::{Code, Status, transport::Channel};

use super::{
    client::{Client, Happening},
    refusal::Refusing,
};
use crate::suite::Suite;

/// The officer's id in what the departments record.
const OFFICER: &str = "played-by-onething-try";
/// How long a review may take to be in its department's list, and a decision to be with the case.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// Something that the command did for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Played {
    /// The step that waited.
    pub(super) step: String,
    /// Its item, if it is repeated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) item: String,
    /// Who: `officer`, `applicant`, or whom the bundle names.
    pub(super) who: String,
    /// What: `approve`, `refuse`, `act` or `withdraw`.
    pub(super) did: &'static str,
    /// With a refusal: why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
}

/// The people, and what they did so far.
#[derive(Debug)]
pub(super) struct People<'a> {
    bundle: &'a Bundle,
    case: &'a str,
    client: &'a Client,
    departments: &'a [(&'static str, SocketAddr)],
    refusing: &'a Refusing,
    pub(super) played: Vec<Played>,
}

impl<'a> People<'a> {
    /// The people of a case.
    pub(super) fn new(
        bundle: &'a Bundle,
        case: &'a str,
        client: &'a Client,
        suite: &'a Suite,
        refusing: &'a Refusing,
    ) -> Self {
        Self {
            bundle,
            case,
            client,
            departments: &suite.departments,
            refusing,
            played: Vec::new(),
        }
    }

    /// Does what somebody has to do after a happening. Tells what was done.
    pub(super) async fn react(&mut self, happening: &Happening) -> anyhow::Result<Vec<Played>> {
        let step = happening.step.as_deref();
        let step = self
            .bundle
            .steps
            .iter()
            .find(|known| Some(known.id.as_str()) == step);
        let Some(step) = step else {
            return Ok(Vec::new());
        };
        let played = match happening.kind.as_str() {
            "step.waiting" => self.decide(step).await?,
            "step.awaited" => self.act(step).await?.into_iter().collect(),
            _ => Vec::new(),
        };
        self.played.extend(played.iter().cloned());
        Ok(played)
    }

    /// The officer decides every review of a step.
    async fn decide(&self, step: &Step) -> anyhow::Result<Vec<Played>> {
        let channel = self.connect(&step.department.served_by).await?;
        let mut officer = ReviewServiceClient::new(channel);
        let mut played = Vec::new();
        for review in self.reviews(&mut officer, step).await? {
            let item = review.key.as_ref().map(|key| key.item.clone());
            let request = self.decision(step, review);
            let (verdict, reason) = (request.verdict(), request.reason.clone());
            match officer.decide(request).await {
                Ok(answer) => {
                    let answer = answer.into_inner();
                    let refused = answer.outcome() == Outcome::Refused;
                    let found = answer.refusal.map(|refusal| refusal.reason);
                    played.push(Played {
                        step: step.id.clone(),
                        item: item.unwrap_or_default(),
                        who: "officer".to_owned(),
                        did: if refused { "refuse" } else { "approve" },
                        // What the department's own facts say goes before what the officer wanted.
                        reason: found.unwrap_or(reason),
                    });
                }
                // The case went another way meanwhile, and the review was withdrawn.
                Err(status) if is_over(&status) => {}
                Err(status) => {
                    let what = format!("the officer's {verdict:?} of `{}`", step.id);
                    return Err(status).context(what);
                }
            }
        }
        Ok(played)
    }

    fn decision(&self, step: &Step, review: Review) -> DecideRequest {
        let refuse = matches!(self.refusing, Refusing::Officer(refused) if *refused == step.id);
        // The last reason is that of a return, which the contract does not declare.
        let reason = review.reasons.first().filter(|_| refuse);
        DecideRequest {
            key: review.key,
            verdict: match reason {
                Some(_) => Verdict::Refuse.into(),
                None => Verdict::Approve.into(),
            },
            reason: reason.cloned().unwrap_or_default(),
            message: match reason {
                Some(_) => "Refused by the officer whom `onething try` plays.".to_owned(),
                None => String::new(),
            },
            field: String::new(),
            officer: OFFICER.to_owned(),
        }
    }

    /// The open reviews of a step. The step waits, so there is one, unless the case went another way.
    async fn reviews(
        &self,
        officer: &mut ReviewServiceClient<Channel>,
        step: &Step,
    ) -> anyhow::Result<Vec<Review>> {
        let asked = Instant::now();
        loop {
            let request = ListReviewsRequest {
                method: step.path.clone(),
                saga: self.case.to_owned(),
                ..ListReviewsRequest::default()
            };
            let listed = officer.list_reviews(request).await;
            let mut reviews = listed
                .context("the reviews are not listed")?
                .into_inner()
                .reviews;
            reviews.retain(|review| review.key.as_ref().is_some_and(|key| key.step == step.id));
            let case = self.client.read(self.case).await?;
            let waits = case
                .items
                .iter()
                .any(|item| item.step == step.id && item.state == "waiting");
            if !reviews.is_empty() || !waits || case.ended {
                return Ok(reviews);
            }
            if asked.elapsed() > LISTED_WITHIN {
                bail!(
                    "`{}` waits for an officer who has nothing to decide",
                    step.id
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whoever is waited for from outside acts; or the applicant withdraws, where the act is to be
    /// declined.
    async fn act(&self, step: &Step) -> anyhow::Result<Option<Played>> {
        let Some(Await::Signal { by, .. }) = &step.awaits else {
            return Ok(None);
        };
        let decline = matches!(self.refusing, Refusing::Outsider(refused) if *refused == step.id);
        let (who, did, done) = if decline {
            let reason = format!("{by} declines `{}`", step.id);
            let done = self.client.withdraw(self.case, &reason).await?;
            ("applicant", "withdraw", done)
        } else {
            let done = self.client.act(self.case, &step.id).await?;
            (by.as_str(), "act", done)
        };
        Ok(done.then(|| Played {
            step: step.id.clone(),
            item: String::new(),
            who: who.to_owned(),
            did,
            reason: String::new(),
        }))
    }

    async fn connect(&self, process: &str) -> anyhow::Result<Channel> {
        let found = self.departments.iter().find(|(name, _)| *name == process);
        let (_, address) = found.context("the suite has no such department")?;
        Ok(Channel::from_shared(format!("http://{address}"))?
            .connect()
            .await?)
    }
}

/// Whether a review is open no more.
fn is_over(status: &Status) -> bool {
    [Code::NotFound, Code::FailedPrecondition].contains(&status.code())
}
