//! Maternity benefit (生育待遇): one birth is paid once.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::social_security::{GrantMaternityBenefitRequest, GrantMaternityBenefitResponse};

use crate::{
    field,
    number::{self, Kind, REGION},
    rates::Rates,
    store::benefit::{self, Benefit},
};

/// Grants the benefit for a birth.
pub(crate) struct GrantMaternityBenefit {
    rates: Arc<Rates>,
}

impl GrantMaternityBenefit {
    pub(crate) fn new(rates: Arc<Rates>) -> Self {
        Self { rates }
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
        let id_number = field::plain_id_number(&request.id_number)?;
        let field = "birth_certificate_number";
        let certificate =
            field::element("birth.certificate_number", field, &request.birth_certificate_number)?;
        if !benefit::is_insured(tx, &id_number).await? {
            let message = "is of nobody who is insured for maternity";
            return Err(Refusal::invalid("id_number", message).into());
        }
        let known = benefit::lock(tx, &certificate).await?;
        let granted = match known {
            // The birth was paid for in another case: the same decision, and no second payment.
            Some(granted) if granted.id_number == id_number => granted,
            Some(_) => {
                let message = "is of a birth that was paid for to another mother";
                return Err(Refusal::invalid(field, message).into());
            }
            None => {
                let granted = Benefit {
                    number: number::issue(tx, Kind::Benefit, REGION, call.at).await?,
                    birth_certificate_number: certificate,
                    id_number,
                    amount_fen: self.rates.on(number::day(call.at)?).maternity_benefit_fen,
                };
                benefit::insert(tx, &granted, call.at).await?;
                granted
            }
        };
        let response = Self::Response {
            benefit_number: granted.number,
            amount_fen: granted.amount_fen,
        };
        Ok(Effect { response, record: () })
    }
}
