//! Counting in working days. Owns the rule that the day of acceptance is day 0; the days themselves
//! come from the table.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};

use crate::table::{Table, TableError};

const STANDARD: &str = include_str!("../data/working-days.csv");

/// The working days of the country.
#[derive(Debug, Clone)]
pub struct Calendar {
    table: Table,
}

/// The date on which a time limit in working days ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day of the limit; the limit ends when this day ends (UTC+8).
    pub date: Date,
    /// Whether a counted day lies in a year whose holidays are not in the table: weekends only were
    /// left out there, so the date may still move.
    pub provisional: bool,
}

impl Calendar {
    /// The calendar of the embedded table.
    ///
    /// # Panics
    /// Never in a build whose tests passed: the embedded table is parsed there.
    #[must_use]
    pub fn standard() -> &'static Self {
        static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
            Calendar::parse(STANDARD)
                .unwrap_or_else(|defect| panic!("the embedded working-days table: {defect}"))
        });
        &CALENDAR
    }

    /// Reads a table with the columns `date,kind,name`, where kind is `holiday` or `workday`.
    ///
    /// # Errors
    /// [`TableError`], with the line, for anything that is not such a table.
    pub fn parse(csv: &str) -> Result<Self, TableError> {
        Table::parse(csv).map(|table| Self { table })
    }

    /// The table's version. It changes exactly when a day in the table changes, and is stored with
    /// every deadline that was computed from it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.table.version
    }

    /// Whether the table has the holidays of a year.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        self.table.years.contains(&year)
    }

    /// Whether a date is a working day. In a year the table lacks, Monday to Friday are.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.table
            .days
            .get(&date)
            .copied()
            .unwrap_or_else(|| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday))
    }

    /// The date `days` working days after `from`, which is day 0 and need not be a working day.
    ///
    /// Zero days is `from` itself. Saturates (and is provisional) at the end of year 9999.
    #[must_use]
    pub fn add_working_days(&self, from: Date, days: u32) -> Deadline {
        let mut deadline = Deadline {
            date: from,
            provisional: !self.covers(from.year()),
        };
        let mut left = days;
        while left > 0 {
            let Ok(next) = deadline.date.tomorrow() else {
                return Deadline {
                    provisional: true,
                    ..deadline
                };
            };
            deadline.date = next;
            deadline.provisional |= !self.covers(next.year());
            if self.is_working(next) {
                left -= 1;
            }
        }
        deadline
    }

    /// How many working days lie after `from`, up to and including `to`; negative when `to` is
    /// the earlier one. It undoes [`Calendar::add_working_days`].
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let mut count = 0;
        let mut day = from;
        while day < to {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            count += i64::from(self.is_working(day));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn due(from: Date, days: u32) -> Date {
        Calendar::standard().add_working_days(from, days).date
    }

    #[test]
    fn the_state_council_vectors_of_2026() {
        assert_eq!(due(date(2026, 2, 13), 1), date(2026, 2, 14));
        assert_eq!(due(date(2026, 2, 14), 1), date(2026, 2, 24));
        assert_eq!(due(date(2026, 9, 18), 3), date(2026, 9, 22));
        assert_eq!(due(date(2026, 9, 30), 1), date(2026, 10, 8));
        assert_eq!(due(date(2026, 4, 30), 5), date(2026, 5, 11));
    }

    #[test]
    fn the_year_2026_has_248_working_days() {
        let calendar = Calendar::standard();
        assert_eq!(
            calendar.working_days_between(date(2025, 12, 31), date(2026, 12, 31)),
            248
        );
    }

    #[test]
    fn every_holiday_and_make_up_day_of_2026_is_as_announced() {
        let calendar = Calendar::standard();
        let spans = [
            (date(2026, 1, 1), 3),
            (date(2026, 2, 15), 9),
            (date(2026, 4, 4), 3),
            (date(2026, 5, 1), 5),
            (date(2026, 6, 19), 3),
            (date(2026, 9, 25), 3),
            (date(2026, 10, 1), 7),
        ];
        for (first, days) in spans {
            for offset in 0..days {
                let day = first.checked_add(offset.days()).unwrap();
                assert!(!calendar.is_working(day), "{day}");
            }
        }
        for (month, day) in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)] {
            assert!(calendar.is_working(date(2026, month, day)), "{month}-{day}");
        }
    }

    #[test]
    fn a_year_without_a_notice_counts_weekends_and_says_so() {
        let calendar = Calendar::standard();
        assert!(!calendar.covers(2027));
        let deadline = calendar.add_working_days(date(2026, 12, 31), 1);
        assert_eq!(
            deadline,
            Deadline {
                date: date(2027, 1, 1),
                provisional: true
            }
        );
        assert!(!calendar.add_working_days(date(2026, 12, 30), 1).provisional);
        assert!(!calendar.is_working(date(2027, 1, 2)));
    }

    #[test]
    fn zero_days_is_the_day_itself_even_on_a_holiday() {
        assert_eq!(due(date(2026, 10, 1), 0), date(2026, 10, 1));
    }

    #[test]
    fn counting_undoes_adding() {
        let calendar = Calendar::standard();
        let mut from = date(2025, 12, 1);
        while from < date(2027, 2, 1) {
            for days in [1, 2, 5, 20, 60] {
                let to = calendar.add_working_days(from, days).date;
                assert_eq!(
                    calendar.working_days_between(from, to),
                    i64::from(days),
                    "{from}"
                );
                assert_eq!(
                    calendar.working_days_between(to, from),
                    -i64::from(days),
                    "{from}"
                );
            }
            from = from.tomorrow().unwrap();
        }
    }

    #[test]
    fn the_end_of_time_does_not_loop() {
        let deadline = Calendar::standard().add_working_days(date(9999, 12, 30), 9);
        assert_eq!(
            deadline,
            Deadline {
                date: Date::MAX,
                provisional: true
            }
        );
    }
}
