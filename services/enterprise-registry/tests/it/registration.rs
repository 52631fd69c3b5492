//! Registering the move: the point of legal effect.

use onething_proto::{enterprise_registry::AcceptRelocationRequest, participant::UndoOutcome};

use crate::registry::{ADDRESS, Registry, TARGET, acceptance, invalid_field, reason, today};

#[tokio::test]
async fn a_move_changes_registrar_address_and_licence_and_keeps_the_code() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let before = registry.get(&code).await.unwrap();
        let (numbers, registered) = registry.relocate("s", acceptance(&code)).await;
        assert_eq!(registered.credit_code_after, code);
        assert_eq!(
            (registered.registrar.as_str(), registered.address.as_str()),
            (TARGET, ADDRESS)
        );
        let licence = format!("YZ150602-{}-000001", today().year());
        assert_eq!(registered.licence_number, licence);

        let record = registry.get(&code).await.unwrap();
        assert_eq!(record.credit_code, code);
        assert_eq!(
            (record.registrar.as_str(), record.address.as_str()),
            (TARGET, ADDRESS)
        );
        assert_eq!(
            (record.lock_number.as_str(), record.licence_number),
            ("", licence)
        );
        assert_eq!(
            (record.archive_holder.as_str(), record.name),
            (TARGET, before.name)
        );
        assert!(registry.check(&code).await.is_ok());

        // The numbers have served their purpose.
        let answer = registry
            .release("again", &code, &numbers.lock, &numbers.acceptance)
            .await;
        assert_eq!(reason(answer), "RECORD_NOT_LOCKED");
    }
}

#[tokio::test]
async fn a_second_move_voids_the_licence_of_the_first_and_keeps_it() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let (_, first) = registry.relocate("first", acceptance(&code)).await;
        let back = AcceptRelocationRequest {
            target_registrar: "150302".into(),
            target_address: "内蒙古自治区乌海市海勃湾区新华街1号".into(),
            ..acceptance(&code)
        };
        let (numbers, second) = registry.relocate("second", back).await;
        assert_eq!(second.registrar, "150302");
        assert!(second.registration_serial > first.registration_serial);
        assert_eq!(numbers.lock, format!("QS150602-{}-000001", today().year()));
        let states = "SELECT licence_number || ' ' || state FROM licence WHERE credit_code = $1 \
                      ORDER BY state";
        let expected = [
            format!("{} in_force", second.licence_number),
            format!("{} voided", first.licence_number),
        ];
        assert_eq!(registry.column(states, &code).await, expected);
    }
}

#[tokio::test]
async fn each_part_of_the_move_must_be_in_force() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let other = registry.codes[4].clone();
        let others = registry.prepare("other", acceptance(&other)).await;
        let ours = registry.prepare("s", acceptance(&code)).await;
        let refused = [
            (
                "NOT_ACCEPTED",
                "QR150602-2000-000001",
                ours.archive.as_str(),
            ),
            ("NOT_ACCEPTED", &others.acceptance, &ours.archive),
            (
                "ARCHIVE_NOT_HANDED_OVER",
                &ours.acceptance,
                "DA150602-2000-000001",
            ),
            ("ARCHIVE_NOT_HANDED_OVER", &ours.acceptance, &others.archive),
        ];
        for (index, (expected, accepted, archive)) in refused.into_iter().enumerate() {
            let answer = registry
                .register(&format!("r{index}"), &code, accepted, archive)
                .await;
            assert_eq!(reason(answer), expected);
        }
        let nobody = "91150105YYYY00012D";
        let nobody = registry
            .register("n", nobody, &ours.acceptance, &ours.archive)
            .await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");
        let malformed = registry.register("m", &code, &ours.acceptance, "").await;
        assert_eq!(invalid_field(malformed), "archive_number");

        for (step, expected) in [
            ("archive", "ARCHIVE_NOT_HANDED_OVER"),
            ("release", "NOT_RELEASED"),
            ("accept", "NOT_ACCEPTED"),
        ] {
            registry.annul("s", step).await;
            let answer = registry
                .register(step, &code, &ours.acceptance, &ours.archive)
                .await;
            assert_eq!(reason(answer), expected);
        }
        // Without its lock a release lets nobody go.
        registry.annul("other", "lock").await;
        let answer = registry
            .register("l", &other, &others.acceptance, &others.archive)
            .await;
        assert_eq!(reason(answer), "NOT_RELEASED");
        assert_eq!(registry.get(&code).await.unwrap().registrar, "150302");
    }
}

#[tokio::test]
async fn what_came_up_since_the_release_is_checked_again() {
    let changes = [
        (
            "UPDATE enterprise SET equity_frozen = TRUE WHERE credit_code = $1",
            "EQUITY_FROZEN",
        ),
        (
            "UPDATE enterprise SET equity_frozen = FALSE, open_cases = 1 WHERE credit_code = $1",
            "OPEN_CASE",
        ),
        (
            "UPDATE enterprise SET status = 'revoked' WHERE credit_code = $1",
            "NOT_ACCEPTED",
        ),
    ];
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let numbers = registry.prepare("s", acceptance(&code)).await;
        for (change, expected) in changes {
            registry.change(change, &code).await;
            let answer = registry
                .register(expected, &code, &numbers.acceptance, &numbers.archive)
                .await;
            assert_eq!(reason(answer), expected);
        }
        let record = registry.get(&code).await.unwrap();
        assert_eq!(
            (record.registrar.as_str(), record.licence_number.as_str()),
            ("150302", "")
        );
    }
}

#[tokio::test]
async fn after_the_registration_nothing_is_undone() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        registry.relocate("s", acceptance(&code)).await;
        let record = registry.get(&code).await.unwrap();
        let answer = registry.undo("s", "register").await;
        assert_eq!(answer.outcome(), UndoOutcome::AlreadyEffective);
        for step in ["archive", "release", "accept", "lock"] {
            let answer = registry.undo("s", step).await;
            assert_eq!(answer.outcome(), UndoOutcome::Impossible, "{step}");
            assert_eq!(answer.reason, "RELOCATION_REGISTERED");
        }
        assert_eq!(registry.get(&code).await.unwrap(), record);
    }
}
