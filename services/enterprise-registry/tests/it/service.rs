//! The service as a whole: its statements, its population, suspended matters.

use onething_db::{testing::databases, verify_statements};
use onething_enterprise_registry::{MIGRATIONS, STATEMENTS};
use onething_participant::Suspension;

use crate::registry::{Registry, TARGET, acceptance, reason};

#[tokio::test]
async fn every_statement_is_accepted_by_both_databases() {
    for test in databases(&[MIGRATIONS]).await {
        let problems = verify_statements(&test.db, STATEMENTS).await;
        assert_eq!(problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_population_is_entered_once_with_its_archives() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let record = registry.get(&code).await.unwrap();
        assert_eq!(record.credit_code, code);
        assert_eq!(
            (record.status.as_str(), record.registrar.as_str()),
            ("active", "150302")
        );
        assert_eq!(record.archive_holder, "150302");
        assert_eq!(record.archive_sha256.len(), 64);
        assert_eq!(
            (record.lock_number.as_str(), record.licence_number.as_str()),
            ("", "")
        );

        // A second start finds the register as the first one left it, changes included.
        registry
            .change(
                "UPDATE enterprise SET open_cases = 7 WHERE credit_code = $1",
                &code,
            )
            .await;
        let again = Registry::serve(registry.test.clone(), &[]).await;
        assert_eq!(reason(again.check(&code).await), "OPEN_CASE");
        let all = "SELECT credit_code FROM enterprise WHERE credit_code >= $1";
        assert_eq!(again.column(all, "").await.len(), registry.codes.len());
    }
}

#[tokio::test]
async fn suspended_matters_are_refused_queries_included() {
    const NAME: &str = "onething.enterprise_registry.v1.EnterpriseRegistryService";
    let suspend = |method: &str, step: &str| Suspension {
        method: format!("{NAME}/{method}"),
        step: step.to_owned(),
        note: String::new(),
    };
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let suspended = [
            suspend("CheckEnterprise", ""),
            suspend("LockRecord", "lock"),
        ];
        let closed = Registry::serve(registry.test.clone(), &suspended).await;
        assert_eq!(reason(closed.check(&code).await), "MATTER_SUSPENDED");
        assert_eq!(
            reason(closed.lock("s", &code, TARGET).await),
            "MATTER_SUSPENDED"
        );
        assert!(closed.accept("s", acceptance(&code)).await.is_ok());
        assert_eq!(registry.get(&code).await.unwrap().lock_number, "");
    }
}
