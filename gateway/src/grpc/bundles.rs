//! `BundleService`.

use onething_bundle::Bundle;
use onething_proto::gateway::{
    self as proto, GetBundleRequest, GetBundleResponse, ListBundlesRequest, ListBundlesResponse,
    bundle_service_server::BundleService,
};
use tonic::{Code, Request, Response, Status};

use super::{
    cases::{given, not_filed, status},
    convert::{region, text},
};
use crate::{
    announced::{Announced, Member, announced, departments},
    cases::Cases,
};

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
            all,
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
        let plans = self.0.plans();
        let mut listed: Vec<_> = plans.bundles().iter().map(|b| bundle(b)).collect();
        if all {
            let open = announced()
                .iter()
                .filter(|entry| plans.bundle(&entry.id).is_none());
            listed.extend(open.map(not_defined));
            listed.sort_by(|a, b| a.id.cmp(&b.id));
        }
        let rest = listed.into_iter().filter(|b| b.id > page_token);
        let mut rest = rest.peekable();
        let bundles: Vec<_> = rest.by_ref().take(size).collect();
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
        let GetBundleRequest { id, region } = request.into_inner();
        let found = self.0.bundle(&id, given(&region)).map_err(not_filed)?;
        Ok(Response::new(GetBundleResponse {
            bundle: Some(bundle(&found)),
        }))
    }
}

fn member(of: &Member) -> proto::BundleDepartment {
    proto::BundleDepartment {
        code: of.code.clone(),
        title: Some(text(&of.title)),
    }
}

fn not_defined(of: &Announced) -> proto::Bundle {
    proto::Bundle {
        id: of.id.clone(),
        title: Some(text(&of.title)),
        audience: of.audience.as_str().to_owned(),
        lead: Some(member(&of.lead)),
        departments: of.departments.iter().map(member).collect(),
        ..proto::Bundle::default()
    }
}

fn bundle(of: &Bundle) -> proto::Bundle {
    proto::Bundle {
        id: of.id.clone(),
        version: of.version,
        title: Some(text(&of.title)),
        audience: of.audience.as_str().to_owned(),
        promise_working_days: of.promise_working_days,
        defined: true,
        lead: Some(member(&Member::from(&of.lead))),
        departments: departments(of).iter().map(member).collect(),
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
        region: of.region.as_ref().map(region),
        guide: of.guide.as_ref().map(text),
    }
}
