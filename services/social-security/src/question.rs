//! The shared data items about a person's insurance, and whether a person may retire. They change
//! nothing.

use std::sync::Arc;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Fault, Refusal};
use onething_proto::social_security::{
    CheckRetirementRequest, CheckRetirementResponse, GetContributionsRequest,
    GetContributionsResponse, GetMedicalInsuranceRequest, GetMedicalInsuranceResponse,
    GetMedicalYearsRequest, GetMedicalYearsResponse, GetSocialCardRequest, GetSocialCardResponse,
};
use tonic::Status;

use crate::{
    retirement::{category, judge, plan, unknown_category},
    retirement_rule::RetirementRules,
    store::{card, enrolment, retirement},
    value::resident_number,
};

/// Answers questions from the records.
#[derive(Debug)]
pub(crate) struct Questions {
    db: Db,
    rules: Arc<RetirementRules>,
}

impl Questions {
    pub(crate) fn new(db: Db, rules: Arc<RetirementRules>) -> Self {
        Self { db, rules }
    }

    /// What a person paid into pension insurance.
    ///
    /// # Errors
    /// A refusal, or that something failed.
    pub(crate) async fn get_contributions(
        &self,
        request: &GetContributionsRequest,
    ) -> Result<GetContributionsResponse, Status> {
        let person = resident_number(&request.id_number)?;
        let found = retirement::read(&self.db, person.as_str()).await;
        let found = found.map_err(Fault::from)?;
        Ok(GetContributionsResponse {
            months: found.as_ref().map_or(0, |account| account.months),
            deemed_months: found.as_ref().map_or(0, |account| account.deemed_months),
            category: found.map(|account| account.category),
        })
    }

    /// The card that a person holds.
    ///
    /// # Errors
    /// A refusal, or that something failed.
    pub(crate) async fn get_social_card(
        &self,
        request: &GetSocialCardRequest,
    ) -> Result<GetSocialCardResponse, Status> {
        let person = resident_number(&request.id_number)?;
        let found = card::held(&self.db, person.as_str()).await;
        let Some(held) = found.map_err(Fault::from)? else {
            let message = "The person holds no social security card.";
            return Err(Refusal::new("CARD_NOT_FOUND", message)
                .about("id_number")
                .into());
        };
        Ok(GetSocialCardResponse {
            card_number: held.card_number,
            bank: held.bank,
        })
    }

    /// How a person is insured for medical costs.
    ///
    /// # Errors
    /// A refusal, or that something failed.
    pub(crate) async fn get_medical_insurance(
        &self,
        request: &GetMedicalInsuranceRequest,
    ) -> Result<GetMedicalInsuranceResponse, Status> {
        let person = resident_number(&request.id_number)?;
        let year = local_date(Timestamp::now()).year();
        let found = enrolment::kind(&self.db, person.as_str(), year).await;
        let Some(insured) = found.map_err(Fault::from)? else {
            let message = "The person is not insured for medical costs this year.";
            return Err(Refusal::new("NOT_INSURED", message)
                .about("id_number")
                .into());
        };
        Ok(GetMedicalInsuranceResponse {
            insurance_number: insured.insurance_number,
            kind: insured.kind,
        })
    }

    /// For how long a person paid medical insurance, and how long is needed. Whom no employer insured
    /// has paid nothing here.
    ///
    /// # Errors
    /// A refusal, or that something failed.
    pub(crate) async fn get_medical_years(
        &self,
        request: &GetMedicalYearsRequest,
    ) -> Result<GetMedicalYearsResponse, Status> {
        let person = resident_number(&request.id_number)?;
        let year = local_date(Timestamp::now()).year();
        let found = retirement::read(&self.db, person.as_str()).await;
        let Some(account) = found.map_err(Fault::from)? else {
            return Ok(GetMedicalYearsResponse::default());
        };
        let category = category(&account).ok_or_else(unknown_category)?;
        Ok(GetMedicalYearsResponse {
            months: account.medical_months,
            required_months: self.rules.medical_months(category, year),
        })
    }

    /// Whether a person may retire as planned.
    ///
    /// # Errors
    /// A refusal, or that something failed.
    pub(crate) async fn check_retirement(
        &self,
        request: &CheckRetirementRequest,
    ) -> Result<CheckRetirementResponse, Status> {
        let person = resident_number(&request.id_number)?;
        let noticed_on = request.noticed_on.as_deref();
        let plan = plan(&request.kind, &request.retires_on, noticed_on)?;
        let found = retirement::read(&self.db, person.as_str()).await;
        let found = found.map_err(Fault::from)?;
        let ages = judge(&self.rules, &person, found.as_ref(), plan, None)??;
        Ok(CheckRetirementResponse {
            statutory_on: ages.statutory_on.to_string(),
            required_months: self.rules.required_months(plan.retires_on.year()),
        })
    }
}
