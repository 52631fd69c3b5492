//! Registering changed items.

use onething_db::{Sql, args};
use onething_proto::{
    enterprise_registry::{
        CheckOfficeEligibilityRequest, GetElectronicLicenceRequest, GetShareholdingRequest,
        RegisterChangeRequest, RegisterChangeResponse,
    },
    participant::{Outcome, UndoOutcome},
};

use crate::{
    changes::{Changes, population, waits},
    registry::{invalid_field, reason, today},
};

const NAME: &str = "乌海市新程商贸有限公司";
const SCOPE: &str = "日用百货销售；互联网销售";

fn request(code: &str) -> RegisterChangeRequest {
    RegisterChangeRequest {
        credit_code: code.to_owned(),
        resolution_date: today().to_string(),
        ..RegisterChangeRequest::default()
    }
}

fn scope(code: &str) -> RegisterChangeRequest {
    RegisterChangeRequest {
        scope: Some(SCOPE.to_owned()),
        ..request(code)
    }
}

#[tokio::test]
async fn name_domicile_and_scope_change_on_the_spot_with_a_new_licence() {
    for d in Changes::on_each_database().await {
        let code = d.registry.clean();
        let number = d.reserve("s", &code, NAME).await.unwrap();
        let address = "内蒙古自治区乌海市海勃湾区人民路7号";
        let change = RegisterChangeRequest {
            name: Some(NAME.to_owned()),
            reservation_number: Some(number),
            address: Some(address.to_owned()),
            premises_right: Some("leased".to_owned()),
            ..scope(&code)
        };
        let first = d.register_change("s", change).await.unwrap();
        assert_eq!(
            (first.name.as_str(), first.address.as_str()),
            (NAME, address)
        );
        assert_eq!(first.credit_code_after, code);
        assert!(first.notice_number.starts_with("BG150302-"));
        let record = d.registry.get(&code).await.unwrap();
        assert_eq!(
            (record.name.as_str(), record.licence_number),
            (NAME, first.licence_number)
        );

        // The next change voids the licence, and a reservation is used once.
        let second = d.register_change("t", scope(&code)).await.unwrap();
        assert!(second.registration_serial > first.registration_serial);
        let states = "SELECT licence_number FROM licence WHERE credit_code = $1 AND \
                      state = 'in_force'";
        assert_eq!(
            d.registry.column(states, &code).await,
            [second.licence_number]
        );
        let undone = d.registry.undo("s", "reserve").await;
        assert_eq!(undone.outcome(), UndoOutcome::Impossible);
        let undone = d.registry.undo("s", "change").await;
        assert_eq!(undone.outcome(), UndoOutcome::AlreadyEffective);
    }
}

#[tokio::test]
async fn an_officer_examines_representative_capital_and_shareholders() {
    for d in Changes::on_each_database().await {
        let population = population();
        let sample = population.sample_change().unwrap();
        let code = sample.enterprise.credit_code.clone();
        let change = RegisterChangeRequest {
            representative_id_number: Some(sample.new_representative.id_number.clone()),
            capital_fen: Some(sample.capital_fen),
            transferor_id_number: Some(sample.legal_representative.id_number.clone()),
            transferee_id_number: Some(sample.transferee.id_number.clone()),
            transferred_fen: Some(sample.transferred_fen),
            ..request(&code)
        };
        assert!(waits(d.register_change("s", change.clone()).await));
        assert!(d.registry.changes(&code).await.is_empty());
        assert_eq!(d.approve("s", "change").await, Outcome::Succeeded);
        let answer: RegisterChangeResponse = d.outcome("s", "change").await;
        let new = &sample.new_representative.id_number;
        assert_eq!(&answer.representative_id_number, new);

        let held = Sql::both(
            "SELECT amount_fen FROM shareholder WHERE credit_code = $1 ORDER BY amount_fen",
        );
        let rows: Vec<(i64,)> = d
            .registry
            .test
            .db
            .fetch_all(held, args![&code])
            .await
            .unwrap();
        let parts: Vec<i64> = rows.into_iter().map(|(part,)| part).collect();
        assert_eq!(parts.iter().sum::<i64>(), sample.capital_fen);
        assert_eq!(parts.len(), 2);

        // The transferor may not sell more than is left; an officer's refusal has no effect.
        let too_much = RegisterChangeRequest {
            transferred_fen: Some(sample.capital_fen),
            ..change.clone()
        };
        assert_eq!(
            reason(d.register_change("x", too_much).await),
            "SHARE_TOO_LARGE"
        );
        assert!(waits(d.register_change("r", change).await));
        let refused = d.dismiss("r", "change", "FORMAL_DEFECT").await;
        assert_eq!(refused, Outcome::Refused);
        assert_eq!(d.registry.changes(&code).await, ["items_changed"]);
    }
}

#[tokio::test]
async fn every_rule_has_its_reason() {
    for d in Changes::on_each_database().await {
        let code = d.registry.clean();
        let population = population();
        let barred = population.disqualifications[0].id_number.clone();
        let minor = population
            .persons
            .iter()
            .find(|person| person.birth_date > today().saturating_sub(jiff::ToSpan::years(17)));
        let minor = minor.unwrap().id_number.clone();
        let stranger = population
            .sample_change()
            .unwrap()
            .transferee
            .id_number
            .clone();
        let old = today().saturating_sub(jiff::ToSpan::days(31)).to_string();
        let tomorrow = today().tomorrow().unwrap().to_string();
        let representative = |number: String| RegisterChangeRequest {
            representative_id_number: Some(number),
            ..request(&code)
        };
        let cases = [
            ("NOTHING_CHANGES", request(&code)),
            (
                "RESOLUTION_TOO_OLD",
                RegisterChangeRequest {
                    resolution_date: old,
                    ..scope(&code)
                },
            ),
            (
                "RESOLUTION_IN_FUTURE",
                RegisterChangeRequest {
                    resolution_date: tomorrow,
                    ..scope(&code)
                },
            ),
            (
                "ADDRESS_OUTSIDE_REGISTRAR",
                RegisterChangeRequest {
                    address: Some("内蒙古自治区包头市青山区团结路1号".to_owned()),
                    premises_right: Some("owned".to_owned()),
                    ..request(&code)
                },
            ),
            (
                "NAME_NOT_RESERVED",
                RegisterChangeRequest {
                    name: Some(NAME.to_owned()),
                    reservation_number: Some("MC150302-2000-000001".to_owned()),
                    ..request(&code)
                },
            ),
            ("DISQUALIFIED", representative(barred.clone())),
            ("UNDERAGE", representative(minor.clone())),
            (
                "SHAREHOLDER_NOT_FOUND",
                RegisterChangeRequest {
                    transferor_id_number: Some(stranger.clone()),
                    transferee_id_number: Some(barred.clone()),
                    transferred_fen: Some(1),
                    ..request(&code)
                },
            ),
            ("ENTERPRISE_NOT_FOUND", scope("91150105YYYY00012D")),
            ("ABNORMAL_LISTED", scope(&d.registry.codes[1])),
            ("SERIOUS_BREACH_LISTED", scope(&d.registry.codes[2])),
            ("EQUITY_FROZEN", scope(&d.registry.codes[3])),
            ("OPEN_CASE", scope(&d.registry.codes[5])),
        ];
        for (expected, request) in cases {
            assert_eq!(reason(d.register_change(expected, request).await), expected);
        }
        assert!(d.registry.changes(&code).await.is_empty());

        let office = |id_number: &str| CheckOfficeEligibilityRequest {
            id_number: id_number.to_owned(),
        };
        let mut changes = d.changes.clone();
        let asked = changes.check_office_eligibility(office(&barred)).await;
        assert_eq!(reason(asked), "DISQUALIFIED");
        let asked = changes.check_office_eligibility(office(&minor)).await;
        assert_eq!(reason(asked), "UNDERAGE");
        let asked = changes.check_office_eligibility(office(&stranger)).await;
        assert!(asked.unwrap().into_inner().eligible);
        assert_eq!(
            invalid_field(changes.check_office_eligibility(office("1")).await),
            "id_number"
        );
    }
}

#[tokio::test]
async fn shares_and_the_electronic_licence_are_shown() {
    for d in Changes::on_each_database().await {
        let population = population();
        let sample = population.sample_change().unwrap();
        let share = |code: &str, id_number: &str| GetShareholdingRequest {
            credit_code: code.to_owned(),
            id_number: id_number.to_owned(),
        };
        let (code, holder) = (
            &sample.enterprise.credit_code,
            &sample.legal_representative.id_number,
        );
        let mut changes = d.changes.clone();
        let held = changes.get_shareholding(share(code, holder)).await.unwrap();
        assert_eq!(held.into_inner().held_fen, sample.enterprise.capital_fen);
        let none = changes
            .get_shareholding(share(code, &sample.transferee.id_number))
            .await;
        assert_eq!(reason(none), "SHAREHOLDER_NOT_FOUND");
        let frozen = changes
            .get_shareholding(share(&d.registry.codes[3], holder))
            .await;
        assert_eq!(reason(frozen), "EQUITY_FROZEN");

        let licence = |code: &str| GetElectronicLicenceRequest {
            credit_code: code.to_owned(),
        };
        let before = changes
            .get_electronic_licence(licence(code))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(before.signature.len(), 64);
        d.register_change(
            "s",
            RegisterChangeRequest {
                address: Some("内蒙古自治区乌海市海勃湾区人民路7号".to_owned()),
                premises_right: Some("owned".to_owned()),
                ..request(code)
            },
        )
        .await
        .unwrap();
        let after = changes
            .get_electronic_licence(licence(code))
            .await
            .unwrap()
            .into_inner();
        assert_ne!(before, after);
        let cancelled = "UPDATE enterprise SET status = 'cancelled' WHERE credit_code = $1";
        d.registry.change(cancelled, code).await;
        let refused = changes.get_electronic_licence(licence(code)).await;
        assert_eq!(reason(refused), "NOT_ACTIVE");
    }
}
