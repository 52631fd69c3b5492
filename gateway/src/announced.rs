//! The rest of the region's map: bundles that are announced and not yet defined, and what departments are
//! called that no contract titles. Nothing can be filed here.

use std::{collections::BTreeMap, sync::LazyLock};

use onething_bundle::{Audience, Bundle, Department, Text};
use onething_proto::Contracts;
use serde::Deserialize;

/// The map as it is kept.
const FILE: &str = include_str!("../announced.toml");

/// A bundle that is announced.
#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) id: String,
    pub(crate) audience: Audience,
    pub(crate) title: Text,
    pub(crate) lead: Member,
    /// The departments that take part, the leading one first.
    pub(crate) departments: Vec<Member>,
    /// Whether it is uncertain that it belongs to the region's map.
    pub(crate) doubtful: bool,
}

/// A department that takes part in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Member {
    pub(crate) code: String,
    pub(crate) title: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    departments: BTreeMap<String, Titles>,
    bundle: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    audience: Whom,
    lead: String,
    departments: Vec<String>,
    #[serde(default)]
    doubtful: bool,
    title: Titles,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Whom {
    Person,
    Enterprise,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Titles {
    zh: String,
    mn: String,
    en: String,
}

impl From<Titles> for Text {
    fn from(titles: Titles) -> Self {
        let Titles { zh, mn, en } = titles;
        Self { zh, mn, en }
    }
}

static ANNOUNCED: LazyLock<Vec<Announced>> = LazyLock::new(|| match read(FILE) {
    Ok(announced) => announced,
    // The file is compiled in, and a test reads it.
    Err(error) => unreachable!("the announced bundles cannot be read: {error}"),
});

/// Every announced bundle, by id, defined or not.
pub(crate) fn announced() -> &'static [Announced] {
    &ANNOUNCED
}

/// The departments that take part in a bundle, the leading one first. Steps that call nobody belong to
/// no department.
pub(crate) fn departments(bundle: &Bundle) -> Vec<Member> {
    let mut members = vec![Member::from(&bundle.lead)];
    for step in bundle.steps.iter().filter(|step| !step.path.is_empty()) {
        if members.iter().all(|m| m.code != step.department.code) {
            members.push(Member::from(&step.department));
        }
    }
    members
}

impl From<&Department> for Member {
    fn from(department: &Department) -> Self {
        Self {
            code: department.code.clone(),
            title: department.title.clone(),
        }
    }
}

fn read(text: &str) -> Result<Vec<Announced>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let contracts = Contracts::standard();
    let stated = |code: &str| {
        let mut services = contracts.pool().services();
        services.find_map(|service| {
            let department = contracts.department(&service)?;
            (department.code == code).then_some(department.title)?
        })
    };
    // A contract's own title goes before the file's.
    let member = |code: &String| {
        let title = stated(code).map(|title| Text::from(&title));
        let title = title.or_else(|| file.departments.get(code).cloned().map(Text::from));
        let title = title.ok_or_else(|| format!("department {code} has no title"))?;
        let code = code.clone();
        Ok::<_, String>(Member { code, title })
    };
    let announced = file.bundle.iter().map(|entry| {
        let codes = std::iter::once(&entry.lead).chain(&entry.departments);
        Ok(Announced {
            id: entry.id.clone(),
            audience: match entry.audience {
                Whom::Person => Audience::Person,
                Whom::Enterprise => Audience::Enterprise,
            },
            title: entry.title.clone().into(),
            lead: member(&entry.lead)?,
            departments: codes.map(member).collect::<Result<_, _>>()?,
            doubtful: entry.doubtful,
        })
    });
    let mut announced: Vec<_> = announced.collect::<Result<_, String>>()?;
    announced.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(announced)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The department codes of the region.
    const CODES: [&str; 21] = [
        "MR", "ED", "CA", "SS", "PS", "MI", "HC", "TX", "HF", "RE", "CO", "DR", "FI", "BK", "HU",
        "TR", "FR", "IN", "JU", "DF", "ID",
    ];

    #[test]
    fn the_map_has_the_fifteen_that_nobody_has_worked_out_and_every_text_in_three_languages() {
        let announced = read(FILE).unwrap();
        assert_eq!(announced.len(), 15);
        let ids: BTreeSet<_> = announced.iter().map(|entry| &entry.id).collect();
        assert_eq!(ids.len(), announced.len());
        let traditional = |text: &str| {
            let letter = |c: char| ('\u{1800}'..='\u{18AF}').contains(&c);
            text.chars().all(|c| letter(c) || " \u{202F}".contains(c))
        };
        for entry in &announced {
            let members = entry.departments.iter().map(|member| &member.title);
            for title in members.chain([&entry.title]) {
                assert!(!title.zh.is_empty() && !title.en.is_empty() && !title.mn.is_empty());
                assert!(traditional(&title.mn), "{}", title.mn);
            }
            assert_eq!(entry.departments.first(), Some(&entry.lead));
            let codes: BTreeSet<_> = entry.departments.iter().map(|m| &m.code).collect();
            assert_eq!(codes.len(), entry.departments.len(), "{}", entry.id);
        }
    }

    #[test]
    fn every_department_of_the_region_has_a_title() {
        let file: File = toml::from_str(FILE).unwrap();
        for code in CODES {
            assert!(file.departments.contains_key(code), "{code}");
        }
    }

    #[test]
    fn a_department_without_a_title_is_no_map() {
        let text = FILE.replace("lead = \"TR\"", "lead = \"XX\"");
        assert!(read(&text).unwrap_err().contains("XX"));
    }
}
