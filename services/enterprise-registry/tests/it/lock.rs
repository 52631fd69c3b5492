//! Locking a record.

use crate::registry::{Registry, TARGET, invalid_field, reason, today};

#[tokio::test]
async fn a_lock_is_numbered_and_shown_and_repeats_are_answered_alike() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let number = registry.lock("s", &code, TARGET).await.unwrap();
        assert_eq!(number, format!("QS150302-{}-000001", today().year()));
        assert_eq!(registry.lock("s", &code, TARGET).await.unwrap(), number);
        assert_eq!(registry.get(&code).await.unwrap().lock_number, number);
        assert_eq!(registry.changes(&code).await, ["locked"]);
    }
}

#[tokio::test]
async fn the_target_must_be_another_registrar_of_the_region() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        assert_eq!(
            reason(registry.lock("same", &code, "150302").await),
            "SAME_REGISTRAR"
        );
        for (index, target) in ["", "15060", "999999", "150600", "150000"]
            .into_iter()
            .enumerate()
        {
            let answer = registry.lock(&format!("s{index}"), &code, target).await;
            assert_eq!(invalid_field(answer), "target_registrar", "{target}");
        }
        let nobody = registry.lock("nobody", "91150105YYYY00012D", TARGET).await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");
        assert_eq!(
            invalid_field(registry.lock("bad", "x", TARGET).await),
            "credit_code"
        );
        assert_eq!(registry.get(&code).await.unwrap().lock_number, "");
    }
}

#[tokio::test]
async fn of_two_cases_at_once_one_locks() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let (a, b) = tokio::join!(
            registry.lock("a", &code, TARGET),
            registry.lock("b", &code, TARGET)
        );
        let (locked, refused) = if a.is_ok() { (a, b) } else { (b, a) };
        assert_eq!(reason(refused), "RECORD_LOCKED");
        let record = registry.get(&code).await.unwrap();
        assert_eq!(record.lock_number, locked.unwrap());
    }
}
