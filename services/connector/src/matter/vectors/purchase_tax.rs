//! The purchase tax of vehicles.

use onething_proto::tax::{PayVehicleTaxRequest, PayVehicleTaxResponse};

use super::*;

const VIN: &str = "L0ZZZ00A8TA000001";

/// What is paid and saved for a car of this price, in yuan, invoiced on a day.
async fn tax(office: &Office, price: i64, new_energy: bool, on: &str) -> (i64, i64) {
    let number = format!("26{price:010}{on}{new_energy}");
    let invoice = json!({
        "buyer_id_number": PERSON, "vin": VIN, "issued_on": on,
        "price_fen": price * 100, "total_fen": price * 113, "place": "150302", "void": false,
    });
    office.put("TX", "vehicle_invoice", &number, invoice).await;
    let request = PayVehicleTaxRequest {
        owner_id_number: PERSON.to_owned(),
        vin: VIN.to_owned(),
        invoice_number: number,
        new_energy,
    };
    let paid: Done<PayVehicleTaxResponse> = office
        .call("TX", "PayVehicleTax", day("2026-06-01"), &request)
        .await
        .unwrap();
    (paid.answer.amount_fen / 100, paid.answer.relief_fen / 100)
}

#[tokio::test]
async fn ten_percent_less_the_relief_of_the_invoices_day() {
    for office in Office::on_each_database().await {
        for (price, new_energy, on, paid, saved) in [
            (100_000, false, "2026-05-26", 10_000, 0),
            // 2024 and 2025: exempted up to 30,000 yuan of tax.
            (200_000, true, "2025-12-31", 0, 20_000),
            (300_000, true, "2024-01-01", 0, 30_000),
            (400_000, true, "2025-06-01", 10_000, 30_000),
            // 2026 and 2027: half, at most 15,000 yuan.
            (200_000, true, "2026-01-01", 10_000, 10_000),
            (300_000, true, "2027-12-31", 15_000, 15_000),
            (400_000, true, "2026-05-26", 25_000, 15_000),
            // Afterwards nothing was announced.
            (200_000, true, "2028-01-01", 20_000, 0),
        ] {
            let got = tax(&office, price, new_energy, on).await;
            assert_eq!(got, (paid, saved), "{price} {new_energy} {on}");
        }
    }
}

#[tokio::test]
async fn tax_is_settled_once_and_a_refund_opens_the_invoice_again() {
    for office in Office::on_each_database().await {
        let invoice = json!({
            "buyer_id_number": PERSON, "vin": VIN, "issued_on": "2026-05-26",
            "price_fen": 10_000_000, "total_fen": 11_300_000, "place": "150302", "void": false,
        });
        office
            .put("TX", "vehicle_invoice", "2600000001", invoice)
            .await;
        let request = PayVehicleTaxRequest {
            owner_id_number: PERSON.to_owned(),
            vin: VIN.to_owned(),
            invoice_number: "2600000001".to_owned(),
            new_energy: false,
        };
        let on = day("2026-06-01");
        let pay = || office.call::<PayVehicleTaxResponse>("TX", "PayVehicleTax", on, &request);
        let first = pay().await.unwrap();
        assert_eq!(pay().await.err().unwrap(), "TAX_ALREADY_SETTLED");
        office.undo("TX", "PayVehicleTax", first.record).await;
        assert!(pay().await.is_ok());
    }
}
