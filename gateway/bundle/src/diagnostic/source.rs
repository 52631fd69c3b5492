//! The text of a bundle file: from byte ranges to lines and columns.

use std::ops::Range;

/// A named text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceFile<'a> {
    name: &'a str,
    text: &'a str,
}

/// Where in a file something stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The text, up to the end of its first line.
    pub(crate) text: String,
    pub(crate) excerpt: String,
}

impl<'a> SourceFile<'a> {
    pub(crate) const fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text }
    }

    pub(crate) const fn name(&self) -> &'a str {
        self.name
    }

    /// The text of a range; empty when the range is not within the file.
    pub(crate) fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let excerpt = self.text[line_start..].lines().next().unwrap_or_default();
        let rest = self.text.get(start..span.end).unwrap_or_default();
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            text: rest.lines().next().unwrap_or_default().to_owned(),
            excerpt: excerpt.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_lines() {
        let file = SourceFile::new("x.toml", "a = 1\n标题 = \"二\"\n");
        let start = file.text.find('"').unwrap();
        let place = file.place(&(start..start + 5));
        assert_eq!((place.line, place.column), (2, 6));
        assert_eq!(place.text, "\"二\"");
        assert_eq!(place.excerpt, "标题 = \"二\"");
        let end = file.place(&(100..200));
        assert_eq!((end.line, end.column), (3, 1));
    }
}
