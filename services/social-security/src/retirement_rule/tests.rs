//! The rules' vectors.

use jiff::civil::date;

use super::*;

fn rules() -> RetirementRules {
    RetirementRules::standard().unwrap()
}

/// Age in years and months at the statutory day, and its year and month.
fn statutory(category: Category, year: i16, month: i8) -> ((i32, i32), (i16, i8)) {
    let rules = rules();
    let ages = rules.ages(category, date(year, month, 15)).unwrap();
    let original = rules.ages.iter().find(|age| age.category == category);
    let months = original.unwrap().original_months + ages.delay;
    let on = ages.statutory_on;
    ((months / 12, months % 12), (on.year(), on.month()))
}

#[test]
fn the_statutory_age_is_that_of_the_decisions_tables() {
    use Category::{Man, WomanCadre, WomanWorker};
    assert_eq!(statutory(Man, 1964, 12), ((60, 0), (2024, 12)));
    assert_eq!(statutory(Man, 1965, 1), ((60, 1), (2025, 2)));
    assert_eq!(statutory(Man, 1966, 3), ((60, 4), (2026, 7)));
    assert_eq!(statutory(Man, 1976, 9), ((63, 0), (2039, 9)));
    assert_eq!(statutory(Man, 1990, 1), ((63, 0), (2053, 1)));
    assert_eq!(statutory(WomanCadre, 1971, 10), ((55, 6), (2027, 4)));
    assert_eq!(statutory(WomanCadre, 1981, 9), ((58, 0), (2039, 9)));
    assert_eq!(statutory(WomanWorker, 1976, 12), ((51, 0), (2027, 12)));
    assert_eq!(statutory(WomanWorker, 1984, 11), ((55, 0), (2039, 11)));
}

#[test]
fn contributions_rise_from_fifteen_to_twenty_years() {
    let rules = rules();
    for (year, months) in [
        (2025, 180),
        (2029, 180),
        (2030, 186),
        (2031, 192),
        (2038, 234),
        (2039, 240),
        (2050, 240),
    ] {
        assert_eq!(rules.required_months(year), months, "{year}");
    }
}

fn reason(born: Date, plan: Plan, months: i64) -> Option<String> {
    let rules = rules();
    let ages = rules.ages(Category::Man, born).unwrap();
    rules
        .judge(ages, plan, months)
        .err()
        .map(|refusal| refusal.reason)
}

fn plan(kind: Kind, retires_on: Date, noticed_on: Option<Date>) -> Plan {
    Plan {
        kind,
        retires_on,
        noticed_on,
    }
}

/// A man of 60 years and 4 months in July 2026.
const BORN: Date = date(1966, 3, 15);

#[test]
fn a_normal_retirement_is_in_the_statutory_month() {
    let on = |day| reason(BORN, plan(Kind::Normal, day, None), 300);
    assert_eq!(on(date(2026, 7, 1)), None);
    assert_eq!(on(date(2026, 7, 31)), None);
    assert_eq!(on(date(2026, 6, 30)).as_deref(), Some("AGE_NOT_REACHED"));
    assert_eq!(on(date(2026, 8, 1)).as_deref(), Some("TOO_LATE"));
}

#[test]
fn an_early_retirement_is_noticed_three_months_ahead_and_not_below_the_original_age() {
    let on = |day, noticed| reason(BORN, plan(Kind::Early, day, noticed), 300);
    assert_eq!(on(date(2026, 3, 15), Some(date(2025, 12, 15))), None);
    assert_eq!(
        on(date(2026, 3, 15), Some(date(2025, 12, 16))).as_deref(),
        Some("NOTICE_TOO_SHORT")
    );
    assert_eq!(
        on(date(2026, 3, 15), None).as_deref(),
        Some("NOTICE_MISSING")
    );
    assert_eq!(
        on(date(2026, 2, 28), Some(date(2025, 1, 1))).as_deref(),
        Some("BELOW_ORIGINAL_AGE")
    );
    assert_eq!(
        on(date(2026, 7, 15), Some(date(2025, 1, 1))).as_deref(),
        Some("TOO_LATE")
    );
    // A man of the full delay may leave three years before 63, which is the original age.
    let young = date(1976, 9, 15);
    let early = plan(Kind::Early, date(2036, 9, 15), Some(date(2036, 1, 1)));
    assert_eq!(reason(young, early, 300), None);
}

#[test]
fn a_woman_worker_may_leave_three_of_five_years_early() {
    let rules = rules();
    let ages = rules
        .ages(Category::WomanWorker, date(1984, 11, 15))
        .unwrap();
    let noticed = Some(date(2030, 1, 1));
    let judge = |day| {
        rules
            .judge(ages, plan(Kind::Early, day, noticed), 300)
            .err()
    };
    assert_eq!(judge(date(2036, 11, 15)), None);
    let refusal = judge(date(2036, 10, 15)).unwrap();
    assert_eq!(refusal.reason, "TOO_EARLY");
}

#[test]
fn a_delayed_retirement_is_agreed_a_month_before_the_statutory_age() {
    let on = |day, noticed| reason(BORN, plan(Kind::Delayed, day, noticed), 300);
    assert_eq!(on(date(2029, 7, 15), Some(date(2026, 6, 15))), None);
    assert_eq!(
        on(date(2029, 8, 1), Some(date(2026, 6, 15))).as_deref(),
        Some("TOO_LATE")
    );
    assert_eq!(
        on(date(2027, 7, 15), Some(date(2026, 6, 16))).as_deref(),
        Some("NOTICE_TOO_SHORT")
    );
    assert_eq!(
        on(date(2026, 7, 31), Some(date(2026, 1, 1))).as_deref(),
        Some("TOO_EARLY")
    );
}

#[test]
fn the_months_of_contribution_are_those_of_the_year() {
    let on = |months| reason(BORN, plan(Kind::Normal, date(2026, 7, 15), None), months);
    assert_eq!(on(180), None);
    assert_eq!(on(179).as_deref(), Some("CONTRIBUTIONS_TOO_SHORT"));
}

#[test]
fn a_pension_has_three_parts() {
    let rules = rules();
    let earned = Earned {
        months: 300,
        deemed_months: 60,
        index_permille: 1_000,
        balance_fen: 13_900_000,
    };
    // 30 years of 1 % of 8,280 yuan, the account over 139 months, 5 years of 1.2 % of 8,280 yuan.
    assert_eq!(
        rules.monthly_fen(earned, 60, 2026),
        Some(248_400 + 100_000 + 49_680)
    );
    let half = Earned {
        index_permille: 500,
        ..earned
    };
    assert_eq!(
        rules.monthly_fen(half, 60, 2026),
        Some(186_300 + 100_000 + 24_840)
    );
    assert_eq!(
        rules.monthly_fen(earned, 50, 2026),
        Some(248_400 + 71_282 + 49_680)
    );
    assert_eq!(rules.monthly_fen(earned, 60, 2023), None);
    assert_eq!(rules.monthly_fen(earned, 39, 2026), None);
}

#[test]
fn lifelong_medical_insurance_takes_a_man_longer() {
    let rules = rules();
    assert_eq!(rules.medical_months(Category::Man, 2026), 300);
    assert_eq!(rules.medical_months(Category::WomanWorker, 2026), 240);
}

#[test]
fn a_defective_table_is_refused_with_the_entry() {
    for (text, problem) in [
        (
            STANDARD.replace("\"woman_cadre\"", "\"man\""),
            "each category",
        ),
        (STANDARD.replace("step = 2", "step = 0"), "a step is"),
        (STANDARD.replace("fen = 780_000", "fen = 0"), "a base is"),
        (STANDARD.replace("  233,", "  0,"), "an account is"),
        (STANDARD.replace("rises_from", "from"), "the table of"),
    ] {
        let error = RetirementRules::parse(&text).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}
