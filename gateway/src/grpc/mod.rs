//! `onething.gateway.v1`, for callers inside the government.

mod bundles;
mod cases;
mod convert;

use onething_proto::gateway::{
    bundle_service_server::BundleServiceServer, case_service_server::CaseServiceServer,
};

use crate::cases::Cases;

/// The case service.
pub(crate) fn cases(cases: Cases) -> CaseServiceServer<cases::Service> {
    CaseServiceServer::new(cases::Service(cases))
}

/// The bundle service.
pub(crate) fn bundles(cases: Cases) -> BundleServiceServer<bundles::Service> {
    BundleServiceServer::new(bundles::Service(cases))
}
