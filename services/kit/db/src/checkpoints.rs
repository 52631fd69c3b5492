//! Checkpoints of an SQLite file beside the commits that follow.
//!
//! SQLite copies its write-ahead log into the file in the commit that makes the log long enough: that commit
//! and all that queue behind it wait until the file is synced. Here a thread of its own copies it while
//! commits go on. The log can begin anew only when nothing in it is not copied, so the last few pages, which
//! have come meanwhile, are copied by whoever commits. Where commits write faster than it copies, that is
//! never so: before the log fills the disk they wait for it, and copy the rest themselves.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Up to how many pages are few.
const FEW: i64 = 128;
/// At how many times the length from which the log is copied commits wait for that.
const TOO_LONG: i64 = 4;
/// How often one round of copying is followed by another for what has come meanwhile.
const ROUNDS: usize = 8;
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(1);

thread_local! {
    /// How many pages the log had after this thread's last commit through a connection with [`count`].
    static PAGES: Cell<i64> = const { Cell::new(0) };
}

/// The checkpoints for one connection that commits.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    /// From how many pages on the log is copied.
    long: i64,
    /// None when this is being dropped.
    due: Option<SyncSender<()>>,
    /// The thread leaves what little is not copied yet to the next commit.
    nearly: Arc<AtomicBool>,
    turn: Arc<Mutex<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a checkpoint came to.
struct Copied {
    /// How many pages the log had.
    log: i64,
    /// How many of them are in the file.
    copied: i64,
}

impl Checkpoints {
    /// Takes the checkpoints over from `commits`, and makes them through `beside`, a connection to the same
    /// file that syncs as the other does.
    pub(crate) fn begin(commits: &Connection, beside: Connection, long: i64) -> Self {
        // In place of SQLite's own hook, which makes them in the commit.
        commits.wal_hook(Some(|_, pages| {
            PAGES.set(pages.into());
            Ok(())
        }));
        let (due, asked) = sync_channel(1);
        let nearly = Arc::new(AtomicBool::new(false));
        let turn = Arc::default();
        let copier = Copier {
            beside,
            nearly: Arc::clone(&nearly),
            turn: Arc::clone(&turn),
        };
        let thread = std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || copier.run(&asked))
            .inspect_err(|error| tracing::error!(%error, "no thread for the checkpoints"));
        Self {
            long,
            due: Some(due),
            nearly,
            turn,
            thread: thread.ok(),
        }
    }

    /// To be called after each commit, in its thread and while nobody else writes.
    pub(crate) fn after(&self, commits: &Connection) {
        let pages = PAGES.get();
        if pages < self.long {
            return;
        }
        let mine = self.nearly.swap(false, Ordering::Acquire)
            || self.thread.is_none()
            || pages >= TOO_LONG * self.long;
        if mine {
            // The commit stands, whatever comes of this.
            if let Err(error) = copy(commits, &self.turn) {
                tracing::warn!(%error, "a checkpoint failed");
            }
        } else if let Some(due) = &self.due {
            // One that was asked for already looks at all there is.
            let _ = due.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    /// Ends the thread, so that no connection of it is left.
    fn drop(&mut self) {
        self.due = None;
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the thread of the checkpoints panicked");
        }
    }
}

struct Copier {
    beside: Connection,
    nearly: Arc<AtomicBool>,
    turn: Arc<Mutex<()>>,
}

impl Copier {
    fn run(&self, asked: &Receiver<()>) {
        while asked.recv().is_ok() {
            match self.nearly_all() {
                Ok(nearly) => self.nearly.store(nearly, Ordering::Release),
                Err(error) => {
                    tracing::warn!(%error, "a checkpoint failed");
                    if !paused(asked) {
                        return;
                    }
                }
            }
        }
    }

    /// Copies until only few pages can have come meanwhile. False when something is in the way: someone
    /// still reads what the file had before, or more comes than can be copied.
    fn nearly_all(&self) -> rusqlite::Result<bool> {
        let mut before = 0;
        for _ in 0..ROUNDS {
            let Copied { log, copied } = copy(&self.beside, &self.turn)?;
            if copied < log {
                return Ok(false);
            }
            if log - before <= FEW {
                return Ok(true);
            }
            before = log;
        }
        Ok(false)
    }
}

/// Waits before the next try. False when there is none any more.
fn paused(asked: &Receiver<()>) -> bool {
    let until = Instant::now() + RETRY;
    loop {
        match asked.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Copies what can be copied without waiting for who reads. By turns: of two that copy at once SQLite turns
/// one away.
fn copy(connection: &Connection, turn: &Mutex<()>) -> rusqlite::Result<Copied> {
    // A panic leaves nothing half-done behind it.
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pragma = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    pragma.query_row([], |row| {
        Ok(Copied {
            log: row.get(1)?,
            copied: row.get(2)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::*;

    const LONG: i64 = 512;

    fn connection(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "wal")
            .unwrap();
        connection
            .pragma_update(None, "synchronous", "off")
            .unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }

    fn rows(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM thing", [], |row| row.get(0))
            .unwrap()
    }

    /// A file with one table, and a connection that commits to it.
    struct Bench {
        checkpoints: Checkpoints,
        commits: Connection,
        path: PathBuf,
        until: Instant,
        _folder: TempDir,
    }

    impl Bench {
        /// With checkpoints through a connection to the file of this name beside the table's.
        fn with(beside: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.db");
            let commits = connection(&path);
            commits
                .execute_batch("CREATE TABLE thing (body BLOB NOT NULL)")
                .unwrap();
            let beside = folder.path().join(beside);
            if beside != path {
                std::fs::write(&beside, [7; 8192]).unwrap();
            }
            let beside = Connection::open(beside).unwrap();
            Self {
                checkpoints: Checkpoints::begin(&commits, beside, LONG),
                commits,
                path,
                until: Instant::now() + Duration::from_secs(60),
                _folder: folder,
            }
        }

        /// A commit of some pages, of which nobody is told.
        fn insert(&self) {
            self.commits
                .execute("INSERT INTO thing VALUES (zeroblob(16384))", [])
                .unwrap();
        }

        fn commit(&self) {
            self.insert();
            self.checkpoints.after(&self.commits);
        }

        /// Fails once it has taken too long.
        fn waits(&self) {
            assert!(Instant::now() < self.until, "{} pages", PAGES.get());
        }
    }

    #[test]
    fn the_log_begins_anew_while_commits_go_on() {
        let bench = Bench::with("t.db");
        let (mut written, mut begun, mut last) = (0, 0, 0);
        while begun < 3 {
            bench.waits();
            bench.commit();
            written += 1;
            // The pages of the log count from its beginning.
            begun += i64::from(PAGES.get() < last);
            last = PAGES.get();
        }
        let Bench {
            checkpoints,
            commits,
            path,
            _folder,
            ..
        } = bench;
        drop((checkpoints, commits));
        let log = path.with_extension("db-wal");
        assert!(!log.exists(), "nobody has it open");
        assert_eq!(rows(&connection(&path)), written);
    }

    #[test]
    fn the_log_has_an_end_where_commits_outrun_the_thread() {
        // No database: the thread never copies anything.
        let bench = Bench::with("none.db");
        let mut longest = 0;
        for _ in 0..1500 {
            bench.commit();
            longest = longest.max(PAGES.get());
        }
        let end = TOO_LONG * LONG;
        assert!((end..end + 64).contains(&longest), "{longest} pages");
    }

    #[test]
    fn the_next_commit_copies_what_came_while_the_thread_did() {
        let bench = Bench::with("t.db");
        while PAGES.get() < LONG {
            bench.commit();
        }
        while !bench.checkpoints.nearly.load(Ordering::Acquire) {
            bench.waits();
            std::thread::yield_now();
        }
        // Of these the thread hears nothing. The first begins the log anew, as all is copied.
        bench.insert();
        while PAGES.get() < LONG {
            bench.insert();
        }
        bench.checkpoints.after(&bench.commits);
        assert!(!bench.checkpoints.nearly.load(Ordering::Acquire));
        bench.commit();
        assert!(PAGES.get() < LONG, "{} pages", PAGES.get());
    }

    #[test]
    fn the_log_grows_while_a_reader_is_in_the_way_and_begins_anew_after() {
        let bench = Bench::with("t.db");
        let reader = connection(&bench.path);
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(rows(&reader), 0);
        for _ in 0..1000 {
            bench.commit();
        }
        assert!(PAGES.get() > 4000, "{} pages", PAGES.get());
        assert_eq!(rows(&reader), 0);
        reader.execute_batch("COMMIT").unwrap();
        let mut written = 1000;
        while PAGES.get() > LONG {
            bench.waits();
            bench.commit();
            written += 1;
        }
        assert_eq!(rows(&reader), written);
    }

    #[test]
    fn a_checkpoint_that_fails_fails_no_commit_and_can_be_left() {
        // No database: every checkpoint of it fails.
        let bench = Bench::with("none.db");
        for _ in 0..300 {
            bench.commit();
        }
        let Bench {
            checkpoints,
            commits,
            _folder,
            ..
        } = bench;
        drop(checkpoints);
        assert_eq!(rows(&commits), 300);
    }
}
