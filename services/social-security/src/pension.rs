//! What follows from an approved retirement: the pension, the account that it is paid to, the medical
//! insurance of the retired, the community. Each follows once; who asks again is told what it was.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{ToSpan, civil::Date};
use onething_db::Tx;
use onething_elements::{ResidentNumber, date};
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    ChangeToRetiredInsuranceRequest, ChangeToRetiredInsuranceResponse, DetermineBenefitRequest,
    DetermineBenefitResponse, HandOverToCommunityRequest, HandOverToCommunityResponse,
    OpenPensionAccountRequest, OpenPensionAccountResponse,
};

use crate::{
    retirement::{category, unknown_category},
    retirement_rule::{Earned, RetirementRules},
    store::{
        card,
        retirement::{self, Account, Approval, Effect as Following},
        sequence,
    },
    value::{resident_number, value},
};

/// Reckons the pension.
pub(crate) struct DetermineBenefit(pub(crate) Arc<RetirementRules>);
/// Lets the pension be paid to the card's account.
pub(crate) struct OpenPensionAccount;
/// Changes to the medical insurance of the retired.
pub(crate) struct ChangeToRetiredInsurance(pub(crate) Arc<RetirementRules>);
/// Hands over to the community.
pub(crate) struct HandOverToCommunity;

/// A retired person, locked.
struct Retired {
    person: ResidentNumber,
    approval_number: String,
    approval: Approval,
    account: Account,
    retired_on: Date,
}

impl Retired {
    /// Locks a person and reads the approval.
    async fn lock(tx: &mut Tx, id_number: &str, approval_number: &str) -> Result<Self, Stop> {
        let person = resident_number(id_number)?;
        let element = "retirement.approval_number";
        let approval_number = value(element, "approval_number", approval_number)?;
        let account = retirement::lock(tx, person.as_str()).await?;
        let approval = retirement::approval(tx, &approval_number, person.as_str()).await?;
        let (Some(account), Some(approval)) = (account, approval) else {
            let message = "No approval in force of the person's retirement has this number.";
            return Err(Refusal::invalid("approval_number", message).into());
        };
        let retired_on = date(&approval.retired_on).map_err(|_| corrupt("no day of retirement"))?;
        Ok(Self {
            person,
            approval_number,
            approval,
            account,
            retired_on,
        })
    }

    /// What followed before, or what follows now under the next number of a series.
    async fn follow(
        &self,
        tx: &mut Tx,
        kind: &str,
        letters: &str,
        amount: i64,
        detail: String,
        at: i64,
    ) -> Result<Following, Stop> {
        if let Some(before) = retirement::effect(tx, &self.approval_number, kind).await? {
            return Ok(before);
        }
        let following = Following {
            number: sequence::number(tx, letters, self.retired_on.year()).await?,
            amount,
            detail,
        };
        retirement::take(tx, &self.approval_number, kind, &following, at).await?;
        Ok(following)
    }
}

#[async_trait]
impl Action for DetermineBenefit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/DetermineBenefit";
    type Request = DetermineBenefitRequest;
    type Response = DetermineBenefitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let retired = Retired::lock(tx, &request.id_number, &request.approval_number).await?;
        let earned = Earned {
            months: retired.account.months,
            deemed_months: retired.approval.deemed_months,
            index_permille: retired.account.index_permille,
            balance_fen: retired.account.balance_fen,
        };
        let age = i64::from(retired.person.age_on(retired.retired_on));
        let monthly = self.0.monthly_fen(earned, age, retired.retired_on.year());
        let monthly = monthly.ok_or_else(|| corrupt("no rule reckons a pension"))?;
        // From the month after the retirement.
        let first = retired
            .retired_on
            .first_of_month()
            .saturating_add(1.month());
        let first = first.to_string();
        let following = retired
            .follow(tx, "benefit", "DY", monthly, first, call.at)
            .await?;
        Ok(Effect {
            response: DetermineBenefitResponse {
                statement_number: following.number,
                monthly_fen: following.amount,
                payable_from: following.detail,
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for OpenPensionAccount {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/OpenPensionAccount";
    type Request = OpenPensionAccountRequest;
    type Response = OpenPensionAccountResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let retired = Retired::lock(tx, &request.id_number, &request.approval_number).await?;
        let card = value("social_card.number", "card_number", &request.card_number)?;
        if !card::holds(tx, retired.person.as_str(), &card).await? {
            let message = "The person holds no card with this number.";
            return Err(Refusal::invalid("card_number", message).into());
        }
        let following = retired
            .follow(tx, "account", "FF", 0, card, call.at)
            .await?;
        Ok(Effect {
            response: OpenPensionAccountResponse {
                account_number: following.number,
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for ChangeToRetiredInsurance {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/ChangeToRetiredInsurance";
    type Request = ChangeToRetiredInsuranceRequest;
    type Response = ChangeToRetiredInsuranceResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let retired = Retired::lock(tx, &request.id_number, &request.approval_number).await?;
        let category = category(&retired.account).ok_or_else(unknown_category)?;
        let required = self.0.medical_months(category, retired.retired_on.year());
        let missing = (required - retired.account.medical_months).max(0);
        let detail = if missing == 0 {
            "lifelong"
        } else {
            "to be paid up"
        };
        let detail = detail.to_owned();
        let following = retired
            .follow(tx, "medical", "YT", missing, detail, call.at)
            .await?;
        Ok(Effect {
            response: ChangeToRetiredInsuranceResponse {
                change_number: following.number,
                lifelong: following.amount == 0,
                missing_months: following.amount,
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for HandOverToCommunity {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/HandOverToCommunity";
    type Request = HandOverToCommunityRequest;
    type Response = HandOverToCommunityResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let retired = Retired::lock(tx, &request.id_number, &request.approval_number).await?;
        let region = value("household.region", "region", &request.region)?;
        value("household.address", "address", &request.address)?;
        let following = retired
            .follow(tx, "handover", "SH", 0, region, call.at)
            .await?;
        Ok(Effect {
            response: HandOverToCommunityResponse {
                handover_number: following.number,
            },
            record: (),
        })
    }
}

fn corrupt(problem: &'static str) -> Fault {
    Fault::Corrupt {
        what: "a retirement".to_owned(),
        source: problem.into(),
    }
}
