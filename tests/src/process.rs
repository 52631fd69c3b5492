//! One program of the workspace as a process: started, watched, killed, started again.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    fs::{File, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use crate::eventually::eventually;

/// Where the programs are, when not beside the test's own.
pub(crate) const BIN_DIR_VARIABLE: &str = "ONETHING_BIN_DIR";

/// The prefix of every setting in the environment; none leaks from the tests' own.
const SETTING: &str = "ONETHING__";

/// How many bytes of a log a failed test shows.
const SHOWN: usize = 6_000;

/// The path of a program of the workspace, `onething-identity` for example.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let folder = match std::env::var_os(BIN_DIR_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        // target/debug/deps/it-0123456789abcdef
        None => std::env::current_exe()
            .unwrap()
            .ancestors()
            .nth(2)
            .unwrap()
            .to_owned(),
    };
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "there is no {}: build it with `cargo build --workspace --bins`, or name its folder in {BIN_DIR_VARIABLE}",
        path.display()
    );
    path
}

/// A program that is not ours and stands in for a service. It takes `--listen` and prints where it
/// listens, as ours do.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments; `--listen` is added.
    pub arguments: Vec<String>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
}

/// What a process is started with.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The service's name, for example `identity`; its program is `onething-identity`.
    pub name: &'static str,
    /// Its working directory, where its logs are kept as well.
    pub folder: PathBuf,
    /// Its settings: `SERVER__LISTEN` stands for `ONETHING__SERVER__LISTEN`.
    pub settings: Vec<(String, String)>,
    /// The program that stands in for the service's own.
    pub program: Option<Program>,
}

impl Spec {
    /// A service that listens on a free port and keeps everything in `folder`.
    #[must_use]
    pub fn new(name: &'static str, folder: &Path) -> Self {
        Self {
            name,
            folder: folder.to_owned(),
            settings: Vec::new(),
            program: None,
        }
        .set("SERVER__LISTEN", "127.0.0.1:0")
        .set(
            "DATABASE__URL",
            format!("sqlite:{}", folder.join(format!("{name}.db")).display()),
        )
        .set("TELEMETRY__LOG_FILTER", "info")
    }

    /// Adds or replaces a setting.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.put(key, value);
        self
    }

    /// Adds or replaces a setting in place.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let key = key.into();
        self.settings.retain(|(known, _)| *known != key);
        self.settings.push((key, value.into()));
    }

    /// The value of a setting.
    ///
    /// # Panics
    /// When it is not set.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        let found = self.settings.iter().find(|(known, _)| known == key);
        &found.unwrap().1
    }

    /// With another program in place of the service's own.
    #[must_use]
    pub fn run_by(mut self, program: Program) -> Self {
        self.program = Some(program);
        self
    }

    fn command(&self) -> Command {
        let Some(other) = &self.program else {
            return Command::new(program(&format!("onething-{}", self.name)));
        };
        let mut command = Command::new(&other.path);
        command
            .args(&other.arguments)
            .args(["--listen", self.get("SERVER__LISTEN")])
            .envs(other.environment.iter().cloned());
        command
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.name))
    }

    fn spawn(&self) -> Child {
        let mut command = self.command();
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(SETTING) {
                command.env_remove(name);
            }
        }
        let settings = self.settings.iter();
        command.envs(settings.map(|(key, value)| (format!("{SETTING}{key}"), value)));
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.file("log"))
            .unwrap();
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(File::create(self.file("out")).unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }
}

/// A running process. Killed when dropped; its log is shown if the test failed.
#[derive(Debug)]
pub struct Process {
    /// What it was started with, and will be again.
    pub spec: Spec,
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a process and waits until it listens.
    ///
    /// # Panics
    /// When it ends or does not listen in time.
    pub async fn start(spec: Spec) -> Self {
        let child = spec.spawn();
        let mut process = Self {
            spec,
            child,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        process.address = process.listening().await;
        process
    }

    async fn listening(&mut self) -> SocketAddr {
        let out = self.spec.file("out");
        eventually(&format!("{} listens", self.spec.name), async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                let said = std::fs::read_to_string(self.spec.file("log")).unwrap_or_default();
                panic!("{} ended at its start: {status}\n{said}", self.spec.name);
            }
            let text = std::fs::read_to_string(&out).unwrap();
            let (line, _) = text.split_once('\n')?;
            let (_, address) = line.split_once(" listening on ").unwrap();
            Some(address.parse().unwrap())
        })
        .await
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once, as a power cut would (`kill -9`).
    pub fn kill(&mut self) {
        // Nothing to do when it has ended already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Stops it in order (SIGTERM) and waits for its end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        eventually(&format!("{} ends", self.spec.name), async || {
            self.child.try_wait().unwrap()
        })
        .await
    }

    /// Freezes it: it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen process go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &script]).status().unwrap();
        assert!(status.success(), "{script}");
    }

    /// Starts it again, with the settings that are in its spec now, and waits until it listens.
    pub async fn restart(&mut self) {
        self.kill();
        self.child = self.spec.spawn();
        self.address = self.listening().await;
    }

    /// Starts it again on the port that it had.
    pub async fn restart_in_place(&mut self) {
        self.spec.put("SERVER__LISTEN", self.address.to_string());
        self.restart().await;
    }

    /// Everything that it has logged, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.spec.file("log")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail = log
                .char_indices()
                .rev()
                .nth(SHOWN)
                .map_or(0, |(start, _)| start);
            eprintln!("---- {} logged:\n{}", self.spec.name, &log[tail..]);
        }
    }
}
