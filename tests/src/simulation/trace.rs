//! What happened in a run, as one hash: two runs of a seed are the same run exactly when their hashes
//! are equal.

use std::fmt::{self, Write};
use std::time::Duration;

/// A hash over everything that happened, and its lines when somebody wants to read them.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<String>,
}

impl Trace {
    /// An empty trace; `readable` keeps its lines.
    #[must_use]
    pub fn new(readable: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: readable.then(String::new),
        }
    }

    /// Adds a line.
    pub fn note(&mut self, at: Duration, line: fmt::Arguments<'_>) {
        // Writing to a hash cannot fail.
        writeln!(self, "{:>14} {line}", at.as_micros()).ok();
    }

    /// The hash so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines, when they were kept.
    #[must_use]
    pub fn lines(&self) -> &str {
        self.lines.as_deref().unwrap_or_default()
    }
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut self.lines {
            lines.push_str(text);
        }
        Ok(())
    }
}
