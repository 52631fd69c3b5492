//! The registry's gRPC service: actions go to the ledger, queries read.

use onething_db::Db;
use onething_participant::{Fault, Ledger};
use onething_proto::enterprise_registry::{
    AcceptRelocationRequest, AcceptRelocationResponse, ApproveReleaseRequest,
    ApproveReleaseResponse, CheckEnterpriseRequest, CheckEnterpriseResponse, Enterprise,
    GetEnterpriseRequest, GetEnterpriseResponse, LockRecordRequest, LockRecordResponse,
    RegisterRelocationRequest, RegisterRelocationResponse, TransferArchiveRequest,
    TransferArchiveResponse, enterprise_registry_service_server::EnterpriseRegistryService,
};
use tonic::{Request, Response, Status};

use crate::{
    acceptance::AcceptRelocation,
    archive_transfer::TransferArchive,
    code::Code,
    lock::LockRecord,
    registration::RegisterRelocation,
    release::ApproveRelease,
    standing,
    store::overview::{self, Overview},
};

const CHECK_ENTERPRISE: &str =
    "onething.enterprise_registry.v1.EnterpriseRegistryService/CheckEnterprise";
const GET_ENTERPRISE: &str =
    "onething.enterprise_registry.v1.EnterpriseRegistryService/GetEnterprise";

/// The registry, as its callers see it.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    db: Db,
    ledger: Ledger,
}

impl Registry {
    pub(crate) fn new(db: Db, ledger: Ledger) -> Self {
        Self { db, ledger }
    }

    async fn find(&self, credit_code: &str) -> Result<Overview, Status> {
        let code = Code::read(credit_code)?;
        let read = overview::read(&self.db, code.as_str()).await;
        Ok(code.found(read.map_err(Fault::from)?)?)
    }
}

#[tonic::async_trait]
impl EnterpriseRegistryService for Registry {
    async fn check_enterprise(
        &self,
        request: Request<CheckEnterpriseRequest>,
    ) -> Result<Response<CheckEnterpriseResponse>, Status> {
        self.ledger.admit(CHECK_ENTERPRISE, &request)?;
        let found = self.find(&request.get_ref().credit_code).await?;
        standing::check(&found.enterprise, found.lock_number.is_some())?;
        Ok(Response::new(CheckEnterpriseResponse {
            name: found.enterprise.name,
            registrar: found.enterprise.registrar,
            address: found.enterprise.address,
        }))
    }

    async fn lock_record(
        &self,
        request: Request<LockRecordRequest>,
    ) -> Result<Response<LockRecordResponse>, Status> {
        self.ledger.act::<LockRecord>(request).await
    }

    async fn accept_relocation(
        &self,
        request: Request<AcceptRelocationRequest>,
    ) -> Result<Response<AcceptRelocationResponse>, Status> {
        self.ledger.act::<AcceptRelocation>(request).await
    }

    async fn approve_release(
        &self,
        request: Request<ApproveReleaseRequest>,
    ) -> Result<Response<ApproveReleaseResponse>, Status> {
        self.ledger.act::<ApproveRelease>(request).await
    }

    async fn transfer_archive(
        &self,
        request: Request<TransferArchiveRequest>,
    ) -> Result<Response<TransferArchiveResponse>, Status> {
        self.ledger.act::<TransferArchive>(request).await
    }

    async fn register_relocation(
        &self,
        request: Request<RegisterRelocationRequest>,
    ) -> Result<Response<RegisterRelocationResponse>, Status> {
        self.ledger.act::<RegisterRelocation>(request).await
    }

    async fn get_enterprise(
        &self,
        request: Request<GetEnterpriseRequest>,
    ) -> Result<Response<GetEnterpriseResponse>, Status> {
        self.ledger.admit(GET_ENTERPRISE, &request)?;
        let found = self.find(&request.get_ref().credit_code).await?;
        let enterprise = Enterprise {
            credit_code: found.enterprise.credit_code,
            name: found.enterprise.name,
            status: found.enterprise.status,
            registrar: found.enterprise.registrar,
            address: found.enterprise.address,
            lock_number: found.lock_number.unwrap_or_default(),
            archive_holder: found.archive_holder.unwrap_or_default(),
            archive_sha256: found.archive_sha256.unwrap_or_default(),
            licence_number: found.licence_number.unwrap_or_default(),
        };
        Ok(Response::new(GetEnterpriseResponse {
            enterprise: Some(enterprise),
        }))
    }
}
