//! `onething.education.v1` over the registers: actions go to the ledger, queries read and say why
//! not.

use std::sync::Arc;

use onething_db::Db;
use onething_elements::date;
use onething_participant::{Fault, Ledger, Refusal};
use onething_proto::education::{
    CheckSchoolChoiceRequest, CheckSchoolChoiceResponse, FindSchoolAreaRequest,
    FindSchoolAreaResponse, GetStudentRecordRequest, GetStudentRecordResponse,
    IssueAdmissionRequest, IssueAdmissionResponse, OpenStudentRecordRequest,
    OpenStudentRecordResponse, PlacePupilRequest, PlacePupilResponse, ReviewPupilRequest,
    ReviewPupilResponse, education_service_server::EducationService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    admission::{IssueAdmission, OpenStudentRecord},
    choice,
    review::{ReviewPupil, Rules},
    seat::PlacePupil,
    store::{self, student},
    value::{county, resident_number},
};

const GET_STUDENT_RECORD: &str = "onething.education.v1.EducationService/GetStudentRecord";
const CHECK_SCHOOL_CHOICE: &str = "onething.education.v1.EducationService/CheckSchoolChoice";
const FIND_SCHOOL_AREA: &str = "onething.education.v1.EducationService/FindSchoolArea";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Server {
    db: Db,
    ledger: Ledger,
    rules: Arc<Rules>,
}

impl Server {
    pub(crate) fn new(db: Db, ledger: Ledger, rules: Arc<Rules>) -> Self {
        Self { db, ledger, rules }
    }
}

#[async_trait]
impl EducationService for Server {
    async fn find_school_area(
        &self,
        request: Request<FindSchoolAreaRequest>,
    ) -> Result<Response<FindSchoolAreaResponse>, Status> {
        self.ledger.admit(FIND_SCHOOL_AREA, &request)?;
        let request = request.get_ref();
        let county = &county(&request.region)?.code;
        let born_on = date(&request.child_born_on)
            .map_err(|invalid| Refusal::invalid("child_born_on", invalid.reason()))?;
        let enrolment_year = self
            .rules
            .ages
            .enrolment_year(county, born_on)
            .ok_or_else(|| Refusal::invalid("child_born_on", "is before the age rules begin"))?;
        let Some(area) = store::area_of(&self.db, county).await? else {
            return Err(Refusal::new(
                "NO_SCHOOL_AREA",
                "No school area is registered for the division.",
            )
            .into());
        };
        Ok(Response::new(FindSchoolAreaResponse {
            area: area.name,
            school: area.school,
            enrolment_year: enrolment_year.into(),
        }))
    }

    async fn get_student_record(
        &self,
        request: Request<GetStudentRecordRequest>,
    ) -> Result<Response<GetStudentRecordResponse>, Status> {
        self.ledger.admit(GET_STUDENT_RECORD, &request)?;
        let person = resident_number("id_number", &request.get_ref().id_number)?;
        let found = student::read(&self.db, &person).await;
        let found = found.map_err(Fault::from)?;
        Ok(Response::new(GetStudentRecordResponse {
            enrolled: found.is_some(),
            student_number: found.as_ref().map(|found| found.student_number.clone()),
            school: found.as_ref().map(|found| found.school.clone()),
            grade: found.as_ref().map(|found| found.grade),
        }))
    }

    async fn check_school_choice(
        &self,
        request: Request<CheckSchoolChoiceRequest>,
    ) -> Result<Response<CheckSchoolChoiceResponse>, Status> {
        self.ledger.admit(CHECK_SCHOOL_CHOICE, &request)?;
        let checked = choice::check(&self.db, &self.rules, request.get_ref()).await?;
        Ok(Response::new(checked))
    }

    async fn review_pupil(
        &self,
        request: Request<ReviewPupilRequest>,
    ) -> Result<Response<ReviewPupilResponse>, Status> {
        self.ledger.act::<ReviewPupil>(request).await
    }

    async fn place_pupil(
        &self,
        request: Request<PlacePupilRequest>,
    ) -> Result<Response<PlacePupilResponse>, Status> {
        self.ledger.act::<PlacePupil>(request).await
    }

    async fn issue_admission(
        &self,
        request: Request<IssueAdmissionRequest>,
    ) -> Result<Response<IssueAdmissionResponse>, Status> {
        self.ledger.act::<IssueAdmission>(request).await
    }

    async fn open_student_record(
        &self,
        request: Request<OpenStudentRecordRequest>,
    ) -> Result<Response<OpenStudentRecordResponse>, Status> {
        self.ledger.act::<OpenStudentRecord>(request).await
    }
}
