//! What the tables are on both databases.

use onething_db::{Backend, Sql, args, testing::databases, verify_statements};

use super::{
    MIGRATIONS, birth, household, issuance, parentage, plate, population, relocation, resident,
    seal, seal_replacement, sequence, vehicle, vehicle_population,
};

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    let statements = [
        birth::STATEMENTS,
        household::STATEMENTS,
        issuance::STATEMENTS,
        plate::STATEMENTS,
        parentage::STATEMENTS,
        population::STATEMENTS,
        relocation::STATEMENTS,
        resident::STATEMENTS,
        seal::STATEMENTS,
        seal_replacement::STATEMENTS,
        sequence::STATEMENTS,
        vehicle::STATEMENTS,
        vehicle_population::STATEMENTS,
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

#[tokio::test]
async fn an_issued_number_can_be_neither_deleted_nor_changed_nor_issued_again() {
    const DELETE: Sql = Sql::both("DELETE FROM issued_number WHERE id_number = $1");
    const CHANGE: Sql = Sql::both("UPDATE issued_number SET id_number = 'x' WHERE id_number = $1");
    const NUMBER: &str = "159901202611200019";
    for test in databases(&[MIGRATIONS]).await {
        let mut tx = test.db.begin().await.unwrap();
        issuance::record(&mut tx, NUMBER, 1).await.unwrap();
        tx.commit().await.unwrap();
        for sql in [DELETE, CHANGE] {
            let mut tx = test.db.begin().await.unwrap();
            tx.execute(sql, args![NUMBER]).await.unwrap_err();
        }
        let mut tx = test.db.begin().await.unwrap();
        assert!(issuance::taken(&mut tx, NUMBER).await.unwrap());
        let again = issuance::record(&mut tx, NUMBER, 2).await.unwrap_err();
        assert!(again.is_unique_violation());
    }
}
