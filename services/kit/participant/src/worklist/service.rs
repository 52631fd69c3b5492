//! `onething.participant.v1.ReviewService` over a ledger.

use onething_proto::participant::{
    DecideRequest, DecideResponse, ListReviewsRequest, ListReviewsResponse, Verdict,
    review_service_server::{ReviewService, ReviewServiceServer},
};
use tonic::{Request, Response, Status};

use super::entry::told;
use crate::{
    Decision, Ledger, RETURNED, Refusal,
    question::public,
    service::{DEFAULT_PAGE, LARGEST_PAGE, checked},
    store::{self, OpenAfter, OpenReview},
};

/// The longest name of an officer, in characters.
const LONGEST_OFFICER: usize = 128;
/// The longest message to an applicant, in characters.
const LONGEST_MESSAGE: usize = 2_000;

/// The gRPC service that officers' programs call beside the department's own.
#[derive(Debug, Clone)]
pub struct Reviews {
    ledger: Ledger,
}

impl Reviews {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The service, ready to be added to a server.
    pub fn server(self) -> ReviewServiceServer<Self> {
        ReviewServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl ReviewService for Reviews {
    async fn list_reviews(
        &self,
        request: Request<ListReviewsRequest>,
    ) -> Result<Response<ListReviewsResponse>, Status> {
        self.ledger.officers().admit(request.metadata())?;
        let ListReviewsRequest {
            page_size,
            page_token,
            method,
            saga,
        } = request.into_inner();
        let size = match page_size {
            0 => DEFAULT_PAGE,
            1.. => page_size.min(LARGEST_PAGE),
            _ => return Err(Refusal::invalid("page_size", "must not be negative").into()),
        };
        let after = after(&page_token)
            .ok_or_else(|| Refusal::invalid("page_token", "is not one that was given out"))?;
        let open =
            store::open_reviews(self.ledger.db(), &method, &saga, &after, i64::from(size)).await?;
        let full = open.len() == usize::try_from(size).unwrap_or(usize::MAX);
        let next_page_token = match open.last() {
            Some(last) if full => token(last),
            _ => String::new(),
        };
        let contracts = self.ledger.contracts();
        let reviews = open.into_iter().map(|open| told(contracts, open));
        Ok(Response::new(ListReviewsResponse {
            reviews: reviews.collect(),
            next_page_token,
        }))
    }

    async fn decide(
        &self,
        request: Request<DecideRequest>,
    ) -> Result<Response<DecideResponse>, Status> {
        self.ledger.officers().admit(request.metadata())?;
        let mut request = request.into_inner();
        let key = checked(request.key.take())?;
        let officer = std::mem::take(&mut request.officer);
        if officer.trim().is_empty() || officer.chars().count() > LONGEST_OFFICER {
            return Err(Refusal::invalid("officer", "is missing or too long").into());
        }
        let decided = self
            .ledger
            .decide(&key, decision(request)?, &officer)
            .await?;
        let returned = decided.recorded == crate::rules::Recorded::Returned;
        Ok(Response::new(DecideResponse {
            outcome: public(decided.recorded).into(),
            refusal: decided
                .refusal
                .map(|refusal| refusal.into_message(returned)),
        }))
    }
}

fn decision(request: DecideRequest) -> Result<Decision, Status> {
    let verdict = request.verdict();
    let DecideRequest {
        reason,
        message,
        field,
        ..
    } = request;
    let silent = message.trim().is_empty();
    let refusal = |reason| -> Result<Refusal, Status> {
        if message.chars().count() > LONGEST_MESSAGE {
            return Err(Refusal::invalid("message", "is too long").into());
        }
        Ok(Refusal::new(reason, message).about(field))
    };
    match verdict {
        Verdict::Unspecified => Err(Refusal::invalid("verdict", "is missing").into()),
        Verdict::Approve => Ok(Decision::Approve),
        Verdict::Refuse if reason.is_empty() => {
            Err(Refusal::invalid("reason", "a refusal has a reason").into())
        }
        Verdict::Refuse if silent => {
            Err(Refusal::invalid("message", "a refusal tells the applicant why").into())
        }
        Verdict::Refuse => Ok(Decision::Refuse(refusal(reason)?)),
        Verdict::Return if reason.is_empty() => Ok(Decision::Return(refusal(RETURNED.to_owned())?)),
        Verdict::Return => Ok(Decision::Return(refusal(reason)?)),
    }
}

/// Page tokens are JSON, so that no character in a key can break them.
fn token(last: &OpenReview) -> String {
    let key = last.key();
    serde_json::json!([last.seen_at, key.coordinator, key.saga, key.step, key.item]).to_string()
}

fn after(token: &str) -> Option<OpenAfter> {
    if token.is_empty() {
        return Some(OpenAfter {
            seen_at: i64::MIN,
            ..OpenAfter::default()
        });
    }
    let (seen_at, coordinator, saga, step, item) = serde_json::from_str(token).ok()?;
    Some(OpenAfter {
        seen_at,
        coordinator,
        saga,
        step,
        item,
    })
}
