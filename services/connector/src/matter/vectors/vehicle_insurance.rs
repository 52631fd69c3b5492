//! The compulsory insurance of vehicles and the vehicle tax.

use onething_proto::insurance::{InsureVehicleRequest, InsureVehicleResponse};

use super::*;

#[tokio::test]
async fn premium_by_seats_and_tax_by_displacement_and_month() {
    for office in Office::on_each_database().await {
        for (vin, energy, displacement_ml, seats, on, premium, tax) in [
            (
                "L0ZZZ00A8TA000001",
                "gasoline",
                1_498,
                5,
                "2026-01-15",
                950,
                360,
            ),
            (
                "L0ZZZ00AXTA000002",
                "gasoline",
                1_498,
                5,
                "2026-07-01",
                950,
                180,
            ),
            (
                "L0ZZZ00A1SA000002",
                "gasoline",
                1_998,
                7,
                "2026-12-31",
                1_100,
                35,
            ),
            ("1M8GDM9AXKP042788", "electric", 0, 5, "2026-01-15", 950, 0),
        ] {
            let request = InsureVehicleRequest {
                owner_id_number: PERSON.to_owned(),
                vin: vin.to_owned(),
                energy: energy.to_owned(),
                displacement_ml,
                seats,
                insurer: "picc".to_owned(),
            };
            let insure =
                || office.call::<InsureVehicleResponse>("IN", "InsureVehicle", day(on), &request);
            let policy = insure().await.unwrap().answer;
            let got = (policy.premium_fen / 100, policy.vehicle_tax_fen / 100);
            assert_eq!(got, (premium, tax), "{vin}");
            let body = office.body("IN", "policy", &policy.policy_number).await;
            assert_eq!(body["valid_from"], json!(on));
            assert_eq!(insure().await.err().unwrap(), "ALREADY_INSURED");
        }
    }
}
