//! What the disk under the journal can do: one block appended and synced at a time.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

const BLOCK: usize = 4096;
/// File systems without a disk, on which a sync says nothing.
const MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// Appends and syncs for a while; gives how long each took.
pub(super) fn syncs(folder: &Path, during: Duration) -> std::io::Result<Vec<Duration>> {
    let path = folder.join("syncs");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut taken = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < during {
        let before = Instant::now();
        file.write_all(&[b's'; BLOCK])?;
        file.sync_data()?;
        taken.push(before.elapsed());
    }
    fs::remove_file(path)?;
    Ok(taken)
}

/// The kind of file system that a folder is on.
///
/// # Errors
/// When it is kept in memory.
pub(super) fn file_system(folder: &Path) -> Result<String, String> {
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| error.to_string())?;
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ').skip(1);
            Some((parts.next()?, parts.next()?))
        })
        .filter(|(at, _)| folder.starts_with(at))
        .max_by_key(|(at, _)| at.len())
        .map_or("unknown", |(_, kind)| kind);
    if MEMORY.contains(&kind) {
        let folder = folder.display();
        return Err(format!(
            "{folder} is on {kind}, where nothing survives a power loss: name a folder on a disk with --data"
        ));
    }
    Ok(kind.to_owned())
}
