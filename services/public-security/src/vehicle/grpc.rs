//! `onething.public_security.v1.VehicleService` over the register: actions go to the ledger, queries
//! read.

use onething_db::Db;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::public_security::{
    CheckNewVehicleRequest, CheckNewVehicleResponse, FindVehicleOfficeRequest,
    FindVehicleOfficeResponse, GetVehicleDeregistrationRequest, GetVehicleDeregistrationResponse,
    GetVehicleRequest, GetVehicleResponse, GetVehicleTransferRequest, GetVehicleTransferResponse,
    IssuePlatesRequest, IssuePlatesResponse, IssueRegisterCertificateRequest,
    IssueRegisterCertificateResponse, IssueVehicleLicenceRequest, IssueVehicleLicenceResponse,
    RegisterVehicleRequest, RegisterVehicleResponse, RenameVehicleOwnerRequest,
    RenameVehicleOwnerResponse, ReservePlateRequest, ReservePlateResponse,
    vehicle_service_server::VehicleService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{
    IssuePlates, IssueRegisterCertificate, IssueVehicleLicence, RegisterVehicle,
    RenameVehicleOwner, ReservePlate,
};
use crate::{
    day::day,
    store::{
        household,
        vehicle::{self, Owned},
    },
    value::{resident_number, value},
};

const FIND_OFFICE: &str = "onething.public_security.v1.VehicleService/FindVehicleOffice";
const CHECK_NEW: &str = "onething.public_security.v1.VehicleService/CheckNewVehicle";
const GET: &str = "onething.public_security.v1.VehicleService/GetVehicle";
const GET_DEREGISTRATION: &str =
    "onething.public_security.v1.VehicleService/GetVehicleDeregistration";
const GET_TRANSFER: &str = "onething.public_security.v1.VehicleService/GetVehicleTransfer";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct VehicleServer {
    db: Db,
    ledger: Ledger,
}

impl VehicleServer {
    pub(crate) fn new(db: Db, ledger: Ledger) -> Self {
        Self { db, ledger }
    }

    /// A vehicle that is or was in a person's name.
    async fn owned(&self, owner: &str, vin: &str) -> Result<Owned, Status> {
        let owner = resident_number("owner_id_number", owner)?;
        let vin = value("vehicle.vin", "vin", vin)?;
        let found = vehicle::owned(&self.db, &vin, &owner).await;
        if let Some(owned) = found.map_err(Fault::from)? {
            return Ok(owned);
        }
        let known = vehicle::known(&self.db, &vin).await.map_err(Fault::from)?;
        let refusal = if known {
            let message = "The vehicle is not and was not in this person's name.";
            Refusal::new("NOT_OWNER", message).about("owner_id_number")
        } else {
            let message = "No vehicle is registered under this number.";
            Refusal::new("VEHICLE_NOT_FOUND", message).about("vin")
        };
        Err(refusal.into())
    }
}

#[async_trait]
impl VehicleService for VehicleServer {
    async fn find_vehicle_office(
        &self,
        request: Request<FindVehicleOfficeRequest>,
    ) -> Result<Response<FindVehicleOfficeResponse>, Status> {
        self.ledger.admit(FIND_OFFICE, &request)?;
        let owner = resident_number("owner_id_number", &request.get_ref().owner_id_number)?;
        let found = household::of_member(&self.db, &owner).await;
        let Some(found) = found.map_err(Fault::from)? else {
            let message = "The owner is registered in no household of the region.";
            return Err(Refusal::new("NO_LOCAL_RESIDENCE", message)
                .about("owner_id_number")
                .into());
        };
        let office = found.region;
        Ok(Response::new(FindVehicleOfficeResponse { office }))
    }

    async fn check_new_vehicle(
        &self,
        request: Request<CheckNewVehicleRequest>,
    ) -> Result<Response<CheckNewVehicleResponse>, Status> {
        self.ledger.admit(CHECK_NEW, &request)?;
        let vin = value("vehicle.vin", "vin", &request.get_ref().vin)?;
        let found = vehicle::standing(&self.db, &vin).await;
        let standing = found.map_err(Fault::from)?;
        if standing.stolen {
            let message = "The vehicle is reported stolen.";
            return Err(Refusal::new("VEHICLE_STOLEN", message).about("vin").into());
        }
        if standing.known {
            let message = "The vehicle is registered already.";
            return Err(Refusal::new("VIN_ALREADY_REGISTERED", message)
                .about("vin")
                .into());
        }
        let now = jiff::Timestamp::now().as_microsecond();
        Ok(Response::new(CheckNewVehicleResponse {
            checked_on: day(now)?.to_string(),
        }))
    }

    async fn reserve_plate(
        &self,
        request: Request<ReservePlateRequest>,
    ) -> Result<Response<ReservePlateResponse>, Status> {
        self.ledger.act::<ReservePlate>(request).await
    }

    async fn register_vehicle(
        &self,
        request: Request<RegisterVehicleRequest>,
    ) -> Result<Response<RegisterVehicleResponse>, Status> {
        self.ledger.act::<RegisterVehicle>(request).await
    }

    async fn issue_plates(
        &self,
        request: Request<IssuePlatesRequest>,
    ) -> Result<Response<IssuePlatesResponse>, Status> {
        self.ledger.act::<IssuePlates>(request).await
    }

    async fn issue_vehicle_licence(
        &self,
        request: Request<IssueVehicleLicenceRequest>,
    ) -> Result<Response<IssueVehicleLicenceResponse>, Status> {
        self.ledger.act::<IssueVehicleLicence>(request).await
    }

    async fn issue_register_certificate(
        &self,
        request: Request<IssueRegisterCertificateRequest>,
    ) -> Result<Response<IssueRegisterCertificateResponse>, Status> {
        self.ledger.act::<IssueRegisterCertificate>(request).await
    }

    async fn rename_vehicle_owner(
        &self,
        request: Request<RenameVehicleOwnerRequest>,
    ) -> Result<Response<RenameVehicleOwnerResponse>, Status> {
        self.ledger.act::<RenameVehicleOwner>(request).await
    }

    async fn get_vehicle(
        &self,
        request: Request<GetVehicleRequest>,
    ) -> Result<Response<GetVehicleResponse>, Status> {
        self.ledger.admit(GET, &request)?;
        let GetVehicleRequest {
            owner_id_number,
            vin,
        } = request.get_ref();
        let owned = self.owned(owner_id_number, vin).await?;
        Ok(Response::new(GetVehicleResponse {
            plate: owned.plate,
            energy: owned.energy,
            first_registered_on: owned.first_registered_on,
            owned_since: owned.owned_since,
        }))
    }

    async fn get_vehicle_deregistration(
        &self,
        request: Request<GetVehicleDeregistrationRequest>,
    ) -> Result<Response<GetVehicleDeregistrationResponse>, Status> {
        self.ledger.admit(GET_DEREGISTRATION, &request)?;
        let GetVehicleDeregistrationRequest {
            owner_id_number,
            vin,
        } = request.get_ref();
        let owned = self.owned(owner_id_number, vin).await?;
        // Whoever transferred it before is not the one in whose name it was deregistered.
        let last = owned.transferred_on.is_none();
        let Some(deregistered_on) = owned.deregistered_on.filter(|_| last) else {
            let message = "The vehicle was not deregistered in this person's name.";
            return Err(Refusal::new("NOT_DEREGISTERED", message)
                .about("vin")
                .into());
        };
        Ok(Response::new(GetVehicleDeregistrationResponse {
            deregistered_on,
        }))
    }

    async fn get_vehicle_transfer(
        &self,
        request: Request<GetVehicleTransferRequest>,
    ) -> Result<Response<GetVehicleTransferResponse>, Status> {
        self.ledger.admit(GET_TRANSFER, &request)?;
        let GetVehicleTransferRequest {
            owner_id_number,
            vin,
        } = request.get_ref();
        let owned = self.owned(owner_id_number, vin).await?;
        let Some(transferred_on) = owned.transferred_on else {
            let message = "The vehicle is still in this person's name.";
            return Err(Refusal::new("NOT_TRANSFERRED", message).about("vin").into());
        };
        Ok(Response::new(GetVehicleTransferResponse { transferred_on }))
    }
}
