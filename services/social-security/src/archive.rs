//! The examination of a personnel archive (审档): the first recorded birthday and the years that count
//! as paid. Officers decide; the finding is then public for a while. Undoing withdraws it.

use async_trait::async_trait;
use onething_calendar::Calendar;
use onething_db::Tx;
use onething_elements::{ResidentNumber, date};
use onething_participant::{
    Action, Annulled, Call, Conclusion, Effect, Fault, Refusal, Review, Stop,
};
use onething_proto::social_security::{ReviewArchiveRequest, ReviewArchiveResponse};
use serde::{Deserialize, Serialize};

use crate::{
    day::day,
    store::{
        retirement::{self, NewExamination},
        sequence,
    },
    value::{resident_number, value},
};

/// Examines an archive.
pub(crate) struct ReviewArchive {
    /// For how many working days the finding is public, the day on which it is concluded not counted.
    publicity: u32,
}

impl ReviewArchive {
    pub(crate) fn new(publicity: u32) -> Self {
        Self { publicity }
    }
}

/// What deciding later needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    id_number: String,
}

/// What withdrawing needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    examination_number: String,
    id_number: String,
}

#[async_trait]
impl Action for ReviewArchive {
    const METHOD: &'static str = "onething.social_security.v1.SocialSecurityService/ReviewArchive";
    type Request = ReviewArchiveRequest;
    type Response = ReviewArchiveResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        _call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let person = resident_number(&request.id_number)?;
        value("person.name", "name", &request.name)?;
        let born_on = date(&request.born_on)
            .map_err(|invalid| Refusal::invalid("born_on", invalid.reason()))?;
        examinable(tx, &person).await?;
        if born_on != person.birth_date() {
            let message = "The birthday of the register is not that of the resident number; the archive's first entry decides at the counter.";
            return Err(Refusal::new("BIRTH_DATE_DISPUTED", message)
                .about("born_on")
                .into());
        }
        let opened = Opened {
            id_number: person.to_string(),
        };
        Err(Stop::Later(Review::of(&opened)?))
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        retirement::lock(tx, &record.id_number).await?;
        retirement::withdraw(tx, &record.examination_number, at).await?;
        Ok(Annulled::Done)
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let opened: Opened = review.read()?;
        let person = resident_number(&opened.id_number)?;
        let deemed_months = examinable(tx, &person).await?;
        let today = day(conclusion.at)?;
        let examination_number = sequence::number(tx, "SD", today.year()).await?;
        let public_to = Calendar::standard().add_working_days(today, self.publicity);
        let new = NewExamination {
            examination_number: &examination_number,
            id_number: &opened.id_number,
            deemed_months,
            public_from: &today.to_string(),
            public_to: &public_to.date.to_string(),
            concluded_at: conclusion.at,
        };
        retirement::conclude(tx, new).await?;
        Ok(Effect {
            response: ReviewArchiveResponse {
                examination_number: examination_number.clone(),
                deemed_months,
            },
            record: Record {
                examination_number,
                id_number: opened.id_number,
            },
        })
    }
}

pub(crate) fn examination_not_found() -> Refusal {
    let message = "No concluded examination of the person's archive has this number.";
    Refusal::new("EXAMINATION_NOT_FOUND", message).about("examination_number")
}

/// Locks a person whose archive is there and not examined, and tells the months that it records.
async fn examinable(tx: &mut Tx, person: &ResidentNumber) -> Result<i64, Stop> {
    let account = retirement::lock(tx, person.as_str()).await?;
    let Some(account) = account.filter(|account| account.archive) else {
        let message = "No personnel archive of the person is kept here.";
        return Err(Refusal::new("NO_ARCHIVE", message)
            .about("id_number")
            .into());
    };
    if retirement::examined(tx, person.as_str()).await? {
        let message = "An examination of the archive was concluded and not withdrawn.";
        return Err(Refusal::new("EXAMINATION_OPEN", message).into());
    }
    Ok(account.deemed_months)
}
