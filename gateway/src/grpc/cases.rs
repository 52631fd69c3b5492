//! `CaseService`.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use onething_bundle::FormProblem;
use onething_proto::gateway::{
    Case, CorrectCaseRequest, CorrectCaseResponse, GetCaseRequest, GetCaseResponse,
    PerformActRequest, PerformActResponse, SubmitCaseRequest, SubmitCaseResponse, WatchCaseRequest,
    WatchCaseResponse, WithdrawCaseRequest, WithdrawCaseResponse, case_service_server::CaseService,
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::convert;
use crate::{
    cases::{ActError, Cases, LONGEST_REASON, ReadError, SubmitError},
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
            region,
        } = request.into_inner();
        check_key(&request_id)?;
        let form = convert::json(form.unwrap_or_default());
        let submitted = self
            .0
            .submit(&bundle, given(&region), &form, &request_id)
            .await
            .map_err(not_filed)?;
        let case = self.case(&submitted.id.to_string()).await?;
        Ok(Response::new(SubmitCaseResponse {
            case: Some(case),
            duplicate: submitted.duplicate,
        }))
    }

    async fn get_case(
        &self,
        request: Request<GetCaseRequest>,
    ) -> Result<Response<GetCaseResponse>, Status> {
        let case = self.case(&request.into_inner().id).await?;
        Ok(Response::new(GetCaseResponse { case: Some(case) }))
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

    async fn withdraw_case(
        &self,
        request: Request<WithdrawCaseRequest>,
    ) -> Result<Response<WithdrawCaseResponse>, Status> {
        let WithdrawCaseRequest { id, reason } = request.into_inner();
        if reason.chars().count() > LONGEST_REASON {
            let why = format!("has at most {LONGEST_REASON} characters");
            let violation = FieldViolation::new("reason", why);
            return Err(invalid("INVALID_INPUT", vec![violation]));
        }
        self.0.withdraw(&id, &reason).await.map_err(not_done)?;
        let case = Some(self.case(&id).await?);
        Ok(Response::new(WithdrawCaseResponse { case }))
    }

    async fn correct_case(
        &self,
        request: Request<CorrectCaseRequest>,
    ) -> Result<Response<CorrectCaseResponse>, Status> {
        let CorrectCaseRequest {
            id,
            step,
            form,
            request_id,
        } = request.into_inner();
        check_key(&request_id)?;
        let form = convert::json(form.unwrap_or_default());
        let correct = self.0.correct(&id, given(&step), &form, &request_id);
        correct.await.map_err(not_done)?;
        let case = Some(self.case(&id).await?);
        Ok(Response::new(CorrectCaseResponse { case }))
    }

    async fn perform_act(
        &self,
        request: Request<PerformActRequest>,
    ) -> Result<Response<PerformActResponse>, Status> {
        let PerformActRequest {
            id,
            step,
            request_id,
        } = request.into_inner();
        check_key(&request_id)?;
        let perform = self.0.perform(&id, &step, &request_id);
        perform.await.map_err(not_done)?;
        let case = Some(self.case(&id).await?);
        Ok(Response::new(PerformActResponse { case }))
    }
}

impl Service {
    async fn case(&self, id: &str) -> Result<Case, Status> {
        let case = self.0.read(id).await.map_err(not_read)?;
        Ok(convert::case(&case))
    }
}

/// What may be left out: an empty text stands for nothing.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn check_key(request_id: &str) -> Result<(), Status> {
    if is_key(request_id) {
        return Ok(());
    }
    let why = "is 1 to 128 printable ASCII characters";
    let violation = FieldViolation::new("request_id", why);
    Err(invalid("INVALID_INPUT", vec![violation]))
}

fn not_done(error: ActError) -> Status {
    let text = error.to_string();
    match error {
        ActError::Read(error) => not_read(error),
        ActError::UnknownStep(_) => status(Code::NotFound, "STEP_UNKNOWN", text),
        ActError::NotWaiting { .. } => status(Code::FailedPrecondition, "STEP_NOT_WAITING", text),
        ActError::Conflict(_) => status(Code::FailedPrecondition, "CASE_CONFLICT", text),
        ActError::KeyReused => status(Code::AlreadyExists, "REQUEST_ID_REUSED", text),
        ActError::Form(problems) => form_invalid(problems),
        ActError::Stopping => status(Code::Unavailable, "STOPPING", text),
        ActError::Unavailable(source) => {
            tracing::error!(error = &source as &dyn std::error::Error, "act not kept");
            status(Code::Unavailable, "JOURNAL_UNAVAILABLE", text)
        }
    }
}

fn form_invalid(problems: Vec<FormProblem>) -> Status {
    let violation = |p: FormProblem| FieldViolation::new(format!("form.{}", p.field), p.reason);
    let violations = problems.into_iter().map(violation).collect();
    invalid("FORM_INVALID", violations)
}

pub(super) fn not_filed(error: SubmitError) -> Status {
    let text = error.to_string();
    match error {
        SubmitError::UnknownBundle => status(Code::NotFound, "BUNDLE_UNKNOWN", text),
        SubmitError::NotDefined => status(Code::NotFound, "BUNDLE_NOT_DEFINED", text),
        SubmitError::UnknownRegion => {
            let why = "is no code of a region, league or county (GB/T 2260)";
            let violation = FieldViolation::new("region", why);
            invalid("REGION_UNKNOWN", vec![violation])
        }
        SubmitError::Form(problems) => form_invalid(problems),
        SubmitError::KeyReused => status(Code::AlreadyExists, "REQUEST_ID_REUSED", text),
        SubmitError::Erased => status(Code::AlreadyExists, "CASE_ERASED", text),
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
    let message = "nothing was done; the details list every problem";
    Status::with_error_details(Code::InvalidArgument, message, details)
}
