//! The table of days that differ from "Monday to Friday are working days". Owns its parsing and
//! its version; counts nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

/// What is wrong with a table of working days.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// The first line is not `date,kind,name`.
    #[error("line 1: the header must be `date,kind,name`")]
    Header,
    /// A line has no valid ISO date in its first column.
    #[error("line {line}: not a date")]
    Date {
        /// Line number, from 1.
        line: usize,
    },
    /// A line's second column is neither `holiday` nor `workday`.
    #[error("line {line}: kind must be `holiday` or `workday`")]
    Kind {
        /// Line number, from 1.
        line: usize,
    },
    /// A date stands twice.
    #[error("line {line}: this date stands twice")]
    Twice {
        /// Line number, from 1.
        line: usize,
    },
    /// There is no row at all.
    #[error("the table has no rows")]
    NoRows,
}

/// The parsed table: what each listed date is, and which years are covered.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// `true` for a working day, `false` for a holiday.
    pub(crate) days: BTreeMap<Date, bool>,
    pub(crate) years: BTreeSet<i16>,
    pub(crate) version: String,
}

impl Table {
    pub(crate) fn parse(csv: &str) -> Result<Self, TableError> {
        let mut lines = csv.lines().enumerate();
        if lines.next().map(|(_, header)| header.trim()) != Some("date,kind,name") {
            return Err(TableError::Header);
        }
        let mut days = BTreeMap::new();
        let mut years = BTreeSet::new();
        for (index, row) in lines {
            if row.trim().is_empty() {
                continue;
            }
            let line = index + 1;
            let mut columns = row.split(',').map(str::trim);
            let date: Date = columns
                .next()
                .and_then(|text| text.parse().ok())
                .ok_or(TableError::Date { line })?;
            let working = match columns.next() {
                Some("workday") => true,
                Some("holiday") => false,
                _ => return Err(TableError::Kind { line }),
            };
            if days.insert(date, working).is_some() {
                return Err(TableError::Twice { line });
            }
            years.insert(date.year());
        }
        let version = version(&days, &years).ok_or(TableError::NoRows)?;
        Ok(Self {
            days,
            years,
            version,
        })
    }
}

/// Names a table by its years and an FNV-1a digest of what it says, so that a changed day changes
/// the version while a changed comment or line ending does not.
fn version(days: &BTreeMap<Date, bool>, years: &BTreeSet<i16>) -> Option<String> {
    let (first, last) = (years.first()?, years.last()?);
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for (date, working) in days {
        for byte in format!("{date}{working};").bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Some(format!("cn-{first}-{last}-{digest:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "date,kind,name\n";

    #[test]
    fn defects_are_named_with_their_line() {
        let table = |rows: &str| Table::parse(&format!("{HEAD}{rows}")).unwrap_err();
        assert_eq!(table("2026-02-30,holiday,x"), TableError::Date { line: 2 });
        assert_eq!(table("2026-02-03,feast,x"), TableError::Kind { line: 2 });
        assert_eq!(
            table("2026-02-03,holiday,x\n2026-02-03,workday,x"),
            TableError::Twice { line: 3 }
        );
        assert_eq!(table(""), TableError::NoRows);
        assert_eq!(Table::parse("day,kind\n").unwrap_err(), TableError::Header);
    }

    #[test]
    fn the_version_follows_the_days_and_not_the_wording() {
        let version = |rows: &str| Table::parse(&format!("{HEAD}{rows}")).unwrap().version;
        let one = version("2026-02-03,holiday,Spring\n");
        assert_eq!(one, version("2026-02-03,holiday,Festival\r\n"));
        assert_ne!(one, version("2026-02-03,workday,Spring\n"));
        assert!(one.starts_with("cn-2026-2026-"));
    }
}
