//! Moments for people: how long ago, and how much time is left.

use jiff::Timestamp;

/// How long ago: `3 d`.
pub(super) fn age(at: Option<&str>, now: Timestamp) -> String {
    let Some(at) = at.and_then(|at| at.parse::<Timestamp>().ok()) else {
        return "?".to_owned();
    };
    length(now.duration_since(at).as_secs())
}

/// How much time is left, or how late it is: `in 4 h`, `2 h late`.
pub(super) fn due(at: Option<&str>, now: Timestamp) -> String {
    let Some(at) = at.and_then(|at| at.parse::<Timestamp>().ok()) else {
        return "never".to_owned();
    };
    let left = at.duration_since(now).as_secs();
    if left >= 0 {
        format!("in {}", length(left))
    } else {
        format!("{} late", length(-left))
    }
}

/// A moment to the second, in UTC.
pub(super) fn exact(at: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => at.to_owned(),
    }
}

fn length(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_unit_that_says_something() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(age(Some("2026-03-01T11:58:30Z"), now), "90 s");
        assert_eq!(age(Some("2026-03-01T11:00:00Z"), now), "60 min");
        assert_eq!(age(Some("2026-02-28T12:00:00Z"), now), "24 h");
        assert_eq!(age(Some("2026-02-01T12:00:00Z"), now), "28 d");
        assert_eq!(age(None, now), "?");
        assert_eq!(due(Some("2026-03-01T16:00:00Z"), now), "in 4 h");
        assert_eq!(due(Some("2026-03-01T10:00:00Z"), now), "2 h late");
        assert_eq!(due(None, now), "never");
        assert_eq!(exact("2026-03-01T12:00:00.25Z"), "2026-03-01 12:00:00 UTC");
    }
}
