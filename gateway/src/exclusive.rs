//! What a gateway on SQLite holds alone: its journal's file, by a lock of the operating system, and
//! the key that chains the journal.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::Path,
};

use onething_saga::store::ChainKey;

/// The lock on a journal; released when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct JournalLock {
    _file: File,
}

/// Locks the journal behind a database URL; `None` where the database itself keeps gateways apart.
///
/// # Errors
/// When another gateway holds it, or the lock file cannot be made.
pub(crate) fn lock(url: &str) -> io::Result<Option<JournalLock>> {
    let Some(path) = journal_file(url) else {
        return Ok(None);
    };
    let path = format!("{path}.lock");
    make_folder(Path::new(&path))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(JournalLock { _file: file })),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another gateway runs on the same journal; an SQLite file belongs to one gateway",
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// How long a new key is, in bytes.
const KEY_LENGTH: usize = 32;

/// Reads the chain's key, or makes one before the first case of a journal; `chained` says that the
/// journal holds cases already.
///
/// # Errors
/// When the file cannot be read or made, is too short to be a key, or is missing although there are
/// cases that were chained with it.
pub(crate) fn chain_key(path: &str, chained: bool) -> io::Result<ChainKey> {
    let mut key = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            file.read_to_end(&mut key)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A new one would make every case unreadable, whichever database they are in.
            if chained {
                return Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    format!(
                        "{path} is missing, but the journal holds cases that were chained with it: \
                         bring it back (gateway.journal_key)"
                    ),
                ));
            }
            // Two random UUIDs carry 244 random bits.
            key.extend(uuid::Uuid::new_v4().into_bytes());
            key.extend(uuid::Uuid::new_v4().into_bytes());
            write_key(Path::new(path), &key)?;
        }
        Err(error) => return Err(error),
    }
    if key.len() < KEY_LENGTH {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{path} is too short to be the journal's key"),
        ));
    }
    Ok(ChainKey::new(key))
}

fn journal_file(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:")
        .map(|path| path.trim_start_matches("//"))
}

/// Writes the key so that it is there whole or not at all, and on disk before the first event.
fn write_key(path: &Path, key: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(key)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    match path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_gateway_on_the_same_journal_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("gateway.db").display());
        let first = lock(&url).unwrap();
        assert_eq!(lock(&url).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        assert!(lock(&url).unwrap().is_some());
        assert!(lock("postgres://h/d").unwrap().is_none());
    }

    #[test]
    fn the_key_is_made_once_and_a_short_or_lost_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/journal.key");
        let path = path.to_str().unwrap();
        chain_key(path, false).unwrap();
        let first = std::fs::read(path).unwrap();
        chain_key(path, true).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), first);
        assert_eq!(first.len(), KEY_LENGTH);
        std::fs::write(path, b"short").unwrap();
        assert_eq!(
            chain_key(path, true).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        std::fs::remove_file(path).unwrap();
        assert_eq!(
            chain_key(path, true).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert!(!Path::new(path).exists(), "none is made in its place");
    }
}
