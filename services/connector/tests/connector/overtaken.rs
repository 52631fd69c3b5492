//! Follow-ups of an enterprise's registrations at tax, housing fund and bank, in any order: the last
//! registration counts.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_proto::{
    bank::{NoticeRelocationRequest, UpdateBasicAccountRequest, UpdateBasicAccountResponse},
    housing_fund::{TransferUnitRequest, UpdateUnitRequest},
    participant::{
        DecideRequest, GetOutcomeRequest, StepKey, UndoOutcome, Verdict,
        review_service_client::ReviewServiceClient,
    },
    tax::{TransferJurisdictionRequest, UpdateRegistrationRequest},
};
use prost_reflect::prost::Message;
use serde_json::Value;

use crate::running::{Served, step};

/// A first registration, and one that was made after it.
const FIRST: (&str, i64) = ("150602", 5);
const SECOND: (&str, i64) = ("150105", 9);

/// Two enterprises, to be told of in each order; the sequence of tellings, with what is overtaken.
async fn orders(served: &Served) -> [(String, [((&'static str, i64), bool); 3]); 2] {
    let enterprises = &served.population.enterprises;
    let code = |index: usize| enterprises[index].credit_code.clone();
    [
        (code(0), [(FIRST, false), (SECOND, false), (SECOND, false)]),
        (code(1), [(SECOND, false), (FIRST, true), (FIRST, true)]),
    ]
}

async fn record(served: &Served, department: &str, kind: &str, key: &str) -> Value {
    served.record(department, kind, key).await.unwrap().2
}

async fn stands(served: &Served, saga: &str) {
    let undone = served.undo(saga, "step").await;
    assert_eq!(undone.outcome(), UndoOutcome::AlreadyEffective);
}

#[tokio::test]
async fn the_tax_office_is_that_of_the_last_registration() {
    for served in Served::on_both(&[]).await {
        let mut tax = served.tax();
        for (code, told) in orders(&served).await {
            for (index, ((registrar, serial), overtaken)) in told.into_iter().enumerate() {
                let request = TransferJurisdictionRequest {
                    credit_code: code.clone(),
                    registrar: registrar.to_owned(),
                    registration_serial: Some(serial),
                };
                let saga = format!("{code}-{index}");
                let answer = tax.transfer_jurisdiction(step(&saga, "step", request.clone()));
                let answer = answer.await.unwrap().into_inner();
                assert_eq!(answer.overtaken, Some(overtaken));
                let repeat = tax.transfer_jurisdiction(step(&saga, "step", request));
                assert_eq!(repeat.await.unwrap().into_inner(), answer);
                let entry = record(&served, "TX", "transfer", &answer.transfer_number).await;
                assert_eq!(entry["overtaken"], overtaken);
                assert_eq!(entry["to_office"], registrar);
                stands(&served, &saga).await;
            }
            let taxpayer = record(&served, "TX", "taxpayer", &code).await;
            assert_eq!(taxpayer["office"], SECOND.0);
            assert_eq!(taxpayer["office_serial"], SECOND.1);
        }
    }
}

#[tokio::test]
async fn the_taxpayers_data_are_those_of_the_last_registration() {
    for served in Served::on_both(&[]).await {
        let mut tax = served.tax();
        for (code, told) in orders(&served).await {
            for (index, ((name, serial), overtaken)) in told.into_iter().enumerate() {
                let request = UpdateRegistrationRequest {
                    credit_code: code.clone(),
                    credit_code_after: code.clone(),
                    name: name.to_owned(),
                    address: format!("{name}号"),
                    registration_serial: Some(serial),
                };
                let saga = format!("{code}-{index}");
                let answer = tax.update_registration(step(&saga, "step", request));
                let answer = answer.await.unwrap().into_inner();
                assert_eq!(answer.overtaken, Some(overtaken));
                let number = &answer.change_number;
                let entry = record(&served, "TX", "registration_change", number).await;
                assert_eq!(
                    (&entry["name"], &entry["overtaken"]),
                    (&name.into(), &overtaken.into())
                );
                stands(&served, &saga).await;
            }
            let taxpayer = record(&served, "TX", "taxpayer", &code).await;
            assert_eq!(taxpayer["name"], SECOND.0);
            assert_eq!(taxpayer["address"], format!("{}号", SECOND.0));
            // The office follows moves alone.
            assert_eq!(taxpayer["office_serial"], Value::Null);
        }
    }
}

#[tokio::test]
async fn the_housing_fund_unit_is_where_the_last_registration_has_it() {
    for served in Served::on_both(&[]).await {
        let mut fund = served.housing_fund();
        for (code, told) in orders(&served).await {
            let mut number = String::new();
            for (index, ((registrar, serial), overtaken)) in told.into_iter().enumerate() {
                let request = TransferUnitRequest {
                    credit_code: code.clone(),
                    registrar: registrar.to_owned(),
                    registration_serial: Some(serial),
                };
                let saga = format!("{code}-{index}");
                let answer = fund.transfer_unit(step(&saga, "step", request));
                let answer = answer.await.unwrap().into_inner();
                assert_eq!(answer.overtaken, Some(overtaken));
                assert_eq!(answer.unit_number == number, overtaken);
                number = answer.unit_number;
                stands(&served, &saga).await;

                let request = UpdateUnitRequest {
                    credit_code: code.clone(),
                    credit_code_after: code.clone(),
                    name: registrar.to_owned(),
                    address: registrar.to_owned(),
                    registration_serial: Some(serial),
                };
                let saga = format!("{code}-data-{index}");
                let answer = fund.update_unit(step(&saga, "step", request));
                let answer = answer.await.unwrap().into_inner();
                assert_eq!(
                    (answer.unit_number, answer.overtaken),
                    (number.clone(), Some(overtaken))
                );
                stands(&served, &saga).await;
            }
            let unit = record(&served, "HF", "unit", &code).await;
            assert_eq!(
                (&unit["centre"], &unit["name"]),
                (&SECOND.0.into(), &SECOND.0.into())
            );
            assert_eq!(unit["unit_number"], number);
        }
    }
}

/// Approves what waits for the bank's officer, and gives the answer.
async fn approve(served: &Served, saga: &str) -> UpdateBasicAccountResponse {
    let key = StepKey {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: "step".to_owned(),
        item: String::new(),
        round: 1,
    };
    let request = DecideRequest {
        key: Some(key.clone()),
        verdict: Verdict::Approve.into(),
        officer: "temur".to_owned(),
        ..DecideRequest::default()
    };
    let mut reviews = ReviewServiceClient::new(served.channel());
    reviews.decide(request).await.unwrap();
    let request = GetOutcomeRequest {
        key: Some(key),
        epoch: 1,
    };
    let outcome = served.participant().get_outcome(request).await.unwrap();
    UpdateBasicAccountResponse::decode(outcome.into_inner().response).unwrap()
}

/// What a registration makes of an account, once the officer approves it.
async fn apply(served: &Served, code: &str, name: &str, serial: i64) {
    let request = UpdateBasicAccountRequest {
        credit_code: code.to_owned(),
        credit_code_after: code.to_owned(),
        name: name.to_owned(),
        address: name.to_owned(),
        representative_id_number: String::new(),
        registration_serial: Some(serial),
    };
    let request = step(name, "step", request);
    // The officer decides later.
    assert!(served.bank().update_basic_account(request).await.is_err());
}

async fn notice(served: &Served, code: &str, address: &str, serial: i64) -> bool {
    let request = NoticeRelocationRequest {
        credit_code: code.to_owned(),
        address: address.to_owned(),
        registration_serial: Some(serial),
    };
    let request = step(address, "step", request);
    let answer = served.bank().notice_relocation(request).await.unwrap();
    answer.into_inner().overtaken.unwrap()
}

#[tokio::test]
async fn what_a_bank_examines_for_days_takes_back_no_later_registration() {
    for served in Served::on_both(&[("REVIEWS__OPEN", "true")]).await {
        let code = served.population.enterprises[0].credit_code.clone();
        let told = async || {
            let account = record(&served, "BK", "account", &code).await;
            let text = |name: &str| account[name].as_str().unwrap().to_owned();
            (text("holder_name"), text("address"))
        };
        apply(&served, &code, "first", 5).await;
        assert!(!notice(&served, &code, "moved", 6).await);
        assert_eq!(approve(&served, "first").await.overtaken, Some(false));
        // The name is the first registration's, the address that of the move since.
        assert_eq!(told().await, ("first".into(), "moved".into()));

        apply(&served, &code, "second", 7).await;
        apply(&served, &code, "third", 9).await;
        assert_eq!(approve(&served, "third").await.overtaken, Some(false));
        let late = approve(&served, "second").await;
        assert_eq!(late.overtaken, Some(true));
        let entry = record(&served, "BK", "holder_change", &late.notice_number).await;
        assert_eq!(
            (&entry["holder_name"], &entry["overtaken"]),
            (&"second".into(), &true.into())
        );
        assert!(notice(&served, &code, "late", 8).await);
        for saga in ["second", "third", "late"] {
            stands(&served, saga).await;
        }
        assert_eq!(told().await, ("third".into(), "third".into()));
    }
}
