//! Filing seals anew.

use onething_db::{Sql, args};
use onething_participant::INVALID_INPUT;
use onething_proto::{
    participant::UndoOutcome,
    public_security::{GetSealRequest, Seal},
};
use tonic::{Code, Status};

use crate::department::{Department, refusal, refused};

const HISTORY: Sql =
    Sql::both("SELECT filing_number FROM seal_filing WHERE credit_code = $1 ORDER BY position");

async fn seal(d: &mut Department, credit_code: &str) -> Result<Seal, Status> {
    let credit_code = credit_code.to_owned();
    let answer = d
        .public_security
        .get_seal(GetSealRequest { credit_code })
        .await?;
    Ok(answer.into_inner().seal.unwrap())
}

#[tokio::test]
async fn every_move_is_a_filing_and_the_seal_stays() {
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let code = &enterprise.credit_code;
        let first = Seal {
            credit_code: code.clone(),
            seal_number: enterprise.seal_filing_number.clone(),
            registrar: "150302".to_owned(),
            filing_number: enterprise.seal_filing_number.clone(),
        };
        assert_eq!(seal(&mut d, code).await.unwrap(), first);

        let second = d.refile(code, "150602", "a").await.unwrap();
        assert_eq!(second, "1506025000001");
        // A repeat, and another case for the same office, change nothing.
        assert_eq!(d.refile(code, "150602", "a").await.unwrap(), second);
        assert_eq!(d.refile(code, "150602", "b").await.unwrap(), second);
        let moved = Seal {
            registrar: "150602".to_owned(),
            filing_number: second.clone(),
            ..first.clone()
        };
        assert_eq!(seal(&mut d, code).await.unwrap(), moved);

        let third = d.refile(code, "150302", "c").await.unwrap();
        assert_eq!(third, "1503025000001");
        let history = d.texts(HISTORY, args![code]).await;
        assert_eq!(history, [first.filing_number, second, third.clone()]);
        assert_eq!(seal(&mut d, code).await.unwrap().filing_number, third);
        assert_eq!(d.undo("c").await, UndoOutcome::AlreadyEffective);
    }
}

#[tokio::test]
async fn moves_at_once_are_filed_one_after_the_other() {
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let code = enterprise.credit_code;
        let mut calls = tokio::task::JoinSet::new();
        for (index, registrar) in ["150602", "150105", "150203", "150402"].iter().enumerate() {
            let request = onething_proto::public_security::RefileSealRequest {
                credit_code: code.clone(),
                registrar: (*registrar).to_owned(),
                registration_serial: None,
            };
            let request = crate::department::as_step(request, &format!("s{index}"));
            let mut client = d.public_security.clone();
            calls.spawn(async move { client.refile_seal(request).await.unwrap() });
        }
        calls.join_all().await;
        let history = d.texts(HISTORY, args![&code]).await;
        assert_eq!(history.len(), 5);
        let current = seal(&mut d, &code).await.unwrap();
        assert_eq!(Some(&current.filing_number), history.last());
    }
}

#[tokio::test]
async fn an_impossible_filing_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let known = d.population.enterprises[0].credit_code.clone();
        for (code, registrar, field) in [
            ("91150105YYYY00012", "150602", "credit_code"),
            ("91440300708461136T", "150602", "credit_code"),
            (&known, "150699", "registrar"),
            (&known, "", "registrar"),
        ] {
            let expected = refused(Code::InvalidArgument, INVALID_INPUT, field);
            let answer = d
                .refile(code, registrar, &format!("{code}{registrar}"))
                .await;
            assert_eq!(refusal(answer), expected);
        }
        let expected = refused(Code::NotFound, "SEAL_NOT_FOUND", "credit_code");
        assert_eq!(refusal(seal(&mut d, "91440300708461136T").await), expected);
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "credit_code");
        assert_eq!(refusal(seal(&mut d, "").await), expected);
    }
}

#[tokio::test]
async fn a_new_name_or_code_destroys_the_old_seal_and_files_a_new_one() {
    let destroyed = Sql::both(
        "SELECT destroyed_seal_number FROM seal_replacement WHERE credit_code = $1 \
         ORDER BY filing_number",
    );
    for mut d in Department::on_each_database().await {
        let enterprise = d.population.sample_enterprise().unwrap().enterprise.clone();
        let code = enterprise.credit_code.clone();
        let old = seal(&mut d, &code).await.unwrap();

        let renamed = d
            .replace(&code, &code, "乌海市新名商贸有限公司", "a")
            .await
            .unwrap();
        let current = seal(&mut d, &code).await.unwrap();
        assert_eq!(current.filing_number, renamed);
        assert_ne!(current.seal_number, old.seal_number);
        assert_eq!(current.registrar, old.registrar);

        // Another code: the seal of the old one stays on record, the new one is filed beside it.
        let after = "91150302YYYX00014E";
        let after = onething_elements::CreditCode::compose("91", "150302", &after[8..16]).unwrap();
        let name = "乌海市转型商贸有限公司";
        let filed = d.replace(&code, after.as_str(), name, "b").await.unwrap();
        assert_eq!(
            seal(&mut d, after.as_str()).await.unwrap().filing_number,
            filed
        );
        assert_eq!(seal(&mut d, &code).await.unwrap(), current);
        let numbers = d.texts(destroyed, args![&code]).await;
        assert_eq!(numbers, [old.seal_number, current.seal_number]);

        for (from, to, name, field) in [
            ("91440300708461136T", code.as_str(), name, "credit_code"),
            (&code, "", name, "credit_code_after"),
            (&code, &code, "", "name"),
        ] {
            let expected = refused(Code::InvalidArgument, INVALID_INPUT, field);
            let answer = d.replace(from, to, name, field).await;
            assert_eq!(refusal(answer), expected);
        }
    }
}
