//! The review of a registration for school (入学报名审核): age, guardian, class of pupil. Classes that
//! follow from the registers are decided at once; a migrant's child and an orphan are looked at by
//! the school.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::date;
use onething_participant::{
    Action, Annulled, Call, Conclusion, Effect, Fault, Refusal, Review, Stop,
};
use onething_proto::education::{ReviewPupilRequest, ReviewPupilResponse};
use serde::{Deserialize, Serialize};

use crate::{
    age_rule::AgeRules,
    class_rule::{Class, ClassRule, ClassRules, Classified, Facts, Place},
    day::{day, intake},
    store::{
        area_at,
        registration::{self, Registration},
        sequence, student,
    },
    value::{optional_number, resident_number, value},
    window::Windows,
};

/// The grade after which a child goes on to junior middle school.
const LAST_OF_PRIMARY: i64 = 6;

/// Nobody starts primary school so many years after the others of the same age.
const LATEST_YEARS: i16 = 9;

/// The rules by which registrations are reviewed.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) ages: AgeRules,
    pub(crate) classes: ClassRules,
    pub(crate) windows: Windows,
}

impl Rules {
    /// The class of a registration, and the rule that serves it.
    ///
    /// # Errors
    /// When the table serves it no more.
    pub(crate) fn served(&self, found: &Registration) -> Result<(Class, &ClassRule), Fault> {
        let class = Class::named(&found.class);
        let year = i16::try_from(found.year).ok();
        let rule = year.and_then(|year| self.classes.of(&found.region, year));
        class.zip(rule).ok_or_else(|| Fault::Corrupt {
            what: "a registration".to_owned(),
            source: "no class rule serves it".into(),
        })
    }
}

/// Reviews a registration.
pub(crate) struct ReviewPupil {
    rules: Arc<Rules>,
}

/// A registration that was found in order: what deciding it later needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    id_number: String,
    region: String,
    year: i16,
    stage: String,
    class: String,
    address: String,
    elder_id_number: Option<String>,
    birth_order: i64,
}

/// What withdrawing needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    review_number: String,
    id_number: String,
}

/// The request with every field in its one spelling.
struct Application {
    child: String,
    born_on: Date,
    guardian: String,
    parents: Vec<String>,
    elder: Option<String>,
    birth_order: i64,
    guardian_appointed: bool,
    orphan: bool,
}

impl Application {
    fn read(request: &ReviewPupilRequest) -> Result<Self, Refusal> {
        value("person.name", "child_name", &request.child_name)?;
        let parents = [
            optional_number("mother_id_number", request.mother_id_number.as_deref())?,
            optional_number("father_id_number", request.father_id_number.as_deref())?,
        ];
        let assistance = value("guardianship.status", "assistance", &request.assistance)?;
        Ok(Self {
            child: resident_number("child_id_number", &request.child_id_number)?,
            born_on: date(&request.born_on)
                .map_err(|invalid| Refusal::invalid("born_on", invalid.reason()))?,
            guardian: resident_number("guardian_id_number", &request.guardian_id_number)?,
            parents: parents.into_iter().flatten().collect(),
            elder: optional_number("elder_id_number", request.elder_id_number.as_deref())?,
            birth_order: request.birth_order.max(1),
            guardian_appointed: request.guardian_appointed,
            orphan: assistance == "orphan",
        })
    }

    /// A parent of the register, or whom civil affairs appointed (Civil Code 27, 31).
    fn check_guardian(&self) -> Result<(), Refusal> {
        if self.guardian_appointed || self.parents.contains(&self.guardian) {
            return Ok(());
        }
        let message =
            "Who registers the child is neither a registered parent nor its appointed guardian.";
        Err(Refusal::new("NOT_GUARDIAN", message).about("guardian_id_number"))
    }
}

impl ReviewPupil {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Self { rules }
    }

    /// The age for primary school, by the rule of the county and year. A child that is late may
    /// still start.
    fn check_age(&self, county: &str, born_on: Date, year: i16) -> Result<(), Refusal> {
        let starts = self.rules.ages.enrolment(county, born_on);
        let (starts, rule) =
            starts.ok_or_else(|| Refusal::invalid("born_on", "is before the age rules begin"))?;
        if starts > year {
            let message =
                format!("The child starts school in {starts}, when it is {rule} of the year.");
            return Err(Refusal::new("TOO_YOUNG", message).about("born_on"));
        }
        if starts < year - LATEST_YEARS {
            let message = "The child is past the age of compulsory schooling.";
            return Err(Refusal::new("TOO_OLD", message).about("born_on"));
        }
        Ok(())
    }

    async fn classify(
        &self,
        tx: &mut Tx,
        request: &ReviewPupilRequest,
        orphan: bool,
        year: i16,
    ) -> Result<Classified, Stop> {
        let (region, address) = (&request.household_region, &request.household_address);
        let household = place(tx, region, address).await?;
        let homes = [
            (&request.mother_home_region, &request.mother_home_address),
            (&request.father_home_region, &request.father_home_address),
        ];
        let mut facts = Facts {
            household,
            homes: Vec::new(),
            permit_region: request
                .permit_region
                .clone()
                .filter(|_| request.permit_valid),
            insured_months: request.insured_months,
            orphan,
        };
        for home in homes {
            if let (Some(region), Some(address)) = home
                && !region.is_empty()
            {
                facts.homes.push(place(tx, region, address).await?);
            }
        }
        let classified = self.rules.classes.classify(&facts, year);
        classified.ok_or_else(|| {
            let message = "Neither home, household registration nor residence permit entitles the child to a school here.";
            Refusal::new("NOT_ENTITLED_HERE", message).into()
        })
    }

    /// Finds a registration in order, by what the registers say now.
    async fn judge(
        &self,
        tx: &mut Tx,
        request: &ReviewPupilRequest,
        today: Date,
    ) -> Result<(Found, bool), Stop> {
        let application = Application::read(request)?;
        application.check_guardian()?;
        let year = intake(today);
        registration::lock(tx, &application.child).await?;
        let attended = student::record(tx, &application.child).await?;
        let stage = match attended.map(|record| record.grade) {
            None => "primary",
            Some(LAST_OF_PRIMARY) => "junior",
            Some(_) => return Err(already_enrolled().into()),
        };
        free(tx, &application.child, year).await?;
        let classified = self.classify(tx, request, application.orphan, year).await?;
        self.rules.windows.check(&classified.region, year, today)?;
        if stage == "primary" {
            self.check_age(&classified.region, application.born_on, year)?;
        }
        let officer = classified.class.needs_an_officer();
        let found = Found {
            id_number: application.child,
            region: classified.region,
            year,
            stage: stage.to_owned(),
            class: classified.class.letter().to_owned(),
            address: classified.address,
            elder_id_number: application.elder,
            birth_order: application.birth_order,
        };
        Ok((found, officer))
    }
}

#[async_trait]
impl Action for ReviewPupil {
    const METHOD: &'static str = "onething.education.v1.EducationService/ReviewPupil";
    type Request = ReviewPupilRequest;
    type Response = ReviewPupilResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let (found, officer) = self.judge(tx, &request, day(call.at)?).await?;
        if officer {
            return Err(Stop::Later(Review::of(&found)?));
        }
        register(tx, found, call.at).await
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        registration::lock(tx, &record.id_number).await?;
        registration::withdraw(tx, &record.review_number, at).await?;
        Ok(Annulled::Done)
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let found: Found = review.read()?;
        registration::lock(tx, &found.id_number).await?;
        free(tx, &found.id_number, found.year).await?;
        register(tx, found, conclusion.at).await
    }
}

/// Where an address is, with its school area.
async fn place(tx: &mut Tx, region: &str, address: &str) -> Result<Place, Stop> {
    Ok(Place {
        area: area_at(tx, region, address).await?,
        region: region.to_owned(),
        address: address.to_owned(),
    })
}

/// A locked child that is neither registered nor admitted for the year.
async fn free(tx: &mut Tx, child: &str, year: i16) -> Result<(), Stop> {
    if student::admitted(tx, child, year.into()).await? {
        return Err(already_enrolled().into());
    }
    if registration::registered(tx, child, year).await? {
        let message = "The child is registered for this year already.";
        return Err(Refusal::new("ALREADY_REGISTERED", message)
            .about("child_id_number")
            .into());
    }
    Ok(())
}

/// Registers a locked child. The number: `RX` (入学), division, year and a serial of the division
/// and year, for example `RX150302-2026-000001`.
async fn register(
    tx: &mut Tx,
    found: Found,
    at: i64,
) -> Result<Effect<ReviewPupilResponse, Record>, Stop> {
    let series = format!("RX{}-{}", found.region, found.year);
    let serial = sequence::next(tx, &series).await?;
    let review_number = format!("{series}-{serial:06}");
    let new = Registration {
        id_number: found.id_number.clone(),
        region: found.region.clone(),
        year: found.year.into(),
        stage: found.stage.clone(),
        class: found.class.clone(),
        address: found.address,
        elder_id_number: found.elder_id_number,
        birth_order: found.birth_order,
    };
    registration::insert(tx, &review_number, &new, at).await?;
    Ok(Effect {
        response: ReviewPupilResponse {
            review_number: review_number.clone(),
            pupil_class: found.class,
            stage: found.stage,
            region: found.region,
            enrolment_year: found.year.into(),
        },
        record: Record {
            review_number,
            id_number: found.id_number,
        },
    })
}

fn already_enrolled() -> Refusal {
    Refusal::new(
        "ALREADY_ENROLLED",
        "The child is admitted to a school already.",
    )
    .about("child_id_number")
}
