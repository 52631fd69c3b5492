//! Follow-ups of an enterprise's registrations in any order: the last registration counts.

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    social_security::{
        GetUnitRequest, TransferMedicalInsuranceUnitRequest, TransferSocialInsuranceUnitRequest,
        UpdateMedicalInsuranceUnitRequest, UpdateSocialInsuranceUnitRequest,
    },
};

use crate::department::{Department, as_step, invalid, refusal};

/// A first move, and a second one that was registered after it.
const FIRST: (&str, i64) = ("150602", 5);
const SECOND: (&str, i64) = ("150105", 9);

const NUMBERS: Sql = Sql::both(
    "SELECT unit_number FROM unit_registration WHERE kind = $1 AND credit_code = $2 \
     ORDER BY position",
);
const OVERTAKEN: Sql = Sql::both(
    "SELECT office FROM unit_overtaken WHERE kind = $1 AND credit_code = $2 ORDER BY position",
);
const LAST_NAME: Sql = Sql::both(
    "SELECT name FROM unit_information WHERE kind = $1 AND credit_code = $2 \
     ORDER BY registration_serial DESC, position DESC LIMIT 1",
);

/// Moves both insurances, and tells the numbers and whether it was overtaken.
async fn transfer(
    d: &mut Department,
    code: &str,
    (registrar, serial): (&str, i64),
    saga: &str,
) -> (String, String, bool) {
    let request = TransferSocialInsuranceUnitRequest {
        credit_code: code.to_owned(),
        registrar: registrar.to_owned(),
        registration_serial: Some(serial),
    };
    let request = as_step(request, &format!("{saga}-social"));
    let social = d.social_security.transfer_social_insurance_unit(request);
    let social = social.await.unwrap().into_inner();
    let request = TransferMedicalInsuranceUnitRequest {
        credit_code: code.to_owned(),
        registrar: registrar.to_owned(),
        registration_serial: Some(serial),
    };
    let request = as_step(request, &format!("{saga}-medical"));
    let medical = d.social_security.transfer_medical_insurance_unit(request);
    let medical = medical.await.unwrap().into_inner();
    assert_eq!(medical.overtaken, social.overtaken);
    (
        social.unit_number,
        medical.unit_number,
        social.overtaken.unwrap(),
    )
}

async fn offices(d: &mut Department, code: &str) -> [String; 2] {
    let credit_code = code.to_owned();
    let unit = d.social_security.get_unit(GetUnitRequest { credit_code });
    let unit = unit.await.unwrap().into_inner();
    [unit.social_insurance_office, unit.medical_insurance_office]
}

#[tokio::test]
async fn a_unit_is_where_the_last_registration_has_it_in_whatever_order_it_is_told() {
    for mut d in Department::on_each_database().await {
        let codes: Vec<_> = d.population.enterprises[..2]
            .iter()
            .map(|enterprise| enterprise.credit_code.clone())
            .collect();
        let in_order = &codes[0];
        assert!(!transfer(&mut d, in_order, FIRST, "a").await.2);
        assert!(!transfer(&mut d, in_order, SECOND, "b").await.2);
        assert_eq!(offices(&mut d, in_order).await, [SECOND.0, SECOND.0]);

        let code = &codes[1];
        let (social, medical, overtaken) = transfer(&mut d, code, SECOND, "d").await;
        assert!(!overtaken && social.starts_with("SI150105-"));
        let stays = (social, medical, true);
        // A repeat, and another case with the same registration, are answered alike.
        for saga in ["c", "c", "c-again"] {
            assert_eq!(transfer(&mut d, code, FIRST, saga).await, stays);
            assert_eq!(offices(&mut d, code).await, [SECOND.0, SECOND.0]);
        }
        for kind in ["social", "medical"] {
            assert_eq!(d.texts(NUMBERS, args![kind, code]).await.len(), 2);
            let told = d.texts(OVERTAKEN, args![kind, code]).await;
            assert_eq!(told, [FIRST.0, FIRST.0]);
        }
        // A move stands, overtaken or not.
        for saga in ["c-social", "d-social", "c-medical", "d-medical"] {
            assert_eq!(d.undone(saga).await, UndoOutcome::AlreadyEffective);
        }
        assert_eq!(offices(&mut d, code).await, [SECOND.0, SECOND.0]);
    }
}

#[tokio::test]
async fn a_move_that_changes_nothing_overtakes_all_the_same() {
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let (code, home) = (&enterprise.credit_code, enterprise.registrar.as_str());
        assert!(!transfer(&mut d, code, (home, 9), "back").await.2);
        assert!(transfer(&mut d, code, FIRST, "late").await.2);
        assert_eq!(offices(&mut d, code).await, [home, home]);
        assert!(!transfer(&mut d, code, (FIRST.0, 12), "again").await.2);
        assert_eq!(offices(&mut d, code).await, [FIRST.0, FIRST.0]);
    }
}

#[tokio::test]
async fn who_tells_no_serial_is_the_last_to_speak_and_hides_no_later_one() {
    for mut d in Department::on_each_database().await {
        let code = d.population.enterprises[0].credit_code.clone();
        transfer(&mut d, &code, SECOND, "second").await;
        assert!(!transfer(&mut d, &code, ("150203", 0), "untold").await.2);
        assert_eq!(offices(&mut d, &code).await, ["150203", "150203"]);
        assert!(transfer(&mut d, &code, FIRST, "first").await.2);
        assert_eq!(offices(&mut d, &code).await, ["150203", "150203"]);

        let request = TransferSocialInsuranceUnitRequest {
            credit_code: code.clone(),
            registrar: FIRST.0.to_owned(),
            registration_serial: Some(-1),
        };
        let request = as_step(request, "negative");
        let answer = d.social_security.transfer_social_insurance_unit(request);
        assert_eq!(refusal(answer.await), invalid("registration_serial"));
    }
}

#[tokio::test]
async fn the_data_of_the_last_registration_count_and_no_move_is_overtaken_by_them() {
    for mut d in Department::on_each_database().await {
        let code = d.population.enterprises[0].credit_code.clone();
        for (name, serial, overtaken) in [
            ("乌海市后名商贸有限公司", 9, false),
            ("乌海市先名商贸有限公司", 5, true),
        ] {
            let request = UpdateSocialInsuranceUnitRequest {
                credit_code: code.clone(),
                credit_code_after: code.clone(),
                name: name.to_owned(),
                address: "内蒙古自治区乌海市海勃湾区人民路1号".to_owned(),
                registration_serial: Some(serial),
            };
            let medical = UpdateMedicalInsuranceUnitRequest {
                credit_code: request.credit_code.clone(),
                credit_code_after: request.credit_code_after.clone(),
                name: request.name.clone(),
                address: request.address.clone(),
                registration_serial: Some(serial),
            };
            let request = as_step(request, &format!("social-{serial}"));
            let answer = d.social_security.update_social_insurance_unit(request);
            assert_eq!(
                answer.await.unwrap().into_inner().overtaken,
                Some(overtaken)
            );
            let request = as_step(medical, &format!("medical-{serial}"));
            let answer = d.social_security.update_medical_insurance_unit(request);
            assert_eq!(
                answer.await.unwrap().into_inner().overtaken,
                Some(overtaken)
            );
            for kind in ["social", "medical"] {
                let counts = d.texts(LAST_NAME, args![kind, &code]).await;
                assert_eq!(counts, ["乌海市后名商贸有限公司"]);
            }
        }
        assert_eq!(d.undone("social-5").await, UndoOutcome::AlreadyEffective);
        // The office follows moves alone.
        assert!(!transfer(&mut d, &code, FIRST, "move").await.2);
        assert_eq!(offices(&mut d, &code).await, [FIRST.0, FIRST.0]);
    }
}
