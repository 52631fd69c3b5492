//! A table on a terminal: columns as wide as their widest cell, the last one as long as it is.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::page::{STRONG, fill, paint};

/// Rows under a heading.
pub(crate) struct Table<const N: usize> {
    heading: [&'static str; N],
    rows: Vec<([String; N], Style)>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(heading: [&'static str; N]) -> Self {
        Self {
            heading,
            rows: Vec::new(),
        }
    }

    /// Adds a row in a style.
    pub(crate) fn add(&mut self, row: [String; N], style: Style) {
        self.rows.push((row, style));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every line, the heading first, behind an indent.
    pub(crate) fn lines(&self, indent: &str) -> Vec<String> {
        let widths: [usize; N] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|(row, _)| row[column].width());
            cells
                .chain([self.heading[column].width()])
                .max()
                .unwrap_or_default()
        });
        let line = |cells: [&str; N], style: Style| {
            let filled: Vec<_> = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| fill(cell, width))
                .collect();
            let text = filled.join("  ");
            format!("{indent}{}", paint(style, text.trim_end()))
        };
        let heading = line(self.heading, STRONG);
        let rows = self
            .rows
            .iter()
            .map(|(row, style)| line(std::array::from_fn(|column| row[column].as_str()), *style));
        [heading].into_iter().chain(rows).collect()
    }

    pub(crate) fn print(&self, indent: &str) {
        for line in self.lines(indent) {
            anstream::println!("{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["A", "LONG"]);
        table.add(["民政".to_owned(), "x".to_owned()], Style::new());
        let lines: Vec<_> = table
            .lines("  ")
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(lines, ["  A     LONG", "  民政  x"]);
    }
}
