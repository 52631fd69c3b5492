//! Moving insured units.

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    social_security::{
        GetUnitRequest, GetUnitResponse, TransferMedicalInsuranceUnitRequest,
        TransferSocialInsuranceUnitRequest,
    },
};
use tonic::{Code, Status};

use crate::department::{Department, as_step, invalid, refusal};

const HISTORY: Sql = Sql::both(
    "SELECT unit_number FROM unit_registration WHERE kind = $1 AND credit_code = $2 \
     ORDER BY position",
);

async fn unit(d: &mut Department, credit_code: &str) -> Result<GetUnitResponse, Status> {
    let credit_code = credit_code.to_owned();
    let request = GetUnitRequest { credit_code };
    Ok(d.social_security.get_unit(request).await?.into_inner())
}

async fn move_social(
    d: &mut Department,
    code: &str,
    registrar: &str,
    saga: &str,
) -> Result<String, Status> {
    let request = TransferSocialInsuranceUnitRequest {
        credit_code: code.to_owned(),
        registrar: registrar.to_owned(),
        registration_serial: None,
    };
    let request = as_step(request, saga);
    let answer = d
        .social_security
        .transfer_social_insurance_unit(request)
        .await?;
    Ok(answer.into_inner().unit_number)
}

async fn move_medical(
    d: &mut Department,
    code: &str,
    registrar: &str,
    saga: &str,
) -> Result<String, Status> {
    let request = TransferMedicalInsuranceUnitRequest {
        credit_code: code.to_owned(),
        registrar: registrar.to_owned(),
        registration_serial: None,
    };
    let request = as_step(request, saga);
    let answer = d
        .social_security
        .transfer_medical_insurance_unit(request)
        .await?;
    Ok(answer.into_inner().unit_number)
}

#[tokio::test]
async fn each_insurance_moves_by_itself_and_keeps_its_history() {
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let code = &enterprise.credit_code;
        let first = GetUnitResponse {
            social_insurance_office: "150302".to_owned(),
            social_insurance_number: enterprise.social_insurance_number.clone(),
            medical_insurance_office: "150302".to_owned(),
            medical_insurance_number: enterprise.medical_insurance_number.clone(),
        };
        assert_eq!(unit(&mut d, code).await.unwrap(), first);

        let social = move_social(&mut d, code, "150602", "a").await.unwrap();
        assert_eq!(social, "SI150602-5000001");
        let moved = GetUnitResponse {
            social_insurance_office: "150602".to_owned(),
            social_insurance_number: social.clone(),
            ..first.clone()
        };
        assert_eq!(unit(&mut d, code).await.unwrap(), moved);
        let medical = move_medical(&mut d, code, "150602", "b").await.unwrap();
        assert_eq!(medical, "MI150602-5000001");
        // A repeat, and another case for the same office, change nothing.
        for saga in ["a", "c"] {
            assert_eq!(
                move_social(&mut d, code, "150602", saga).await.unwrap(),
                social
            );
        }
        assert_eq!(d.undone("a").await, UndoOutcome::AlreadyEffective);

        let back = move_social(&mut d, code, "150302", "d").await.unwrap();
        let history = d.texts(HISTORY, args!["social", code]).await;
        assert_eq!(
            history,
            [first.social_insurance_number, social, back.clone()]
        );
        let history = d.texts(HISTORY, args!["medical", code]).await;
        assert_eq!(history, [first.medical_insurance_number, medical.clone()]);
        let read = unit(&mut d, code).await.unwrap();
        assert_eq!(read.social_insurance_office, "150302");
        assert_eq!(read.social_insurance_number, back);
        assert_eq!(read.medical_insurance_office, "150602");
        assert_eq!(read.medical_insurance_number, medical);
    }
}

#[tokio::test]
async fn moves_at_once_are_registered_one_after_the_other() {
    for mut d in Department::on_each_database().await {
        let code = d.population.enterprises[0].credit_code.clone();
        let mut calls = tokio::task::JoinSet::new();
        for registrar in ["150602", "150105", "150203", "150402"] {
            let request = TransferSocialInsuranceUnitRequest {
                credit_code: code.clone(),
                registrar: registrar.to_owned(),
                registration_serial: None,
            };
            let request = as_step(request, registrar);
            let mut client = d.social_security.clone();
            calls.spawn(async move {
                client
                    .transfer_social_insurance_unit(request)
                    .await
                    .unwrap();
            });
        }
        calls.join_all().await;
        let history = d.texts(HISTORY, args!["social", &code]).await;
        assert_eq!(history.len(), 5);
        let current = unit(&mut d, &code).await.unwrap().social_insurance_number;
        assert_eq!(Some(&current), history.last());
    }
}

#[tokio::test]
async fn an_impossible_move_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let known = d.population.enterprises[0].credit_code.clone();
        for (code, registrar, field) in [
            ("91150105YYYY00012", "150602", "credit_code"),
            ("91440300708461136T", "150602", "credit_code"),
            (&known, "150699", "registrar"),
            (&known, "", "registrar"),
        ] {
            let saga = format!("{code}{registrar}");
            let answer = move_social(&mut d, code, registrar, &format!("s{saga}")).await;
            assert_eq!(refusal(answer), invalid(field));
            let answer = move_medical(&mut d, code, registrar, &format!("m{saga}")).await;
            assert_eq!(refusal(answer), invalid(field));
        }
        let (code, reason, field) = refusal(unit(&mut d, "91440300708461136T").await);
        assert_eq!(code, Code::NotFound);
        assert_eq!(
            (reason.as_str(), field.as_str()),
            ("UNIT_NOT_FOUND", "credit_code")
        );
        assert_eq!(refusal(unit(&mut d, "").await), invalid("credit_code"));
    }
}

async fn update_social(
    d: &mut Department,
    code: &str,
    after: &str,
    saga: &str,
) -> Result<String, Status> {
    let request = onething_proto::social_security::UpdateSocialInsuranceUnitRequest {
        credit_code: code.to_owned(),
        credit_code_after: after.to_owned(),
        name: "乌海市新名商贸有限公司".to_owned(),
        address: "内蒙古自治区乌海市海勃湾区人民路1号".to_owned(),
        registration_serial: None,
    };
    let request = as_step(request, saga);
    let answer = d
        .social_security
        .update_social_insurance_unit(request)
        .await?;
    Ok(answer.into_inner().unit_number)
}

#[tokio::test]
async fn changed_data_are_added_and_another_code_goes_on_with_a_number_of_its_own() {
    let told = Sql::both(
        "SELECT credit_code_after FROM unit_information WHERE kind = $1 AND credit_code = $2 \
         ORDER BY position",
    );
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let code = enterprise.credit_code;
        let before = unit(&mut d, &code).await.unwrap();
        let same = update_social(&mut d, &code, &code, "a").await.unwrap();
        assert_eq!(same, before.social_insurance_number);
        assert_eq!(unit(&mut d, &code).await.unwrap(), before);

        let after = onething_elements::CreditCode::compose("91", "150302", "YYYX0001").unwrap();
        let number = update_social(&mut d, &code, after.as_str(), "b")
            .await
            .unwrap();
        assert_eq!(number, "SI150302-5000001");
        let unit_after = unit(&mut d, after.as_str()).await.unwrap();
        assert_eq!(unit_after.social_insurance_number, number);
        assert_eq!(unit_after.medical_insurance_number, "");
        assert_eq!(unit(&mut d, &code).await.unwrap(), before);
        let entries = d.texts(told, args!["social", &code]).await;
        assert_eq!(entries, [code.clone(), after.to_string()]);

        let nobody = update_social(&mut d, "91440300708461136T", &code, "c").await;
        assert_eq!(refusal(nobody), invalid("credit_code"));
    }
}
