//! What tax, housing fund, bank and post do when an enterprise moves.

use onething_proto::{
    bank::NoticeRelocationRequest,
    housing_fund::TransferUnitRequest,
    participant::UndoOutcome,
    post::AcceptParcelRequest,
    tax::{CheckClearanceRequest, TransferJurisdictionRequest},
};

use crate::running::{Served, reason, refused, step};

/// A valid credit code that nobody registered.
const UNKNOWN: &str = "91150105YYYY00012D";

fn clearance(code: &str) -> CheckClearanceRequest {
    CheckClearanceRequest {
        credit_code: code.to_owned(),
    }
}

#[tokio::test]
async fn clearance_is_given_unless_tax_or_matters_are_open() {
    for served in Served::on_both(&[]).await {
        let sample = served.population.sample_enterprise().unwrap().enterprise;
        let cleared = served
            .tax()
            .check_clearance(clearance(&sample.credit_code))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(cleared.office, sample.registrar);

        let debtor = served
            .population
            .enterprises
            .iter()
            .find(|enterprise| enterprise.tax_arrears_fen > 0)
            .unwrap();
        for (code, expected) in [
            (UNKNOWN, "TAXPAYER_NOT_FOUND"),
            (debtor.credit_code.as_str(), "TAX_ARREARS"),
            ("91150105YYYY00012E", "INVALID_INPUT"),
        ] {
            let answer = served.tax().check_clearance(clearance(code)).await;
            assert_eq!(refused(answer), reason(expected, "credit_code"));
        }
    }
}

#[tokio::test]
async fn unfinished_matters_stand_in_the_way_of_clearance() {
    use onething_db::{Sql, args};
    const LEAVE_OPEN: Sql = Sql::each(
        "UPDATE record SET body = json_set(body, '$.unfinished_matters', 2) WHERE key = $1",
        "UPDATE record SET body = jsonb_set(body, '{unfinished_matters}', '2') WHERE key = $1",
    );
    for served in Served::on_both(&[]).await {
        let sample = served.population.sample_enterprise().unwrap().enterprise;
        let mut tx = served.test.db.begin().await.unwrap();
        tx.execute(LEAVE_OPEN, args![&sample.credit_code])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let answer = served
            .tax()
            .check_clearance(clearance(&sample.credit_code))
            .await;
        let expected = reason("UNFINISHED_TAX_MATTERS", "credit_code");
        assert_eq!(refused(answer), expected);
    }
}

#[tokio::test]
async fn the_departments_follow_the_enterprise() {
    for served in Served::on_both(&[]).await {
        let move_ = served.population.sample_enterprise().unwrap();
        let code = move_.enterprise.credit_code.clone();
        let registrar = move_.target_registrar.to_owned();

        let request = TransferJurisdictionRequest {
            credit_code: code.clone(),
            registrar: registrar.clone(),
            registration_serial: None,
        };
        let tax = served
            .tax()
            .transfer_jurisdiction(step("s", "tax", request))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(tax.transfer_number, format!("SQ{registrar}-00000001"));
        let office = served
            .tax()
            .check_clearance(clearance(&code))
            .await
            .unwrap();
        assert_eq!(office.into_inner().office, registrar);
        let (_, _, transfer) = served
            .record("TX", "transfer", &tax.transfer_number)
            .await
            .unwrap();
        assert_eq!(transfer["from_office"], move_.enterprise.registrar.as_str());

        let request = TransferUnitRequest {
            credit_code: code.clone(),
            registrar: registrar.clone(),
            registration_serial: None,
        };
        let unit = served
            .housing_fund()
            .transfer_unit(step("s", "housing-fund", request))
            .await
            .unwrap()
            .into_inner();
        assert_ne!(unit.unit_number, move_.enterprise.housing_fund_number);
        let (_, version, body) = served.record("HF", "unit", &code).await.unwrap();
        assert_eq!(version, 2);
        assert_eq!(body["unit_number"], unit.unit_number.as_str());
        assert_eq!(body["centre"], registrar.as_str());

        let request = NoticeRelocationRequest {
            credit_code: code.clone(),
            address: move_.target_address.clone(),
            registration_serial: None,
        };
        let notice = served
            .bank()
            .notice_relocation(step("s", "bank", request))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(notice.bank, move_.enterprise.bank_name);
        let (_, _, account) = served.record("BK", "account", &code).await.unwrap();
        assert_eq!(account["address"], move_.target_address.as_str());
        let noticed = served.record("BK", "notice", &notice.notice_number).await;
        assert_eq!(noticed.unwrap().0, "in_force");

        // Forward actions stand: what was done is not taken back.
        let undone = served.undo("s", "tax").await;
        assert_eq!(undone.outcome(), UndoOutcome::AlreadyEffective);
        let still = served.record("TX", "taxpayer", &code).await.unwrap().2;
        assert_eq!(still["office"], registrar.as_str());
    }
}

#[tokio::test]
async fn an_enterprise_that_nobody_knows_is_an_invalid_input() {
    for served in Served::on_both(&[]).await {
        let registrar = "150602".to_owned();
        let credit_code = UNKNOWN.to_owned();
        let expected = reason("INVALID_INPUT", "credit_code");
        let request = TransferJurisdictionRequest {
            credit_code: credit_code.clone(),
            registrar: registrar.clone(),
            registration_serial: None,
        };
        let tax = served
            .tax()
            .transfer_jurisdiction(step("s", "tax", request))
            .await;
        assert_eq!(refused(tax), expected);
        let request = TransferUnitRequest {
            credit_code: credit_code.clone(),
            registrar,
            registration_serial: None,
        };
        let unit = served
            .housing_fund()
            .transfer_unit(step("s", "fund", request))
            .await;
        assert_eq!(refused(unit), expected);
        let request = NoticeRelocationRequest {
            credit_code,
            address: "鄂尔多斯市东胜区".to_owned(),
            registration_serial: None,
        };
        let notice = served
            .bank()
            .notice_relocation(step("s", "bank", request))
            .await;
        assert_eq!(refused(notice), expected);

        let sample = served.population.sample_enterprise().unwrap().enterprise;
        let request = TransferJurisdictionRequest {
            credit_code: sample.credit_code.clone(),
            registrar: "999999".to_owned(),
            registration_serial: None,
        };
        let nowhere = served
            .tax()
            .transfer_jurisdiction(step("s", "tax-2", request))
            .await;
        assert_eq!(refused(nowhere), reason("INVALID_INPUT", "registrar"));
    }
}

#[tokio::test]
async fn parcels_are_numbered_one_by_one() {
    for served in Served::on_both(&[]).await {
        let parcel = AcceptParcelRequest {
            address: "内蒙古自治区乌海市海勃湾区".to_owned(),
            content_number: "U150000001".to_owned(),
        };
        for (saga, number) in [("1", "EM00000000001"), ("2", "EM00000000002")] {
            let answer = served
                .post()
                .accept_parcel(step(saga, "delivery", parcel.clone()))
                .await
                .unwrap()
                .into_inner();
            assert_eq!(answer.delivery_number, number);
        }
        let empty = served
            .post()
            .accept_parcel(step("3", "delivery", AcceptParcelRequest::default()))
            .await;
        assert_eq!(refused(empty), reason("INVALID_INPUT", "address"));
    }
}
