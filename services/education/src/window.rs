//! When children are registered (报名时间): periods that the department is set to, by division and year of
//! enrolment. Where none is set, registration is open all the year round.

use jiff::civil::{Date, date};
use onething_elements::Divisions;
use onething_participant::Refusal;
use onething_runtime::{Problem, Settings};
use serde::Deserialize;

/// The department's own sections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EducationSettings {
    /// `[enrolment]`
    pub enrolment: EnrolmentSection,
}

/// `[enrolment]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentSection {
    /// When children are registered.
    pub windows: Vec<Window>,
}

/// When children are registered in a division for the enrolment of a year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The division (GB/T 2260); it holds for all below that have none of their own.
    pub region: String,
    /// The year of the September in which the children start.
    pub year: i16,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// The windows that the department is set to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows(Vec<Window>);

impl From<EnrolmentSection> for Windows {
    fn from(section: EnrolmentSection) -> Self {
        Self(section.windows)
    }
}

impl Windows {
    /// Checks that a county registers children for a year today: by the window of the nearest division
    /// that has one.
    ///
    /// # Errors
    /// `REGISTRATION_CLOSED`, with the first and the last day.
    pub(crate) fn check(&self, county: &str, year: i16, today: Date) -> Result<(), Refusal> {
        let nearest = Divisions::standard().path(county).find_map(|division| {
            let mut windows = self.0.iter();
            windows.find(|window| window.region == division.code && window.year == year)
        });
        match nearest {
            Some(window) if !(window.from..=window.to).contains(&today) => {
                let message = format!(
                    "Children are registered for the enrolment of {year} from {} to {}, these days included.",
                    window.from, window.to
                );
                Err(Refusal::new("REGISTRATION_CLOSED", message))
            }
            _ => Ok(()),
        }
    }
}

impl Settings for EducationSettings {
    fn problems(&self) -> Vec<Problem> {
        let windows = &self.enrolment.windows;
        let problems = windows.iter().enumerate().filter_map(|(at, window)| {
            let twice = windows
                .iter()
                .take(at)
                .any(|other| (&other.region, other.year) == (&window.region, window.year));
            let what = window
                .problem()
                .or(twice.then_some("stands twice for its region and year"))?;
            Some(Problem::new(format!("enrolment.windows[{at}]"), what))
        });
        problems.collect()
    }
}

impl Window {
    /// Why no day of it could ever be one of registration.
    fn problem(&self) -> Option<&'static str> {
        if Divisions::standard().get(&self.region).is_none() {
            return Some("`region` is no division");
        }
        if self.to < self.from {
            return Some("`to` is before `from`");
        }
        // From September on children are registered for the next year.
        let school_year = date(self.year.saturating_sub(1), 9, 1)..=date(self.year, 8, 31);
        let within = school_year.contains(&self.from) && school_year.contains(&self.to);
        (!within).then_some("it is not between the September before `year` and its August")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAIBOWAN_IN_WUHAI: &str = "150302";
    const SAIHAN_IN_HOHHOT: &str = "150105";

    fn window(region: &str, from: Date, to: Date) -> Window {
        Window {
            region: region.to_owned(),
            year: 2026,
            from,
            to,
        }
    }

    fn windows() -> Windows {
        Windows(vec![
            window("150000", date(2026, 5, 10), date(2026, 7, 20)),
            window("150300", date(2026, 6, 1), date(2026, 6, 15)),
        ])
    }

    #[test]
    fn the_nearest_divisions_window_counts_and_both_its_days_belong_to_it() {
        let open = |county, day| windows().check(county, 2026, day).is_ok();
        for (day, wuhai, hohhot) in [
            (date(2026, 5, 9), false, false),
            (date(2026, 5, 10), false, true),
            (date(2026, 6, 1), true, true),
            (date(2026, 6, 15), true, true),
            (date(2026, 6, 16), false, true),
            (date(2026, 7, 20), false, true),
            (date(2026, 7, 21), false, false),
        ] {
            assert_eq!(open(HAIBOWAN_IN_WUHAI, day), wuhai, "{day}");
            assert_eq!(open(SAIHAN_IN_HOHHOT, day), hohhot, "{day}");
        }
        let closed = windows().check(HAIBOWAN_IN_WUHAI, 2026, date(2026, 5, 9));
        let message = closed.unwrap_err().message;
        assert!(
            message.contains("from 2026-06-01 to 2026-06-15"),
            "{message}"
        );
    }

    #[test]
    fn another_year_and_a_department_without_windows_are_open() {
        let day = date(2027, 1, 4);
        assert!(windows().check(HAIBOWAN_IN_WUHAI, 2027, day).is_ok());
        assert!(
            Windows::default()
                .check(HAIBOWAN_IN_WUHAI, 2026, day)
                .is_ok()
        );
    }

    #[test]
    fn a_window_that_means_nothing_is_told() {
        let (first, last) = (date(2026, 5, 1), date(2026, 6, 1));
        let right = window("150300", first, last);
        let problems = |windows: &[&Window]| {
            let windows = windows.iter().copied().cloned().collect();
            let enrolment = EnrolmentSection { windows };
            EducationSettings { enrolment }.problems().len()
        };
        assert_eq!(problems(&[&right]), 0);
        assert_eq!(problems(&[&right, &right]), 1);
        assert_eq!(problems(&[&window("159999", first, last)]), 1);
        assert_eq!(problems(&[&window("150300", last, first)]), 1);
        assert_eq!(problems(&[&window("150300", first, date(2026, 9, 1))]), 1);
    }
}
