//! What courts tell of enterprises, the suspension of sanctions upon a ruling, and titles of businesses.

use onething_proto::{
    court::{
        CheckEquityFreezeRequest, FindReorganisationRequest, FindReorganisationResponse,
        court_service_client::CourtServiceClient,
    },
    natural_resources::{
        FindBusinessTitleRequest, RenameTitleHolderRequest,
        natural_resources_service_client::NaturalResourcesServiceClient,
    },
    reform_commission::{
        GetCreditStatusRequest, SuspendSanctionsRequest,
        credit_china_service_client::CreditChinaServiceClient,
    },
};
use tonic::Status;

use crate::running::{Served, reason, refused, step};

async fn ruling(served: &Served, code: &str) -> Result<FindReorganisationResponse, Status> {
    let mut court = CourtServiceClient::new(served.channel());
    let credit_code = code.to_owned();
    let answer = court.find_reorganisation(FindReorganisationRequest { credit_code });
    Ok(answer.await?.into_inner())
}

#[tokio::test]
async fn shares_are_frozen_where_a_court_froze_them() {
    for served in Served::on_both(&[]).await {
        for enterprise in &served.population.enterprises {
            let mut court = CourtServiceClient::new(served.channel());
            let credit_code = enterprise.credit_code.clone();
            let checked = court.check_equity_freeze(CheckEquityFreezeRequest { credit_code });
            let checked = checked.await;
            if enterprise.equity_frozen {
                assert_eq!(refused(checked), reason("EQUITY_FROZEN", "credit_code"));
            } else {
                assert!(!checked.unwrap().into_inner().equity_frozen);
            }
        }
    }
}

#[tokio::test]
async fn sanctions_are_suspended_on_the_ruling_for_as_long_as_the_plan_lasts() {
    for served in Served::on_both(&[]).await {
        let planted = served.population.reorganisations().remove(0);
        let other = &served.population.enterprises[0].credit_code;
        let none = ruling(&served, other).await;
        assert_eq!(refused(none), reason("NO_REORGANISATION", "credit_code"));
        let found = ruling(&served, &planted.credit_code).await.unwrap();
        assert_eq!(
            (found.ruling_number.as_str(), found.court.as_str()),
            (planted.ruling_number.as_str(), planted.court)
        );

        let request = SuspendSanctionsRequest {
            credit_code: planted.credit_code.clone(),
            ruling_number: found.ruling_number,
            court: found.court,
            ruled_on: found.ruled_on,
            plan_until: found.plan_until,
        };
        let suspend = async |saga: &str, request: &SuspendSanctionsRequest| {
            let mut credit = CreditChinaServiceClient::new(served.channel());
            credit
                .suspend_sanctions(step(saga, "suspend", request.clone()))
                .await
        };
        let over = SuspendSanctionsRequest {
            plan_until: request.ruled_on.clone(),
            ..request.clone()
        };
        let refusal = reason("PLAN_NOT_IN_EXECUTION", "plan_until");
        assert_eq!(refused(suspend("over", &over).await), refusal);
        let unpublished = SuspendSanctionsRequest {
            credit_code: other.clone(),
            ..request.clone()
        };
        let refusal = reason("NOTHING_PUBLISHED", "credit_code");
        assert_eq!(refused(suspend("unpublished", &unpublished).await), refusal);
        let told_suspended = async || {
            let mut credit = CreditChinaServiceClient::new(served.channel());
            let credit_code = planted.credit_code.clone();
            let status = credit.get_credit_status(GetCreditStatusRequest { credit_code });
            status.await.unwrap().into_inner().sanctions_suspended
        };
        assert!(!told_suspended().await);
        let suspended = suspend("first", &request).await.unwrap().into_inner();
        assert!(told_suspended().await);
        assert_eq!(suspended.suspended_until, planted.plan_until.to_string());
        let (state, _, body) = served
            .record("DR", "suspension", &suspended.suspension_number)
            .await
            .unwrap();
        assert_eq!(
            (state.as_str(), &body["ruling_number"]),
            ("in_force", &planted.ruling_number.as_str().into())
        );
        let refusal = reason("ALREADY_SUSPENDED", "credit_code");
        assert_eq!(refused(suspend("again", &request).await), refusal);
    }
}

#[tokio::test]
async fn a_title_is_found_and_renamed_for_the_business_that_holds_it() {
    for served in Served::on_both(&[]).await {
        let title = served.population.business_titles().remove(0);
        let other = &served.population.enterprises[0].credit_code;
        let find = async |code: &str| {
            let mut register = NaturalResourcesServiceClient::new(served.channel());
            let request = FindBusinessTitleRequest {
                credit_code: code.to_owned(),
                title_number: title.title_number.clone(),
            };
            register.find_business_title(request).await
        };
        let refusal = reason("TITLE_NOT_FOUND", "title_number");
        assert_eq!(refused(find(other).await), refusal);
        let found = find(&title.credit_code).await.unwrap().into_inner();
        assert_eq!(
            (found.region, found.address),
            (title.region.clone(), title.address.clone())
        );

        let mut register = NaturalResourcesServiceClient::new(served.channel());
        let request = RenameTitleHolderRequest {
            credit_code: title.credit_code.clone(),
            title_number: title.title_number.clone(),
            credit_code_after: other.clone(),
            name: "乌海市转程商贸有限公司".to_owned(),
        };
        let renamed = register
            .rename_title_holder(step("rename", "title", request))
            .await;
        assert!(
            renamed
                .unwrap()
                .into_inner()
                .change_number
                .starts_with("BDCBG")
        );
        assert!(find(other).await.is_ok(), "the enterprise holds it now");
        assert_eq!(refused(find(&title.credit_code).await), refusal);
    }
}
