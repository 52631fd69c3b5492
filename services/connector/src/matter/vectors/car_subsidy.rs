//! The subsidy for trading in a car.

use onething_proto::commerce::{ReserveCarSubsidyRequest, ReserveCarSubsidyResponse};

use super::*;

fn request() -> ReserveCarSubsidyRequest {
    ReserveCarSubsidyRequest {
        applicant_id_number: PERSON.to_owned(),
        mode: "scrap".to_owned(),
        old_vin: "L0ZZZ00A8TA000001".to_owned(),
        old_energy: "gasoline".to_owned(),
        old_first_registered_on: "2012-06-30".to_owned(),
        old_owned_since: "2025-01-08".to_owned(),
        old_deregistered_on: Some("2025-05-01".to_owned()),
        recycling_certificate_number: Some("BF150000000001".to_owned()),
        old_transferred_on: None,
        new_vin: "L0ZZZ00AXTA000002".to_owned(),
        new_energy: true,
        displacement_ml: 0,
        new_registered_on: "2025-05-20".to_owned(),
        invoice_number: "2600000001".to_owned(),
        invoice_issued_on: "2025-05-18".to_owned(),
        invoice_place: "150302".to_owned(),
        invoice_total_fen: 12_000_000,
    }
}

/// A passed-on car instead.
fn replaced() -> ReserveCarSubsidyRequest {
    ReserveCarSubsidyRequest {
        mode: "replace".to_owned(),
        old_deregistered_on: None,
        recycling_certificate_number: None,
        old_transferred_on: Some("2025-05-01".to_owned()),
        old_first_registered_on: "2020-01-01".to_owned(),
        ..request()
    }
}

/// The same car, bought in 2026.
fn in_2026(request: ReserveCarSubsidyRequest) -> ReserveCarSubsidyRequest {
    ReserveCarSubsidyRequest {
        invoice_issued_on: "2026-05-18".to_owned(),
        new_registered_on: "2026-05-20".to_owned(),
        ..request
    }
}

async fn reserve(
    office: &Office,
    request: &ReserveCarSubsidyRequest,
) -> Result<Done<ReserveCarSubsidyResponse>, String> {
    let on = day("2026-06-01");
    office.call("CO", "ReserveCarSubsidy", on, request).await
}

async fn with_budgets() -> Vec<Office> {
    let offices = Office::on_each_database().await;
    for office in &offices {
        for year in ["2025", "2026"] {
            let budget = json!({ "total_fen": 2_000_000, "reserved_fen": 0 });
            office
                .put("CO", "budget", &format!("car/{year}"), budget)
                .await;
        }
    }
    offices
}

#[tokio::test]
async fn sums_by_rule_set() {
    let fuel = |request| ReserveCarSubsidyRequest {
        new_energy: false,
        displacement_ml: 2_000,
        ..request
    };
    let priced = |yuan: i64, request| ReserveCarSubsidyRequest {
        invoice_total_fen: yuan * 100,
        ..request
    };
    for office in with_budgets().await {
        for (request, yuan, rule_set) in [
            (request(), 20_000, "2025-scrap"),
            (fuel(request()), 15_000, "2025-scrap"),
            (replaced(), 15_000, "2025-replace"),
            (fuel(replaced()), 13_000, "2025-replace"),
            (in_2026(priced(120_000, request())), 14_400, "2026-scrap"),
            (in_2026(priced(300_000, request())), 20_000, "2026-scrap"),
            (
                in_2026(fuel(priced(120_000, request()))),
                12_000,
                "2026-scrap",
            ),
            (
                in_2026(fuel(priced(200_000, request()))),
                15_000,
                "2026-scrap",
            ),
            (in_2026(priced(120_000, replaced())), 9_600, "2026-replace"),
            (in_2026(priced(200_000, replaced())), 15_000, "2026-replace"),
            (
                in_2026(fuel(priced(120_000, replaced()))),
                7_200,
                "2026-replace",
            ),
            (
                in_2026(fuel(priced(300_000, replaced()))),
                13_000,
                "2026-replace",
            ),
        ] {
            let done = reserve(&office, &request).await.unwrap();
            let answer = &done.answer;
            assert_eq!(answer.amount_fen, yuan * 100, "{request:?}");
            assert_eq!(answer.rule_set, rule_set);
            office.undo("CO", "ReserveCarSubsidy", done.record).await;
        }
    }
}

#[tokio::test]
async fn every_rule_has_its_reason() {
    let no = |change: fn(&mut ReserveCarSubsidyRequest)| {
        let mut request = request();
        change(&mut request);
        request
    };
    for office in with_budgets().await {
        for (request, reason) in [
            (
                no(|r| r.invoice_issued_on = "2024-12-31".to_owned()),
                "OUTSIDE_PERIOD",
            ),
            (
                no(|r| r.invoice_place = "110101".to_owned()),
                "INVALID_INPUT",
            ),
            (
                no(|r| r.old_first_registered_on = "2012-07-01".to_owned()),
                "OLD_CAR_NOT_ELIGIBLE",
            ),
            (
                no(|r| r.old_owned_since = "2025-01-09".to_owned()),
                "OWNED_TOO_SHORT",
            ),
            (no(|r| r.old_deregistered_on = None), "OLD_CAR_NOT_DISPOSED"),
            (
                no(|r| r.recycling_certificate_number = None),
                "OLD_CAR_NOT_DISPOSED",
            ),
            (
                no(|r| r.mode = "replace".to_owned()),
                "OLD_CAR_NOT_DISPOSED",
            ),
            (
                no(|r| {
                    r.new_energy = false;
                    r.displacement_ml = 2_001;
                }),
                "NEW_CAR_NOT_ELIGIBLE",
            ),
            (
                no(|r| r.new_registered_on = "2024-12-31".to_owned()),
                "NEW_CAR_NOT_ELIGIBLE",
            ),
        ] {
            let refused = reserve(&office, &request).await.err().unwrap();
            assert_eq!(refused, reason, "{request:?}");
        }
        for (energy, last, next) in [
            ("diesel", "2014-06-30", "2014-07-01"),
            ("electric", "2018-12-31", "2019-01-01"),
        ] {
            let mut request = request();
            request.old_energy = energy.to_owned();
            request.old_first_registered_on = last.to_owned();
            let done = reserve(&office, &request).await.unwrap();
            office.undo("CO", "ReserveCarSubsidy", done.record).await;
            request.old_first_registered_on = next.to_owned();
            let refused = reserve(&office, &request).await.err().unwrap();
            assert_eq!(refused, "OLD_CAR_NOT_ELIGIBLE");
        }
    }
}

#[tokio::test]
async fn one_subsidy_a_person_a_year_and_each_car_once() {
    for office in with_budgets().await {
        let first = reserve(&office, &replaced()).await.unwrap();
        let again = ReserveCarSubsidyRequest {
            old_vin: "1M8GDM9AXKP042788".to_owned(),
            new_vin: "L0ZZZ00A1SA000002".to_owned(),
            ..replaced()
        };
        let granted = "SUBSIDY_ALREADY_GRANTED";
        assert_eq!(reserve(&office, &again).await.err().unwrap(), granted);
        // Another person with the same old or new car, and the same person in another year.
        let other = |request| ReserveCarSubsidyRequest {
            applicant_id_number: OTHER.to_owned(),
            ..request
        };
        let same_new = ReserveCarSubsidyRequest {
            old_vin: again.old_vin.clone(),
            ..other(replaced())
        };
        let same_old = ReserveCarSubsidyRequest {
            new_vin: again.new_vin.clone(),
            ..other(replaced())
        };
        assert_eq!(reserve(&office, &same_new).await.err().unwrap(), granted);
        assert_eq!(reserve(&office, &same_old).await.err().unwrap(), granted);
        assert!(reserve(&office, &in_2026(again.clone())).await.is_ok());
        office.undo("CO", "ReserveCarSubsidy", first.record).await;
        assert!(reserve(&office, &other(replaced())).await.is_ok());
    }
}

#[tokio::test]
async fn a_budget_is_given_back_whatever_others_took_since() {
    for office in with_budgets().await {
        let first = reserve(&office, &fuel_for(PERSON, 0)).await;
        let first = first.unwrap();
        // 15,000 of 20,000 yuan are reserved: there is not enough for another.
        let second = fuel_for(OTHER, 1);
        let refused = reserve(&office, &second).await.err().unwrap();
        assert_eq!(refused, "BUDGET_EXHAUSTED");
        let cheap = ReserveCarSubsidyRequest {
            invoice_total_fen: 1_000_000,
            ..in_2026(second)
        };
        let one = reserve(&office, &cheap).await.unwrap();
        let two = ReserveCarSubsidyRequest {
            applicant_id_number: PERSON.to_owned(),
            old_vin: "L0ZZZ00A8TA000001".to_owned(),
            new_vin: "L0ZZZ00AXTA000002".to_owned(),
            ..cheap.clone()
        };
        office.undo("CO", "ReserveCarSubsidy", first.record).await;
        reserve(&office, &two).await.unwrap();
        office.undo("CO", "ReserveCarSubsidy", one.record).await;
        let budget = office.body("CO", "budget", "car/2026").await;
        assert_eq!(budget["reserved_fen"], json!(100_000));
        let budget = office.body("CO", "budget", "car/2025").await;
        assert_eq!(budget["reserved_fen"], json!(0));
    }
}

/// A scrapped car for a fuel one.
fn fuel_for(person: &str, car: usize) -> ReserveCarSubsidyRequest {
    let vins = [
        ("L0ZZZ00A8TA000001", "L0ZZZ00AXTA000002"),
        ("L0ZZZ00A1SA000002", "1M8GDM9AXKP042788"),
    ];
    ReserveCarSubsidyRequest {
        applicant_id_number: person.to_owned(),
        old_vin: vins[car].0.to_owned(),
        new_vin: vins[car].1.to_owned(),
        new_energy: false,
        displacement_ml: 1_498,
        ..request()
    }
}
