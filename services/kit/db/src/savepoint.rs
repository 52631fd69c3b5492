//! What SQLite is still to be told of a transaction's savepoint. A statement goes to the thread of its connection
//! and back, which takes many times as long as the statement itself: what is said of a savepoint goes along with
//! the next statement that reads.

/// The savepoint as the connection does not know it yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Untold {
    /// It knows everything.
    #[default]
    Nothing,
    /// It is to be set.
    Set,
    /// It is to be forgotten.
    Release,
    /// The one before is to be forgotten and a new one set.
    Renew,
}

pub(crate) const SET: &str = "SAVEPOINT effect; ";
pub(crate) const BACK: &str = "ROLLBACK TO SAVEPOINT effect; RELEASE SAVEPOINT effect; ";
pub(crate) const RELEASE: &str = "RELEASE SAVEPOINT effect; ";
const RENEW: &str = "RELEASE SAVEPOINT effect; SAVEPOINT effect; ";

impl Untold {
    /// What stands before the next statement.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Set => SET,
            Self::Release => RELEASE,
            Self::Renew => RENEW,
        }
    }

    /// A savepoint is set.
    pub(crate) const fn set(self) -> Self {
        match self {
            Self::Nothing | Self::Set => Self::Set,
            Self::Release | Self::Renew => Self::Renew,
        }
    }

    /// It is forgotten.
    pub(crate) const fn release(self) -> Self {
        match self {
            // It was never told of.
            Self::Set => Self::Nothing,
            Self::Nothing | Self::Release | Self::Renew => Self::Release,
        }
    }

    /// What is written since it was set is taken back, and it is forgotten. None when the connection knows of it
    /// and has to be told.
    pub(crate) const fn back(self) -> Option<Self> {
        match self {
            Self::Nothing => None,
            // Nothing was written since.
            Self::Set | Self::Release | Self::Renew => Some(self.release()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_told_need_not_be_taken_back() {
        assert_eq!(Untold::Nothing.set().back(), Some(Untold::Nothing));
        assert_eq!(Untold::Nothing.set().release(), Untold::Nothing);
        let before_is_kept = Untold::Nothing.release();
        assert_eq!(before_is_kept, Untold::Release);
        assert_eq!(before_is_kept.set(), Untold::Renew);
        assert_eq!(before_is_kept.set().back(), Some(Untold::Release));
        assert_eq!(before_is_kept.set().release(), Untold::Release);
        assert_eq!(Untold::Nothing.back(), None, "what was told is written to");
    }
}
