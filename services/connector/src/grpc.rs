//! `onething.connector.v1`: which departments stand here, and what they recorded.

use std::sync::Arc;

use onething_db::Db;
use onething_participant::{Fault, Refusal};
use onething_proto::connector::{
    ConnectedDepartment, GetRecordRequest, GetRecordResponse, ListDepartmentsRequest,
    ListDepartmentsResponse, connector_service_server::ConnectorService,
};
use serde_json::Value;
use tonic::{Request, Response, Status};

use crate::{
    catalogue::{Catalogue, Department},
    store::{Place, Reader},
};

/// The connector's own service.
#[derive(Debug, Clone)]
pub(crate) struct ConnectorApi {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) db: Db,
}

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

#[tonic::async_trait]
impl ConnectorService for ConnectorApi {
    async fn list_departments(
        &self,
        request: Request<ListDepartmentsRequest>,
    ) -> Result<Response<ListDepartmentsResponse>, Status> {
        let ListDepartmentsRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let size = match usize::try_from(page_size) {
            Ok(0) => DEFAULT_PAGE,
            Ok(size) => size.min(LARGEST_PAGE),
            Err(_) => return Err(Refusal::invalid("page_size", "must not be negative").into()),
        };
        // A token is the code of the last department given out.
        if !page_token.is_empty() && self.catalogue.department(&page_token).is_none() {
            let message = "is not one that was given out";
            return Err(Refusal::invalid("page_token", message).into());
        }
        let mut rest = self
            .catalogue
            .departments()
            .filter(|department| department.code > page_token);
        let departments: Vec<_> = rest.by_ref().take(size).map(connected).collect();
        let next_page_token = match (rest.next(), departments.last()) {
            (Some(_), Some(last)) => last.code.clone(),
            _ => String::new(),
        };
        Ok(Response::new(ListDepartmentsResponse {
            departments,
            next_page_token,
        }))
    }

    async fn get_record(
        &self,
        request: Request<GetRecordRequest>,
    ) -> Result<Response<GetRecordResponse>, Status> {
        let GetRecordRequest {
            department,
            kind,
            key,
        } = request.into_inner();
        for (name, value) in [("department", &department), ("kind", &kind), ("key", &key)] {
            if value.is_empty() {
                return Err(Refusal::invalid(name, "this field is required").into());
            }
        }
        let place = Place {
            department: &department,
            kind: &kind,
            key: &key,
        };
        let record = Reader::Reading(&self.db)
            .read(place)
            .await
            .map_err(Fault::from)?
            .ok_or_else(|| Refusal::new("RECORD_NOT_FOUND", "There is no such record."))?;
        Ok(Response::new(GetRecordResponse {
            state: record.state.name().to_owned(),
            version: record.version,
            body: Value::Object(record.body).to_string(),
        }))
    }
}

fn connected(department: &Department) -> ConnectedDepartment {
    ConnectedDepartment {
        code: department.code.clone(),
        service: department.service.clone(),
        title: department.title.clone(),
        methods: department
            .matters
            .iter()
            .map(|matter| matter.name().to_owned())
            .collect(),
    }
}
