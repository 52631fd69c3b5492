//! A department that answers every call at once and keeps nothing.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use axum::Router;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request as HttpRequest, Response as HttpResponse};
use onething_participant::{Refusal, metadata};
use onething_proto::{
    participant::{UndoOutcome, UndoResponse},
    social_security::IssueSocialSecurityCardResponse,
};
use onething_runtime::Raw;
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{Grpc, UnaryService},
    service::Routes,
};
use tower::Service;

use super::workload::REFUSED;

const UNDO: &str = "/onething.participant.v1.ParticipantService/Undo";
/// About what a certificate's number and its few particulars take.
const ANSWER: usize = 100;

/// The department's calls.
pub(super) fn routes() -> Routes {
    let undone = UndoResponse {
        outcome: UndoOutcome::Undone.into(),
        ..Default::default()
    };
    let acted = IssueSocialSecurityCardResponse {
        card_number: "c".repeat(ANSWER),
        ..Default::default()
    };
    let service = AtOnce {
        acted: acted.encode_to_vec().into(),
        undone: undone.encode_to_vec().into(),
    };
    Routes::from(Router::new().fallback_service(service))
}

#[derive(Clone)]
struct AtOnce {
    acted: Bytes,
    undone: Bytes,
}

impl Service<HttpRequest<axum::body::Body>> for AtOnce {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<HttpResponse<Body>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<axum::body::Body>) -> Self::Future {
        let answer = if request.uri().path() == UNDO {
            self.undone.clone()
        } else {
            self.acted.clone()
        };
        Box::pin(async move { Ok(Grpc::new(Raw).unary(Same(answer), request).await) })
    }
}

/// Answers the same to everyone, but refuses the step that is to be refused.
struct Same(Bytes);

impl UnaryService<Bytes> for Same {
    type Response = Bytes;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let step = request.metadata().get(metadata::STEP);
        if step.is_some_and(|step| step.as_bytes() == REFUSED.as_bytes()) {
            let refusal = Refusal::new("CARD_EXISTS", "There is a card already.");
            return ready(Err(refusal.into()));
        }
        ready(Ok(Response::new(self.0.clone())))
    }
}
