//! Names: which are free, and who has reserved one.

use onething_proto::{enterprise_registry::CheckNameRequest, participant::UndoOutcome};

use crate::{
    changes::{Changes, population},
    registry::{acceptance, reason},
};

const NAME: &str = "乌海市新程商贸有限公司";

async fn checked(d: &Changes, name: &str) -> Result<bool, tonic::Status> {
    let request = CheckNameRequest {
        name: name.to_owned(),
        registrar: "150302".to_owned(),
    };
    let answer = d.changes.clone().check_name(request).await?;
    Ok(answer.into_inner().available)
}

#[tokio::test]
async fn a_reserved_name_is_kept_until_it_is_released() {
    for d in Changes::on_each_database().await {
        let (code, other) = (d.registry.codes[0].clone(), d.registry.codes[4].clone());
        assert!(checked(&d, NAME).await.unwrap());
        let number = d.reserve("a", &code, NAME).await.unwrap();
        assert!(number.starts_with("MC150302-"), "{number}");
        assert_eq!(reason(checked(&d, NAME).await), "NAME_TAKEN");
        assert_eq!(reason(d.reserve("b", &other, NAME).await), "NAME_TAKEN");
        d.registry.annul("a", "reserve").await;
        d.registry.annul("a", "reserve").await;
        assert!(d.reserve("c", &other, NAME).await.is_ok());
        let changes = d.registry.changes(&code).await;
        assert_eq!(changes, ["name_reserved", "name_released"]);
    }
}

#[tokio::test]
async fn the_parts_of_a_name_and_those_who_have_it_are_looked_at() {
    for d in Changes::on_each_database().await {
        let code = d.registry.clean();
        let population = population();
        let own = &population.enterprises[0].name;
        let others = &population.enterprises[1].name;
        for (saga, name, expected) in [
            ("own", own.as_str(), "NAME_UNCHANGED"),
            ("others", others, "NAME_TAKEN"),
            ("place", "包头市新程商贸有限公司", "NAME_NOT_ALLOWED"),
            ("form", "乌海市新程加工厂", "NAME_NOT_ALLOWED"),
        ] {
            assert_eq!(reason(d.reserve(saga, &code, name).await), expected);
        }
        let nobody = d.reserve("n", "91150105YYYY00012D", NAME).await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");
        assert_eq!(
            reason(checked(&d, "新程有限公司").await),
            "NAME_NOT_ALLOWED"
        );
    }
}

#[tokio::test]
async fn a_move_and_a_change_do_not_get_one_name() {
    for d in Changes::on_each_database().await {
        let (code, other) = (d.registry.codes[0].clone(), d.registry.codes[4].clone());
        let population = population();
        let name = population.enterprises[0].name.clone();
        // The name of the enterprise that moves is reserved in Ordos, where nobody has it.
        d.registry.accept("move", acceptance(&code)).await.unwrap();
        let moved = "UPDATE enterprise SET registrar = '150602' WHERE credit_code = $1";
        d.registry.change(moved, &other).await;
        let wanted = d.reserve("x", &other, &name).await;
        // Its first part is no division of Ordos, so that the reservation is not even looked at.
        assert_eq!(reason(wanted), "NAME_NOT_ALLOWED");
        let answer = d.registry.undo("move", "accept").await;
        assert_eq!(answer.outcome(), UndoOutcome::Undone);
    }
}
