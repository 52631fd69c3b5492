//! The `grpc-timeout` header, as the gRPC protocol over HTTP/2 defines it: at most eight digits and a
//! unit. It reads and writes the header and enforces nothing.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The timeout a request came with; `None` if there is none or it is malformed.
pub(crate) fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

/// The finest form of `timeout` that fits in eight digits.
pub(crate) fn encode(timeout: Duration) -> HeaderValue {
    const LIMIT: u128 = 99_999_999;
    let text = if timeout.as_micros() <= LIMIT {
        format!("{}u", timeout.as_micros())
    } else if timeout.as_millis() <= LIMIT {
        format!("{}m", timeout.as_millis())
    } else {
        format!("{}S", u128::from(timeout.as_secs()).min(LIMIT))
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("0u"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        read(&HeaderMap::from_iter([(
            GRPC_TIMEOUT,
            HeaderValue::from_bytes(text.as_bytes()).unwrap(),
        )]))
    }

    #[test]
    fn units_are_read_and_nonsense_is_not() {
        assert_eq!(parse("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse("82m"), Some(Duration::from_millis(82)));
        assert_eq!(parse("82u"), Some(Duration::from_micros(82)));
        assert_eq!(parse("82n"), Some(Duration::from_nanos(82)));
        for nonsense in ["", "S", "123456789S", "+1S", "-1S", "1.5S", "5s", "五S"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for timeout in [1, 999, 99_999_999, 1_000_000_000, 3_600_000_000_000u64] {
            let timeout = Duration::from_micros(timeout);
            let headers = HeaderMap::from_iter([(GRPC_TIMEOUT, encode(timeout))]);
            assert_eq!(read(&headers), Some(timeout));
        }
    }
}
