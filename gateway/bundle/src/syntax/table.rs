//! Reads TOML tables key by key, remembering which keys the language has. Owns the messages about
//! unknown and missing keys and values of the wrong type.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Literal;
use crate::diagnostic::{Code, Mistakes};
use crate::text::Text;

/// A table that is being read.
pub(super) struct Table<'a, 'i> {
    /// What it is, for messages: `a step`.
    what: &'static str,
    span: Range<usize>,
    entries: &'a DeTable<'i>,
    known: Vec<&'static str>,
}

/// A key and its value.
pub(super) type Entry<'a, 'i> = (Spanned<String>, &'a Spanned<DeValue<'i>>);

impl<'a, 'i> Table<'a, 'i> {
    pub(super) const fn new(
        what: &'static str,
        span: Range<usize>,
        entries: &'a DeTable<'i>,
    ) -> Self {
        Self {
            what,
            span,
            entries,
            known: Vec::new(),
        }
    }

    /// Reads a value as a table.
    pub(super) fn of(
        what: &'static str,
        value: &'a Spanned<DeValue<'i>>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Self::new(what, value.span(), entries)),
            other => {
                wrong(mistakes, value, what, "a table", other);
                None
            }
        }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether it has a key, of whatever type.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.get(key)
    }

    /// Every entry in the order of the file, for tables whose keys the writer chooses.
    pub(super) fn entries(&self) -> Vec<Entry<'a, 'i>> {
        let entry = |(key, value): (&Spanned<_>, &'a Spanned<DeValue<'i>>)| {
            let name: &std::borrow::Cow<'i, str> = key.get_ref();
            (Spanned::new(key.span(), name.to_string()), value)
        };
        let mut entries: Vec<_> = self.entries.iter().map(entry).collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    pub(super) fn missing(&self, key: &str, example: &str, mistakes: &mut Mistakes) {
        mistakes.add(
            Code::MissingKey,
            self.span(),
            format!("{} has no `{key}`", self.what),
            format!("add `{key} = {example}`"),
        );
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        text(key, value, mistakes)
    }

    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        example: &str,
        mistakes: &mut Mistakes,
    ) -> Spanned<String> {
        if !self.entries.contains_key(key) {
            self.missing(key, example, mistakes);
        }
        let found = self.text(key, mistakes);
        found.unwrap_or_else(|| Spanned::new(self.span(), String::new()))
    }

    pub(super) fn number(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<u32> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            wrong(
                mistakes,
                value,
                key,
                "a whole number from 0",
                value.get_ref(),
            );
        }
        number
    }

    pub(super) fn required_number(
        &mut self,
        key: &'static str,
        example: &str,
        mistakes: &mut Mistakes,
    ) -> u32 {
        if !self.entries.contains_key(key) {
            self.missing(key, example, mistakes);
        }
        self.number(key, mistakes).unwrap_or_default()
    }

    /// A number from 1.
    pub(super) fn required_positive(
        &mut self,
        key: &'static str,
        example: &str,
        mistakes: &mut Mistakes,
    ) -> u32 {
        let number = self.required_number(key, example, mistakes);
        if let Some(value) = self.get(key).filter(|_| number == 0)
            && value.get_ref().is_integer()
        {
            let message = format!("`{key}` is 0");
            let help = "write a whole number from 1";
            mistakes.add(Code::WrongValue, value.span(), message, help);
        }
        number
    }

    pub(super) fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes) -> bool {
        let Some(value) = self.get(key) else {
            return false;
        };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            wrong(mistakes, value, key, "`true` or `false`", value.get_ref());
        }
        flag.unwrap_or_default()
    }

    pub(super) fn texts(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
    ) -> Vec<Spanned<String>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| text(key, item, mistakes))
                .collect(),
            other => {
                wrong(mistakes, value, key, "a list of texts", other);
                Vec::new()
            }
        }
    }

    pub(super) fn tables(
        &mut self,
        key: &'static str,
        what: &'static str,
        mistakes: &mut Mistakes,
    ) -> Vec<Table<'a, 'i>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| Table::of(what, item, mistakes))
                .collect(),
            other => {
                let expected = format!("a list of tables, each headed `[[{key}]]`");
                wrong(mistakes, value, key, &expected, other);
                Vec::new()
            }
        }
    }

    /// A text in three languages; `None` when there is none.
    pub(super) fn languages(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Text> {
        let value = self.get(key)?;
        let mut table = Table::of(key, value, mistakes)?;
        let mut language = |name| {
            let text = table.required_text(name, "\"…\"", mistakes);
            text.into_inner()
        };
        let (zh, mn, en) = (language("zh"), language("mn"), language("en"));
        table.finish(mistakes);
        Some(Text { zh, mn, en })
    }

    pub(super) fn required_languages(
        &mut self,
        key: &'static str,
        mistakes: &mut Mistakes,
    ) -> Text {
        if !self.entries.contains_key(key) {
            let example = "{ zh = \"…\", mn = \"…\", en = \"…\" }";
            self.missing(key, example, mistakes);
        }
        self.languages(key, mistakes).unwrap_or_default()
    }

    /// Reports the keys that nothing asked for.
    pub(super) fn finish(self, mistakes: &mut Mistakes) {
        for (key, _) in self.entries() {
            if !self.known.contains(&key.get_ref().as_str()) {
                let help = match closest(key.get_ref(), self.known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it can have: {}", self.known.join(", ")),
                };
                let message = format!("{} has no key `{}`", self.what, key.get_ref());
                mistakes.add(Code::UnknownKey, key.span(), message, help);
            }
        }
    }
}

/// Reads a value as a text that is not blank.
pub(super) fn text(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Mistakes,
) -> Option<Spanned<String>> {
    match value.get_ref() {
        DeValue::String(text) if !text.trim().is_empty() => {
            Some(Spanned::new(value.span(), text.to_string()))
        }
        DeValue::String(_) => {
            let message = format!("`{key}` is empty");
            mistakes.add(
                Code::WrongValue,
                value.span(),
                message,
                "write something between the quotes",
            );
            None
        }
        other => {
            wrong(mistakes, value, key, "text in quotes", other);
            None
        }
    }
}

/// Reads a value as a text, a whole number, or a flag.
pub(super) fn literal(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Mistakes,
) -> Option<Spanned<Literal>> {
    let literal = match value.get_ref() {
        DeValue::String(text) => Some(Literal::Text(text.to_string())),
        DeValue::Boolean(flag) => Some(Literal::Boolean(*flag)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Literal::Integer),
        _ => None,
    };
    if literal.is_none() {
        let expected = "text in quotes, a whole number, `true` or `false`";
        wrong(mistakes, value, key, expected, value.get_ref());
    }
    literal.map(|literal| Spanned::new(value.span(), literal))
}

pub(super) fn wrong(
    mistakes: &mut Mistakes,
    value: &Spanned<DeValue<'_>>,
    what: &str,
    expected: &str,
    found: &DeValue<'_>,
) {
    let found = match found {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number out of range or place",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    mistakes.add(
        Code::WrongValue,
        value.span(),
        format!("`{what}` is {found}"),
        format!("write {expected}"),
    );
}

/// The candidate that is most like a word, if one is like it at all.
pub(crate) fn closest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let rated = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let best = rated.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness > 0.8)
        .map(|(_, candidate)| candidate)
}
