//! Published records of penalties, as a repair asks for them: which are open, and whether one can be
//! repaired. Changes nothing.

use onething_db::Db;
use onething_elements::date;
use onething_participant::{Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{
    CheckRepairConditionsRequest, CheckRepairConditionsResponse, ListPenaltyRecordsRequest,
    ListPenaltyRecordsResponse, PenaltyRecord,
};

use crate::{
    code::Code,
    day::day,
    publicity_period::{Periods, Publicity},
    store::{
        overview,
        penalty::{self, PUBLISHED, Penalty},
    },
    value::value,
};

/// How many records one application repairs.
const MOST: usize = 100;
/// How long the list of decision numbers may be, which is one line of text.
const LINE: usize = 180;

/// Lists the open records of an enterprise, or the one that is named.
pub(crate) async fn list(
    db: &Db,
    periods: &Periods,
    request: &ListPenaltyRecordsRequest,
    at: i64,
) -> Result<ListPenaltyRecordsResponse, Stop> {
    let code = Code::read(&request.credit_code)?;
    code.found(overview::read(db, code.as_str()).await?)?;
    let chosen = request.decision_number.as_deref();
    let chosen = chosen.filter(|number| !number.trim().is_empty());
    let chosen = chosen.map(|number| value("penalty.decision_number", "decision_number", number));
    let chosen = chosen.transpose()?;
    let today = day(at)?;
    let mut open = Vec::new();
    for record in penalty::of(db, code.as_str()).await? {
        let asked = chosen
            .as_ref()
            .is_none_or(|number| *number == record.decision_number);
        if asked && record.state == PUBLISHED && publicity(periods, &record, today)?.until > today {
            open.push(record);
        }
    }
    if open.is_empty() {
        return Err(match chosen {
            Some(_) => not_found(),
            None => {
                let message = "No record about the enterprise is published that can be repaired.";
                Refusal::new("NO_OPEN_RECORD", message)
            }
        }
        .into());
    }
    if open.len() > MOST {
        let message = "Name one decision: so many records are not repaired at once.";
        return Err(Refusal::new("TOO_MANY_RECORDS", message).into());
    }
    Ok(ListPenaltyRecordsResponse {
        count: i64::try_from(open.len()).unwrap_or(i64::MAX),
        decision_numbers: line(&open),
        records: open.into_iter().map(PenaltyRecord::from).collect(),
    })
}

/// Checks that a record can be repaired now.
pub(crate) async fn check(
    db: &Db,
    periods: &Periods,
    request: &CheckRepairConditionsRequest,
    at: i64,
) -> Result<CheckRepairConditionsResponse, Stop> {
    let code = Code::read(&request.credit_code)?;
    let number = value(
        "penalty.decision_number",
        "decision_number",
        &request.decision_number,
    )?;
    let record = penalty::read(db, code.as_str(), &number).await?;
    let record = record.ok_or_else(not_found)?;
    let today = day(at)?;
    let publicity = publicity(periods, &record, today)?;
    publicity.check(record.duty_fulfilled, today)?;
    Ok(CheckRepairConditionsResponse {
        repairable_from: publicity.repairable_from.to_string(),
        publicity_until: publicity.until.to_string(),
    })
}

/// When a record can be repaired and when its publicity ends.
pub(crate) fn publicity(
    periods: &Periods,
    record: &Penalty,
    today: jiff::civil::Date,
) -> Result<Publicity, Fault> {
    let corrupt = |source: String| Fault::Corrupt {
        what: format!("penalty {}", record.decision_number),
        source: source.into(),
    };
    let decided_on =
        date(&record.decided_on).map_err(|fault| corrupt(fault.reason().to_owned()))?;
    periods
        .publicity(&record.class, decided_on, today)
        .ok_or_else(|| corrupt(format!("no publicity period of the class {}", record.class)))
}

pub(crate) fn not_found() -> Refusal {
    let message = "No record of this decision about the enterprise is published.";
    Refusal::new("RECORD_NOT_FOUND", message).about("decision_number")
}

/// The numbers of the decisions, as many as fit on a line.
fn line(records: &[Penalty]) -> String {
    let mut text = String::new();
    for (position, record) in records.iter().enumerate() {
        let length = text.chars().count() + record.decision_number.chars().count();
        if position > 0 && length > LINE {
            text.push_str(&format!("等{}项", records.len()));
            break;
        }
        if position > 0 {
            text.push('、');
        }
        text.push_str(&record.decision_number);
    }
    text
}

impl From<Penalty> for PenaltyRecord {
    fn from(record: Penalty) -> Self {
        Self {
            decision_number: record.decision_number,
            body: record.body,
            class: record.class,
            decided_on: record.decided_on,
            fine_fen: record.fine_fen,
            bill_number: record.bill_number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_numbers_stays_on_its_line() {
        let record = |index: usize| Penalty {
            decision_number: format!("罚字(2026)000{index:02}-01"),
            body: String::new(),
            class: "general".to_owned(),
            decided_on: String::new(),
            fine_fen: 0,
            bill_number: String::new(),
            duty_fulfilled: true,
            state: PUBLISHED.to_owned(),
        };
        let records: Vec<_> = (0..30).map(record).collect();
        assert_eq!(
            line(&records[..2]),
            "罚字(2026)00000-01、罚字(2026)00001-01"
        );
        let long = line(&records);
        assert!(long.ends_with("等30项") && long.chars().count() <= 200);
    }
}
