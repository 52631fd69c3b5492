//! The approval of a retirement (退休审批). A pivot: undoing it takes a revoking decision.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::{ResidentNumber, date};
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{ApproveRetirementRequest, ApproveRetirementResponse};

use crate::{
    archive::examination_not_found,
    day::day,
    retirement_rule::{Ages, Category, Kind, Plan, RetirementRules},
    store::{
        retirement::{self, Account, NewApproval},
        sequence,
    },
    value::{resident_number, value},
};

/// Approves a retirement.
pub(crate) struct ApproveRetirement {
    rules: Arc<RetirementRules>,
}

impl ApproveRetirement {
    pub(crate) fn new(rules: Arc<RetirementRules>) -> Self {
        Self { rules }
    }
}

/// Reads what somebody wants.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn plan(
    kind: &str,
    retires_on: &str,
    noticed_on: Option<&str>,
) -> Result<Plan, Refusal> {
    let day = |field: &str, text: &str| -> Result<Date, Refusal> {
        date(text).map_err(|invalid| Refusal::invalid(field, invalid.reason()))
    };
    let noticed_on = noticed_on.filter(|text| !text.is_empty());
    Ok(Plan {
        kind: Kind::named(kind)
            .ok_or_else(|| Refusal::invalid("kind", "is `normal`, `early` or `delayed`"))?,
        retires_on: day("retires_on", retires_on)?,
        noticed_on: noticed_on.map(|text| day("noticed_on", text)).transpose()?,
    })
}

/// Judges a person's plan by the rules, with so many deemed months.
///
/// # Errors
/// That the account is of no category with a rule. Within: the refusal of the first condition that is
/// not met.
pub(crate) fn judge(
    rules: &RetirementRules,
    person: &ResidentNumber,
    account: Option<&Account>,
    plan: Plan,
    deemed_months: Option<i64>,
) -> Result<Result<Ages, Refusal>, Fault> {
    let Some(account) = account else {
        let message = "No employer insures the person.";
        return Ok(Err(Refusal::new("NOT_INSURED", message).about("id_number")));
    };
    if account.retired_on.is_some() {
        let message = "The person has retired.";
        return Ok(Err(Refusal::new("ALREADY_RETIRED", message)));
    }
    let ages = category(account)
        .and_then(|category| rules.ages(category, person.birth_date()))
        .ok_or_else(unknown_category)?;
    let deemed = deemed_months.unwrap_or(account.deemed_months);
    let judged = rules.judge(ages, plan, account.months + deemed);
    Ok(judged.map(|()| ages))
}

/// The category of an account.
pub(crate) fn category(account: &Account) -> Option<Category> {
    Category::named(&account.category)
}

/// That an account's category has no rule.
pub(crate) fn unknown_category() -> Fault {
    Fault::Corrupt {
        what: "a pension account".to_owned(),
        source: "no rule knows its category".into(),
    }
}

#[async_trait]
impl Action for ApproveRetirement {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/ApproveRetirement";
    type Request = ApproveRetirementRequest;
    type Response = ApproveRetirementResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let person = resident_number(&request.id_number)?;
        value("person.name", "name", &request.name)?;
        let element = "retirement.examination_number";
        let examination = value(element, "examination_number", &request.examination_number)?;
        let noticed_on = request.noticed_on.as_deref();
        let plan = plan(&request.kind, &request.retires_on, noticed_on)?;
        let account = retirement::lock(tx, person.as_str()).await?;
        let found = retirement::examination(tx, &examination, person.as_str()).await?;
        let Some(deemed_months) = found else {
            return Err(examination_not_found().into());
        };
        if !retirement::published(tx, &examination).await? {
            let message = "The publicity of the archive's examination has not ended.";
            return Err(Refusal::new("PUBLICITY_NOT_ENDED", message)
                .about("examination_number")
                .into());
        }
        let (account, deemed) = (account.as_ref(), Some(deemed_months));
        let ages = judge(&self.rules, &person, account, plan, deemed)??;
        let approval_number = sequence::number(tx, "TX", day(call.at)?.year()).await?;
        let retired_on = plan.retires_on.to_string();
        let new = NewApproval {
            approval_number: &approval_number,
            id_number: person.as_str(),
            kind: &request.kind,
            statutory_on: &ages.statutory_on.to_string(),
            retired_on: &retired_on,
            deemed_months,
            examination_number: &examination,
            approved_at: call.at,
        };
        retirement::approve(tx, new).await?;
        Ok(Effect {
            response: ApproveRetirementResponse {
                approval_number,
                retired_on,
            },
            record: (),
        })
    }
}
