//! One synthetic enterprise as the registers of several departments together know it.

use std::fmt;

use jiff::civil::Date;
use onething_elements::Masked;
use serde::{Deserialize, Serialize};

use crate::business::{Permit, Shareholder};

/// What kind of market entity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseKind {
    /// A company (公司), credit code class 91.
    Company,
    /// An individual business (个体工商户), class 92.
    IndividualBusiness,
    /// A farmers' co-operative (农民专业合作社), class 93.
    Cooperative,
}

impl EnterpriseKind {
    /// The value of the element `enterprise.kind`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::IndividualBusiness => "individual_business",
            Self::Cooperative => "cooperative",
        }
    }
}

/// Its state in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseStatus {
    /// Registered and in business (存续).
    Active,
    /// The licence was withdrawn as a sanction (吊销).
    Revoked,
}

impl EnterpriseStatus {
    /// The value of the element `enterprise.status`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

/// One document in an enterprise's registration archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveDocument {
    /// What it is.
    pub title: String,
    /// How many pages it has.
    pub pages: u32,
    /// Its text, for the archive's digest.
    pub content: String,
}

/// An enterprise. Numbers of the departments' own registers are at the registrar's place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enterprise {
    /// A valid unified social credit code with `YYYY` in its organisation code.
    pub credit_code: String,
    /// The registered name.
    pub name: String,
    /// What kind of market entity it is.
    pub kind: EnterpriseKind,
    /// Its state in the registry.
    pub status: EnterpriseStatus,
    /// The registrar's county.
    pub registrar: String,
    /// The registered address.
    pub address: String,
    /// The legal representative's resident number.
    pub legal_representative_id_number: String,
    /// The registered capital in fen.
    pub capital_fen: i64,
    /// The day of foundation.
    pub founded_on: Date,
    /// The registration archive.
    pub archive: Vec<ArchiveDocument>,
    /// The competent tax office.
    pub tax_office: String,
    /// The number of its seal's filing: division and seven digits.
    pub seal_filing_number: String,
    /// Its unit number in social insurance.
    pub social_insurance_number: String,
    /// Its unit number in medical insurance.
    pub medical_insurance_number: String,
    /// Its unit number in the housing fund.
    pub housing_fund_number: String,
    /// The bank of its basic account.
    pub bank_name: String,
    /// The basic account.
    pub bank_account_number: String,
    /// On the abnormal list (经营异常名录).
    pub abnormal_listed: bool,
    /// On the serious-breach list (严重违法失信名单).
    pub serious_breach_listed: bool,
    /// A court has frozen shares in it.
    pub equity_frozen: bool,
    /// Tax it owes, in fen.
    pub tax_arrears_fen: i64,
    /// Administrative cases that are open against it.
    pub open_cases: u32,
    /// The registered business scope.
    pub business_scope: String,
    /// The shareholders of a company; none of another kind.
    pub shareholders: Vec<Shareholder>,
    /// Whether other members of the operator's family take part in an individual business.
    pub family_operated: bool,
    /// Permits that it holds.
    pub permits: Vec<Permit>,
    /// The number of a trademark that it holds.
    pub trademark_number: Option<String>,
}

impl Enterprise {
    /// Whether nothing stands against moving it.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        matches!(self.status, EnterpriseStatus::Active)
            && !self.abnormal_listed
            && !self.serious_breach_listed
            && !self.equity_frozen
            && self.tax_arrears_fen == 0
            && self.open_cases == 0
    }
}

impl fmt::Debug for Enterprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enterprise")
            .field("credit_code", &self.credit_code)
            .field("registrar", &self.registrar)
            .field("status", &self.status)
            .field(
                "legal_representative_id_number",
                &Masked(&self.legal_representative_id_number),
            )
            .finish_non_exhaustive()
    }
}
