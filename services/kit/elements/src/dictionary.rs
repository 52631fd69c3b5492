//! The dictionary: every element, declared once. Owns reading the declarations and the proofs that
//! they are consistent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::element::{Choice, Element, Input, Sensitivity, Titles, ValueType};
use crate::ethnicity;
use crate::format::Format;

const STANDARD: &str = include_str!("../data/dictionary.toml");

/// What is wrong with a dictionary.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// Not TOML, or not of the declared shape; the message has line and column.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// An id that is not `kind.attribute` in lower case.
    #[error("{0}: an id is `kind.attribute` in lower case")]
    Id(String),
    /// An id that stands twice.
    #[error("{0}: declared twice")]
    Twice(String),
    /// A declaration that contradicts itself.
    #[error("{id}: {reason}")]
    Contradiction {
        /// The element.
        id: String,
        /// What contradicts what.
        reason: &'static str,
    },
}

/// All data elements, by id.
#[derive(Debug, Clone)]
pub struct Dictionary(BTreeMap<String, Element>);

impl Dictionary {
    /// The embedded dictionary.
    ///
    /// # Panics
    /// Never in a build whose tests passed: the embedded dictionary is read there.
    #[must_use]
    pub fn standard() -> &'static Self {
        static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| {
            Dictionary::parse(STANDARD)
                .unwrap_or_else(|defect| panic!("the embedded data-element dictionary: {defect}"))
        });
        &DICTIONARY
    }

    /// Reads a dictionary in TOML; see the head of `data/dictionary.toml` for the language.
    ///
    /// # Errors
    /// [`DictionaryError`] for the first defect.
    pub fn parse(source: &str) -> Result<Self, DictionaryError> {
        let file: File = toml::from_str(source)?;
        let mut elements = BTreeMap::new();
        for declaration in file.element {
            let element = declaration.check()?;
            let id = element.id.clone();
            if elements.insert(id.clone(), element).is_some() {
                return Err(DictionaryError::Twice(id));
            }
        }
        Ok(Self(elements))
    }

    /// The element with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Element> {
        self.0.get(id)
    }

    /// All elements, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.0.values()
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Dictionary {
    type Item = &'a Element;
    type IntoIter = std::collections::btree_map::Values<'a, String, Element>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.values()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    element: Vec<Declaration>,
}

/// An element as the file declares it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    id: String,
    title: Titles,
    format: Format,
    #[serde(rename = "type")]
    value_type: ValueType,
    input: Input,
    sensitivity: Sensitivity,
    #[serde(default)]
    choices: Vec<DeclaredChoice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredChoice {
    value: String,
    title: Titles,
}

impl Declaration {
    fn check(self) -> Result<Element, DictionaryError> {
        if !is_id(&self.id) {
            return Err(DictionaryError::Id(self.id));
        }
        let contradiction = if self.value_type != self.format.value_type() {
            Some("the format writes values of another type")
        } else if (self.format == Format::Choice) == self.choices.is_empty() {
            Some("the format `choice`, and only it, lists choices")
        } else if self.input != Input::None && !suits(self.format, self.input) {
            Some("this input cannot ask for this format")
        } else {
            None
        };
        if let Some(reason) = contradiction {
            return Err(DictionaryError::Contradiction {
                id: self.id,
                reason,
            });
        }
        let choices = if self.format == Format::Ethnicity {
            ethnicity::all().map(Choice::from).collect()
        } else {
            self.choices.into_iter().map(Choice::from).collect()
        };
        Ok(Element {
            id: self.id,
            titles: self.title,
            format: self.format,
            input: self.input,
            choices,
            sensitivity: self.sensitivity,
        })
    }
}

impl From<DeclaredChoice> for Choice {
    fn from(choice: DeclaredChoice) -> Self {
        let Titles { zh, mn, en } = choice.title;
        Self {
            value: choice.value,
            zh,
            mn: Some(mn),
            en,
        }
    }
}

impl From<ethnicity::Ethnicity> for Choice {
    fn from(group: ethnicity::Ethnicity) -> Self {
        Self {
            value: group.code.to_owned(),
            zh: group.zh.to_owned(),
            mn: None,
            en: group.en.to_owned(),
        }
    }
}

fn is_id(id: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    id.split_once('.')
        .is_some_and(|(kind, attribute)| part(kind) && part(attribute))
}

/// Whether an input can ask for a format. Text can ask for anything that is written as a line.
fn suits(format: Format, input: Input) -> bool {
    match format {
        Format::Choice | Format::Ethnicity => input == Input::Choice,
        Format::Boolean => input == Input::Switch,
        Format::Date => input == Input::Date,
        Format::Division => input == Input::Region,
        Format::MoneyFen => input == Input::Money,
        Format::Integer | Format::Year => input == Input::Number,
        Format::Mobile => input == Input::Mobile,
        Format::File => input == Input::File,
        Format::Text => matches!(input, Input::Text | Input::Address),
        _ => input == Input::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invalid::Fault;

    /// The ids that contracts of the two first bundles rely on.
    const PROMISED: &[&str] = &[
        "person.id_number",
        "person.name",
        "person.sex",
        "person.birth_date",
        "person.ethnicity",
        "person.mobile",
        "person.household_region",
        "person.maternity_entitled",
        "marriage.certificate_number",
        "marriage.registered_on",
        "household.id",
        "household.follows",
        "household.region",
        "household.address",
        "household.head_name",
        "birth.record_number",
        "birth.hospital",
        "birth.certificate_number",
        "birth.born_on",
        "vaccination.record_number",
        "insurance.number",
        "insurance.premium_fen",
        "insurance.region",
        "social_card.number",
        "social_card.bank",
        "benefit.number",
        "benefit.amount_fen",
        "school.area",
        "school.name",
        "school.enrolment_year",
        "delivery.address",
        "delivery.number",
        "enterprise.credit_code",
        "enterprise.name",
        "enterprise.status",
        "enterprise.registrar",
        "enterprise.address",
        "enterprise.target_registrar",
        "enterprise.target_address",
        "enterprise.premises_right",
        "enterprise.resolution_date",
        "relocation.lock_number",
        "relocation.acceptance_number",
        "relocation.release_number",
        "archive.number",
        "archive.sha256",
        "archive.pages",
        "licence.number",
        "tax.clearance_number",
        "tax.transfer_number",
        "unit.social_insurance_number",
        "unit.medical_insurance_number",
        "unit.housing_fund_number",
        "seal.filing_number",
        "bank.notice_number",
    ];

    #[test]
    fn the_promised_elements_are_declared() {
        for id in PROMISED {
            let element = Dictionary::standard()
                .get(id)
                .unwrap_or_else(|| panic!("{id}"));
            assert_eq!(format!("{}.{}", element.kind(), element.attribute()), *id);
        }
    }

    #[test]
    fn titles_are_in_their_script() {
        let mongolian = |text: &str| {
            text.chars().any(|c| ('\u{1820}'..='\u{1842}').contains(&c))
                && !text.chars().any(|c| ('\u{0400}'..='\u{04FF}').contains(&c))
        };
        for element in Dictionary::standard() {
            let Titles { zh, mn, en } = element.titles();
            assert!(
                zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)),
                "{}",
                element.id()
            );
            assert!(mongolian(mn), "{}", element.id());
            assert!(en.is_ascii() && !en.is_empty(), "{}", element.id());
            for choice in element.choices() {
                assert!(
                    choice.mn.as_deref().is_none_or(mongolian),
                    "{}",
                    element.id()
                );
                assert!(element.validate(&choice.value).is_ok(), "{}", element.id());
            }
        }
    }

    #[test]
    fn choices_are_checked() {
        let element = Dictionary::standard().get("household.follows").unwrap();
        assert_eq!(element.validate("mother").unwrap().as_str(), "mother");
        assert_eq!(element.validate("aunt").unwrap_err().fault(), Fault::Choice);
        let ethnicity = Dictionary::standard().get("person.ethnicity").unwrap();
        assert_eq!(ethnicity.choices().len(), 56);
    }

    #[test]
    fn what_identifies_a_person_is_sensitive() {
        for element in Dictionary::standard() {
            if element.format() == Format::ResidentNumber {
                assert_eq!(
                    element.sensitivity(),
                    Sensitivity::Sensitive,
                    "{}",
                    element.id()
                );
            }
        }
    }

    #[test]
    fn errors_and_debug_never_repeat_the_value() {
        let wrong = "150302196603159978";
        let element = Dictionary::standard().get("person.id_number").unwrap();
        let invalid = element.validate(wrong).unwrap_err();
        assert!(!format!("{invalid} {invalid:?}").contains("19660315"));
        let value = element.validate("150302196603159977").unwrap();
        assert!(!format!("{value:?}").contains("19660315"));
    }

    fn declared(fields: &str) -> String {
        let title = r#"title = { zh = "x", mn = "x", en = "x" }"#;
        let defect = Dictionary::parse(&format!(
            "[[element]]\n{title}\nsensitivity = \"public\"\n{fields}"
        ));
        defect.unwrap_err().to_string()
    }

    #[test]
    fn contradictions_are_refused() {
        let text = r#"format = "text"
            type = "string"
            input = "text""#;
        assert!(declared(&format!("id = \"Person.x\"\n{text}")).contains("lower case"));
        assert!(declared(&format!("id = \"person\"\n{text}")).contains("lower case"));
        assert!(declared(&format!("id = \"person.x\"\ncolour = 1\n{text}")).contains("colour"));
        for (format, value_type, input, reason) in [
            ("date", "string", "date", "another type"),
            ("choice", "string", "choice", "lists choices"),
            ("boolean", "boolean", "text", "cannot ask"),
            ("nonsense", "string", "text", "nonsense"),
        ] {
            let message = declared(&format!(
                "id = \"person.x\"\nformat = \"{format}\"\ntype = \"{value_type}\"\ninput = \"{input}\""
            ));
            assert!(message.contains(reason), "{message}");
        }
    }

    #[test]
    fn an_id_stands_once() {
        let element = r#"[[element]]
            id = "person.x"
            title = { zh = "x", mn = "x", en = "x" }
            format = "text"
            type = "string"
            input = "text"
            sensitivity = "public"
        "#;
        assert_eq!(Dictionary::parse(element).unwrap().len(), 1);
        let twice = Dictionary::parse(&element.repeat(2)).unwrap_err();
        assert!(matches!(twice, DictionaryError::Twice(id) if id == "person.x"));
    }
}
