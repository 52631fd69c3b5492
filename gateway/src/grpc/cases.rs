//! `CaseService`.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use onething_bundle::FormProblem;
use onething_proto::gateway::{
    GetCaseRequest, GetCaseResponse, SubmitCaseRequest, SubmitCaseResponse, WatchCaseRequest,
    WatchCaseResponse, case_service_server::CaseService,
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::convert;
use crate::{
    cases::{Cases, ReadError, SubmitError},
    rest::is_key,
};

/// Cases over gRPC.
#[derive(Clone)]
pub(crate) struct Service(pub(super) Cases);

#[tonic::async_trait]
impl CaseService for Service {
    async fn submit_case(
        &self,
        request: Request<SubmitCaseRequest>,
    ) -> Result<Response<SubmitCaseResponse>, Status> {
        let SubmitCaseRequest {
            bundle,
            form,
            request_id,
        } = request.into_inner();
        if !is_key(&request_id) {
            let why = "is 1 to 128 printable ASCII characters";
            return Err(invalid(
                "INVALID_INPUT",
                vec![FieldViolation::new("request_id", why)],
            ));
        }
        let form = convert::json(form.unwrap_or_default());
        let submitted = self
            .0
            .submit(&bundle, &form, &request_id)
            .await
            .map_err(not_filed)?;
        let case = self
            .0
            .read(&submitted.id.to_string())
            .await
            .map_err(not_read)?;
        Ok(Response::new(SubmitCaseResponse {
            case: Some(convert::case(&case)),
            duplicate: submitted.duplicate,
        }))
    }

    async fn get_case(
        &self,
        request: Request<GetCaseRequest>,
    ) -> Result<Response<GetCaseResponse>, Status> {
        let case = self
            .0
            .read(&request.into_inner().id)
            .await
            .map_err(not_read)?;
        Ok(Response::new(GetCaseResponse {
            case: Some(convert::case(&case)),
        }))
    }

    type WatchCaseStream = Pin<Box<dyn Stream<Item = Result<WatchCaseResponse, Status>> + Send>>;

    async fn watch_case(
        &self,
        request: Request<WatchCaseRequest>,
    ) -> Result<Response<Self::WatchCaseStream>, Status> {
        let WatchCaseRequest { id, after } = request.into_inner();
        let happenings = self.0.follow(&id, after).await.map_err(not_read)?;
        let answers = happenings.map(|h| h.map(convert::happening).map_err(not_read));
        Ok(Response::new(Box::pin(answers)))
    }
}

fn not_filed(error: SubmitError) -> Status {
    let text = error.to_string();
    match error {
        SubmitError::UnknownBundle => status(Code::NotFound, "BUNDLE_UNKNOWN", text),
        SubmitError::Form(problems) => {
            let violation =
                |p: FormProblem| FieldViolation::new(format!("form.{}", p.field), p.reason);
            invalid(
                "FORM_INVALID",
                problems.into_iter().map(violation).collect(),
            )
        }
        SubmitError::KeyReused => status(Code::AlreadyExists, "REQUEST_ID_REUSED", text),
        SubmitError::Overloaded => status(Code::ResourceExhausted, "OVERLOADED", text),
        SubmitError::Stopping => status(Code::Unavailable, "STOPPING", text),
        SubmitError::Unavailable(source) => {
            tracing::error!(error = &source as &dyn std::error::Error, "case not filed");
            status(Code::Unavailable, "JOURNAL_UNAVAILABLE", text)
        }
    }
}

fn not_read(error: ReadError) -> Status {
    let text = error.to_string();
    match error {
        ReadError::Unknown => status(Code::NotFound, "CASE_UNKNOWN", text),
        ReadError::SetAside(source) => {
            tracing::error!(
                error = &source as &dyn std::error::Error,
                "case cannot be read"
            );
            status(Code::DataLoss, "CASE_SET_ASIDE", text)
        }
        ReadError::Unavailable(source) => {
            tracing::error!(
                error = &source as &dyn std::error::Error,
                "journal not read"
            );
            status(Code::Unavailable, "JOURNAL_UNAVAILABLE", text)
        }
    }
}

pub(super) fn status(code: Code, reason: &str, message: String) -> Status {
    let metadata = std::collections::HashMap::<String, String>::new();
    let details = ErrorDetails::with_error_info(reason, "onething", metadata);
    Status::with_error_details(code, message, details)
}

fn invalid(reason: &str, violations: Vec<FieldViolation>) -> Status {
    let metadata = std::collections::HashMap::<String, String>::new();
    let mut details = ErrorDetails::with_error_info(reason, "onething", metadata);
    details.set_bad_request(violations);
    let message = "nothing was filed; the details list every problem";
    Status::with_error_details(Code::InvalidArgument, message, details)
}
