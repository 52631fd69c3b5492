//! Plate numbers, registrations and what other departments ask of the vehicle register.

use jiff::ToSpan;
use onething_db::{Sql, args};
use onething_participant::INVALID_INPUT;
use onething_population::{NewVehicle, TradeIn};
use onething_proto::{
    participant::UndoOutcome,
    public_security::{
        CheckNewVehicleRequest, FindVehicleOfficeRequest, GetVehicleDeregistrationRequest,
        GetVehicleRequest, GetVehicleTransferRequest, IssuePlatesRequest,
        IssueRegisterCertificateRequest, IssueVehicleLicenceRequest, RegisterVehicleRequest,
        RegisterVehicleResponse, RenameVehicleOwnerRequest, ReservePlateRequest,
        ReservePlateResponse, vehicle_service_client::VehicleServiceClient,
    },
};
use tonic::{Code, Status, transport::Channel};

use crate::department::{Department, as_step, refusal, refused, today};

const HOLDERS: Sql =
    Sql::both("SELECT state FROM plate_reservation WHERE plate = $1 ORDER BY reservation_number");
const OWNERS: Sql =
    Sql::both("SELECT owner FROM vehicle_ownership WHERE vin = $1 ORDER BY position");
const STOLEN: Sql =
    Sql::both("INSERT INTO stolen_vehicle (vin, reported_on) VALUES ($1, '2026-01-01')");
const LAPSED: Sql =
    Sql::both("UPDATE plate_reservation SET reserved_until = '2020-01-01' WHERE plate = $1");

fn vehicles(d: &Department) -> VehicleServiceClient<Channel> {
    VehicleServiceClient::new(d.channel.clone())
}

fn bought(d: &Department, index: usize) -> NewVehicle {
    d.population.new_vehicles().nth(index).unwrap()
}

fn traded(d: &Department, mode: &str) -> TradeIn {
    d.population.trade_ins().find(|t| t.mode == mode).unwrap()
}

/// A number for this vehicle at 150302: a random one, or the one that is wanted.
async fn reserve(
    d: &Department,
    new: &NewVehicle,
    wanted: Option<&str>,
    saga: &str,
) -> Result<ReservePlateResponse, Status> {
    let request = ReservePlateRequest {
        owner_id_number: new.buyer_id_number.clone(),
        vin: new.vin.clone(),
        office: "150302".to_owned(),
        new_energy: new.new_energy,
        energy: new.energy.clone(),
        style: if wanted.is_some() {
            "self_made"
        } else {
            "random"
        }
        .to_owned(),
        wanted: wanted.map(str::to_owned),
    };
    let answer = vehicles(d).reserve_plate(as_step(request, saga)).await?;
    Ok(answer.into_inner())
}

fn registration(new: &NewVehicle, reservation: &str) -> RegisterVehicleRequest {
    RegisterVehicleRequest {
        owner_id_number: new.buyer_id_number.clone(),
        vin: new.vin.clone(),
        reservation_number: reservation.to_owned(),
        certificate_number: new.certificate_number.clone(),
        model: new.model.clone(),
        energy: new.energy.clone(),
        displacement_ml: new.displacement_ml,
        origin: "domestic".to_owned(),
        usage: "private".to_owned(),
        invoice_number: new.invoice_number.clone(),
        tax_payment_number: "GZS0000000001".to_owned(),
        tax_paid_on: today().to_string(),
        policy_number: "JQX000000000001".to_owned(),
        insured_from: today().to_string(),
        insured_to: today().saturating_add(364.days()).to_string(),
    }
}

async fn register(
    d: &Department,
    request: RegisterVehicleRequest,
    saga: &str,
) -> Result<RegisterVehicleResponse, Status> {
    let answer = vehicles(d).register_vehicle(as_step(request, saga)).await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_number_has_one_holder_until_it_is_released_or_lapses() {
    for mut d in Department::on_each_database().await {
        let (one, other) = (bought(&d, 0), bought(&d, 2));
        let wanted = Some("蒙CD12345");
        let first = reserve(&d, &one, wanted, "a").await.unwrap();
        assert_eq!(first.plate, "蒙CD12345");
        // A repeat is the same reservation; for anybody else the number is taken.
        assert_eq!(reserve(&d, &one, wanted, "a").await.unwrap(), first);
        let taken = refused(Code::FailedPrecondition, "PLATE_TAKEN", "wanted");
        assert_eq!(refusal(reserve(&d, &other, wanted, "b").await), taken);
        assert_eq!(d.undo("a").await, UndoOutcome::Undone);
        assert!(reserve(&d, &other, wanted, "c").await.is_ok());
        d.write(LAPSED, args!["蒙CD12345"]).await;
        assert!(reserve(&d, &one, wanted, "d").await.is_ok());
        let states = d.texts(HOLDERS, args!["蒙CD12345"]).await;
        assert_eq!(states, ["released", "lapsed", "reserved"]);
        // Undoing what lapsed takes nothing from the one who holds the number now.
        assert_eq!(d.undo("c").await, UndoOutcome::Undone);
        let states = d.texts(HOLDERS, args!["蒙CD12345"]).await;
        assert_eq!(states, ["released", "lapsed", "reserved"]);
    }
}

#[tokio::test]
async fn random_numbers_fit_the_vehicle_and_pass_over_taken_ones() {
    for d in Department::on_each_database().await {
        let (electric, fuel) = (bought(&d, 0), bought(&d, 1));
        let first = reserve(&d, &electric, None, "a").await.unwrap().plate;
        assert!(first.starts_with("蒙CD"), "{first}");
        // The same vehicle in another case: the first choice is taken.
        let second = reserve(&d, &electric, None, "b").await.unwrap().plate;
        assert_ne!(first, second);
        let third = reserve(&d, &fuel, None, "c").await.unwrap().plate;
        assert_eq!(third.chars().count(), 7, "{third}");
        let expected = refused(Code::FailedPrecondition, "PLATE_NOT_ALLOWED", "wanted");
        let answer = reserve(&d, &fuel, Some("蒙CD12345"), "d").await;
        assert_eq!(refusal(answer), expected);
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "wanted");
        assert_eq!(refusal(reserve(&d, &fuel, Some(""), "e").await), expected);
    }
}

#[tokio::test]
async fn a_registration_takes_the_number_and_stands() {
    for mut d in Department::on_each_database().await {
        let new = bought(&d, 0);
        let held = reserve(&d, &new, None, "number").await.unwrap();
        let request = registration(&new, &held.reservation_number);
        let done = register(&d, request.clone(), "a").await.unwrap();
        assert_eq!(register(&d, request.clone(), "a").await.unwrap(), done);
        assert_eq!(d.undo("a").await, UndoOutcome::AlreadyEffective);
        // The number is the vehicle's now, whatever becomes of the reservation.
        assert_eq!(d.undo("number").await, UndoOutcome::Undone);
        assert_eq!(d.texts(HOLDERS, args![&held.plate]).await, ["used"]);
        assert_eq!(
            d.texts(OWNERS, args![&new.vin]).await,
            std::slice::from_ref(&new.buyer_id_number)
        );
        let again = refused(Code::FailedPrecondition, "VIN_ALREADY_REGISTERED", "vin");
        assert_eq!(refusal(register(&d, request, "b").await), again);
        let check = CheckNewVehicleRequest {
            vin: new.vin.clone(),
        };
        assert_eq!(refusal(vehicles(&d).check_new_vehicle(check).await), again);
        assert_eq!(refusal(reserve(&d, &new, None, "c").await), again);
        let request = GetVehicleRequest {
            owner_id_number: new.buyer_id_number.clone(),
            vin: new.vin.clone(),
        };
        let vehicle = vehicles(&d).get_vehicle(request).await.unwrap();
        assert_eq!(vehicle.into_inner().plate, held.plate);
    }
}

#[tokio::test]
async fn every_document_is_issued_once() {
    for d in Department::on_each_database().await {
        let new = bought(&d, 0);
        let held = reserve(&d, &new, None, "number").await.unwrap();
        let request = registration(&new, &held.reservation_number);
        let registration_number = register(&d, request, "a")
            .await
            .unwrap()
            .registration_number;
        let number = || registration_number.clone();
        let mut client = vehicles(&d);
        for saga in ["b", "c"] {
            let request = IssuePlatesRequest {
                registration_number: number(),
            };
            let plates = client.issue_plates(as_step(request, &format!("{saga}-plates")));
            let plates = plates.await.unwrap().into_inner();
            assert_eq!(
                (plates.plates_number.as_str(), plates.fee_fen),
                ("HP0000000001", 10_000)
            );
            let request = IssueVehicleLicenceRequest {
                registration_number: number(),
            };
            let licence = client.issue_vehicle_licence(as_step(request, &format!("{saga}-l")));
            assert_eq!(
                licence.await.unwrap().into_inner().licence_number,
                "XS0000000001"
            );
            let request = IssueRegisterCertificateRequest {
                registration_number: number(),
            };
            let certificate =
                client.issue_register_certificate(as_step(request, &format!("{saga}-c")));
            let certificate = certificate.await.unwrap().into_inner().certificate_number;
            assert_eq!(certificate, "DJZS0000000001");
        }
        let request = RenameVehicleOwnerRequest {
            plate: held.plate,
            credit_code: "91150105YYYY00012D".to_owned(),
            name: "晨曦商贸有限公司".to_owned(),
        };
        let renamed = client.rename_vehicle_owner(as_step(request, "r")).await;
        let certificate = renamed.unwrap().into_inner().certificate_number;
        assert_eq!(certificate, "DJZS0000000002");
        let owners = d.texts(OWNERS, args![&new.vin]).await;
        assert_eq!(owners, [new.buyer_id_number.as_str(), "91150105YYYY00012D"]);
    }
}

#[tokio::test]
async fn what_stands_against_a_registration_has_its_reason() {
    for d in Department::on_each_database().await {
        let (new, stolen) = (bought(&d, 0), bought(&d, 1));
        d.write(STOLEN, args![&stolen.vin]).await;
        let held = reserve(&d, &new, None, "number").await.unwrap();
        let yesterday = today().saturating_sub(1.days()).to_string();
        let tomorrow = today().saturating_add(1.days()).to_string();
        let base = registration(&new, &held.reservation_number);
        let mut sagas = 0;
        let with = |change: &dyn Fn(&mut RegisterVehicleRequest)| {
            let mut request = base.clone();
            change(&mut request);
            request
        };
        for (request, reason) in [
            (with(&|r| r.vin.clone_from(&stolen.vin)), "VEHICLE_STOLEN"),
            (
                with(&|r| r.origin = "imported".to_owned()),
                "INSPECTION_REQUIRED",
            ),
            (
                with(&|r| r.usage = "commercial".to_owned()),
                "INSPECTION_REQUIRED",
            ),
            (
                with(&|r| r.tax_paid_on.clone_from(&tomorrow)),
                "TAX_NOT_SETTLED",
            ),
            (
                with(&|r| r.insured_from.clone_from(&tomorrow)),
                "NOT_INSURED",
            ),
            (
                with(&|r| r.insured_to.clone_from(&yesterday)),
                "NOT_INSURED",
            ),
            (
                with(&|r| r.reservation_number = "YX9999999999".to_owned()),
                "RESERVATION_NOT_FOUND",
            ),
        ] {
            sagas += 1;
            let (_, got, _) = refusal(register(&d, request, &format!("s{sagas}")).await);
            assert_eq!(got, reason);
        }
        let check = CheckNewVehicleRequest {
            vin: stolen.vin.clone(),
        };
        let expected = refused(Code::FailedPrecondition, "VEHICLE_STOLEN", "vin");
        assert_eq!(
            refusal(vehicles(&d).check_new_vehicle(check).await),
            expected
        );
    }
}

#[tokio::test]
async fn the_register_tells_departments_of_old_cars() {
    for d in Department::on_each_database().await {
        let mut client = vehicles(&d);
        let (scrapped, passed_on) = (traded(&d, "scrap"), traded(&d, "replace"));
        let owner = |trade: &TradeIn| trade.new.buyer_id_number.clone();
        let request = GetVehicleRequest {
            owner_id_number: owner(&scrapped),
            vin: scrapped.old.vin.clone(),
        };
        let told = client.get_vehicle(request).await.unwrap().into_inner();
        assert_eq!(told.energy, "gasoline");
        assert_eq!(told.first_registered_on, "2010-03-16");
        assert_eq!(told.owned_since, "2012-03-16");
        let deregistered = |owner: String, vin: &str| GetVehicleDeregistrationRequest {
            owner_id_number: owner,
            vin: vin.to_owned(),
        };
        let request = deregistered(owner(&scrapped), &scrapped.old.vin);
        let told = client.get_vehicle_deregistration(request).await.unwrap();
        let on = scrapped.old.deregistered_on.unwrap().to_string();
        assert_eq!(told.into_inner().deregistered_on, on);
        let transferred = |owner: String, vin: &str| GetVehicleTransferRequest {
            owner_id_number: owner,
            vin: vin.to_owned(),
        };
        let request = transferred(owner(&passed_on), &passed_on.old.vin);
        let told = client.get_vehicle_transfer(request).await.unwrap();
        let on = passed_on.old.transferred_on.unwrap().to_string();
        assert_eq!(told.into_inner().transferred_on, on);

        let request = deregistered(owner(&passed_on), &passed_on.old.vin);
        let answer = client.get_vehicle_deregistration(request).await;
        let expected = refused(Code::FailedPrecondition, "NOT_DEREGISTERED", "vin");
        assert_eq!(refusal(answer), expected);
        let request = transferred(owner(&scrapped), &scrapped.old.vin);
        let answer = client.get_vehicle_transfer(request).await;
        let expected = refused(Code::FailedPrecondition, "NOT_TRANSFERRED", "vin");
        assert_eq!(refusal(answer), expected);
        let request = transferred(owner(&scrapped), &passed_on.old.vin);
        let answer = client.get_vehicle_transfer(request).await;
        let expected = refused(Code::FailedPrecondition, "NOT_OWNER", "owner_id_number");
        assert_eq!(refusal(answer), expected);
        let unknown = bought(&d, 0);
        let request = transferred(owner(&scrapped), &unknown.vin);
        let answer = client.get_vehicle_transfer(request).await;
        let expected = refused(Code::NotFound, "VEHICLE_NOT_FOUND", "vin");
        assert_eq!(refusal(answer), expected);
    }
}

#[tokio::test]
async fn the_office_is_that_of_the_household() {
    for d in Department::on_each_database().await {
        let new = bought(&d, 0);
        let office = |owner_id_number: &str| FindVehicleOfficeRequest {
            owner_id_number: owner_id_number.to_owned(),
        };
        let request = office(&new.buyer_id_number);
        let told = vehicles(&d).find_vehicle_office(request).await.unwrap();
        assert_eq!(told.into_inner().office, new.place);
        let request = office("150302196603159977");
        let answer = vehicles(&d).find_vehicle_office(request).await;
        let expected = refused(
            Code::FailedPrecondition,
            "NO_LOCAL_RESIDENCE",
            "owner_id_number",
        );
        assert_eq!(refusal(answer), expected);
    }
}
