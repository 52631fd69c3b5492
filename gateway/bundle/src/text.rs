//! A text in the languages of the region. Owns the type alone; texts come from bundles, contracts and
//! the dictionary.

use onething_elements::Titles;
use onething_proto::annotations;
use serde::{Deserialize, Serialize};

/// A text in Chinese, Mongolian (traditional script) and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Chinese, simplified.
    pub zh: String,
    /// Mongolian, traditional script.
    pub mn: String,
    /// English.
    pub en: String,
}

impl From<&annotations::Text> for Text {
    fn from(text: &annotations::Text) -> Self {
        Self {
            zh: text.zh.clone(),
            mn: text.mn.clone(),
            en: text.en.clone(),
        }
    }
}

impl From<&Titles> for Text {
    fn from(titles: &Titles) -> Self {
        Self {
            zh: titles.zh.clone(),
            mn: titles.mn.clone(),
            en: titles.en.clone(),
        }
    }
}

impl From<Text> for annotations::Text {
    fn from(text: Text) -> Self {
        Self {
            zh: text.zh,
            mn: text.mn,
            en: text.en,
        }
    }
}
