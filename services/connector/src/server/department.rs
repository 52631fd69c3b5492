//! The gRPC service of one declared department. The layer around it has read each call's metadata
//! and digest.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::Router;
use bytes::Bytes;
use jiff::Timestamp;
use onething_db::Db;
use onething_participant::{Ledger, Stop};
use onething_proto::annotations::ActionKind;
use onething_runtime::Raw;
use tonic::{Request, Response, Status, body::Body, server::Grpc};
use tower::{Service, ServiceExt};

use crate::{catalogue::Department, http::Remote, matter::Matter};

/// Serves a department.
#[derive(Debug, Clone)]
pub(crate) struct DepartmentServer {
    service: String,
    /// The matters by the path of a request, `/package.Service/Method`.
    matters: Arc<HashMap<String, Arc<Matter>>>,
    ledger: Ledger,
    db: Db,
}

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl DepartmentServer {
    pub(crate) fn new(department: &Department, ledger: Ledger, db: Db) -> Self {
        let matters = department
            .matters
            .iter()
            .map(|matter| (format!("/{}", matter.method), matter.clone()))
            .collect();
        Self {
            service: department.service.clone(),
            matters: Arc::new(matters),
            ledger,
            db,
        }
    }

    /// The routes of the department's methods.
    pub(crate) fn router(self) -> Router {
        let path = format!("/{}/{{*method}}", self.service);
        let recorded = onething_participant::Recorded::new(self);
        let service =
            recorded.map_request(|request: axum::extract::Request| request.map(Body::new));
        Router::new().route_service(&path, service)
    }
}

impl Service<http::Request<Body>> for DepartmentServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let Some(matter) = self.matters.get(request.uri().path()).cloned() else {
            return Box::pin(async { Ok(Status::unimplemented("no such method").into_http()) });
        };
        let handler = Handler {
            matter,
            ledger: self.ledger.clone(),
            db: self.db.clone(),
        };
        Box::pin(async move { Ok(Grpc::new(Raw).unary(handler, request).await) })
    }
}

/// Handles one call.
struct Handler {
    matter: Arc<Matter>,
    ledger: Ledger,
    db: Db,
}

impl Service<Request<Bytes>> for Handler {
    type Response = Response<Bytes>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (matter, ledger, db) = (self.matter.clone(), self.ledger.clone(), self.db.clone());
        Box::pin(async move {
            let answer = if matter.kind == ActionKind::Query {
                ledger.admit(&matter.method, &request)?;
                ask(&matter, &db, request.into_inner()).await?
            } else {
                let call = request
                    .extensions()
                    .get()
                    .ok_or_else(|| Status::internal("the call was not recorded"))?;
                ledger.act_in_bytes(&matter.method, call).await?
            };
            Ok(Response::new(answer))
        })
    }
}

async fn ask(matter: &Arc<Matter>, db: &Db, message: Bytes) -> Result<Bytes, Status> {
    let now = Timestamp::now().as_microsecond();
    let answer = match Remote::of(matter) {
        Some(remote) => remote.ask(db, message, now).await,
        None => matter.ask(db, message, now).await,
    };
    match answer {
        Ok(answer) => Ok(answer),
        Err(Stop::Refuse(refusal)) => Err(refusal.into()),
        Err(Stop::Later(_) | Stop::Elsewhere(_)) => {
            Err(Status::internal("a query is answered at once"))
        }
        Err(Stop::Fail(fault)) => Err(fault.into()),
    }
}
