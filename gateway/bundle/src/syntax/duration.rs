//! Durations as bundle files write them: a whole number and a unit, `30s`, `10m`, `2h`, `90d`.

use std::time::Duration;

use toml::Spanned;

use super::table::Table;
use crate::diagnostic::{Code, Mistakes};

/// The longest duration: ten years.
const LONGEST: Duration = Duration::from_secs(3660 * 24 * 60 * 60);

/// Reads a duration; `None` when there is none.
pub(super) fn duration(
    table: &mut Table<'_, '_>,
    key: &'static str,
    mistakes: &mut Mistakes,
) -> Option<Spanned<Duration>> {
    let written = table.text(key, mistakes)?;
    let read = read(written.get_ref());
    if read.is_none() {
        mistakes.add(
            Code::BadDuration,
            written.span(),
            format!("`{}` is no duration", written.get_ref()),
            "write a whole number and `s`, `m`, `h` or `d`, such as \"90d\" or \"2h\"; at most ten \
             years, and a day has 24 hours",
        );
    }
    read.map(|read| Spanned::new(written.span(), read))
}

fn read(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    let duration = Duration::from_secs(seconds);
    (seconds > 0 && duration <= LONGEST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("45s", 45), ("30m", 1800), ("2h", 7200), ("90d", 7_776_000)] {
            assert_eq!(read(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "", "d", "0d", "1.5h", "-1h", "+1h", "3 d", "3w", "99999d", "日", "9日",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("{}d", u64::MAX)), None);
    }
}
