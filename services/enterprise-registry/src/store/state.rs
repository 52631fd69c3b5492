//! The state of a lock, acceptance, release or hand-over. Its row stays in every state.

/// Where a document of a move stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It has its effect.
    InForce,
    /// It was undone.
    Annulled,
    /// The move was registered: it has served its purpose and cannot be undone any more.
    Completed,
}

impl State {
    /// The value in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Annulled => "annulled",
            Self::Completed => "completed",
        }
    }
}

/// A state that the database's own check should have kept out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownState;

impl std::fmt::Display for UnknownState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unknown state")
    }
}

impl std::error::Error for UnknownState {}

impl TryFrom<String> for State {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, UnknownState> {
        [Self::InForce, Self::Annulled, Self::Completed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back() {
        for state in [State::InForce, State::Annulled, State::Completed] {
            assert_eq!(State::try_from(state.as_str().to_owned()), Ok(state));
        }
        assert_eq!(State::try_from(String::new()), Err(UnknownState));
    }
}
