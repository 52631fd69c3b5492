//! Vehicles: plate numbers, registration, what is issued for a registered vehicle, and what other
//! departments ask of the register.

mod document;
mod grpc;
mod plate_rule;
mod population;
mod registration;
mod reservation;

pub(crate) use document::{
    IssuePlates, IssueRegisterCertificate, IssueVehicleLicence, RenameVehicleOwner,
};
pub(crate) use grpc::VehicleServer;
pub(crate) use population::vehicles;
pub(crate) use registration::RegisterVehicle;
pub(crate) use reservation::ReservePlate;
