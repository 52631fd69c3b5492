//! The publicity (公示) of an archive's examination: a period in which anyone may object. An officer
//! closes it once it is over, or upholds an objection; undoing withdraws it.

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::date;
use onething_participant::{
    Action, Annulled, Call, Conclusion, Effect, Fault, Refusal, Review, Stop,
};
use onething_proto::social_security::{PublishExaminationRequest, PublishExaminationResponse};
use serde::{Deserialize, Serialize};

use crate::{
    archive::examination_not_found,
    day::day,
    store::{
        retirement::{self, Period},
        sequence,
    },
    value::{resident_number, value},
};

/// Keeps a finding public until its period is over.
pub(crate) struct PublishExamination;

/// What closing it needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Public {
    id_number: String,
    examination_number: String,
}

/// What withdrawing needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    publicity_number: String,
    id_number: String,
}

#[async_trait]
impl Action for PublishExamination {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/PublishExamination";
    type Request = PublishExaminationRequest;
    type Response = PublishExaminationResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        _call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let person = resident_number(&request.id_number)?;
        let element = "retirement.examination_number";
        let examination = value(element, "examination_number", &request.examination_number)?;
        let public = Public {
            id_number: person.to_string(),
            examination_number: examination,
        };
        public.period(tx).await?;
        Err(Stop::Later(Review::of(&public)?))
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        retirement::lock(tx, &record.id_number).await?;
        retirement::withdraw_publicity(tx, &record.publicity_number, at).await?;
        Ok(Annulled::Done)
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let public: Public = review.read()?;
        let period = public.period(tx).await?;
        let today = day(conclusion.at)?;
        if !is_over(&period, today)? {
            let message = format!(
                "The examination is public until {}: its publicity is closed after that day.",
                period.public_to
            );
            return Err(Fault::ReviewNotDue(message).into());
        }
        let publicity_number = sequence::number(tx, "GS", today.year()).await?;
        let examination = &public.examination_number;
        retirement::end_publicity(tx, &publicity_number, examination, &period, conclusion.at)
            .await?;
        Ok(Effect {
            response: PublishExaminationResponse {
                publicity_number: publicity_number.clone(),
                public_to: period.public_to,
            },
            record: Record {
                publicity_number,
                id_number: public.id_number,
            },
        })
    }
}

impl Public {
    /// Locks the person, whose examination is concluded and was not published before, and tells from
    /// when to when it is public.
    async fn period(&self, tx: &mut Tx) -> Result<Period, Stop> {
        retirement::lock(tx, &self.id_number).await?;
        let period = retirement::period(tx, &self.examination_number, &self.id_number).await?;
        let Some(period) = period else {
            return Err(examination_not_found().into());
        };
        if retirement::published(tx, &self.examination_number).await? {
            let message = "The publicity of this examination has ended already.";
            return Err(Refusal::new("ALREADY_PUBLISHED", message)
                .about("examination_number")
                .into());
        }
        Ok(period)
    }
}

/// Whether a publicity is over: its last day has passed. One of no day at all is over at once.
fn is_over(period: &Period, today: Date) -> Result<bool, Fault> {
    let last = date(&period.public_to).map_err(|invalid| Fault::Corrupt {
        what: "an examination".to_owned(),
        source: invalid.reason().into(),
    })?;
    Ok(today > last || period.public_from == period.public_to)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_publicity_is_over_when_its_last_day_has_passed() {
        let period = Period {
            public_from: "2026-09-30".to_owned(),
            public_to: "2026-10-14".to_owned(),
        };
        assert!(!is_over(&period, date(2026, 10, 14)).unwrap());
        assert!(is_over(&period, date(2026, 10, 15)).unwrap());
        let none = Period {
            public_from: "2026-09-30".to_owned(),
            public_to: "2026-09-30".to_owned(),
        };
        assert!(is_over(&none, date(2026, 9, 30)).unwrap());
    }
}
