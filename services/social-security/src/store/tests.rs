//! What the tables are on both databases.

use onething_db::{Backend, testing::databases, verify_statements};

use super::{
    MIGRATIONS, card, enrolment, insured_region, maternity, person, population, retirement,
    sequence, unit, unit_information,
};

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    let statements = [
        card::STATEMENTS,
        enrolment::STATEMENTS,
        insured_region::STATEMENTS,
        maternity::STATEMENTS,
        person::STATEMENTS,
        population::STATEMENTS,
        retirement::STATEMENTS,
        sequence::STATEMENTS,
        unit::STATEMENTS,
        unit_information::STATEMENTS,
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
