//! Marriage registration (结婚登记), at any registrar of the country since 2025-05-10: identity card
//! and a signed declaration, no household booklet, free of charge. The registrar hears both in
//! person, so it is decided later.

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::{Divisions, Level, MarriageCertificate, ResidentNumber};
use onething_participant::{Action, Call, Conclusion, Effect, Fault, Refusal, Review, Stop};
use onething_proto::civil_affairs::{RegisterMarriageRequest, RegisterMarriageResponse};
use serde::{Deserialize, Serialize};

use crate::{
    condition::{self, Couple},
    day::day,
    store::{self, Marriage, declaration},
    value::{resident_number, value},
};

/// Lower serials were given out by the registrars themselves, before this system.
const FIRST_SERIAL: i64 = 500_001;

/// Registers a marriage.
pub(crate) struct RegisterMarriage;

/// An application that is to be heard.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Application {
    first: String,
    second: String,
    region: String,
    close_kin: bool,
    photo: String,
}

impl Application {
    fn read(request: &RegisterMarriageRequest) -> Result<Self, Refusal> {
        value("person.name", "first_name", &request.first_name)?;
        value("person.name", "second_name", &request.second_name)?;
        if !request.declared {
            let message = "Both parties sign that they have no spouse and are not close kin.";
            return Err(Refusal::new("DECLARATION_MISSING", message).about("declared"));
        }
        let registrar = Divisions::standard().get(&request.region);
        if registrar.is_none_or(|division| division.level != Level::County) {
            let message = "Marriages are registered by the civil affairs of a county.";
            return Err(Refusal::new("NOT_A_REGISTRAR", message).about("region"));
        }
        Ok(Self {
            first: resident_number("first_id_number", &request.first_id_number)?.to_string(),
            second: resident_number("second_id_number", &request.second_id_number)?.to_string(),
            region: request.region.clone(),
            close_kin: request.close_kin,
            photo: value("material.photo", "photo", &request.photo)?,
        })
    }

    /// Locks both parties and judges them.
    async fn judge(&self, tx: &mut Tx, today: Date) -> Result<Couple, Stop> {
        // In one order, so that two calls about the same two persons never wait for each other.
        let mut parties = [&self.first, &self.second];
        parties.sort();
        for party in parties {
            declaration::lock(tx, party).await?;
        }
        let married = [
            store::is_married(tx, &self.first).await?,
            store::is_married(tx, &self.second).await?,
        ];
        let first = parsed(&self.first)?;
        let second = parsed(&self.second)?;
        Ok(condition::judge(
            &first,
            &second,
            married,
            self.close_kin,
            today,
        )?)
    }
}

#[async_trait]
impl Action for RegisterMarriage {
    const METHOD: &'static str = "onething.civil_affairs.v1.CivilAffairsService/RegisterMarriage";
    type Request = RegisterMarriageRequest;
    type Response = RegisterMarriageResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let application = Application::read(&request)?;
        application.judge(tx, day(call.at)?).await?;
        Err(Stop::Later(Review::of(&application)?))
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let application: Application = review.read()?;
        let today = day(conclusion.at)?;
        let couple = application.judge(tx, today).await?;
        let certificate_number = certificate_number(tx, &application.region, today).await?;
        let registered_on = today.to_string();
        let marriage = Marriage {
            certificate_number: certificate_number.clone(),
            wife_id_number: couple.wife,
            husband_id_number: couple.husband,
            registered_on: registered_on.clone(),
            region: application.region,
        };
        store::register(tx, &marriage).await?;
        let heard_by = &conclusion.decided_by;
        let photo = &application.photo;
        declaration::keep(tx, &certificate_number, photo, heard_by, conclusion.at).await?;
        Ok(Effect {
            response: RegisterMarriageResponse {
                certificate_number,
                registered_on,
            },
            record: (),
        })
    }
}

/// `J`, the registrar's division, the year and six digits.
async fn certificate_number(tx: &mut Tx, region: &str, today: Date) -> Result<String, Fault> {
    let series = format!("J{region}-{}", today.year());
    let serial = declaration::next_serial(tx, &series, FIRST_SERIAL).await?;
    let serial = u32::try_from(serial).unwrap_or(u32::MAX);
    MarriageCertificate::compose(region, today.year(), serial)
        .map(|number| number.to_string())
        .map_err(|_| Fault::Exhausted("the numbers of a registrar's certificates of a year"))
}

/// Reads back a number that was valid when it was kept.
fn parsed(number: &str) -> Result<ResidentNumber, Fault> {
    ResidentNumber::parse(number).map_err(|_| Fault::Corrupt {
        what: "an application".to_owned(),
        source: "a resident number is not valid".into(),
    })
}
