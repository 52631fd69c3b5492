//! Repairing the records of penalties.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_proto::{
    enterprise_registry::{
        CheckRepairConditionsRequest, DecideRepairRequest, DecideRepairResponse,
        ListPenaltyRecordsRequest, PenaltyRecord, SynchronisePublicityRequest,
    },
    participant::{Outcome, UndoOutcome},
};
use tonic::Status;

use crate::{
    changes::{Changes, population, waits},
    registry::{keyed, reason},
};

async fn list(d: &Changes, code: &str, one: Option<&str>) -> Result<Vec<PenaltyRecord>, Status> {
    let request = ListPenaltyRecordsRequest {
        credit_code: code.to_owned(),
        decision_number: one.map(str::to_owned),
    };
    let answer = d.penalties.clone().list_penalty_records(request).await?;
    let answer = answer.into_inner();
    assert_eq!(usize::try_from(answer.count).unwrap(), answer.records.len());
    Ok(answer.records)
}

async fn check(d: &Changes, code: &str, number: &str) -> Result<String, Status> {
    let request = CheckRepairConditionsRequest {
        credit_code: code.to_owned(),
        decision_number: number.to_owned(),
    };
    let answer = d.penalties.clone().check_repair_conditions(request).await?;
    Ok(answer.into_inner().publicity_until)
}

async fn decide(
    d: &Changes,
    saga: &str,
    code: &str,
    number: &str,
) -> Result<DecideRepairResponse, Status> {
    let request = DecideRepairRequest {
        credit_code: code.to_owned(),
        decision_number: number.to_owned(),
        commitment_number: "CN0000000001".to_owned(),
    };
    let request = keyed(saga, "repair", request);
    let answer = d.penalties.clone().decide_repair(request).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn who_recorded_repairs_and_a_withdrawn_decision_counts_for_nothing() {
    for d in Changes::on_each_database().await {
        let population = population();
        let code = &population.sample_repair().unwrap().enterprise.credit_code;
        let records = list(&d, code, None).await.unwrap();
        let classes: Vec<_> = records.iter().map(|record| record.class.as_str()).collect();
        assert_eq!(classes, ["serious", "general", "general"]);
        for (index, record) in records.iter().enumerate() {
            let number = &record.decision_number;
            assert!(check(&d, code, number).await.is_ok());
            let saga = format!("s{index}");
            assert!(waits(decide(&d, &saga, code, number).await));
            assert_eq!(d.approve(&saga, "repair").await, Outcome::Succeeded);
            let decided: DecideRepairResponse = d.outcome(&saga, "repair").await;
            assert_eq!(decided.decided_by, record.body);
        }
        assert_eq!(reason(list(&d, code, None).await), "NO_OPEN_RECORD");
        let again = decide(&d, "again", code, &records[0].decision_number).await;
        assert_eq!(reason(again), "ALREADY_DECIDED");

        // Withdrawn, the record is open again.
        d.registry.annul("s0", "repair").await;
        d.registry.annul("s0", "repair").await;
        assert_eq!(list(&d, code, None).await.unwrap().len(), 1);

        let request = SynchronisePublicityRequest {
            credit_code: code.clone(),
            certificate_number: "XF0000000001".to_owned(),
        };
        let request = keyed("s", "synchronise", request);
        let answer = d.penalties.clone().synchronise_publicity(request).await;
        assert_eq!(answer.unwrap().into_inner().records, 2);
        let undone = d.registry.undo("s1", "repair").await;
        assert_eq!(undone.outcome(), UndoOutcome::Impossible);
        assert_eq!(undone.reason, "PUBLICITY_ENDED");
    }
}

#[tokio::test]
async fn time_duties_and_the_class_decide() {
    for d in Changes::on_each_database().await {
        let population = population();
        let of = |index: usize| {
            let code = &population.enterprises[index].credit_code;
            let found = population.penalties.iter().find(|p| &p.credit_code == code);
            (code.clone(), found.unwrap().decision_number.clone())
        };
        let (recent, number) = of(1);
        assert_eq!(reason(check(&d, &recent, &number).await), "PERIOD_NOT_OVER");
        assert_eq!(
            reason(decide(&d, "r", &recent, &number).await),
            "PERIOD_NOT_OVER"
        );
        let (open, number) = of(2);
        assert_eq!(
            reason(check(&d, &open, &number).await),
            "DUTY_NOT_FULFILLED"
        );
        let refused = decide(&d, "o", &open, &number).await;
        assert_eq!(reason(refused), "DUTY_NOT_FULFILLED");

        let code = &population.sample_repair().unwrap().enterprise.credit_code;
        let records = list(&d, code, None).await.unwrap();
        let (number, other) = (&records[2].decision_number, &records[1].decision_number);
        assert_eq!(list(&d, code, Some(number)).await.unwrap().len(), 1);
        assert_eq!(
            reason(list(&d, code, Some("nothing")).await),
            "RECORD_NOT_FOUND"
        );
        assert_eq!(reason(check(&d, code, "nothing").await), "RECORD_NOT_FOUND");
        assert_eq!(
            reason(decide(&d, "n", &open, number).await),
            "RECORD_NOT_FOUND"
        );
        let clean = d.registry.clean();
        assert_eq!(reason(list(&d, &clean, None).await), "NO_OPEN_RECORD");
        let nobody = list(&d, "91150105YYYY00012D", None).await;
        assert_eq!(reason(nobody), "ENTERPRISE_NOT_FOUND");

        // A minor record is decided at once; one whose publicity ended needs no repair.
        let minor = "UPDATE penalty SET class = 'minor', \
                     decided_on = (SELECT MAX(decided_on) FROM penalty) WHERE decision_number = $1";
        d.registry.change(minor, number).await;
        assert!(decide(&d, "minor", code, number).await.is_ok());
        let past = "UPDATE penalty SET decided_on = '2020-01-01' WHERE decision_number = $1";
        d.registry.change(past, other).await;
        assert_eq!(reason(check(&d, code, other).await), "PUBLICITY_OVER");
        assert_eq!(list(&d, code, None).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_officer_may_refuse_for_the_sectors_conditions() {
    for d in Changes::on_each_database().await {
        let population = population();
        let code = &population.sample_repair().unwrap().enterprise.credit_code;
        let records = list(&d, code, None).await.unwrap();
        assert!(waits(
            decide(&d, "s", code, &records[0].decision_number).await
        ));
        let refused = d.dismiss("s", "repair", "SECTOR_CONDITION_NOT_MET").await;
        assert_eq!(refused, Outcome::Refused);
        assert_eq!(list(&d, code, None).await.unwrap().len(), 3);
        assert!(d.registry.changes(code).await.is_empty());
    }
}
