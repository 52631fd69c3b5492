//! The rules of retirement: the statutory age after the gradual delay, the contributions needed,
//! early and delayed retirement with their notice, and the pension. It knows no persons.

use jiff::{ToSpan, civil::Date};
use onething_participant::Refusal;
use serde::Deserialize;

use crate::table::{self, TableError};

const STANDARD: &str = include_str!("../data/retirement.toml");
const TABLE: &str = "retirement";

/// The day from which ages are put off.
const REFORM: (i16, i8) = (2025, 1);

/// The table of the rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetirementRules {
    #[serde(rename = "age")]
    ages: Vec<AgeRule>,
    contribution: ContributionRule,
    flexible: FlexibleRule,
    medical: Vec<MedicalRule>,
    base: Vec<Base>,
    pension: PensionRule,
    divisor: Divisor,
}

/// Whose age is put off how.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgeRule {
    category: Category,
    original_months: i32,
    step: i32,
    cap: i32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContributionRule {
    months: i64,
    rises_from: i16,
    rise: i64,
    most: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlexibleRule {
    most_months: i32,
    early_notice_months: i32,
    delayed_notice_months: i32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct MedicalRule {
    from_year: i16,
    man: i64,
    woman: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    year: i16,
    fen: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct PensionRule {
    year: i64,
    deemed_year: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Divisor {
    from_age: i64,
    months: Vec<i64>,
}

/// Who retires at which original age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Category {
    /// 60.
    Man,
    /// 55: managers and technical staff.
    WomanCadre,
    /// 50.
    WomanWorker,
}

impl Category {
    /// The category with a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "man" => Some(Self::Man),
            "woman_cadre" => Some(Self::WomanCadre),
            "woman_worker" => Some(Self::WomanWorker),
            _ => None,
        }
    }
}

/// How somebody retires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At the statutory age.
    Normal,
    /// Up to three years earlier, not below the original age (弹性提前退休).
    Early,
    /// Up to three years later, agreed with the employer (弹性延迟退休).
    Delayed,
}

impl Kind {
    /// The kind with a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "normal" => Some(Self::Normal),
            "early" => Some(Self::Early),
            "delayed" => Some(Self::Delayed),
            _ => None,
        }
    }
}

/// What somebody wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) retires_on: Date,
    /// The day of the written notice or agreement.
    pub(crate) noticed_on: Option<Date>,
}

/// Contributions and wages that a pension is reckoned with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earned {
    pub(crate) months: i64,
    pub(crate) deemed_months: i64,
    pub(crate) index_permille: i64,
    pub(crate) balance_fen: i64,
}

/// When the original and the statutory age are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ages {
    pub(crate) original_on: Date,
    pub(crate) statutory_on: Date,
    /// By how many months the age is put off.
    pub(crate) delay: i32,
}

impl RetirementRules {
    /// The embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, TableError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let table: Self = table::read(TABLE, text)?;
        let defect = |entry: &str, problem| TableError::Entry {
            table: TABLE,
            entry: entry.to_owned(),
            problem,
        };
        for category in [Category::Man, Category::WomanCadre, Category::WomanWorker] {
            if table
                .ages
                .iter()
                .filter(|age| age.category == category)
                .count()
                != 1
            {
                return Err(defect("age", "each category stands once"));
            }
        }
        if table.ages.iter().any(|age| age.step < 1 || age.cap < 0) {
            return Err(defect("age", "a step is a month or more"));
        }
        if table.base.is_empty() || table.base.iter().any(|base| base.fen < 1) {
            return Err(defect("base", "a base is a fen or more"));
        }
        if table.medical.is_empty() {
            return Err(defect("medical", "no months are given"));
        }
        if table.divisor.months.is_empty() || table.divisor.months.iter().any(|months| *months < 1)
        {
            return Err(defect("divisor", "an account is paid over a month or more"));
        }
        Ok(table)
    }

    /// When a person reaches the original and the statutory age. With n months from January 2025 to
    /// the month of the original age, the age is put off by min(cap, ⌊n / step⌋ + 1) months; whoever
    /// reached it before 2025 by none.
    pub(crate) fn ages(&self, category: Category, born_on: Date) -> Option<Ages> {
        let rule = self.ages.iter().find(|age| age.category == category)?;
        let original_on = born_on.saturating_add(rule.original_months.months());
        let (year, month) = REFORM;
        let n = i32::from(original_on.year() - year) * 12 + i32::from(original_on.month() - month);
        let delay = if n < 0 {
            0
        } else {
            (n / rule.step + 1).min(rule.cap)
        };
        let statutory_on = born_on.saturating_add((rule.original_months + delay).months());
        Some(Ages {
            original_on,
            statutory_on,
            delay,
        })
    }

    /// The least months of contribution for who retires in a year.
    pub(crate) fn required_months(&self, year: i16) -> i64 {
        let rule = self.contribution;
        let years = i64::from(year - rule.rises_from + 1).max(0);
        (rule.months + rule.rise * years).min(rule.most)
    }

    /// The months of medical insurance for who retires in a year.
    pub(crate) fn medical_months(&self, category: Category, year: i16) -> i64 {
        let rules = self.medical.iter().filter(|rule| rule.from_year <= year);
        let rule = rules.max_by_key(|rule| rule.from_year);
        match (rule.or(self.medical.first()), category) {
            (Some(rule), Category::Man) => rule.man,
            (Some(rule), _) => rule.woman,
            (None, _) => 0,
        }
    }

    /// Judges a plan of a person with so many months of contribution.
    ///
    /// # Errors
    /// The refusal of the first condition that is not met.
    pub(crate) fn judge(&self, ages: Ages, plan: Plan, months: i64) -> Result<(), Refusal> {
        let refuse = |reason, message: &str| Err(Refusal::new(reason, message).about("retires_on"));
        let flexible = self.flexible;
        let (statutory, chosen) = (month_of(ages.statutory_on), month_of(plan.retires_on));
        match plan.kind {
            Kind::Normal if chosen < statutory => {
                return refuse(
                    "AGE_NOT_REACHED",
                    "The statutory age is not reached in that month.",
                );
            }
            Kind::Normal if chosen > statutory => {
                return refuse(
                    "TOO_LATE",
                    "Whoever works beyond the statutory age retires as delayed.",
                );
            }
            Kind::Normal => {}
            Kind::Early => {
                if chosen < month_of(ages.original_on) {
                    return refuse(
                        "BELOW_ORIGINAL_AGE",
                        "Nobody retires before the original age.",
                    );
                }
                if chosen < statutory - i64::from(flexible.most_months) {
                    return refuse("TOO_EARLY", "Early retirement is up to three years early.");
                }
                if chosen >= statutory {
                    return refuse("TOO_LATE", "That month is not before the statutory age.");
                }
                notice(plan, plan.retires_on, flexible.early_notice_months)?;
            }
            Kind::Delayed => {
                if chosen <= statutory {
                    return refuse("TOO_EARLY", "That month is not after the statutory age.");
                }
                if chosen > statutory + i64::from(flexible.most_months) {
                    return refuse("TOO_LATE", "Delayed retirement is up to three years late.");
                }
                notice(plan, ages.statutory_on, flexible.delayed_notice_months)?;
            }
        }
        let required = self.required_months(plan.retires_on.year());
        if months < required {
            let message = format!("{required} months of contribution are needed in that year.");
            return Err(Refusal::new("CONTRIBUTIONS_TOO_SHORT", message));
        }
        Ok(())
    }

    /// The pension a month, in fen (国发〔2005〕38号): for each year of contribution a hundredth of
    /// the mean of the base and the indexed base; the personal account over its months; and for
    /// the years before there were accounts the region's factor of the indexed base. Each part is
    /// rounded half up.
    pub(crate) fn monthly_fen(&self, earned: Earned, age: i64, year: i16) -> Option<i64> {
        let bases = self.base.iter().filter(|base| base.year <= year);
        let base = bases.max_by_key(|base| base.year)?.fen;
        let place = usize::try_from(age - self.divisor.from_age).ok()?;
        let last = self.divisor.months.last();
        let divisor = *self.divisor.months.get(place).or(last)?;
        // Thousandths of a fen, so that nothing is lost before the division.
        let indexed = base * earned.index_permille;
        let months = earned.months + earned.deemed_months;
        let basic = (base * 1_000 + indexed) * months * self.pension.year;
        let transitional = indexed * earned.deemed_months * self.pension.deemed_year;
        Some(
            half_up(basic, 2 * 1_000 * 12 * 10_000)
                + half_up(earned.balance_fen, divisor)
                + half_up(transitional, 1_000 * 12 * 10_000),
        )
    }
}

/// Written notice so many months before a day.
fn notice(plan: Plan, before: Date, months: i32) -> Result<(), Refusal> {
    let Some(noticed_on) = plan.noticed_on else {
        let message =
            "Early and delayed retirement need the day of the written notice or agreement.";
        return Err(Refusal::new("NOTICE_MISSING", message).about("noticed_on"));
    };
    if noticed_on > before.saturating_sub(months.months()) {
        let message = format!("The notice is given {months} months ahead or earlier.");
        return Err(Refusal::new("NOTICE_TOO_SHORT", message).about("noticed_on"));
    }
    Ok(())
}

fn month_of(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

fn half_up(amount: i64, by: i64) -> i64 {
    (amount + by / 2) / by
}

#[cfg(test)]
mod tests;
