//! The origin's release.

use onething_proto::enterprise_registry::AcceptRelocationRequest;

use crate::registry::{Registry, TARGET, acceptance, invalid_field, reason, today};

#[tokio::test]
async fn a_release_needs_lock_and_acceptance_of_the_same_move_in_force() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        // The exceptional one that only owes tax, which is the tax office's to say.
        let other = registry.codes[4].clone();
        let lock = registry.lock("s", &code, TARGET).await.unwrap();
        let accepted = registry.accept("s", acceptance(&code)).await.unwrap();
        let elsewhere = AcceptRelocationRequest {
            target_registrar: "150102".into(),
            target_address: "呼和浩特市新城区新华街1号".into(),
            ..acceptance(&code)
        };
        let elsewhere = registry.accept("elsewhere", elsewhere).await.unwrap();
        let others_lock = registry.lock("other", &other, TARGET).await.unwrap();
        let others = registry.accept("other", acceptance(&other)).await.unwrap();

        let refused = [
            (
                "RECORD_NOT_LOCKED",
                "QS000000-2000-000001",
                accepted.as_str(),
            ),
            ("RECORD_NOT_LOCKED", &others_lock, &accepted),
            ("NOT_ACCEPTED", &lock, "QR000000-2000-000001"),
            ("NOT_ACCEPTED", &lock, &others),
            ("NOT_ACCEPTED", &lock, &elsewhere),
        ];
        for (index, (expected, lock, accepted)) in refused.into_iter().enumerate() {
            let answer = registry
                .release(&format!("r{index}"), &code, lock, accepted)
                .await;
            assert_eq!(reason(answer), expected);
        }
        let nobody = registry
            .release("n", "91150105YYYY00012D", &lock, &accepted)
            .await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");
        let malformed = registry.release("m", &code, "", &accepted).await;
        assert_eq!(invalid_field(malformed), "lock_number");

        let number = registry
            .release("s", &code, &lock, &accepted)
            .await
            .unwrap();
        assert_eq!(number, format!("QC150302-{}-000001", today().year()));
        let again = registry.release("again", &code, &lock, &accepted).await;
        assert_eq!(reason(again), "OPEN_CASE");

        // Once the other one's parts are undone, they are in force no more.
        registry.annul("other", "lock").await;
        let unlocked = registry.release("u", &other, &others_lock, &others).await;
        assert_eq!(reason(unlocked), "RECORD_NOT_LOCKED");
        let relocked = registry.lock("other again", &other, TARGET).await.unwrap();
        registry.annul("other", "accept").await;
        let cancelled = registry.release("v", &other, &relocked, &others).await;
        assert_eq!(reason(cancelled), "NOT_ACCEPTED");
    }
}

#[tokio::test]
async fn an_open_case_holds_the_release_back() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let lock = registry.lock("s", &code, TARGET).await.unwrap();
        let accepted = registry.accept("s", acceptance(&code)).await.unwrap();
        let open = "UPDATE enterprise SET open_cases = 1 WHERE credit_code = $1";
        registry.change(open, &code).await;
        let answer = registry.release("s", &code, &lock, &accepted).await;
        assert_eq!(reason(answer), "OPEN_CASE");
    }
}
