//! The examination of a spouse who joins a household (夫妻投靠): by the settlement rule of the county,
//! at once or by an officer. Undoing it withdraws the permit, and the spouse stays where they are.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::date;
use onething_participant::{
    Action, Annulled, Call, Conclusion, Effect, Fault, Refusal, Review, Stop,
};
use onething_proto::public_security::{CheckSpouseJoiningRequest, CheckSpouseJoiningResponse};
use serde::{Deserialize, Serialize};

use crate::{
    day::day,
    settlement::SettlementRules,
    store::{
        household,
        relocation::{self, NewPermit},
        sequence,
    },
    value::{resident_number, value},
};

/// Examines a spouse's joining.
pub(crate) struct CheckSpouseJoining {
    rules: Arc<SettlementRules>,
}

/// The request with every field in its one spelling: what deciding it later needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Joining {
    mover: String,
    host: String,
    household_id: String,
    certificate_number: String,
    married_on: Date,
    head_consent: bool,
    /// Where the joined spouse owns a home.
    home_region: Option<String>,
}

/// What withdrawing needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    permit_number: String,
    mover: String,
}

/// A joining that meets the rule.
struct Admitted {
    region: String,
    from_household_id: String,
    relation: &'static str,
    at_once: bool,
}

impl Joining {
    fn read(request: &CheckSpouseJoiningRequest) -> Result<Self, Refusal> {
        let certificate = &request.certificate_number;
        let element = "marriage.certificate_number";
        let mover = resident_number("mover_id_number", &request.mover_id_number)?;
        let host = resident_number("host_id_number", &request.host_id_number)?;
        if mover == host {
            return Err(Refusal::invalid(
                "host_id_number",
                "the spouses are two persons",
            ));
        }
        let titled = request
            .home_title_number
            .as_deref()
            .is_some_and(|title| !title.is_empty());
        Ok(Self {
            mover,
            host,
            household_id: value("household.id", "household_id", &request.household_id)?,
            certificate_number: value(element, "certificate_number", certificate)?,
            married_on: date(&request.married_on)
                .map_err(|invalid| Refusal::invalid("married_on", invalid.reason()))?,
            head_consent: request.head_consent,
            home_region: request.home_region.clone().filter(|_| titled),
        })
    }

    /// Locks the household and both spouses, and judges them by the register as it is now.
    async fn judge(
        &self,
        tx: &mut Tx,
        rules: &SettlementRules,
        today: Date,
    ) -> Result<Admitted, Stop> {
        let household = household::lock(tx, &self.household_id).await?;
        let Some(household) = household else {
            return Err(household_not_found().into());
        };
        if relocation::closed(tx, &household.id).await? {
            return Err(household_not_found().into());
        }
        let host = relocation::member(tx, &self.host).await?;
        let Some(host) = host.filter(|host| host.household_id == household.id) else {
            let message = "The spouse who is joined is no member of the household.";
            return Err(Refusal::new("HOST_NOT_IN_HOUSEHOLD", message)
                .about("host_id_number")
                .into());
        };
        let Some(mover) = relocation::member(tx, &self.mover).await? else {
            let message = "The spouse who moves is a member of no household of the region.";
            return Err(Refusal::new("MOVER_NOT_REGISTERED", message)
                .about("mover_id_number")
                .into());
        };
        if mover.household_id == household.id {
            let message = "The spouses are members of one household already.";
            return Err(Refusal::new("ALREADY_MEMBER", message).into());
        }
        if relocation::is_moving(tx, &self.mover).await? {
            let message = "The spouse who moves holds a permit to move already.";
            return Err(Refusal::new("MOVE_IN_PROGRESS", message).into());
        }
        if !self.head_consent {
            let message = "The head of the household has not consented.";
            return Err(Refusal::new("HEAD_CONSENT_MISSING", message)
                .about("head_consent")
                .into());
        }
        let Some(rule) = rules.of(&household.region, today.year()) else {
            let message = "No settlement rule is in force in the county.";
            return Err(Refusal::new("REGION_NOT_SERVED", message).into());
        };
        let has_home = self.home_region.as_ref() == Some(&household.region);
        rule.judge(self.married_on, has_home, today)?;
        Ok(Admitted {
            region: household.region,
            from_household_id: mover.household_id,
            relation: relation_of_spouse(&host.relation),
            at_once: rule.at_once,
        })
    }

    /// Grants the permit. Its number: `ZQ` (准迁), division, year and a serial.
    async fn grant(
        self,
        tx: &mut Tx,
        admitted: Admitted,
        at: i64,
    ) -> Result<Effect<CheckSpouseJoiningResponse, Record>, Stop> {
        let series = format!("ZQ{}-{}", admitted.region, day(at)?.year());
        let serial = sequence::next(tx, &series, 1).await?;
        let permit_number = format!("{series}-{serial:06}");
        let permit = NewPermit {
            permit_number: &permit_number,
            id_number: &self.mover,
            from_household_id: &admitted.from_household_id,
            to_household_id: &self.household_id,
            relation: admitted.relation,
            certificate_number: &self.certificate_number,
            granted_at: at,
        };
        relocation::grant(tx, permit).await?;
        Ok(Effect {
            response: CheckSpouseJoiningResponse {
                permit_number: permit_number.clone(),
            },
            record: Record {
                permit_number,
                mover: self.mover,
            },
        })
    }
}

impl CheckSpouseJoining {
    pub(crate) fn new(rules: Arc<SettlementRules>) -> Self {
        Self { rules }
    }
}

#[async_trait]
impl Action for CheckSpouseJoining {
    const METHOD: &'static str =
        "onething.public_security.v1.PublicSecurityService/CheckSpouseJoining";
    type Request = CheckSpouseJoiningRequest;
    type Response = CheckSpouseJoiningResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let joining = Joining::read(&request)?;
        let admitted = joining.judge(tx, &self.rules, day(call.at)?).await?;
        if !admitted.at_once {
            return Err(Stop::Later(Review::of(&joining)?));
        }
        joining.grant(tx, admitted, call.at).await
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        relocation::member(tx, &record.mover).await?;
        relocation::withdraw(tx, &record.permit_number, at).await?;
        Ok(Annulled::Done)
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let joining: Joining = review.read()?;
        let admitted = joining.judge(tx, &self.rules, day(conclusion.at)?).await?;
        joining.grant(tx, admitted, conclusion.at).await
    }
}

/// What the spouse of a member is to the household's head.
fn relation_of_spouse(member: &str) -> &'static str {
    match member {
        "head" => "spouse",
        // The wife or husband of a child, or of a more distant relative.
        _ => "other",
    }
}

fn household_not_found() -> Refusal {
    let message = "No household is registered under this number.";
    Refusal::new("HOUSEHOLD_NOT_FOUND", message).about("household_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heads_spouse_is_the_spouse() {
        assert_eq!(relation_of_spouse("head"), "spouse");
        assert_eq!(relation_of_spouse("child"), "other");
    }
}
