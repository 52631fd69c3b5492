//! What the table is on both databases.

use onething_db::{Backend, testing::databases, verify_statements};

use super::{MIGRATIONS, population, registration, school_area, seat, sequence, student};

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    let statements = [
        population::STATEMENTS,
        registration::STATEMENTS,
        school_area::STATEMENTS,
        seat::STATEMENTS,
        sequence::STATEMENTS,
        student::STATEMENTS,
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
