//! What is wrong with a bundle file, where, and what to do about it. Owns the codes and the
//! rendering; the checks find the mistakes.

mod code;
mod source;

use std::fmt;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use code::Code;
pub(crate) use source::SourceFile;

use crate::model::Region;

/// One mistake in a bundle file. `Display` renders it in full, over several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// The file as it was named.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// The offending text; its first line, if it has several.
    pub text: String,
    /// What is wrong, and why.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The whole line in which the offending text stands.
    pub(crate) excerpt: String,
}

impl Diagnostic {
    /// A mistake that no line has.
    pub(crate) fn of_file(code: Code, file: &str, message: &str, help: &str) -> Self {
        Self {
            code,
            file: file.to_owned(),
            line: 0,
            column: 0,
            text: String::new(),
            message: message.to_owned(),
            help: help.to_owned(),
            excerpt: String::new(),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.code, self.message)?;
        if self.line == 0 {
            writeln!(f, "  --> {}", self.file)?;
            return write!(f, "   = help: {}", self.help);
        }
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{margin}--> {}:{}:{}", self.file, self.line, self.column)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", self.excerpt)?;
        let lead = self.excerpt.chars().take(self.column - 1);
        let lead: String = lead.map(blank).collect();
        let marks = "^".repeat(self.text.width().max(1));
        writeln!(f, "{margin} | {lead}{marks}")?;
        write!(f, "{margin} = help: {}", self.help)
    }
}

/// Space as wide as a character, so that the marks stand under the text.
fn blank(c: char) -> String {
    if c == '\t' {
        "\t".to_owned()
    } else {
        " ".repeat(c.width().unwrap_or(0))
    }
}

/// Collects mistakes of one file.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

#[derive(Debug, PartialEq)]
struct Mistake {
    code: Code,
    span: Range<usize>,
    message: String,
    help: String,
}

impl Mistakes {
    pub(crate) fn add(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mistake = Mistake {
            code,
            span,
            message: message.into(),
            help: help.into(),
        };
        // One that several regions share is told once.
        if !self.0.contains(&mistake) {
            self.0.push(mistake);
        }
    }

    /// Adds the mistakes of one region that are not there without it.
    pub(crate) fn add_regional(&mut self, regional: Self, region: &Region) {
        for mut mistake in regional.0 {
            if !self.0.contains(&mistake) {
                mistake.message.push_str(&format!(" (in region {region})"));
                self.0.push(mistake);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes as diagnostics, in the order of the file.
    pub(crate) fn into_diagnostics(mut self, source: &SourceFile<'_>) -> Vec<Diagnostic> {
        self.0
            .sort_by_key(|mistake| (mistake.span.start, mistake.code));
        let place = |mistake: Mistake| {
            let place = source.place(&mistake.span);
            Diagnostic {
                code: mistake.code,
                file: source.name().to_owned(),
                line: place.line,
                column: place.column,
                text: place.text,
                message: mistake.message,
                help: mistake.help,
                excerpt: place.excerpt,
            }
        };
        self.0.into_iter().map(place).collect()
    }
}
