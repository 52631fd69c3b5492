//! Who never filed a seal, or insures nobody, is not kept from anything by it: what would follow is left out.

use onething_db::Sql;
use onething_tests::{Officer, Plan, Suite};

use crate::officers::conversion;

#[tokio::test]
async fn an_enterprise_that_insures_nobody_moves_and_nothing_of_it_is_transferred() {
    let suite = Suite::start().await;
    let (department, nobody) = ("social-security", "DELETE FROM unit_registration");
    suite.edit(department, Sql::both(nobody)).await;
    assert!(suite.edit(department, Sql::both("DELETE FROM unit")).await > 0);
    let client = suite.client();
    let form = suite.samples.relocation(&client).await;
    let case = client.file("enterprise-relocation", &form).await;
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    for step in [
        "insured-unit",
        "social-insurance-transfer",
        "medical-insurance-transfer",
    ] {
        assert_eq!(case.state_of(step), "omitted", "{step}");
    }
    assert_eq!(case.state_of("tax-transfer"), "succeeded");
}

#[tokio::test]
async fn a_business_without_a_seal_becomes_an_enterprise_and_none_is_replaced() {
    let mut suite = Plan::default().set("REVIEWS__OPEN", "true").start().await;
    let department = "public-security";
    let nothing = "DELETE FROM seal_filing";
    suite.edit(department, Sql::both(nothing)).await;
    assert!(suite.edit(department, Sql::both("DELETE FROM seal")).await > 0);
    let client = suite.client();
    let registrar = Officer::at(&suite.department("enterprise-registry").url(), "saran").await;
    let bank = Officer::at(&suite.department("connector").url(), "temur").await;
    let case = client
        .file("individual-to-enterprise", &conversion(&suite))
        .await;
    registrar.approve(&registrar.next(case.id()).await).await;
    bank.approve(&bank.next(case.id()).await).await;
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(case.state_of("seal-record"), "omitted");
    assert_eq!(case.state_of("replace-seal"), "omitted");
}
