//! What the table is on both databases.

use onething_db::{Backend, Db, testing::databases, verify_statements};

use super::{MIGRATIONS, Marriage, add_marriages, declaration, guardianship, marriage};

async fn register(db: &Db, certificate_number: &str, husband: &str) {
    let marriage = Marriage {
        certificate_number: certificate_number.to_owned(),
        wife_id_number: "wife".to_owned(),
        husband_id_number: husband.to_owned(),
        registered_on: "2026-01-01".to_owned(),
        region: "150302".to_owned(),
    };
    let mut tx = db.begin().await.unwrap();
    add_marriages(&mut tx, &[marriage]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn nobody_is_registered_in_two_marriages_at_a_time() {
    for test in databases(&[MIGRATIONS]).await {
        register(&test.db, "1", "husband").await;
        register(&test.db, "2", "other").await;
        let seen = super::marriage_of(&test.db, "wife").await.unwrap().unwrap();
        assert_eq!(seen.spouse_id_number, "husband");
        assert!(
            super::marriage_of(&test.db, "other")
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    let statements = [
        declaration::STATEMENTS,
        guardianship::STATEMENTS,
        marriage::STATEMENTS,
    ];
    for test in databases(&[MIGRATIONS]).await {
        let problems = verify_statements(&test.db, &statements.concat()).await;
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let versions = MIGRATIONS.versions(Backend::Sqlite);
    assert!(!versions.is_empty());
    assert_eq!(versions, MIGRATIONS.versions(Backend::Postgres));
}
