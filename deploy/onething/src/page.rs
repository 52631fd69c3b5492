//! How lines look: widths that count Han characters double, and colours that vanish in a pipe.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const BACK: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

/// A text filled up with blanks to a width on the screen.
pub(crate) fn fill(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A duration for people.
pub(crate) fn duration(from: &str, to: &str) -> String {
    let parsed = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let (Some(from), Some(to)) = (parsed(from), parsed(to)) else {
        return String::new();
    };
    let millis = to.duration_since(from).as_millis();
    if millis < 10_000 {
        format!("{millis} ms")
    } else {
        format!("{} s", millis / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_characters_take_two_places() {
        assert_eq!(fill("民政", 6), "民政  ");
        assert_eq!(fill("long", 2), "long");
    }

    #[test]
    fn durations_are_read_from_times() {
        assert_eq!(
            duration("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.25Z"),
            "250 ms"
        );
        assert_eq!(
            duration("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            "60 s"
        );
        assert_eq!(duration("x", "y"), "");
    }
}
