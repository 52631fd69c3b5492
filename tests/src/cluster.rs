//! A PostgreSQL for one measurement: a private cluster with everything that durability asks for, or a
//! fresh database in one that runs already.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, query, query_scalar};

/// A PostgreSQL server. A private one is stopped when this is dropped.
pub(crate) struct Cluster {
    server: String,
    folder: Option<PathBuf>,
    /// Its first process, where it is known.
    pub(crate) process: Option<u32>,
}

impl Cluster {
    /// The URL of its maintenance database.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// A server that runs already.
    pub(crate) async fn running(url: &str) -> Result<Self, String> {
        let cluster = Self {
            server: url.to_owned(),
            folder: None,
            process: None,
        };
        cluster.durable().await?;
        Ok(cluster)
    }

    /// Makes and starts a server in a folder.
    pub(crate) async fn private(folder: &Path) -> Result<Self, String> {
        let folder = folder.join("postgres");
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let data = folder.join("data");
        if root() {
            // PostgreSQL refuses to be root.
            done(Command::new("chown").arg("postgres").arg(&folder))?;
            for above in folder.ancestors().skip(1).take(2) {
                open_to_all(above)?;
            }
        }
        done(
            program("initdb")
                .args([
                    "--username",
                    "postgres",
                    "--auth",
                    "trust",
                    "--encoding",
                    "UTF8",
                ])
                .args(["--locale", "C", "--pgdata"])
                .arg(&data),
        )?;
        let port = free_port()?;
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c max_connections=200 -k {}",
            folder.display()
        );
        done(
            program("pg_ctl")
                .args(["start", "--silent", "--wait", "--pgdata"])
                .arg(&data)
                .arg("--log")
                .arg(folder.join("log"))
                .args(["--options", &options]),
        )?;
        let first_line = fs::read_to_string(data.join("postmaster.pid"))
            .ok()
            .and_then(|text| text.lines().next()?.trim().parse().ok());
        let cluster = Self {
            server: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            folder: Some(data),
            process: first_line,
        };
        cluster.durable().await?;
        Ok(cluster)
    }

    async fn durable(&self) -> Result<(), String> {
        let read = async {
            let mut connection = PgConnection::connect(&self.server).await?;
            for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
                let text = AssertSqlSafe(format!("SHOW {setting}"));
                let value: String = query_scalar(text).fetch_one(&mut connection).await?;
                if value != "on" {
                    return Ok(Some(format!("{setting} is {value} in this PostgreSQL")));
                }
            }
            Ok(None)
        };
        let problem = read.await.map_err(|error: sqlx::Error| error.to_string())?;
        problem.map_or(Ok(()), Err)
    }

    /// A fresh database.
    pub(crate) async fn database(&self, name: &str) -> Result<String, String> {
        let name = format!("load_{name}_{}", std::process::id());
        let make = async {
            let mut connection = PgConnection::connect(&self.server).await?;
            for text in [
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                format!("CREATE DATABASE {name}"),
            ] {
                query(AssertSqlSafe(text)).execute(&mut connection).await?;
            }
            Ok(())
        };
        make.await.map_err(|error: sqlx::Error| error.to_string())?;
        let (base, _) = self
            .server
            .rsplit_once('/')
            .ok_or("the PostgreSQL's URL names no database")?;
        Ok(format!("{base}/{name}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(data) = &self.folder {
            let mut stop = program("pg_ctl");
            stop.args(["stop", "--silent", "--mode", "immediate", "--pgdata"]);
            done(stop.arg(data)).ok();
        }
    }
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        // A server that goes on running must not hold our pipes open.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {output}"))
    }
}

/// One of PostgreSQL's programs, as a user that it accepts.
fn program(name: &str) -> Command {
    let path = folder().join(name);
    if root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        return command;
    }
    Command::new(path)
}

/// The newest PostgreSQL's programs, where Debian puts them; else they are looked for on the path.
fn folder() -> PathBuf {
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else {
        return PathBuf::new();
    };
    versions
        .filter_map(|version| {
            let path = version.ok()?.path();
            let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb")
                .is_file()
                .then_some((number, path.join("bin")))
        })
        .max()
        .map_or_else(PathBuf::new, |(_, path)| path)
}

fn root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn open_to_all(folder: &Path) -> Result<(), String> {
    let mut permissions = fs::metadata(folder)
        .map_err(|error| error.to_string())?
        .permissions();
    if permissions.mode() & 0o005 != 0o005 {
        permissions.set_mode(permissions.mode() | 0o055);
        fs::set_permissions(folder, permissions).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn free_port() -> Result<u16, String> {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}
