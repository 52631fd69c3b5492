//! The decision log of a coordinator: positions without gap, in commit order (rule 10), and the
//! cursors by which a stream goes on.

use std::fmt;

/// Where a stream goes on: after a position, whose entry had this seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The position of the last entry that the caller has stored, from 1.
    pub position: u64,
    /// What that entry looked like, so that a history that was rewritten (a restored backup) shows.
    pub seal: u32,
}

impl Cursor {
    /// Reads a cursor that was given out; `None` for any other text.
    pub fn read(text: &str) -> Option<Self> {
        let (position, seal) = text.split_once('-')?;
        let cursor = Self {
            position: u64::from_str_radix(position, 16).ok()?,
            seal: u32::from_str_radix(seal, 16).ok()?,
        };
        // One text for each cursor: what was not given out is not accepted.
        (cursor.position > 0 && cursor.to_string() == text).then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}-{:08x}", self.position, self.seal)
    }
}

/// The position of the next entry, given that of the last: taken under a lock that is held until
/// the entry is committed, so that positions are visible in their order.
pub fn next_position(last: u64) -> u64 {
    last.saturating_add(1)
}

/// Why a cursor is not accepted. The caller begins again from the first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorProblem {
    /// It is none that was given out.
    #[error("the cursor is none that this department gave out")]
    Malformed,
    /// It lies behind the last entry.
    #[error("the cursor lies behind the last decision")]
    Future,
    /// The entry at its position is another one.
    #[error("the decision at the cursor is not the one it was given out with")]
    Rewritten,
}

/// Where a stream begins: after the position that is returned, 0 for the first entry. `last` is the
/// position of the last entry, `seal` that of the entry at the cursor's position; `None` when that
/// entry is no longer kept.
///
/// # Errors
/// When going on from the cursor could leave out an entry.
pub fn resume(cursor: Option<Cursor>, last: u64, seal: Option<u32>) -> Result<u64, CursorProblem> {
    let Some(cursor) = cursor else {
        return Ok(0);
    };
    if cursor.position > last {
        return Err(CursorProblem::Future);
    }
    if seal.is_some_and(|seal| seal != cursor.seal) {
        return Err(CursorProblem::Rewritten);
    }
    Ok(cursor.position)
}
