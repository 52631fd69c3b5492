//! What stands against moving or changing an enterprise, as its record says it.

use onething_db::Db;
use onething_participant::{Refusal, Stop};
use onething_proto::enterprise_registry::GetListingsResponse;

use crate::{
    code::Code,
    store::{
        enterprise::{ACTIVE, Enterprise},
        overview,
    },
};

/// Checks status, freeze, lists, open cases and lock, in this order.
///
/// # Errors
/// A refusal with the first obstacle.
pub(crate) fn check(record: &Enterprise, locked: bool) -> Result<(), Refusal> {
    let obstacles = [
        (
            record.status != ACTIVE,
            "NOT_ACTIVE",
            "The enterprise is not in business: its registration is cancelled or revoked.",
        ),
        (record.equity_frozen, "EQUITY_FROZEN", FROZEN),
        (
            record.abnormal_listed,
            "ABNORMAL_LISTED",
            "The enterprise is on the abnormal list (经营异常名录).",
        ),
        (
            record.serious_breach_listed,
            "SERIOUS_BREACH_LISTED",
            "The enterprise is on the serious-breach list (严重违法失信名单).",
        ),
        (record.open_cases > 0, "OPEN_CASE", OPEN_CASE),
        (
            locked,
            "RECORD_LOCKED",
            "The record is locked for a move that is under way.",
        ),
    ];
    first(&obstacles)
}

/// On which lists an enterprise is.
///
/// # Errors
/// A refusal, or that something failed.
pub(crate) async fn listings(db: &Db, credit_code: &str) -> Result<GetListingsResponse, Stop> {
    let code = Code::read(credit_code)?;
    let found = code.found(overview::read(db, code.as_str()).await?)?;
    Ok(GetListingsResponse {
        abnormal_listed: found.enterprise.abnormal_listed,
        serious_breach_listed: found.enterprise.serious_breach_listed,
    })
}

/// Checks that no court has frozen shares.
///
/// # Errors
/// `EQUITY_FROZEN`.
pub(crate) fn not_frozen(record: &Enterprise) -> Result<(), Refusal> {
    first(&[(record.equity_frozen, "EQUITY_FROZEN", FROZEN)])
}

/// Checks that no case is open, which holds back a release.
///
/// # Errors
/// `OPEN_CASE`.
pub(crate) fn no_open_case(record: &Enterprise) -> Result<(), Refusal> {
    first(&[(record.open_cases > 0, "OPEN_CASE", OPEN_CASE)])
}

/// Checks what may have changed since the release: a court's freeze and open cases.
///
/// # Errors
/// `EQUITY_FROZEN` or `OPEN_CASE`.
pub(crate) fn still_free(record: &Enterprise) -> Result<(), Refusal> {
    not_frozen(record)?;
    no_open_case(record)
}

const FROZEN: &str = "A court has frozen shares in the enterprise.";
const OPEN_CASE: &str = "An administrative case against the enterprise is open.";

fn first(obstacles: &[(bool, &str, &str)]) -> Result<(), Refusal> {
    match obstacles.iter().find(|(stands, ..)| *stands) {
        Some((_, reason, message)) => Err(Refusal::new(*reason, *message)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::enterprise::sample;

    fn reason(change: impl FnOnce(&mut Enterprise)) -> Option<String> {
        let mut record = sample("91150105YYYY00012D");
        change(&mut record);
        check(&record, false).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn each_obstacle_has_its_reason() {
        assert_eq!(reason(|_| ()), None);
        for status in ["cancelled", "revoked"] {
            assert_eq!(reason(|r| r.status = status.into()).unwrap(), "NOT_ACTIVE");
        }
        assert_eq!(reason(|r| r.equity_frozen = true).unwrap(), "EQUITY_FROZEN");
        assert_eq!(
            reason(|r| r.abnormal_listed = true).unwrap(),
            "ABNORMAL_LISTED"
        );
        let listed = reason(|r| r.serious_breach_listed = true);
        assert_eq!(listed.unwrap(), "SERIOUS_BREACH_LISTED");
        assert_eq!(reason(|r| r.open_cases = 2).unwrap(), "OPEN_CASE");
        let locked = check(&sample("91150105YYYY00012D"), true).unwrap_err();
        assert_eq!(locked.reason, "RECORD_LOCKED");
    }

    #[test]
    fn before_the_registration_only_freeze_and_open_cases_count() {
        let mut record = sample("91150105YYYY00012D");
        record.abnormal_listed = true;
        assert_eq!(still_free(&record), Ok(()));
        record.open_cases = 1;
        assert_eq!(still_free(&record).unwrap_err().reason, "OPEN_CASE");
        record.equity_frozen = true;
        assert_eq!(still_free(&record).unwrap_err().reason, "EQUITY_FROZEN");
    }
}
