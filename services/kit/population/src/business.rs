//! What the registry knows of an enterprise besides its record: shareholders, permits, penalties, and
//! persons who may not be legal representatives.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use onething_elements::Masked;
use serde::{Deserialize, Serialize};

use crate::address;
use crate::enterprise::Enterprise;
use crate::population::Population;

/// A shareholder of a company.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shareholder {
    /// The shareholder's resident number.
    pub id_number: String,
    /// Subscribed capital in fen.
    pub amount_fen: i64,
    /// The day of the subscription.
    pub subscribed_on: Date,
}

impl fmt::Debug for Shareholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shareholder")
            .field("id_number", &Masked(&self.id_number))
            .finish_non_exhaustive()
    }
}

/// A permit that a business holds beside its licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// Its number.
    pub number: String,
    /// What it permits, for example `food`.
    pub kind: String,
}

/// A published record of an administrative penalty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Penalty {
    /// The number of the decision.
    pub decision_number: String,
    /// The enterprise.
    pub credit_code: String,
    /// The body that decided.
    pub body: String,
    /// Class of the misconduct: `minor`, `general` or `serious`.
    pub class: String,
    /// The day of the decision.
    pub decided_on: Date,
    /// The fine in fen.
    pub fine_fen: i64,
    /// The number of the fine's bill; empty when there is none.
    pub bill_number: String,
    /// The day on which the fine was paid.
    pub paid_on: Option<Date>,
    /// Whether the misconduct was corrected and every duty fulfilled.
    pub duty_fulfilled: bool,
}

/// A title to real estate that a business holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessTitle {
    /// The title's number.
    pub title_number: String,
    /// The business.
    pub credit_code: String,
    /// Its name.
    pub holder_name: String,
    /// The county of the real estate.
    pub region: String,
    /// Its address.
    pub address: String,
}

/// The title of an individual business to its premises; none of others, who rent theirs.
pub(crate) fn premises_title(enterprise: &Enterprise) -> Option<BusinessTitle> {
    // The number that it has as a trademark holder tells it from all others.
    let serial = enterprise.trademark_number.as_ref()?.get(2..)?;
    let city = address::city_name(&enterprise.registrar);
    Some(BusinessTitle {
        title_number: format!("蒙(2021){city}不动产权第{serial}号"),
        credit_code: enterprise.credit_code.clone(),
        holder_name: enterprise.name.clone(),
        region: enterprise.registrar.clone(),
        address: enterprise.address.clone(),
    })
}

/// A court's ruling that approves an enterprise's reorganisation plan (重整计划).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganisation {
    /// The number of the ruling.
    pub ruling_number: String,
    /// The enterprise.
    pub credit_code: String,
    /// The court.
    pub court: &'static str,
    /// The day of the ruling.
    pub ruled_on: Date,
    /// The last day of the plan's execution.
    pub plan_until: Date,
}

impl Population {
    /// The titles of individual businesses to their premises.
    #[must_use]
    pub fn business_titles(&self) -> Vec<BusinessTitle> {
        self.enterprises.iter().filter_map(premises_title).collect()
    }

    /// The rulings: one, about the third enterprise, whose penalty is not paid.
    #[must_use]
    pub fn reorganisations(&self) -> Vec<Reorganisation> {
        let ruled_on = self.today.saturating_sub(2.months());
        let ruling = |enterprise: &Enterprise| Reorganisation {
            ruling_number: format!("({})内03破1号", ruled_on.year()),
            credit_code: enterprise.credit_code.clone(),
            court: "内蒙古自治区乌海市中级人民法院",
            ruled_on,
            plan_until: ruled_on.saturating_add(3.years()),
        };
        self.enterprises.get(2).map(ruling).into_iter().collect()
    }
}

/// Somebody who may not be a legal representative (任职限制).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disqualification {
    /// The person's resident number.
    pub id_number: String,
    /// Why, as the register says it.
    pub reason: String,
    /// The last day.
    pub until: Date,
}

impl fmt::Debug for Disqualification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disqualification")
            .field("id_number", &Masked(&self.id_number))
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// What a penalty is made of: class, months since the decision, fine in fen, body, whether the fine is
/// paid and the duties are fulfilled.
type Draft = (&'static str, i32, i64, &'static str, bool);

/// The penalised sample's records: everything is fulfilled, and each has been published long enough.
const REPAIRABLE: &[Draft] = &[
    ("general", 5, 2_000_000, "乌海市市场监督管理局", true),
    ("general", 4, 500_000, "乌海市生态环境局", true),
    ("serious", 14, 8_000_000, "乌海市应急管理局", true),
];
/// Decided a month ago.
const RECENT: &[Draft] = &[("general", 1, 1_000_000, "乌海市市场监督管理局", true)];
/// The fine was not paid and the misconduct goes on.
const UNFULFILLED: &[Draft] = &[("serious", 20, 9_000_000, "乌海市市场监督管理局", false)];

/// The records of the first enterprises: the second has a recent one, the third one that is not
/// fulfilled, and the penalised sample three that can be repaired.
pub(crate) fn penalties(population: &Population) -> Vec<Penalty> {
    let of = |enterprise: Option<&Enterprise>, drafts: &[Draft]| -> Vec<Penalty> {
        let one = |enterprise: &Enterprise| {
            (1..)
                .zip(drafts)
                .map(|(serial, draft)| penalty(&enterprise.credit_code, serial, draft, population))
                .collect()
        };
        enterprise.map(one).unwrap_or_default()
    };
    let mut penalties = of(population.enterprises.get(1), RECENT);
    penalties.extend(of(population.enterprises.get(2), UNFULFILLED));
    penalties.extend(of(population.penalised_enterprise(), REPAIRABLE));
    penalties
}

fn penalty(credit_code: &str, serial: u32, draft: &Draft, population: &Population) -> Penalty {
    let (class, months, fine_fen, body, fulfilled) = *draft;
    let decided_on = population.today.saturating_sub(months.months());
    // The last characters of the code are its serial and two check characters.
    let tail = &credit_code[14..];
    Penalty {
        decision_number: format!("罚字({}){tail}-{serial:02}", decided_on.year()),
        credit_code: credit_code.to_owned(),
        body: body.to_owned(),
        class: class.to_owned(),
        decided_on,
        fine_fen,
        bill_number: format!("FK{tail}{serial:04}"),
        paid_on: fulfilled.then(|| decided_on.saturating_add(10.days())),
        duty_fulfilled: fulfilled,
    }
}

/// The head of the fifth household may not hold office.
pub(crate) fn disqualifications(population: &Population) -> Vec<Disqualification> {
    let head = population.households.get(4).map(|h| &h.head_id_number);
    head.map(|id_number| Disqualification {
        id_number: id_number.clone(),
        reason: "担任破产清算的公司、企业的法定代表人，对破产负有个人责任，未逾三年".to_owned(),
        until: population.today.saturating_add(400.days()),
    })
    .into_iter()
    .collect()
}
