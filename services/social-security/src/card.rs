//! Social security cards (社会保障卡): issuing one, and cancelling it. A card's number is never issued
//! again.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse,
};
use serde::{Deserialize, Serialize};

use crate::{
    bank::DefaultBanks,
    store::{
        card::{self, NewCard},
        person, sequence,
    },
    value::{holders_number, value},
};

/// Issues a card.
pub(crate) struct IssueSocialSecurityCard {
    banks: DefaultBanks,
}

/// What cancelling needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    card_number: String,
    id_number: String,
}

impl IssueSocialSecurityCard {
    pub(crate) fn new(banks: DefaultBanks) -> Self {
        Self { banks }
    }
}

#[async_trait]
impl Action for IssueSocialSecurityCard {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard";
    type Request = IssueSocialSecurityCardRequest;
    type Response = IssueSocialSecurityCardResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let holder = holders_number(&request.id_number)?;
        let id_number = holder.to_string();
        let name = value("person.name", "name", &request.name)?;
        let bank = match request.bank.as_deref() {
            // A form that leaves the choice open sends nothing, or an empty text.
            None | Some("") => self.banks.of(&holder).to_owned(),
            Some(bank) => value("social_card.bank", "bank", bank)?,
        };

        person::lock(tx, &id_number, &name).await?;
        if card::in_force(tx, &id_number).await? {
            let message = "The person holds a card.";
            return Err(Refusal::new("CARD_EXISTS", message)
                .about("id_number")
                .into());
        }
        let card_number = card_number(sequence::next(tx, "card", 1).await?)?;
        let new = NewCard {
            card_number: &card_number,
            id_number: &id_number,
            bank: &bank,
            issued_at: call.at,
        };
        card::insert(tx, new).await?;
        Ok(Effect {
            response: IssueSocialSecurityCardResponse {
                card_number: card_number.clone(),
                bank,
            },
            record: Record {
                card_number,
                id_number,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        person::relock(tx, &record.id_number).await?;
        card::cancel(tx, &record.card_number, at).await?;
        Ok(Annulled::Done)
    }
}

/// The number of a card: a letter and eight digits, `A00000001` first.
fn card_number(serial: i64) -> Result<String, Fault> {
    const OF_A_LETTER: i64 = 100_000_000;
    let letter = u8::try_from(serial / OF_A_LETTER).ok();
    let letter = letter.filter(|letter| *letter < 26);
    let letter = letter.ok_or(Fault::Exhausted("the sequence of card numbers"))?;
    let digits = serial % OF_A_LETTER;
    Ok(format!("{}{digits:08}", char::from(b'A' + letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_with_the_next_letter_until_the_last() {
        let number = |serial| card_number(serial).ok();
        assert_eq!(number(1).as_deref(), Some("A00000001"));
        assert_eq!(number(99_999_999).as_deref(), Some("A99999999"));
        assert_eq!(number(100_000_000).as_deref(), Some("B00000000"));
        assert_eq!(number(2_599_999_999).as_deref(), Some("Z99999999"));
        assert_eq!(number(2_600_000_000), None);
        assert_eq!(number(i64::MAX), None);
    }
}
