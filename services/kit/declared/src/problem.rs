//! What is wrong with a department file: where, and what to do about it. All of a load's problems
//! are reported together.

use std::{fmt, ops::Range};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One thing that is wrong with a department file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The part of the file, for example `IssueBirthCertificate, require 2`; empty for the whole.
    pub place: String,
    /// The text that is wrong; its first line, if it has several.
    pub text: String,
    /// What is wrong and what to do, in words.
    pub message: String,
    /// The whole line in which the text stands.
    pub excerpt: String,
}

impl Problem {
    /// A problem of a file or folder as a whole.
    #[must_use]
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 1,
            column: 1,
            place: String::new(),
            text: String::new(),
            message: message.into(),
            excerpt: String::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)?;
        if self.text.is_empty() {
            return Ok(());
        }
        let lead = self.excerpt.chars().take(self.column - 1);
        let lead: String = lead.map(blank).collect();
        let marks = "^".repeat(self.text.width().max(1));
        write!(f, "\n    {}\n    {lead}{marks}", self.excerpt)
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

/// Everything that is wrong with the department files of one load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the department files cannot be used:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// A file under examination, with what was found wrong in it so far.
#[derive(Debug)]
pub struct Examined<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

impl<'a> Examined<'a> {
    /// Begins to examine a file.
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Notes what is no mistake but must be known, at a range of bytes of the file.
    pub fn note(
        &mut self,
        span: Range<usize>,
        place: impl Into<String>,
        message: impl Into<String>,
    ) {
        let note = self.problem(span, place.into(), message.into());
        self.notes.push(note);
    }

    /// What was noted.
    pub fn take_notes(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.notes)
    }

    /// Notes a problem at a range of bytes of the file.
    pub fn report(
        &mut self,
        span: Range<usize>,
        place: impl Into<String>,
        message: impl Into<String>,
    ) {
        let problem = self.problem(span, place.into(), message.into());
        self.problems.push(problem);
    }

    fn problem(&self, span: Range<usize>, place: String, message: String) -> Problem {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (_, line) = self.text.split_at(line_start);
        let meant = after.get(..span.end.saturating_sub(start));
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            place,
            text: first(meant.unwrap_or_default()),
            message,
            excerpt: first(line),
        }
    }

    /// Notes that the file cannot be read as it stands.
    pub fn malformed(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        self.report(span, "", error.message().replace('\n', " "));
    }

    /// Whether nothing was found wrong so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// What was found wrong, in the order of the file.
    #[must_use]
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }
}
