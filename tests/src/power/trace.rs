//! A system-call trace as `strace -f -yy` writes it, reduced to what matters for durability: writes to
//! the journal, syncs of it, and what comes in and goes out.

use std::collections::HashMap;

/// One thing that the traced process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It began to write to the journal.
    Wrote,
    /// It began to sync the journal.
    Syncing,
    /// The journal was synced.
    Synced,
    /// Something came in or went out that was looked for; the text is what it was recognised by.
    Spoke(String),
}

/// What a process did, in order.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Every moment, in order.
    pub moments: Vec<Moment>,
}

impl Trace {
    /// Reads a trace. `journal` is the end of the file's name to which is written; texts that hold one of
    /// `marks` are kept when they come in or go out.
    #[must_use]
    pub fn read(text: &str, journal: &str, marks: &[&str]) -> Self {
        let mut trace = Self::default();
        // Syncs that a thread is in the middle of.
        let mut syncing: HashMap<&str, bool> = HashMap::new();
        for line in text.lines() {
            let Some((thread, call)) = line.trim_start().split_once(' ') else {
                continue;
            };
            let call = call.trim_start();
            if let Some(resumed) = call.strip_prefix("<... ") {
                if is_sync(resumed) {
                    if syncing.remove(thread) == Some(true) && good(line) {
                        trace.moments.push(Moment::Synced);
                    }
                } else {
                    // What a read waited for stands where it ends; what a write says, where it begins.
                    trace.hear(resumed, marks);
                }
                continue;
            }
            let on_journal = call
                .split_once('>')
                .is_some_and(|(file, _)| file.ends_with(journal));
            if is_sync(call) {
                let unfinished = line.ends_with("<unfinished ...>");
                syncing.insert(thread, on_journal);
                if on_journal {
                    trace.moments.push(Moment::Syncing);
                    if !unfinished && good(line) {
                        trace.moments.push(Moment::Synced);
                    }
                }
            } else if on_journal && call.starts_with("pwrite") {
                trace.moments.push(Moment::Wrote);
            } else {
                trace.hear(call, marks);
            }
        }
        trace
    }

    fn hear(&mut self, call: &str, marks: &[&str]) {
        if let Some(mark) = marks.iter().find(|mark| call.contains(**mark)) {
            self.moments.push(Moment::Spoke((*mark).to_owned()));
        }
    }

    /// How often something was said.
    #[must_use]
    pub fn spoken(&self, mark: &str) -> usize {
        let said = |moment: &&Moment| matches!(moment, Moment::Spoke(said) if said == mark);
        self.moments.iter().filter(said).count()
    }
}

/// The words that left before the disk had what they rest upon. From each of `marks` to the one before it,
/// the journal must have been written, then synced, and the sync must be over. The words in `after` go out
/// upon the same write as the one before them, and rest upon nothing else.
#[must_use]
pub fn early(trace: &Trace, marks: &[&str], after: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let (mut wrote, mut syncing, mut synced) = (false, false, false);
    for (place, moment) in trace.moments.iter().enumerate() {
        match moment {
            Moment::Wrote => wrote = true,
            Moment::Syncing => syncing = wrote,
            Moment::Synced => synced |= syncing,
            Moment::Spoke(mark) => {
                if marks.contains(&mark.as_str()) && !synced {
                    found.push(format!(
                        "{mark} (moment {place}) left with the journal {}",
                        if wrote {
                            "not synced"
                        } else {
                            "not even written"
                        }
                    ));
                }
                if !after.contains(&mark.as_str()) {
                    (wrote, syncing, synced) = (false, false, false);
                }
            }
        }
    }
    found
}

fn is_sync(call: &str) -> bool {
    call.starts_with("fsync") || call.starts_with("fdatasync")
}

/// Whether the call returned zero.
fn good(line: &str) -> bool {
    line.ends_with("= 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"
12 read(0<pipe:[1]>, "submit\n", 8192) = 7
13 pwrite64(7</tmp/a.db-wal>, "\0\0"..., 24, 0) = 24
13 pwrite64(7</tmp/a.db-wal>, "\0\0"..., 4096, 24) = 4096
13 fdatasync(7</tmp/a.db-wal> <unfinished ...>
12 write(3<anon_inode:[eventfd]>, "\1", 8) = 8
13 <... fdatasync resumed>) = 0
12 write(1<pipe:[2]>, "acknowledged 1\n", 15) = 15
13 pwrite64(7</tmp/a.db-wal>, "\0\0"..., 4096, 24) = 4096
13 fsync(9</tmp/a.db>) = 0
12 write(1<pipe:[2]>, "called 1\n", 15) = 15
"#;

    #[test]
    fn reads_what_matters() {
        let marks = ["submit", "acknowledged", "called"];
        let trace = Trace::read(TRACE, ".db-wal", &marks);
        let spoke = |mark: &str| Moment::Spoke(mark.to_owned());
        assert_eq!(
            trace.moments,
            [
                spoke("submit"),
                Moment::Wrote,
                Moment::Wrote,
                Moment::Syncing,
                Moment::Synced,
                spoke("acknowledged"),
                Moment::Wrote,
                spoke("called"),
            ]
        );
        assert_eq!(early(&trace, &["acknowledged"], &[]), [""; 0]);
        // The other file's sync does not count.
        assert_eq!(early(&trace, &["called"], &[]).len(), 1);
    }

    #[test]
    fn what_a_read_waited_for_is_heard_when_it_comes() {
        let before = "12 read(0<pipe:[1]>,  <unfinished ...>\n\
            13 fdatasync(7</tmp/a.db-wal>) = 0\n\
            12 <... read resumed>\"submit\\n\", 8192) = 7\n";
        let trace = Trace::read(before, ".db-wal", &["submit"]);
        let spoke = Moment::Spoke("submit".to_owned());
        assert_eq!(trace.moments, [Moment::Syncing, Moment::Synced, spoke]);
    }

    #[test]
    fn a_sync_that_is_not_over_or_failed_does_not_count() {
        let before = TRACE.replace("13 <... fdatasync resumed>) = 0\n", "");
        let trace = Trace::read(&before, ".db-wal", &["submit", "acknowledged"]);
        assert_eq!(early(&trace, &["acknowledged"], &[]).len(), 1);
        let failed = TRACE.replace(
            "13 <... fdatasync resumed>) = 0",
            "13 <... fdatasync resumed>) = -1 EIO (Input/output error)",
        );
        let trace = Trace::read(&failed, ".db-wal", &["submit", "acknowledged"]);
        assert_eq!(early(&trace, &["acknowledged"], &[]).len(), 1);
    }
}
