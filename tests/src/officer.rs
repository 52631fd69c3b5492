//! An officer of a department, at its review service.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_proto::participant::{
    DecideRequest, DecideResponse, ListReviewsRequest, Review, Verdict,
    review_service_client::ReviewServiceClient,
};
use tonic::{Status, transport::Channel};

use crate::eventually::eventually;

/// An officer.
#[derive(Debug, Clone)]
pub struct Officer {
    client: ReviewServiceClient<Channel>,
    name: String,
}

impl Officer {
    /// An officer at the department that serves a URL.
    pub async fn at(url: &str, name: &str) -> Self {
        let channel = Channel::from_shared(url.to_owned()).unwrap();
        Self {
            client: ReviewServiceClient::new(channel.connect().await.unwrap()),
            name: name.to_owned(),
        }
    }

    /// What waits for a case.
    pub async fn waiting(&self, case: &str) -> Vec<Review> {
        let request = ListReviewsRequest {
            saga: case.to_owned(),
            ..ListReviewsRequest::default()
        };
        let listed = self.client.clone().list_reviews(request).await;
        listed.unwrap().into_inner().reviews
    }

    /// The one application of a case that waits, once it does.
    pub async fn next(&self, case: &str) -> Review {
        eventually("an application", async || self.waiting(case).await.pop()).await
    }

    /// Decides; a reason is given where one is needed.
    pub async fn decide(
        &self,
        review: &Review,
        verdict: Verdict,
        reason: &str,
    ) -> Result<DecideResponse, Status> {
        let request = DecideRequest {
            key: review.key.clone(),
            verdict: verdict.into(),
            reason: reason.to_owned(),
            message: if reason.is_empty() {
                ""
            } else {
                "See the reason."
            }
            .to_owned(),
            field: String::new(),
            officer: self.name.clone(),
        };
        let answer = self.client.clone().decide(request).await?;
        Ok(answer.into_inner())
    }

    /// Approves.
    pub async fn approve(&self, review: &Review) {
        self.decide(review, Verdict::Approve, "").await.unwrap();
    }
}
