//! `ConversionService`: individual businesses and their conversion.

use onething_db::Db;
use onething_participant::{Fault, Ledger};
use onething_proto::enterprise_registry::{
    CheckConversionRequest, CheckConversionResponse, GetIndividualBusinessRequest,
    GetIndividualBusinessResponse, ListPermitsRequest, ListPermitsResponse,
    RegisterConversionRequest, RegisterConversionResponse, ReissuePermitsRequest,
    ReissuePermitsResponse, conversion_service_server::ConversionService,
};
use tonic::{Request, Response, Status};

use crate::{
    code::Code,
    conversion::RegisterConversion,
    conversion_rule,
    permit::{self, ReissuePermits},
    standing,
    store::{
        conversion,
        overview::{self, Overview},
        penalty,
    },
};

const GET: &str = "onething.enterprise_registry.v1.ConversionService/GetIndividualBusiness";
const PERMITS: &str = "onething.enterprise_registry.v1.ConversionService/ListPermits";
const CHECK: &str = "onething.enterprise_registry.v1.ConversionService/CheckConversion";

/// Conversions, as their callers see them.
#[derive(Debug, Clone)]
pub(crate) struct Conversions {
    db: Db,
    ledger: Ledger,
}

impl Conversions {
    pub(crate) fn new(db: Db, ledger: Ledger) -> Self {
        Self { db, ledger }
    }

    async fn individual(&self, credit_code: &str) -> Result<Overview, Status> {
        let code = Code::read(credit_code)?;
        let read = overview::read(&self.db, code.as_str()).await;
        let found = code.found(read.map_err(Fault::from)?)?;
        conversion_rule::is_individual(&found.enterprise)?;
        Ok(found)
    }
}

#[tonic::async_trait]
impl ConversionService for Conversions {
    async fn list_permits(
        &self,
        request: Request<ListPermitsRequest>,
    ) -> Result<Response<ListPermitsResponse>, Status> {
        self.ledger.admit(PERMITS, &request)?;
        let code = Code::read(&request.get_ref().credit_code)?;
        let read = overview::read(&self.db, code.as_str()).await;
        code.found(read.map_err(Fault::from)?)?;
        let permits = conversion::read_permits(&self.db, code.as_str()).await;
        let numbers = permits.map_err(Fault::from)?.into_iter();
        let numbers: Vec<_> = numbers.map(|permit| permit.permit_number).collect();
        Ok(Response::new(ListPermitsResponse {
            permit_numbers: permit::listed(&numbers),
        }))
    }

    async fn get_individual_business(
        &self,
        request: Request<GetIndividualBusinessRequest>,
    ) -> Result<Response<GetIndividualBusinessResponse>, Status> {
        self.ledger.admit(GET, &request)?;
        let found = self.individual(&request.get_ref().credit_code).await?;
        standing::check(&found.enterprise, found.lock_number.is_some())?;
        Ok(Response::new(GetIndividualBusinessResponse {
            name: found.enterprise.name,
            registrar: found.enterprise.registrar,
            address: found.enterprise.address,
            founded_on: found.enterprise.founded_on,
        }))
    }

    async fn check_conversion(
        &self,
        request: Request<CheckConversionRequest>,
    ) -> Result<Response<CheckConversionResponse>, Status> {
        self.ledger.admit(CHECK, &request)?;
        let asked = request.get_ref();
        let found = self.individual(&asked.credit_code).await?;
        let open = penalty::read_unfulfilled(&self.db, &found.enterprise.credit_code).await;
        let open = open.map_err(Fault::from)?;
        conversion_rule::settled(&found.enterprise, open, asked.holders_consent)?;
        Ok(Response::new(CheckConversionResponse { allowed: true }))
    }

    async fn register_conversion(
        &self,
        request: Request<RegisterConversionRequest>,
    ) -> Result<Response<RegisterConversionResponse>, Status> {
        self.ledger.act::<RegisterConversion>(request).await
    }

    async fn reissue_permits(
        &self,
        request: Request<ReissuePermitsRequest>,
    ) -> Result<Response<ReissuePermitsResponse>, Status> {
        self.ledger.act::<ReissuePermits>(request).await
    }
}
