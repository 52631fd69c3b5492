//! `onething.education.v1` over the register and the age rules: validates what is asked, reads, and
//! says why not.

use onething_db::Db;
use onething_elements::{Division, Divisions, Level, date};
use onething_participant::{Ledger, Refusal};
use onething_proto::education::{
    FindSchoolAreaRequest, FindSchoolAreaResponse, education_service_server::EducationService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{age_rule::AgeRules, store};

const FIND_SCHOOL_AREA: &str = "onething.education.v1.EducationService/FindSchoolArea";

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Server {
    db: Db,
    ledger: Ledger,
    age_rules: AgeRules,
}

impl Server {
    pub(crate) fn new(db: Db, ledger: Ledger, age_rules: AgeRules) -> Self {
        Self {
            db,
            ledger,
            age_rules,
        }
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
            .age_rules
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
}

fn county(code: &str) -> Result<&'static Division, Refusal> {
    Divisions::standard()
        .get(code)
        .filter(|division| division.level == Level::County)
        .ok_or_else(|| Refusal::invalid("region", "is not the code of a county-level division"))
}
