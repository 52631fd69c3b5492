//! What was found: a line for each check as it ends, for people, or one JSON object for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rule::{Checked, Stop};
use crate::{
    outcome::Outcome,
    page::{BACK, BAD, FAINT, GOOD, STRONG, fill, paint},
};

/// How wide the column with the verdicts is, and the one with the rules' names.
const VERDICTS: usize = 9;
const NAMES: usize = 26;
/// How wide a line may become before the text goes on below.
const WIDTH: usize = 110;

/// What one check found.
#[derive(Debug)]
pub(super) struct Found {
    /// The rule's name.
    pub(super) rule: &'static str,
    /// What it proves.
    pub(super) proves: &'static str,
    /// What to do when it does not hold.
    pub(super) fix: &'static str,
    /// How it ended.
    pub(super) ended: Checked,
}

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Report {
    url: String,
    coordinator: String,
    quiet: bool,
    subject: String,
    found: Vec<(String, Found)>,
    /// Checks that were skipped for one reason and not yet told.
    skipped: Vec<&'static str>,
    left: Vec<String>,
    stopped: bool,
}

impl Report {
    /// An empty report; `quiet` prints nothing before the end.
    pub(super) fn new(url: &str, coordinator: &str, quiet: bool) -> Self {
        if !quiet {
            let title = format!("The participant's rules at {url}");
            anstream::println!("{}", paint(STRONG, &title));
            let note = format!("as the coordinator {coordinator}; what it does is undone again");
            anstream::println!("{}", paint(FAINT, &note));
        }
        Self {
            url: url.to_owned(),
            coordinator: coordinator.to_owned(),
            quiet,
            subject: String::new(),
            found: Vec::new(),
            skipped: Vec::new(),
            left: Vec::new(),
            stopped: false,
        }
    }

    /// What the next checks are about.
    pub(super) fn begin(&mut self, subject: &str) {
        self.tell_skipped();
        subject.clone_into(&mut self.subject);
        if !self.quiet {
            anstream::println!("\n{}", paint(STRONG, subject));
        }
    }

    /// Takes what a check found.
    pub(super) fn found(&mut self, found: Found) {
        // One reason, given once, for all the checks that it concerns.
        let same = matches!(&found.ended, Err(Stop::Skip(why)) if self.last_skip() == Some(why));
        if !same {
            self.tell_skipped();
        }
        match &found.ended {
            Err(Stop::Skip(_)) => self.skipped.push(found.rule),
            _ if !self.quiet => print(&found),
            _ => {}
        }
        self.found.push((self.subject.clone(), found));
    }

    fn last_skip(&self) -> Option<&String> {
        match self.found.last() {
            Some((
                _,
                Found {
                    ended: Err(Stop::Skip(why)),
                    ..
                },
            )) if !self.skipped.is_empty() => Some(why),
            _ => None,
        }
    }

    fn tell_skipped(&mut self) {
        let why = self.last_skip().cloned();
        let names = std::mem::take(&mut self.skipped);
        let Some(why) = why else { return };
        if self.quiet {
            return;
        }
        let word = paint(BACK, &fill("SKIPPED", VERDICTS));
        anstream::println!("{word}{}", wrapped(&names.join(", "), VERDICTS, VERDICTS));
        label(BACK, "why:", &why);
    }

    /// Takes note of an effect that stays, because nothing undoes it.
    pub(super) fn left(&mut self, effect: String) {
        self.left.push(effect);
    }

    /// A person stopped the check.
    pub(super) fn stopped(&mut self) {
        self.stopped = true;
    }

    fn counts(&self) -> (usize, usize, usize) {
        let count = |of: fn(&Checked) -> bool| {
            let found = self.found.iter();
            found.filter(|(_, found)| of(&found.ended)).count()
        };
        (
            count(Result::is_ok),
            count(|ended| matches!(ended, Err(Stop::Fail(_)))),
            count(|ended| matches!(ended, Err(Stop::Skip(_)))),
        )
    }

    /// How the command ends.
    pub(super) fn outcome(&self) -> Outcome {
        match self.counts() {
            (_, 0, 0) if !self.stopped => Outcome::Done,
            _ => Outcome::Unfinished,
        }
    }

    /// Says what it comes to.
    pub(super) fn end(&mut self) {
        self.tell_skipped();
        if !self.quiet {
            return self.print_end();
        }
        let (passed, failed, skipped) = self.counts();
        let checks: Vec<_> = self.found.iter().map(as_json).collect();
        let report = json!({
            "url": self.url,
            "coordinator": self.coordinator,
            "exit_code": self.outcome().code(),
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "stopped": self.stopped,
            "left": self.left,
            "checks": checks,
        });
        anstream::println!("{report:#}");
    }

    fn print_end(&self) {
        let (passed, failed, skipped) = self.counts();
        anstream::println!();
        if !self.left.is_empty() {
            anstream::println!(
                "Left in force, because nothing undoes it: {}",
                self.left.join(", ")
            );
        }
        let summary = format!("{passed} passed, {failed} failed, {skipped} skipped");
        let (style, verdict) = match (failed, skipped) {
            _ if self.stopped => (BACK, "Stopped; what was done until then is undone"),
            (0, 0) => (GOOD, "The department keeps the participant's rules"),
            (0, _) => (
                BACK,
                "Nothing is broken, but not everything could be checked",
            ),
            _ => (BAD, "The department does not keep the participant's rules"),
        };
        anstream::println!("{} ({summary})", paint(style, verdict));
        let mut broken: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (subject, found) in &self.found {
            if matches!(found.ended, Err(Stop::Fail(_))) {
                broken.entry(subject).or_default().push(found.rule);
            }
        }
        for (subject, rules) in broken {
            anstream::println!("  {subject}: {}", rules.join(", "));
        }
    }
}

fn print(found: &Found) {
    let (style, word) = match &found.ended {
        Err(Stop::Fail(_)) => (BAD, "FAIL"),
        _ => (GOOD, "PASS"),
    };
    let word = paint(style, &fill(word, VERDICTS));
    let proves = wrapped(found.proves, VERDICTS + NAMES, VERDICTS + NAMES);
    anstream::println!("{word}{}{proves}", fill(found.rule, NAMES));
    if let Err(Stop::Fail(seen)) = &found.ended {
        label(BAD, "seen:", seen);
        label(STRONG, "fix:", found.fix);
    }
}

/// A text under a check, behind a word.
fn label(style: anstyle::Style, word: &str, text: &str) {
    const WORDS: usize = 6;
    let indent = " ".repeat(VERDICTS);
    let text = wrapped(text, VERDICTS + WORDS, VERDICTS + WORDS);
    anstream::println!("{indent}{}{text}", paint(style, &fill(word, WORDS)));
}

/// A text that begins at a column and goes on below at another, broken between words.
fn wrapped(text: &str, begins: usize, indent: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut out = String::new();
    let mut column = begins;
    for word in text.split(' ') {
        let width = word.width();
        if column > indent && column + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

fn as_json((subject, found): &(String, Found)) -> Value {
    let (verdict, reason) = match &found.ended {
        Ok(()) => ("PASS", None),
        Err(Stop::Fail(seen)) => ("FAIL", Some(seen)),
        Err(Stop::Skip(why)) => ("SKIPPED", Some(why)),
    };
    let fix = (verdict == "FAIL").then_some(found.fix);
    json!({
        "subject": subject,
        "check": found.rule,
        "verdict": verdict,
        "proves": found.proves,
        "reason": reason,
        "fix": fix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_below() {
        let long = "word ".repeat(40);
        let text = wrapped(long.trim(), 35, 35);
        assert!(text.lines().count() > 1);
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with(&" ".repeat(35)) && line.len() <= WIDTH)
        );
        assert_eq!(wrapped("a b", 35, 35), "a b");
    }

    fn found(rule: &'static str, ended: Checked) -> Found {
        Found {
            rule,
            proves: "It holds.",
            fix: "Do.",
            ended,
        }
    }

    #[test]
    fn only_a_report_in_which_everything_passed_is_done() {
        let mut report = Report::new("http://x", "check-1", true);
        report.begin("one");
        report.found(found("a", Ok(())));
        assert_eq!(report.outcome(), Outcome::Done);
        report.found(found("b", Err(Stop::Skip("no sample".to_owned()))));
        assert_eq!(report.outcome(), Outcome::Unfinished);
        report.found(found("c", Err(Stop::Fail("seen".to_owned()))));
        assert_eq!(report.counts(), (1, 1, 1));
    }
}
