//! Converting individual businesses.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_proto::{
    enterprise_registry::{
        CheckConversionRequest, GetIndividualBusinessRequest, RegisterConversionRequest,
        RegisterConversionResponse, ReissuePermitsRequest,
    },
    participant::Outcome,
};
use tonic::Status;

use crate::{
    changes::{Changes, population, waits},
    registry::{keyed, reason, today},
};

fn request(number: &str, mode: &str) -> RegisterConversionRequest {
    let population = population();
    let sample = population.sample_conversion().unwrap();
    RegisterConversionRequest {
        credit_code: sample.enterprise.credit_code.clone(),
        mode: mode.to_owned(),
        legal_form: sample.legal_form.to_owned(),
        name: sample.name,
        reservation_number: number.to_owned(),
        operator_id_number: sample.legal_representative.id_number.clone(),
        capital_fen: Some(sample.capital_fen),
        partner_id_number: Some(sample.partner.id_number.clone()),
        partner_share_fen: Some(sample.partner_share_fen),
        holders_consent: Some(true),
        ..RegisterConversionRequest::default()
    }
}

async fn register(
    d: &Changes,
    saga: &str,
    request: RegisterConversionRequest,
) -> Result<RegisterConversionResponse, Status> {
    let request = keyed(saga, "convert", request);
    let answer = d.conversions.clone().register_conversion(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn permits(d: &Changes, saga: &str, code: &str, after: &str) -> i64 {
    let request = ReissuePermitsRequest {
        credit_code: code.to_owned(),
        credit_code_after: after.to_owned(),
        name: "乌海市转程商贸有限公司".to_owned(),
    };
    let request = keyed(saga, "permits", request);
    let answer = d.conversions.clone().reissue_permits(request).await;
    answer.unwrap().into_inner().count
}

#[tokio::test]
async fn directly_converted_it_keeps_its_code_that_begins_with_92() {
    for d in Changes::on_each_database().await {
        let population = population();
        let sample = population.sample_conversion().unwrap();
        let code = &sample.enterprise.credit_code;
        let number = d.reserve("s", code, &sample.name).await.unwrap();
        assert!(waits(register(&d, "s", request(&number, "direct")).await));
        assert_eq!(d.approve("s", "convert").await, Outcome::Succeeded);
        let answer: RegisterConversionResponse = d.outcome("s", "convert").await;
        assert!(answer.credit_code_after.starts_with("92"));
        assert_eq!(&answer.credit_code_after, code);
        assert_eq!(answer.founded_on, sample.enterprise.founded_on.to_string());
        assert_eq!(permits(&d, "s", code, code).await, 1);

        // It is a company now, and passes as one.
        let record = d.registry.check(code).await.unwrap();
        assert_eq!(record.name, sample.name);
        let asked = GetIndividualBusinessRequest {
            credit_code: code.clone(),
        };
        let refused = d.conversions.clone().get_individual_business(asked).await;
        assert_eq!(reason(refused), "NOT_INDIVIDUAL_BUSINESS");
        let held = "SELECT id_number FROM shareholder WHERE credit_code = $1";
        assert_eq!(d.registry.column(held, code).await.len(), 2);
    }
}

#[tokio::test]
async fn set_up_anew_it_has_a_code_of_its_own_and_the_business_is_cancelled() {
    for d in Changes::on_each_database().await {
        let population = population();
        let sample = population.sample_conversion().unwrap();
        let code = &sample.enterprise.credit_code;
        let number = d.reserve("s", code, &sample.name).await.unwrap();
        assert!(waits(register(&d, "s", request(&number, "set_up")).await));
        assert_eq!(d.approve("s", "convert").await, Outcome::Succeeded);
        let answer: RegisterConversionResponse = d.outcome("s", "convert").await;
        let after = &answer.credit_code_after;
        assert!(after.starts_with("91150302YYYX"), "{after}");
        assert_eq!(answer.founded_on, today().to_string());
        // Its registrations go on where the business's ended.
        let ended =
            "SELECT CAST(MAX(position) AS TEXT) FROM enterprise_history WHERE credit_code = $1";
        let ended = d.registry.column(ended, code).await[0].parse::<i64>();
        assert_eq!(answer.registration_serial, ended.unwrap() + 1);
        assert_eq!(d.registry.get(code).await.unwrap().status, "cancelled");
        let record = d.registry.get(after).await.unwrap();
        assert_eq!(record.archive_holder, "150302");
        assert_eq!(record.licence_number, answer.licence_number);
        assert_eq!(permits(&d, "s", code, after).await, 1);
        assert_eq!(permits(&d, "t", code, after).await, 0);
        assert_eq!(d.registry.changes(after).await, ["set_up"]);
    }
}

#[tokio::test]
async fn what_stands_in_the_way_is_refused_at_once() {
    for d in Changes::on_each_database().await {
        let population = population();
        let sample = population.sample_conversion().unwrap();
        let code = &sample.enterprise.credit_code;
        let number = d.reserve("s", code, &sample.name).await.unwrap();
        let plan = || request(&number, "direct");
        let cases = [
            (
                "CONSENT_MISSING",
                RegisterConversionRequest {
                    holders_consent: None,
                    ..plan()
                },
            ),
            (
                "FORM_OF_NAME",
                RegisterConversionRequest {
                    legal_form: "partnership".to_owned(),
                    ..plan()
                },
            ),
            (
                "CAPITAL_MISSING",
                RegisterConversionRequest {
                    capital_fen: None,
                    partner_id_number: None,
                    partner_share_fen: None,
                    ..plan()
                },
            ),
            (
                "NOT_INDIVIDUAL_BUSINESS",
                RegisterConversionRequest {
                    credit_code: d.registry.clean(),
                    ..plan()
                },
            ),
            (
                "ADDRESS_OUTSIDE_REGISTRAR",
                RegisterConversionRequest {
                    address: Some("内蒙古自治区包头市青山区团结路1号".to_owned()),
                    ..plan()
                },
            ),
        ];
        for (expected, request) in cases {
            assert_eq!(reason(register(&d, expected, request).await), expected);
        }
        let ask = |consent| CheckConversionRequest {
            credit_code: code.clone(),
            holders_consent: consent,
        };
        let asked = d.conversions.clone().check_conversion(ask(None)).await;
        assert_eq!(reason(asked), "CONSENT_MISSING");
        assert!(
            d.conversions
                .clone()
                .check_conversion(ask(Some(true)))
                .await
                .is_ok()
        );

        // A reservation that is gone by the time of the decision: the approval has no effect.
        assert!(waits(register(&d, "late", plan()).await));
        d.registry.annul("s", "reserve").await;
        assert_eq!(d.approve("late", "convert").await, Outcome::Refused);
        let penalty = "INSERT INTO penalty (decision_number, credit_code, body, class, decided_on, \
                       fine_fen, bill_number, duty_fulfilled, state, changed_at) \
                       SELECT 'p', $1, 'b', 'general', '2026-01-01', 1, 'b', \
                       equity_frozen, 'published', 0 FROM enterprise WHERE credit_code = $1";
        d.registry.change(penalty, code).await;
        assert_eq!(reason(register(&d, "open", plan()).await), "OPEN_PENALTY");
    }
}
