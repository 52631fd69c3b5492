//! One data element: what it is called, how it is written, how it is asked for, how sensitive it is.

use serde::Deserialize;

use crate::format::Format;
use crate::invalid::{Fault, Invalid};
use crate::normalized::Normalized;

/// A title in the three languages of the region's services.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Titles {
    /// Chinese.
    pub zh: String,
    /// Mongolian, in traditional script.
    pub mn: String,
    /// English.
    pub en: String,
}

/// The type that a value has in a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// A civil date, `yyyy-mm-dd`.
    Date,
    /// Money, a whole number of fen.
    MoneyFen,
}

/// How a form asks for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A line of text.
    Text,
    /// A number.
    Number,
    /// A date picker.
    Date,
    /// A list to choose from, see [`Element::choices`].
    Choice,
    /// Yes or no.
    Switch,
    /// A picker of administrative divisions.
    Region,
    /// A postal address.
    Address,
    /// An amount, shown in yuan.
    Money,
    /// A mobile number.
    Mobile,
    /// An upload.
    File,
    /// Not at all: departments tell it each other.
    None,
}

/// How sensitive a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Anyone may see it.
    Public,
    /// About a person or firm: shown to those concerned and to the departments of the case.
    Personal,
    /// Identity numbers, bank accounts, health: masked wherever it is not needed to decide.
    Sensitive,
}

/// One value that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is stored and sent.
    pub value: String,
    /// The Chinese title.
    pub zh: String,
    /// The Mongolian title in traditional script, where the list has one.
    pub mn: Option<String>,
    /// The English title.
    pub en: String,
}

/// One data element (数据元).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub(crate) id: String,
    pub(crate) titles: Titles,
    pub(crate) format: Format,
    pub(crate) input: Input,
    pub(crate) choices: Vec<Choice>,
    pub(crate) sensitivity: Sensitivity,
}

impl Element {
    /// The id, for example `person.id_number`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the element describes, for example `person`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.id.split_once('.').map_or("", |(kind, _)| kind)
    }

    /// Which attribute of that it is, for example `id_number`.
    #[must_use]
    pub fn attribute(&self) -> &str {
        self.id
            .split_once('.')
            .map_or("", |(_, attribute)| attribute)
    }

    /// What it is called.
    #[must_use]
    pub const fn titles(&self) -> &Titles {
        &self.titles
    }

    /// How its value is written.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The type of its value in a contract.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        self.format.value_type()
    }

    /// How a form asks for it.
    #[must_use]
    pub const fn input(&self) -> Input {
        self.input
    }

    /// What may be chosen; empty unless the input is [`Input::Choice`].
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// How sensitive its value is.
    #[must_use]
    pub const fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// Checks a value and gives it in its one spelling. Surrounding space is dropped.
    ///
    /// # Errors
    /// [`Invalid`] with a stable code and a reason; it never repeats the value.
    pub fn validate(&self, text: &str) -> Result<Normalized, Invalid> {
        let value = self.format.validate(text)?;
        let chosen = self.choices.is_empty()
            || self
                .choices
                .iter()
                .any(|choice| choice.value == value.as_str());
        if chosen {
            Ok(value)
        } else {
            Err(Invalid::new(
                Fault::Choice,
                "not one of the offered choices",
            ))
        }
    }
}
