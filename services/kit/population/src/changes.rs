//! The enterprises that a demonstration changes, repairs the credit of, and converts.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::address;
use crate::business;
use crate::enterprise::{Enterprise, EnterpriseKind};
use crate::person::Person;
use crate::population::Population;
use crate::random::{Random, Stream};

/// The clean company and six changed items.
#[derive(Serialize)]
pub struct SampleChange<'a> {
    /// The company, registered at 150302.
    pub enterprise: &'a Enterprise,
    /// Its legal representative, who holds all of it.
    pub legal_representative: &'a Person,
    /// Who follows as legal representative.
    pub new_representative: &'a Person,
    /// Who gets a share.
    pub transferee: &'a Person,
    /// The new name.
    pub name: String,
    /// The new domicile, in the same registrar's area.
    pub address: String,
    /// The right to use it.
    pub premises_right: &'static str,
    /// The new scope.
    pub scope: &'static str,
    /// The new capital in fen.
    pub capital_fen: i64,
    /// The capital that is transferred, in fen.
    pub transferred_fen: i64,
    /// The day of the owners' resolution, three days before the population's.
    pub resolution_date: Date,
    /// Where licence and notice are sent.
    pub delivery_address: String,
}

/// The penalised company, whose records can all be repaired.
#[derive(Serialize)]
pub struct SampleRepair<'a> {
    /// The company, registered at 150302.
    pub enterprise: &'a Enterprise,
    /// Its legal representative.
    pub legal_representative: &'a Person,
}

/// The individual business and what it becomes.
#[derive(Serialize)]
pub struct SampleConversion<'a> {
    /// The individual business, registered at 150302.
    pub enterprise: &'a Enterprise,
    /// Its operator.
    pub legal_representative: &'a Person,
    /// `direct`: the credit code stays.
    pub mode: &'static str,
    /// What it becomes.
    pub legal_form: &'static str,
    /// The name of the company.
    pub name: String,
    /// Its capital in fen.
    pub capital_fen: i64,
    /// A second shareholder.
    pub partner: &'a Person,
    /// What the second shareholder subscribes, in fen.
    pub partner_share_fen: i64,
    /// The trademark that goes with it.
    pub trademark_number: Option<&'a str>,
    /// The title to its premises.
    pub title_number: Option<String>,
}

macro_rules! debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("enterprise", self.enterprise)
                    .finish_non_exhaustive()
            }
        }
    )+};
}

debug!(SampleChange, SampleRepair, SampleConversion);

impl Population {
    /// The clean company, and six items that change.
    #[must_use]
    pub fn sample_change(&self) -> Option<SampleChange<'_>> {
        let enterprise = self.sample_enterprise()?.enterprise;
        let family = self.sample_family()?;
        let mut random = Random::new(self.seed, Stream::Child, 2);
        let address = address::premises(&mut random, &enterprise.registrar);
        Some(SampleChange {
            enterprise,
            legal_representative: self.person(&enterprise.legal_representative_id_number)?,
            new_representative: family.father,
            transferee: family.mother,
            name: format!(
                "{}新程商贸有限公司",
                address::city_name(&enterprise.registrar)
            ),
            delivery_address: address.clone(),
            address,
            premises_right: "leased",
            scope: "日用百货销售；食品销售；互联网销售；仓储服务",
            capital_fen: enterprise.capital_fen.saturating_add(100_000_000),
            transferred_fen: enterprise.capital_fen / 5,
            resolution_date: self.today.saturating_sub(3.days()),
        })
    }

    /// The company whose penalties are published.
    #[must_use]
    pub fn penalised_enterprise(&self) -> Option<&Enterprise> {
        let code = crate::founding::penalised_code();
        self.enterprises.iter().find(|e| e.credit_code == code)
    }

    /// The company whose penalties are published, all of which can be repaired.
    #[must_use]
    pub fn sample_repair(&self) -> Option<SampleRepair<'_>> {
        let enterprise = self.penalised_enterprise()?;
        Some(SampleRepair {
            enterprise,
            legal_representative: self.person(&enterprise.legal_representative_id_number)?,
        })
    }

    /// The individual business that becomes a limited company.
    #[must_use]
    pub fn sample_conversion(&self) -> Option<SampleConversion<'_>> {
        let code = crate::founding::individual_code();
        let enterprise = self.enterprises.iter().find(|e| e.credit_code == code)?;
        let individual = enterprise.kind == EnterpriseKind::IndividualBusiness;
        let partner = self.sample_family().filter(|_| individual)?.father;
        Some(SampleConversion {
            enterprise,
            legal_representative: self.person(&enterprise.legal_representative_id_number)?,
            mode: "direct",
            legal_form: "limited_company",
            name: format!(
                "{}转程商贸有限公司",
                address::city_name(&enterprise.registrar)
            ),
            capital_fen: 50_000_000,
            partner,
            partner_share_fen: 10_000_000,
            trademark_number: enterprise.trademark_number.as_deref(),
            title_number: business::premises_title(enterprise).map(|title| title.title_number),
        })
    }
}
