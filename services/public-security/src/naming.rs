//! Which names a newborn may be registered with (Civil Code 1012, 1015). It judges from the parents
//! in the register alone: what takes other papers is for the office itself.

use onething_elements::{ethnicity, personal_name};
use onething_participant::Refusal;
use serde::Deserialize;

const STANDARD: &str = include_str!("../data/naming.toml");
const FIELD: &str = "child_name";

/// The naming rule with its tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamingRule {
    compound_surnames: Vec<String>,
    without_surname: Vec<Custom>,
}

/// An ethnic group whose names need no surname.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Custom {
    /// GB/T 3304.
    ethnicity: String,
    /// What the custom is.
    custom: String,
}

/// What is wrong with the tables.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamingRuleError {
    /// They are no such tables.
    #[error("the tables of the naming rule")]
    Toml(#[from] toml::de::Error),
    /// An entry means nothing.
    #[error("the tables of the naming rule: {entry}: {problem}")]
    Entry {
        entry: String,
        problem: &'static str,
    },
}

/// A parent as the rule sees one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent<'a> {
    pub(crate) name: &'a str,
    /// GB/T 3304; `None` when it is not declared.
    pub(crate) ethnicity: Option<&'a str>,
}

impl NamingRule {
    /// The rule with the embedded tables.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, NamingRuleError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, NamingRuleError> {
        let rule: Self = toml::from_str(text)?;
        let error = |entry: &str, problem| NamingRuleError::Entry {
            entry: entry.to_owned(),
            problem,
        };
        for surname in &rule.compound_surnames {
            if surname.chars().count() != 2 {
                return Err(error(surname, "a compound surname has two characters"));
            }
        }
        for custom in &rule.without_surname {
            if ethnicity(&custom.ethnicity).is_none() {
                return Err(error(&custom.ethnicity, "no such ethnic group"));
            }
            if custom.custom.is_empty() {
                return Err(error(&custom.ethnicity, "what the custom is, is missing"));
            }
        }
        Ok(rule)
    }

    /// Judges a child's name and gives its one spelling.
    ///
    /// The surname is the father's or the mother's (Civil Code 1015). A parent's ethnic custom of
    /// names without a surname frees from that. Other surnames (an elder relative's, a foster
    /// parent's, other good reason) take papers that this rule does not see.
    ///
    /// # Errors
    /// `NAME_NOT_ALLOWED`.
    pub(crate) fn admit(&self, name: &str, parents: &[Parent<'_>]) -> Result<String, Refusal> {
        let name = personal_name(name).map_err(|invalid| refusal(invalid.reason()))?;
        let custom = |parent: &Parent<'_>| {
            let groups = self.without_surname.iter();
            groups
                .map(|custom| custom.ethnicity.as_str())
                .any(|group| parent.ethnicity == Some(group))
        };
        if parents.iter().any(custom) {
            return Ok(name);
        }
        let surname = self.surname(&name);
        let inherited = |parent: &Parent<'_>| self.surname(parent.name) == surname;
        if surname.is_some() && parents.iter().any(inherited) {
            return Ok(name);
        }
        Err(refusal(
            "The surname is neither the father's nor the mother's. With other good reason the \
             office of public security registers it upon inspection of the papers.",
        ))
    }

    /// The surname of a name in Chinese characters: two characters if those are a compound surname
    /// and a given name follows, else the first. `None` where a name has none to be told: in
    /// Mongolian script, or with parts joined by `·`.
    fn surname<'a>(&self, name: &'a str) -> Option<&'a str> {
        let mongolian = name.chars().any(|c| matches!(c, '\u{1800}'..='\u{18AF}'));
        if mongolian || name.contains('·') {
            return None;
        }
        let after = |characters| name.char_indices().nth(characters).map(|(at, _)| at);
        if let Some(two) = after(2).and_then(|end| name.get(..end))
            && self.compound_surnames.iter().any(|surname| surname == two)
        {
            return Some(two);
        }
        name.get(..after(1)?)
    }
}

fn refusal(message: &str) -> Refusal {
    Refusal::new("NAME_NOT_ALLOWED", message).about(FIELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent<'a>(name: &'a str, ethnicity: &'a str) -> Parent<'a> {
        Parent {
            name,
            ethnicity: Some(ethnicity),
        }
    }

    fn allowed(name: &str, parents: &[Parent<'_>]) -> bool {
        let judged = NamingRule::standard().unwrap().admit(name, parents);
        if let Err(refusal) = &judged {
            assert_eq!(refusal.reason, "NAME_NOT_ALLOWED");
            assert_eq!(refusal.field, "child_name");
            assert!(name.is_empty() || !refusal.message.contains(name));
        }
        judged.is_ok()
    }

    #[test]
    fn the_surname_is_the_fathers_or_the_mothers() {
        let parents = [parent("王芳", "01"), parent("李伟", "03")];
        assert!(allowed("王晨", &parents));
        assert!(allowed("李王晨", &parents));
        assert!(!allowed("张晨", &parents));
        assert!(!allowed("芳晨", &parents));
        // Of a parent who is not in the register nothing is known.
        assert!(!allowed("李晨", &parents[..1]));
        assert!(!allowed("王晨", &[]));
    }

    #[test]
    fn a_compound_surname_is_one_surname() {
        let mother = [parent("欧阳明月", "01")];
        assert!(allowed("欧阳晨", &mother));
        assert!(!allowed("欧晨", &mother));
        assert!(!allowed("阳晨", &mother));
        assert!(allowed("司马光", &[parent("司马迁", "01")]));
        assert!(!allowed("司晨", &[parent("司马迁", "01")]));
        assert!(!allowed("司马光", &[parent("司明", "01")]));
        // Two characters are a surname and a given name, whatever they look like.
        assert!(allowed("东晨", &[parent("东方", "01")]));
        assert!(!allowed("欧阳", &mother));
        assert!(allowed("𠮷晨", &[parent("𠮷田", "01")]));
    }

    #[test]
    fn a_parents_ethnic_custom_frees_from_a_surname() {
        let mixed = [parent("王芳", "01"), parent("阿拉坦巴特尔", "02")];
        assert!(allowed("斯琴高娃", &mixed));
        assert!(allowed("ᠰᠡᠴᠡᠨ ᠭᠤᠸ᠎ᠠ", &mixed));
        assert!(allowed("王晨", &mixed));
        assert!(!allowed("斯琴高娃", &mixed[..1]));
        assert!(!allowed("ᠰᠡᠴᠡᠨ ᠭᠤᠸ᠎ᠠ", &mixed[..1]));
        assert!(allowed("古丽·艾山", &[parent("艾山·买买提", "05")]));
        let undeclared = Parent {
            name: "斯琴",
            ethnicity: None,
        };
        assert!(!allowed("乌云", &[undeclared]));
        // Names without a surname on both sides are not equal surnames.
        assert!(!allowed("古丽·艾山", &[parent("艾山·买买提", "03")]));
    }

    #[test]
    fn a_name_has_the_form_of_a_name() {
        let parents = [parent("王芳", "02")];
        for name in ["", "王", "王1", "Wang", "王ᠠᠡ", "王·", "王\u{E000}"] {
            assert!(!allowed(name, &parents), "{name}");
        }
        assert!(!allowed(&"王".repeat(51), &parents));
        let rule = NamingRule::standard().unwrap();
        assert_eq!(rule.admit(" 艾山•王 ", &parents).unwrap(), "艾山·王");
    }

    #[test]
    fn defective_tables_are_refused_with_the_entry() {
        let whole = "compound_surnames = [\"欧阳\"]\n[[without_surname]]\nethnicity = \"02\"\n\
                     custom = \"x\"\n";
        assert!(NamingRule::parse(whole).is_ok());
        for (text, problem) in [
            (whole.replace("欧阳", "欧"), "two characters"),
            (whole.replace("02", "57"), "no such ethnic group"),
            (whole.replace("\"x\"", "\"\""), "is missing"),
            (whole.replace("custom", "habit"), "the tables"),
        ] {
            let error = NamingRule::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
