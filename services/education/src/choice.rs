//! The school that a child's parents chose (自选学校): whether they choose where it starts school, and
//! whether the school can take it. It holds no seat.

use onething_db::Db;
use onething_participant::{Fault, Refusal};
use onething_proto::education::{CheckSchoolChoiceRequest, CheckSchoolChoiceResponse};
use tonic::Status;

use crate::{
    placement::{Candidate, place},
    review::Rules,
    store::{registration, seat},
    value::value,
};

/// Checks a choice.
///
/// # Errors
/// A refusal, or that something failed.
pub(crate) async fn check(
    db: &Db,
    rules: &Rules,
    request: &CheckSchoolChoiceRequest,
) -> Result<CheckSchoolChoiceResponse, Status> {
    let element = "pupil.review_number";
    let review_number = value(element, "review_number", &request.review_number)?;
    let chosen = value("school.name", "chosen_school", &request.chosen_school)?;
    let found = registration::read(db, &review_number).await;
    let Some(found) = found.map_err(Fault::from)? else {
        return Err(registration_not_found().into());
    };
    let (class, rule) = rules.served(&found)?;
    if !rule.lets_choose(found.birth_order) {
        let message = "Where this child starts school, its parents do not choose the school.";
        return Err(Refusal::new("CHOICE_NOT_OPEN", message)
            .about("chosen_school")
            .into());
    }
    let schools = seat::read_schools(db, &found.region, &found.stage, found.year).await;
    let schools = schools.map_err(Fault::from)?;
    let candidate = Candidate {
        class,
        area: None,
        birth_order: found.birth_order,
        elder_school: None,
        chosen: Some(&chosen),
    };
    let (school, _) = place(candidate, rule, &schools).map_err(Refusal::from)?;
    Ok(CheckSchoolChoiceResponse {
        chosen_school: school.school.clone(),
    })
}

/// That no registration in force has the number.
pub(crate) fn registration_not_found() -> Refusal {
    let message = "No registration in force has this number.";
    Refusal::new("REVIEW_NOT_FOUND", message).about("review_number")
}
