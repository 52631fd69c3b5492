//! What the tables are on both databases.

use onething_db::{Backend, testing::databases, verify_statements};

use super::{MIGRATIONS, appointment, legal_representative, login, person};

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    for test in databases(&[MIGRATIONS]).await {
        let all = [
            person::STATEMENTS,
            legal_representative::STATEMENTS,
            login::STATEMENTS,
            appointment::STATEMENTS,
        ];
        for statements in all {
            let problems = verify_statements(&test.db, statements).await;
            assert!(problems.is_empty(), "{problems:#?}");
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let versions = MIGRATIONS.versions(Backend::Sqlite);
    assert!(!versions.is_empty());
    assert_eq!(versions, MIGRATIONS.versions(Backend::Postgres));
}
