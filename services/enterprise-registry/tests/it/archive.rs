//! Handing the archive over.

use onething_population::Population;

use crate::registry::{Registry, TARGET, acceptance, invalid_field, reason, today};

/// A release of the clean enterprise.
async fn released(registry: &Registry, code: &str) -> String {
    let lock = registry.lock("s", code, TARGET).await;
    let accepted = registry.accept("s", acceptance(code)).await;
    let (Ok(lock), Ok(accepted)) = (lock, accepted) else {
        panic!("not prepared")
    };
    match registry.release("s", code, &lock, &accepted).await {
        Ok(number) => number,
        Err(status) => panic!("{status}"),
    }
}

#[tokio::test]
async fn the_archive_goes_to_the_destination_with_its_hash_and_pages() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let before = registry.get(&code).await.unwrap();
        let release = released(&registry, &code).await;
        let answer = registry.transfer("s", &code, &release).await.unwrap();
        let number = format!("DA150602-{}-000001", today().year());
        assert_eq!(answer.archive_number, number);
        assert_eq!(answer.sha256, before.archive_sha256);
        let population = Population::generate(40, 1, today());
        let pages: u32 = population.enterprises[0]
            .archive
            .iter()
            .map(|d| d.pages)
            .sum();
        assert_eq!(i64::from(answer.pages), i64::from(pages));

        let after = registry.get(&code).await.unwrap();
        assert_eq!(after.archive_holder, TARGET);
        assert_eq!(after.archive_sha256, before.archive_sha256);
        assert_eq!(after.registrar, before.registrar);
    }
}

#[tokio::test]
async fn documents_that_were_changed_are_noticed() {
    let tampering = [
        "UPDATE archive_document SET content = 'x' WHERE credit_code = $1 AND position = 2",
        "UPDATE archive_document SET pages = pages + 1 WHERE credit_code = $1 AND position = 1",
        "DELETE FROM archive_document WHERE credit_code = $1 AND position = 3",
        "UPDATE archive SET sha256 = '00' WHERE credit_code = $1",
    ];
    for tampered in tampering {
        for registry in Registry::on_each_database().await {
            let code = registry.clean();
            let release = released(&registry, &code).await;
            registry.change(tampered, &code).await;
            let answer = registry.transfer("s", &code, &release).await;
            assert_eq!(reason(answer), "HASH_MISMATCH", "{tampered}");
            let record = registry.get(&code).await.unwrap();
            assert_eq!(record.archive_holder, "150302");
        }
    }
}

#[tokio::test]
async fn without_release_or_archive_nothing_is_handed_over() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let unknown = registry.transfer("u", &code, "QC150302-2000-000001").await;
        assert_eq!(reason(unknown), "NOT_RELEASED");
        let malformed = registry.transfer("m", &code, "").await;
        assert_eq!(invalid_field(malformed), "release_number");

        let release = released(&registry, &code).await;
        let nobody = registry.transfer("n", "91150105YYYY00012D", &release).await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");
        let anothers = registry.transfer("o", &registry.codes[1], &release).await;
        assert_eq!(reason(anothers), "NOT_RELEASED");
        let moved = "UPDATE archive SET holder = '150303' WHERE credit_code = $1";
        registry.change(moved, &code).await;
        let elsewhere = registry.transfer("e", &code, &release).await;
        assert_eq!(reason(elsewhere), "ARCHIVE_MISSING");
        let back = "UPDATE archive SET holder = '150302' WHERE credit_code = $1";
        registry.change(back, &code).await;
        let lost = "DELETE FROM archive_document WHERE credit_code = $1";
        registry.change(lost, &code).await;
        let empty = registry.transfer("l", &code, &release).await;
        assert_eq!(reason(empty), "ARCHIVE_MISSING");
        registry.annul("s", "release").await;
        let cancelled = registry.transfer("c", &code, &release).await;
        assert_eq!(reason(cancelled), "NOT_RELEASED");
    }
}
