//! Showing that a value is there without showing it. Owns the one masking rule of the kit.

use std::fmt;

/// Displays a value with its middle replaced by `*`: the first six and the last two characters of
/// twelve or more, nothing of anything shorter.
///
/// The first six of a resident number or credit code are a place, and the last two tell two values
/// apart in a log.
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.chars().count();
        let shown = |index: usize| length >= 12 && (index < 6 || index + 2 >= length);
        for (index, character) in self.0.chars().enumerate() {
            write!(f, "{}", if shown(index) { character } else { '*' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_hidden_and_short_values_are_hidden_whole() {
        assert_eq!(
            Masked("150302196603159977").to_string(),
            "150302**********77"
        );
        assert_eq!(format!("{:?}", Masked("巴特尔")), "***");
        assert_eq!(Masked("13800000000").to_string(), "***********");
    }
}
