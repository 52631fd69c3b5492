//! Seals after an enterprise's registrations in any order: the last registration counts.

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    public_security::{
        GetSealRequest, RefileSealRequest, RefileSealResponse, ReplaceSealRequest,
        ReplaceSealResponse, Seal,
    },
};

use crate::department::{Department, as_step, refusal, refused};

const OVERTAKEN: Sql = Sql::both(
    "SELECT COALESCE(registrar, name) FROM seal_overtaken WHERE credit_code = $1 \
     ORDER BY position",
);
const NAMES: Sql =
    Sql::both("SELECT name FROM seal_replacement WHERE credit_code = $1 ORDER BY replaced_at");

async fn seal(d: &mut Department, code: &str) -> Seal {
    let credit_code = code.to_owned();
    let answer = d.public_security.get_seal(GetSealRequest { credit_code });
    answer.await.unwrap().into_inner().seal.unwrap()
}

async fn refile(
    d: &mut Department,
    code: &str,
    registrar: &str,
    serial: i64,
    saga: &str,
) -> RefileSealResponse {
    let request = RefileSealRequest {
        credit_code: code.to_owned(),
        registrar: registrar.to_owned(),
        registration_serial: Some(serial),
    };
    let answer = d.public_security.refile_seal(as_step(request, saga));
    answer.await.unwrap().into_inner()
}

async fn replace(
    d: &mut Department,
    code: &str,
    after: &str,
    name: &str,
    serial: i64,
    saga: &str,
) -> ReplaceSealResponse {
    let request = ReplaceSealRequest {
        credit_code: code.to_owned(),
        credit_code_after: after.to_owned(),
        name: name.to_owned(),
        registration_serial: Some(serial),
    };
    let answer = d.public_security.replace_seal(as_step(request, saga));
    answer.await.unwrap().into_inner()
}

#[tokio::test]
async fn a_seal_is_filed_where_the_last_registration_has_it() {
    for mut d in Department::on_each_database().await {
        let in_order = d.population.enterprises[0].credit_code.clone();
        let first = refile(&mut d, &in_order, "150602", 5, "a").await;
        let second = refile(&mut d, &in_order, "150105", 9, "b").await;
        assert_eq!(
            (first.overtaken, second.overtaken),
            (Some(false), Some(false))
        );
        assert_eq!(seal(&mut d, &in_order).await.registrar, "150105");

        let code = d.population.enterprises[1].credit_code.clone();
        let second = refile(&mut d, &code, "150105", 9, "d").await;
        let stays = seal(&mut d, &code).await;
        assert_eq!(stays.registrar, "150105");
        for saga in ["c", "c", "c-again"] {
            let late = refile(&mut d, &code, "150602", 5, saga).await;
            assert_eq!(late.overtaken, Some(true));
            assert_eq!(late.filing_number, second.filing_number);
        }
        for saga in ["c", "d"] {
            assert_eq!(d.undo(saga).await, UndoOutcome::AlreadyEffective);
        }
        assert_eq!(seal(&mut d, &code).await, stays);
        let told = d.texts(OVERTAKEN, args![&code]).await;
        assert_eq!(told, ["150602", "150602"]);
    }
}

#[tokio::test]
async fn a_seal_bears_the_name_of_the_last_registration_wherever_it_is_filed() {
    for mut d in Department::on_each_database().await {
        let code = d.population.enterprises[0].credit_code.clone();
        let (last, earlier) = ("乌海市后名商贸有限公司", "乌海市先名商贸有限公司");
        let renamed = replace(&mut d, &code, &code, last, 9, "last").await;
        let stays = seal(&mut d, &code).await;
        let late = replace(&mut d, &code, &code, earlier, 5, "earlier").await;
        assert_eq!(late.overtaken, Some(true));
        assert_eq!(late.filing_number, renamed.filing_number);
        assert_eq!(late.destroyed_seal_number, "");
        assert_eq!(d.undo("earlier").await, UndoOutcome::AlreadyEffective);
        assert_eq!(seal(&mut d, &code).await, stays);
        assert_eq!(d.texts(NAMES, args![&code]).await, [last]);
        assert_eq!(d.texts(OVERTAKEN, args![&code]).await, [earlier]);

        // The office follows moves alone, and the name goes with it.
        let moved = refile(&mut d, &code, "150602", 6, "move").await;
        assert_eq!(moved.overtaken, Some(false));
        let filed = seal(&mut d, &code).await;
        assert_eq!(
            (filed.registrar.as_str(), &filed.seal_number),
            ("150602", &stays.seal_number)
        );

        // Set up anew under a code of its own, it has the same order there.
        let after = onething_elements::CreditCode::compose("91", "150602", "YYYX0002").unwrap();
        replace(&mut d, &code, after.as_str(), last, 12, "set-up").await;
        let late = refile(&mut d, after.as_str(), "150105", 4, "late").await;
        assert_eq!(late.overtaken, Some(true));
        assert_eq!(seal(&mut d, after.as_str()).await.registrar, "150602");

        let request = RefileSealRequest {
            credit_code: code,
            registrar: "150105".to_owned(),
            registration_serial: Some(-1),
        };
        let answer = d.public_security.refile_seal(as_step(request, "negative"));
        let expected = refused(
            tonic::Code::InvalidArgument,
            "INVALID_INPUT",
            "registration_serial",
        );
        assert_eq!(refusal(answer.await), expected);
    }
}
