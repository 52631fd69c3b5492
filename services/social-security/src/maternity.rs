//! Maternity benefit (生育津贴): granting it for a birth. Wrong money is reclaimed (追回) by a new
//! decision.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    GrantMaternityBenefitRequest, GrantMaternityBenefitResponse,
};

use crate::{
    benefit_rule::BenefitRules,
    day::day,
    store::{
        maternity::{self, Benefit, NewBenefit},
        sequence,
    },
    value::{resident_number, value},
};

/// Grants the benefit.
pub(crate) struct GrantMaternityBenefit {
    rules: BenefitRules,
}

impl GrantMaternityBenefit {
    pub(crate) fn new(rules: BenefitRules) -> Self {
        Self { rules }
    }
}

#[async_trait]
impl Action for GrantMaternityBenefit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/GrantMaternityBenefit";
    type Request = GrantMaternityBenefitRequest;
    type Response = GrantMaternityBenefitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let mother = resident_number(&request.id_number)?.to_string();
        let element = "birth.certificate_number";
        let field = "birth_certificate_number";
        let certificate = value(element, field, &request.birth_certificate_number)?;
        let today = day(call.at)?;
        let rule = self.rules.on(today).ok_or_else(no_rule)?;

        let entitled = maternity::lock(tx, &mother).await?;
        if let Some(granted) = maternity::of_birth(tx, &certificate).await? {
            return Ok(paid_before(granted, &mother)?);
        }
        if !entitled {
            let message = "The mother is not entitled to maternity benefit.";
            return Err(Refusal::invalid("id_number", message).into());
        }
        let benefit_number = sequence::number(tx, "SY", today.year()).await?;
        let amount_fen = rule.amount_fen();
        let benefit = NewBenefit {
            benefit_number: &benefit_number,
            birth_certificate_number: &certificate,
            id_number: &mother,
            amount_fen,
            rule_from: &rule.from.to_string(),
            granted_at: call.at,
        };
        if !maternity::insert(tx, benefit).await? {
            // Somebody else was granted a benefit for the same birth in the same moment.
            return Err(of_another().into());
        }
        Ok(Effect {
            response: GrantMaternityBenefitResponse {
                benefit_number,
                amount_fen,
            },
            record: (),
        })
    }
}

/// A birth is paid once: who asks again is told what was granted.
fn paid_before(
    granted: Benefit,
    mother: &str,
) -> Result<Effect<GrantMaternityBenefitResponse, ()>, Refusal> {
    if granted.id_number != mother {
        return Err(of_another());
    }
    Ok(Effect {
        response: GrantMaternityBenefitResponse {
            benefit_number: granted.benefit_number,
            amount_fen: granted.amount_fen,
        },
        record: (),
    })
}

fn of_another() -> Refusal {
    let message = "The benefit for the birth with this certificate was granted to another person.";
    Refusal::invalid("birth_certificate_number", message)
}

fn no_rule() -> Fault {
    Fault::Corrupt {
        what: "the day".to_owned(),
        source: "no rule of maternity benefit holds on it".into(),
    }
}
