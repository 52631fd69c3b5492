//! The key of a call: what makes it one call, however often it is sent.

use std::fmt;

use onething_proto::participant::StepKey;

/// A call's key: coordinator, saga, step, item and round.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who coordinates.
    pub coordinator: String,
    /// The saga's id.
    pub saga: String,
    /// The step's id.
    pub step: String,
    /// The item of a repeated step; empty otherwise.
    pub item: String,
    /// The round, from 1.
    pub round: u32,
}

/// The longest part of a key that is accepted, in bytes.
const LONGEST_PART: usize = 128;

impl Key {
    /// Checks a key as it came over the wire.
    ///
    /// # Errors
    /// With the name of the part that is missing or too long.
    pub fn checked(key: StepKey) -> Result<Self, &'static str> {
        let StepKey {
            coordinator,
            saga,
            step,
            item,
            round,
        } = key;
        let parts = [
            ("coordinator", &coordinator),
            ("saga", &saga),
            ("step", &step),
        ];
        for (name, part) in parts {
            if part.is_empty() || part.len() > LONGEST_PART {
                return Err(name);
            }
        }
        if item.len() > LONGEST_PART {
            return Err("item");
        }
        if round == 0 {
            return Err("round");
        }
        Ok(Self {
            coordinator,
            saga,
            step,
            item,
            round,
        })
    }
}

impl From<Key> for StepKey {
    fn from(key: Key) -> Self {
        let Key {
            coordinator,
            saga,
            step,
            item,
            round,
        } = key;
        Self {
            coordinator,
            saga,
            step,
            item,
            round,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.coordinator, self.saga, self.step)?;
        if !self.item.is_empty() {
            write!(f, "[{}]", self.item)?;
        }
        write!(f, "#{}", self.round)
    }
}
