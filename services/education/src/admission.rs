//! Admission to a school and the student record (学籍) that follows from it. A later change is a
//! transfer (转学), which is a case of its own.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::StudentNumber;
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::education::{
    IssueAdmissionRequest, IssueAdmissionResponse, OpenStudentRecordRequest,
    OpenStudentRecordResponse,
};

use crate::{
    store::{
        registration,
        seat::{self, Held},
        sequence,
        student::{self, NewAdmission},
    },
    value::{resident_number, value},
};

/// Issues an admission notice.
pub(crate) struct IssueAdmission;

/// Opens a student record.
pub(crate) struct OpenStudentRecord;

#[async_trait]
impl Action for IssueAdmission {
    const METHOD: &'static str = "onething.education.v1.EducationService/IssueAdmission";
    type Request = IssueAdmissionRequest;
    type Response = IssueAdmissionResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let child = resident_number("child_id_number", &request.child_id_number)?;
        let seat_number = value("seat.number", "seat_number", &request.seat_number)?;
        registration::lock(tx, &child).await?;
        let held = seat::find(tx, &seat_number).await?;
        let Some(held) = held.filter(|held| held.id_number == child) else {
            let message = "No seat of the child is held under this number.";
            return Err(Refusal::new("SEAT_RELEASED", message)
                .about("seat_number")
                .into());
        };
        if student::admitted(tx, &child, held.year).await? {
            let message = "The child is admitted to a school already.";
            return Err(Refusal::new("ALREADY_ENROLLED", message)
                .about("child_id_number")
                .into());
        }
        let admission_number = admission_number(tx, &held).await?;
        let new = NewAdmission {
            admission_number: &admission_number,
            seat_number: &seat_number,
            id_number: &child,
            region: &held.region,
            school: &held.school,
            year: held.year,
            admitted_at: call.at,
        };
        student::admit(tx, new).await?;
        seat::close(tx, &seat_number, call.at).await?;
        Ok(Effect {
            response: IssueAdmissionResponse {
                admission_number,
                school: held.school,
            },
            record: (),
        })
    }
}

/// `LQ` (录取), division, year and a serial of the division and year, for example
/// `LQ150302-2026-000001`.
async fn admission_number(tx: &mut Tx, held: &Held) -> Result<String, Fault> {
    let series = format!("LQ{}-{}", held.region, held.year);
    let serial = sequence::next(tx, &series).await?;
    Ok(format!("{series}-{serial:06}"))
}

#[async_trait]
impl Action for OpenStudentRecord {
    const METHOD: &'static str = "onething.education.v1.EducationService/OpenStudentRecord";
    type Request = OpenStudentRecordRequest;
    type Response = OpenStudentRecordResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let child = resident_number("child_id_number", &request.child_id_number)?;
        value("person.name", "child_name", &request.child_name)?;
        let element = "admission.number";
        let number = value(element, "admission_number", &request.admission_number)?;
        registration::lock(tx, &child).await?;
        let Some(admission) = student::admission(tx, &number, &child).await? else {
            let message = "No admission of the child has this number.";
            return Err(Refusal::invalid("admission_number", message).into());
        };
        let student_number = student_number(&child)?;
        let grade = if admission.stage == "junior" { 7 } else { 1 };
        student::open(tx, &student_number, &child, &admission, grade, call.at).await?;
        Ok(Effect {
            response: OpenStudentRecordResponse { student_number },
            record: (),
        })
    }
}

/// `G` and the resident number, for the whole of schooling.
fn student_number(child: &str) -> Result<String, Refusal> {
    match StudentNumber::parse(&format!("G{child}")) {
        Ok(number) => Ok(number.as_str().to_owned()),
        Err(invalid) => Err(Refusal::invalid("child_id_number", invalid.reason())),
    }
}
