//! `BundleService`.

use onething_bundle::Bundle;
use onething_proto::gateway::{
    self as proto, GetBundleRequest, GetBundleResponse, ListBundlesRequest, ListBundlesResponse,
    bundle_service_server::BundleService,
};
use tonic::{Code, Request, Response, Status};

use super::{cases::status, convert::text};
use crate::cases::Cases;

/// Bundles over gRPC.
#[derive(Clone)]
pub(crate) struct Service(pub(super) Cases);

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

#[tonic::async_trait]
impl BundleService for Service {
    async fn list_bundles(
        &self,
        request: Request<ListBundlesRequest>,
    ) -> Result<Response<ListBundlesResponse>, Status> {
        let ListBundlesRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let size = match usize::try_from(page_size) {
            Ok(0) => DEFAULT_PAGE,
            Ok(size) => size.min(LARGEST_PAGE),
            Err(_) => {
                let why = "page_size must not be negative".to_owned();
                return Err(status(Code::InvalidArgument, "INVALID_INPUT", why));
            }
        };
        // The token is the last id of the page before: bundles are listed by id.
        let mut rest = self
            .0
            .plans()
            .bundles()
            .into_iter()
            .filter(|b| b.id > page_token)
            .peekable();
        let bundles: Vec<_> = rest.by_ref().take(size).map(|b| bundle(b)).collect();
        let next_page_token = match (rest.peek(), bundles.last()) {
            (Some(_), Some(last)) => last.id.clone(),
            _ => String::new(),
        };
        Ok(Response::new(ListBundlesResponse {
            bundles,
            next_page_token,
        }))
    }

    async fn get_bundle(
        &self,
        request: Request<GetBundleRequest>,
    ) -> Result<Response<GetBundleResponse>, Status> {
        let id = request.into_inner().id;
        let found = self.0.plans().bundle(&id).ok_or_else(|| {
            status(
                Code::NotFound,
                "BUNDLE_UNKNOWN",
                "there is no such bundle".to_owned(),
            )
        })?;
        Ok(Response::new(GetBundleResponse {
            bundle: Some(bundle(found)),
        }))
    }
}

fn bundle(of: &Bundle) -> proto::Bundle {
    proto::Bundle {
        id: of.id.clone(),
        version: of.version,
        title: Some(text(&of.title)),
        audience: of.audience.as_str().to_owned(),
        promise_working_days: of.promise_working_days,
        fields: of
            .form
            .iter()
            .map(|field| proto::FormField {
                role: field.role.clone(),
                attribute: field.attribute.clone(),
                element: field.element.clone(),
                title: Some(text(&field.title)),
                optional: field.optional,
                choices: field
                    .choices
                    .iter()
                    .map(|choice| choice.value.clone())
                    .collect(),
            })
            .collect(),
    }
}
