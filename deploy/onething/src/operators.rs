//! The operators of a suite in one process: a folder with one token file each. Two are made at the
//! first start, because what one proposes another must approve.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use onething_gateway::OperatorSettings;

/// The names of the first two.
const FIRST: [&str; 2] = ["operator-1", "operator-2"];
const SUFFIX: &str = "token";

/// The operators of a data folder.
#[derive(Debug)]
pub(crate) struct Operators {
    /// The folder of their token files.
    pub(crate) folder: PathBuf,
    /// Each with the file of its token, by name.
    pub(crate) settings: Vec<OperatorSettings>,
    /// Whether they were made just now.
    pub(crate) made: bool,
}

/// Reads who the operators are: every `NAME.token` is one. Makes two where there is no folder yet.
pub(crate) fn of(data: &Path) -> anyhow::Result<Operators> {
    let folder = data.join("operators");
    let made = !folder.exists();
    if made {
        make(&folder).with_context(|| format!("operators in {}", folder.display()))?;
    }
    let mut settings = Vec::new();
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|suffix| suffix != SUFFIX) {
            continue;
        }
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            anstream::eprintln!(
                "onething: {} can be read by others: chmod 600 it, or replace the token",
                path.display()
            );
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let file = path.display().to_string();
        settings.push(OperatorSettings::in_file(name, file));
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Operators {
        folder,
        settings,
        made,
    })
}

/// Makes the folder under another name first: a start that is cut off leaves none behind that looks
/// whole.
fn make(folder: &Path) -> std::io::Result<()> {
    let unfinished = folder.with_extension("new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&unfinished)?;
    for name in FIRST {
        let path = unfinished.join(name).with_extension(SUFFIX);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        writeln!(file, "{}", token())?;
        file.sync_all()?;
    }
    fs::rename(&unfinished, folder)?;
    match folder.parent() {
        Some(data) => File::open(data)?.sync_all(),
        None => Ok(()),
    }
}

/// Two random UUIDs carry 244 random bits.
fn token() -> String {
    let part = || uuid::Uuid::new_v4().simple().to_string();
    format!("{}{}", part(), part())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_operators_are_made_once_and_nobody_else_can_read_their_tokens() {
        let data = tempfile::tempdir().unwrap();
        let first = of(data.path()).unwrap();
        assert!(first.made);
        let names: Vec<_> = first.settings.iter().map(|o| o.name.as_str()).collect();
        assert_eq!(names, FIRST);
        let read = |operators: &Operators| {
            let files = operators.settings.iter().map(|o| o.token_file.clone());
            files
                .map(|file| fs::read_to_string(file).unwrap())
                .collect::<Vec<_>>()
        };
        let tokens = read(&first);
        assert_ne!(tokens[0], tokens[1]);
        for settings in &first.settings {
            let mode = fs::metadata(&settings.token_file).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
        let folder = fs::metadata(&first.folder).unwrap().permissions();
        assert_eq!(folder.mode() & 0o777, 0o700);

        let again = of(data.path()).unwrap();
        assert!(!again.made);
        assert_eq!(read(&again), tokens);
    }

    #[test]
    fn an_operator_more_is_a_file_more_and_an_empty_folder_has_none() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("operators");
        fs::create_dir(&folder).unwrap();
        assert!(of(data.path()).unwrap().settings.is_empty());
        fs::write(folder.join("saran.token"), "x".repeat(32)).unwrap();
        fs::write(folder.join("notes.txt"), "x").unwrap();
        let operators = of(data.path()).unwrap();
        assert_eq!(operators.settings.len(), 1);
        assert_eq!(operators.settings[0].name, "saran");
    }
}
