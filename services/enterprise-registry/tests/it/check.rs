//! Checking an enterprise and reading its record.

use crate::registry::{Registry, TARGET, invalid_field, reason};

#[tokio::test]
async fn a_clean_enterprise_passes_with_its_data() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let answer = registry.check(&code.to_ascii_lowercase()).await.unwrap();
        let record = registry.get(&code).await.unwrap();
        assert_eq!(
            (answer.name, answer.registrar, answer.address),
            (record.name, record.registrar, record.address)
        );
        assert!(registry.changes(&code).await.is_empty());
    }
}

#[tokio::test]
async fn each_obstacle_refuses_a_check_and_a_lock() {
    let obstacles = [
        (
            "UPDATE enterprise SET status = 'revoked' WHERE credit_code = $1",
            "NOT_ACTIVE",
        ),
        (
            "UPDATE enterprise SET status = 'cancelled' WHERE credit_code = $1",
            "NOT_ACTIVE",
        ),
    ];
    for registry in Registry::on_each_database().await {
        // The population's exceptional enterprises.
        for (index, expected) in [
            (1, "ABNORMAL_LISTED"),
            (2, "SERIOUS_BREACH_LISTED"),
            (3, "EQUITY_FROZEN"),
            (5, "OPEN_CASE"),
        ] {
            let code = &registry.codes[index];
            assert_eq!(reason(registry.check(code).await), expected);
            assert_eq!(
                reason(registry.lock(expected, code, TARGET).await),
                expected
            );
            assert!(registry.changes(code).await.is_empty());
        }
        let code = registry.clean();
        registry.lock("first", &code, TARGET).await.unwrap();
        assert_eq!(reason(registry.check(&code).await), "RECORD_LOCKED");
        assert_eq!(
            reason(registry.lock("second", &code, TARGET).await),
            "RECORD_LOCKED"
        );
        for (case, (change, expected)) in ["a", "b"].into_iter().zip(obstacles) {
            registry.change(change, &code).await;
            assert_eq!(reason(registry.check(&code).await), expected);
            assert_eq!(reason(registry.lock(case, &code, TARGET).await), expected);
        }
    }
}

#[tokio::test]
async fn a_code_of_nobody_is_not_found_and_a_malformed_one_is_invalid() {
    for registry in Registry::on_each_database().await {
        let nobody = "91150105YYYY00012D";
        assert_eq!(reason(registry.check(nobody).await), "ENTERPRISE_NOT_FOUND");
        assert_eq!(reason(registry.get(nobody).await), "ENTERPRISE_NOT_FOUND");
        for malformed in ["", "9115", "91150105YYYY00012E", "91A50105YYYY00012D"] {
            assert_eq!(
                invalid_field(registry.check(malformed).await),
                "credit_code"
            );
            assert_eq!(invalid_field(registry.get(malformed).await), "credit_code");
        }
    }
}
