//! Which of two registrations of one enterprise is the later one. What follows from a registration may
//! reach a department late, after what follows from a later one.

use crate::invalid::{Fault, Invalid};

/// The serial of an enterprise's registration, as the registry tells it to those who follow: the later
/// registration has the higher one. Who does not know it is taken at their word, as the last to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationSerial(i64);

impl RegistrationSerial {
    /// Reads a request's field, in which 0 is as good as none.
    ///
    /// # Errors
    /// [`Invalid`] with `RANGE` below 0.
    pub fn read(field: Option<i64>) -> Result<Self, Invalid> {
        match field.unwrap_or_default() {
            ..0 => Err(Invalid::new(
                Fault::Range,
                "a serial is a whole number from 0",
            )),
            serial => Ok(Self(serial)),
        }
    }

    /// Whether the registration that a record follows is a later one: it then stays as it is.
    /// `followed` is 0 for a record that follows none that was told.
    #[must_use]
    pub const fn overtaken_by(self, followed: i64) -> bool {
        0 < self.0 && self.0 < followed
    }

    /// The registration that a record follows once this one is entered in it.
    #[must_use]
    pub fn after(self, followed: i64) -> i64 {
        self.0.max(followed)
    }

    /// As it is kept with an entry: 0 where it was not told.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_registration_is_overtaken() {
        for (told, followed, overtaken, after) in [
            (Some(3), 5, true, 5),
            (Some(5), 5, false, 5),
            (Some(7), 5, false, 7),
            (Some(3), 0, false, 3),
            (Some(0), 5, false, 5),
            (None, 5, false, 5),
            (None, 0, false, 0),
        ] {
            let serial = RegistrationSerial::read(told).unwrap();
            assert_eq!(
                serial.overtaken_by(followed),
                overtaken,
                "{told:?} {followed}"
            );
            assert_eq!(serial.after(followed), after, "{told:?} {followed}");
        }
        let fault = RegistrationSerial::read(Some(-1)).unwrap_err().fault();
        assert_eq!(fault, Fault::Range);
    }
}
