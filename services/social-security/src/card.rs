//! Social security cards (社会保障卡): issue and cancellation.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
};

use crate::{
    field,
    number::{self, Kind, REGION},
    rates::Rates,
    store::card::{self, Card},
};

/// Issues a card.
pub(crate) struct IssueSocialSecurityCard {
    rates: Arc<Rates>,
}

impl IssueSocialSecurityCard {
    pub(crate) fn new(rates: Arc<Rates>) -> Self {
        Self { rates }
    }
}

#[async_trait]
impl Action for IssueSocialSecurityCard {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard";
    type Request = IssueSocialSecurityCardRequest;
    type Response = IssueSocialSecurityCardResponse;
    /// The card's number.
    type Record = String;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, String>, Stop> {
        let id_number = field::id_number(&request.id_number)?;
        let name = field::element("person.name", "name", &request.name)?;
        let bank = match &request.bank {
            Some(bank) => field::element("social_card.bank", "bank", bank)?,
            None => self.rates.default_bank.clone(),
        };
        if card::in_force(tx, &id_number).await?.is_some() {
            let message = "The person has a social security card already.";
            return Err(Refusal::new("CARD_EXISTS", message).into());
        }
        let number = number::issue(tx, Kind::Card, REGION, call.at).await?;
        let card = Card { number: number.clone(), id_number, name, bank: bank.clone() };
        card::insert(tx, &card, call.at).await?;
        let response = Self::Response { card_number: number.clone(), bank };
        Ok(Effect { response, record: number })
    }

    /// Cancels the card; its number is not issued again.
    async fn annul(&self, tx: &mut Tx, at: i64, number: String) -> Result<Annulled, Fault> {
        card::cancel(tx, &number, at).await?;
        Ok(Annulled::Done)
    }
}
