//! What the materials (材料) of paper applications are called. Owns reading their titles; which
//! matter requires which material is the contracts' to say.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::element::Titles;

const STANDARD: &str = include_str!("../data/materials.toml");

/// What is wrong with a list of materials.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// Not TOML, or not of the declared shape; the message has line and column.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// An id that stands twice.
    #[error("{0}: declared twice")]
    Twice(String),
}

/// The titles of materials, by id.
#[derive(Debug, Clone)]
pub struct Materials(BTreeMap<String, Titles>);

impl Materials {
    /// The embedded list.
    ///
    /// # Panics
    /// Never in a build whose tests passed: the embedded list is read there.
    #[must_use]
    pub fn standard() -> &'static Self {
        static MATERIALS: LazyLock<Materials> = LazyLock::new(|| {
            Materials::parse(STANDARD)
                .unwrap_or_else(|defect| panic!("the embedded list of materials: {defect}"))
        });
        &MATERIALS
    }

    /// Reads a list in TOML: `[[material]]` with `id` and `title`.
    ///
    /// # Errors
    /// [`MaterialError`] for the first defect.
    pub fn parse(source: &str) -> Result<Self, MaterialError> {
        let file: File = toml::from_str(source)?;
        let mut titles = BTreeMap::new();
        for Declaration { id, title } in file.material {
            if titles.insert(id.clone(), title).is_some() {
                return Err(MaterialError::Twice(id));
            }
        }
        Ok(Self(titles))
    }

    /// What the material with an id is called.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Titles> {
        self.0.get(id)
    }

    /// Every material with its titles, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Titles)> {
        self.0.iter().map(|(id, titles)| (id.as_str(), titles))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    material: Vec<Declaration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    id: String,
    title: Titles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_title_is_in_its_language() {
        let titles = Materials::standard();
        assert!(titles.iter().count() > 60);
        for (id, titles) in titles.iter() {
            let lower = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(id.chars().all(lower), "{id}");
            assert!(titles.zh.chars().any(|c| c > '\u{4e00}'), "{id}");
            assert!(
                titles
                    .mn
                    .chars()
                    .any(|c| ('\u{1820}'..='\u{1842}').contains(&c)),
                "{id}"
            );
            assert!(titles.en.is_ascii() && !titles.en.is_empty(), "{id}");
        }
    }

    #[test]
    fn an_id_stands_once() {
        let one = "[[material]]\nid = \"photo\"\ntitle = { zh = \"照\", mn = \"ᠵ\", en = \"P\" }\n";
        assert!(Materials::parse(one).is_ok());
        let twice = Materials::parse(&one.repeat(2)).unwrap_err();
        assert!(matches!(twice, MaterialError::Twice(id) if id == "photo"));
    }
}
