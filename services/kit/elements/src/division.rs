//! Administrative divisions (GB/T 2260). Owns the embedded table of Inner Mongolia and the tree it
//! forms; knows nothing of what a department's jurisdiction means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::invalid::{Fault, Invalid};

const STANDARD: &str = include_str!("../data/divisions.csv");

/// Where a division stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The autonomous region.
    Region,
    /// A league (盟) or city (市).
    LeagueOrCity,
    /// A county, banner (旗), district or county-level city.
    County,
}

/// One administrative division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Six digits, for example `150302`.
    pub code: String,
    /// The Chinese name, for example 海勃湾区.
    pub name: String,
    /// The code of the division above; `None` for the region itself.
    pub parent: Option<String>,
    /// Where it stands in the tree.
    pub level: Level,
}

/// A table of divisions.
#[derive(Debug, Clone)]
pub struct Divisions(BTreeMap<String, Division>);

impl Divisions {
    /// The embedded table: Inner Mongolia down to the counties.
    ///
    /// # Panics
    /// Never in a build whose tests passed: the embedded table is parsed there.
    #[must_use]
    pub fn standard() -> &'static Self {
        static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| {
            parse(STANDARD).unwrap_or_else(|line| {
                panic!("the embedded table of divisions is defective in line {line}")
            })
        });
        &DIVISIONS
    }

    /// The division with a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Division> {
        self.0.get(code)
    }

    /// All divisions, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Division> {
        self.0.values()
    }

    /// The counties, by code.
    pub fn counties(&self) -> impl Iterator<Item = &Division> {
        self.iter()
            .filter(|division| division.level == Level::County)
    }

    /// Whether `code` is `ancestor` or lies below it. Unknown codes lie within nothing.
    #[must_use]
    pub fn is_within(&self, code: &str, ancestor: &str) -> bool {
        self.path(code).any(|division| division.code == ancestor)
    }

    /// The division and those above it, the nearest first; nothing for an unknown code.
    pub fn path(&self, code: &str) -> impl Iterator<Item = &Division> {
        std::iter::successors(self.get(code), |division| {
            division
                .parent
                .as_deref()
                .and_then(|parent| self.get(parent))
        })
    }

    /// The full name as it begins an address, for example 内蒙古自治区乌海市海勃湾区.
    #[must_use]
    pub fn full_name(&self, code: &str) -> Option<String> {
        self.get(code)?;
        let mut names: Vec<&str> = self
            .path(code)
            .map(|division| division.name.as_str())
            .collect();
        names.reverse();
        Some(names.concat())
    }

    /// Checks that a text is the code of a division in this table.
    pub(crate) fn check(&self, text: &str) -> Result<(), Invalid> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::new(
                Fault::Pattern,
                "a division code has six digits",
            ));
        }
        match self.get(text) {
            Some(_) => Ok(()),
            None => Err(Invalid::new(
                Fault::Division,
                "no such division in the table",
            )),
        }
    }
}

/// Reads the table; the error is the number of the first defective line.
fn parse(csv: &str) -> Result<Divisions, usize> {
    let mut table = BTreeMap::new();
    for (index, row) in csv
        .lines()
        .enumerate()
        .skip(1)
        .filter(|(_, row)| !row.is_empty())
    {
        let line = index + 1;
        let mut columns = row.trim_end().split(',');
        let mut column = || columns.next().map(str::to_owned).ok_or(line);
        let (code, name, parent, level) = (column()?, column()?, column()?, column()?);
        let level = match level.as_str() {
            "region" => Level::Region,
            "league-or-city" => Level::LeagueOrCity,
            "county" => Level::County,
            _ => return Err(line),
        };
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        let orphan = parent
            .as_ref()
            .is_some_and(|parent| !table.contains_key(parent));
        let twice = table.contains_key(&code);
        if orphan || twice || parent.is_none() != (level == Level::Region) {
            return Err(line);
        }
        table.insert(
            code.clone(),
            Division {
                code,
                name,
                parent,
                level,
            },
        );
    }
    Ok(Divisions(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_leagues_and_cities_are_there() {
        let table = Divisions::standard();
        let mut names: Vec<&str> = table
            .iter()
            .filter(|division| division.level == Level::LeagueOrCity)
            .map(|division| division.name.as_str())
            .collect();
        assert_eq!(names.len(), 12);
        names.retain(|name| ["呼和浩特市", "乌海市", "鄂尔多斯市", "阿拉善盟"].contains(name));
        assert_eq!(names.len(), 4);
        assert_eq!(table.get("150302").unwrap().name, "海勃湾区");
        assert_eq!(table.counties().count(), 108);
    }

    #[test]
    fn a_county_lies_within_its_city_and_region_only() {
        let table = Divisions::standard();
        assert!(table.is_within("150302", "150302"));
        assert!(table.is_within("150302", "150300"));
        assert!(table.is_within("150302", "150000"));
        assert!(!table.is_within("150302", "150600"));
        assert!(!table.is_within("150300", "150302"));
        assert!(!table.is_within("159901", "150000"));
        assert!(!table.is_within("159901", "159901"));
    }

    #[test]
    fn addresses_begin_with_the_full_name() {
        let table = Divisions::standard();
        assert_eq!(
            table.full_name("150302").unwrap(),
            "内蒙古自治区乌海市海勃湾区"
        );
        assert_eq!(table.full_name("159901"), None);
    }

    #[test]
    fn defective_tables_are_refused_with_their_line() {
        let head = "code,name,parent,level\n150000,x,,region\n";
        for row in [
            "150100,x,159900,county",
            "150100,x,150000",
            "150100,x,150000,town",
            "150000,x,,region",
        ] {
            assert_eq!(parse(&format!("{head}{row}\n")).unwrap_err(), 3, "{row}");
        }
    }
}
