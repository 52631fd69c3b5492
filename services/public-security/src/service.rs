//! How the service is put together: its rules, its database, its ledger, its gRPC. It judges
//! nothing.

use std::sync::Arc;

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::public_security::{
    public_security_service_server::PublicSecurityServiceServer,
    vehicle_service_server::VehicleServiceServer,
};
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{
    birth::RegisterBirth,
    grpc::Server,
    joining::CheckSpouseJoining,
    marital_status::UpdateMaritalStatus,
    naming::NamingRule,
    population,
    relocation::{IssueBookletPage, MoveHousehold},
    seal::RefileSeal,
    seal_replacement::ReplaceSeal,
    settlement::SettlementRules,
    store,
    vehicle::{
        IssuePlates, IssueRegisterCertificate, IssueVehicleLicence, RegisterVehicle,
        RenameVehicleOwner, ReservePlate, VehicleServer,
    },
};

/// The service `public-security`.
#[derive(Debug)]
pub struct PublicSecurity;

#[async_trait]
impl Service for PublicSecurity {
    const NAME: &'static str = "public-security";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let naming = NamingRule::standard().map_err(BootError::service)?;
        let settlement = SettlementRules::standard().map_err(BootError::service)?;
        let settlement = Arc::new(settlement);
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        let ledger = onething_department::ledger(&common, &db)
            .action(RegisterBirth::new(naming))
            .and_then(|builder| builder.action(RefileSeal))
            .and_then(|builder| builder.action(UpdateMaritalStatus))
            .and_then(|builder| builder.action(CheckSpouseJoining::new(Arc::clone(&settlement))))
            .and_then(|builder| builder.action(MoveHousehold))
            .and_then(|builder| builder.action(IssueBookletPage))
            .and_then(|builder| builder.action(ReplaceSeal))
            .and_then(|builder| builder.action(ReservePlate))
            .and_then(|builder| builder.action(RegisterVehicle))
            .and_then(|builder| builder.action(IssuePlates))
            .and_then(|builder| builder.action(IssueVehicleLicence))
            .and_then(|builder| builder.action(IssueRegisterCertificate))
            .and_then(|builder| builder.action(RenameVehicleOwner))
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let vehicles = VehicleServer::new(db.clone(), ledger.clone());
        let server = Server::new(db, ledger, settlement);
        Ok(application
            .grpc(Recorded::new(PublicSecurityServiceServer::new(server)))
            .grpc(Recorded::new(VehicleServiceServer::new(vehicles))))
    }
}
