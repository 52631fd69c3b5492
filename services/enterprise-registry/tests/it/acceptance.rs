//! Accepting a move at the destination.

use jiff::ToSpan;
use onething_proto::enterprise_registry::AcceptRelocationRequest;

use crate::registry::{Registry, acceptance, invalid_field, reason, today};

#[tokio::test]
async fn an_acceptance_is_numbered_by_the_destination() {
    for registry in Registry::on_each_database().await {
        let request = AcceptRelocationRequest {
            resolution_date: today().saturating_sub(29.days()).to_string(),
            ..acceptance(&registry.clean())
        };
        let number = registry.accept("s", request).await.unwrap();
        assert_eq!(number, format!("QR150602-{}-000001", today().year()));
        assert_eq!(registry.changes(&registry.clean()).await, ["accepted"]);
    }
}

#[tokio::test]
async fn each_rule_of_the_review_refuses() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let good = || acceptance(&code);
        let cases = [
            ("ENTERPRISE_NOT_FOUND", acceptance("91150105YYYY00012D")),
            (
                "SAME_REGISTRAR",
                AcceptRelocationRequest {
                    target_registrar: "150302".into(),
                    ..good()
                },
            ),
            (
                "REGISTRAR_UNKNOWN",
                AcceptRelocationRequest {
                    target_registrar: "150600".into(),
                    ..good()
                },
            ),
            (
                "ADDRESS_OUTSIDE_REGISTRAR",
                AcceptRelocationRequest {
                    target_address: "内蒙古自治区乌海市海勃湾区新华街1号".into(),
                    ..good()
                },
            ),
            (
                "RESOLUTION_TOO_OLD",
                AcceptRelocationRequest {
                    resolution_date: today().saturating_sub(31.days()).to_string(),
                    ..good()
                },
            ),
            (
                "RESOLUTION_IN_FUTURE",
                AcceptRelocationRequest {
                    resolution_date: today().saturating_add(2.days()).to_string(),
                    ..good()
                },
            ),
        ];
        for (expected, request) in cases {
            assert_eq!(reason(registry.accept(expected, request).await), expected);
        }
        assert!(registry.changes(&code).await.is_empty());
    }
}

type Spoil = fn(&mut AcceptRelocationRequest);

#[tokio::test]
async fn malformed_fields_are_named() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let cases: [(&str, Spoil); 7] = [
            ("credit_code", |r| r.credit_code.clear()),
            ("target_registrar", |r| r.target_registrar = "Ordos".into()),
            ("target_address", |r| r.target_address.clear()),
            ("premises_right", |r| r.premises_right = "stolen".into()),
            ("premises_right", |r| r.premises_right.clear()),
            ("resolution_date", |r| {
                r.resolution_date = "2026-02-30".into()
            }),
            ("resolution_date", |r| {
                r.resolution_date = "yesterday".into()
            }),
        ];
        for (index, (field, spoil)) in cases.into_iter().enumerate() {
            let mut request = acceptance(&code);
            spoil(&mut request);
            let answer = registry.accept(&format!("s{index}"), request).await;
            assert_eq!(invalid_field(answer), field);
        }
        assert!(registry.changes(&code).await.is_empty());
    }
}

#[tokio::test]
async fn a_name_is_free_until_it_is_reserved_or_borne_in_the_destinations_city() {
    const SAME_NAME: &str = "UPDATE enterprise SET name = 'ORDOS' WHERE credit_code = $1";
    for registry in Registry::on_each_database().await {
        let (code, other) = (registry.clean(), registry.codes[1].clone());
        registry.change(SAME_NAME, &code).await;
        registry.change(SAME_NAME, &other).await;

        // Both are in another city, so the first to be accepted has the name.
        registry.accept("a", acceptance(&other)).await.unwrap();
        assert_eq!(
            reason(registry.accept("b", acceptance(&code)).await),
            "NAME_TAKEN"
        );
        let elsewhere = AcceptRelocationRequest {
            target_registrar: "150102".into(),
            target_address: "呼和浩特市新城区新华街1号".into(),
            ..acceptance(&code)
        };
        registry.accept("c", elsewhere).await.unwrap();

        // Freed by the undo, then borne by an enterprise of a neighbouring county.
        registry.annul("a", "accept").await;
        let there = "UPDATE enterprise SET registrar = '150603' WHERE credit_code = $1";
        registry.change(there, &other).await;
        assert_eq!(
            reason(registry.accept("d", acceptance(&code)).await),
            "NAME_TAKEN"
        );
        let gone = "UPDATE enterprise SET status = 'cancelled' WHERE credit_code = $1";
        registry.change(gone, &other).await;
        registry.accept("e", acceptance(&code)).await.unwrap();
    }
}

#[tokio::test]
async fn of_two_enterprises_of_one_name_at_once_one_is_accepted() {
    const SAME_NAME: &str = "UPDATE enterprise SET name = 'ORDOS' WHERE credit_code = $1";
    for registry in Registry::on_each_database().await {
        let (code, other) = (registry.clean(), registry.codes[1].clone());
        registry.change(SAME_NAME, &code).await;
        registry.change(SAME_NAME, &other).await;
        let (a, b) = tokio::join!(
            registry.accept("a", acceptance(&code)),
            registry.accept("b", acceptance(&other))
        );
        assert!(a.is_ok() != b.is_ok());
        let refused = if a.is_ok() { b } else { a };
        assert_eq!(reason(refused), "NAME_TAKEN");
    }
}

#[tokio::test]
async fn an_enterprise_may_move_within_its_city_under_its_name() {
    for registry in Registry::on_each_database().await {
        let request = AcceptRelocationRequest {
            target_registrar: "150303".into(),
            target_address: "乌海市海南区新华街1号".into(),
            ..acceptance(&registry.clean())
        };
        assert!(registry.accept("s", request).await.is_ok());
    }
}
