//! What the headers of an answer say: its type, its date, and when to ask again. Pure.

use std::time::Duration;

use tokio_tungstenite::tungstenite::http;

use crate::timestamp::Timestamp;

/// The media type without its parameters, in small letters.
pub(in crate::source) fn content_type(headers: &http::HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Who asks for a longer wait is not serious, and is obeyed as far as a [`super::backoff::Backoff`]
/// does.
const LONGEST: Duration = Duration::from_hours(24);

/// When the next request may be made: `Retry-After` in seconds or as a date, or the reset times of
/// Mastodon (RFC 3339) and X (Unix seconds). Dates are on the server's clock, so the answer's own
/// `Date` is what they are compared with.
pub(in crate::source) fn retry_after(
    headers: &http::HeaderMap,
    now: impl FnOnce() -> Timestamp,
) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = if let Some(after) = text("retry-after") {
        if let Ok(seconds) = after.parse::<f64>() {
            // Less than nothing is nothing.
            let asked = Duration::try_from_secs_f64(seconds.max(0.0));
            return (!seconds.is_nan()).then(|| asked.unwrap_or(LONGEST).min(LONGEST));
        }
        date(after)
    } else {
        let reset = ["x-ratelimit-reset", "x-rate-limit-reset"].into_iter().find_map(text)?;
        match reset.parse() {
            Ok(seconds) => Timestamp::from_secs(seconds),
            Err(_) => Timestamp::parse_rfc3339(reset),
        }
    };
    let now = server_date(headers).unwrap_or_else(now);
    // A second more: dates are cut to seconds.
    until.map(|until| until.saturating_since(now).clamp(Duration::from_secs(1), LONGEST))
}

/// The `Date` of an answer.
pub(in crate::source) fn server_date(headers: &http::HeaderMap) -> Option<Timestamp> {
    date(headers.get(http::header::DATE)?.to_str().ok()?)
}

fn date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?;
    let since = since.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Timestamp::from_secs(i64::try_from(since.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_wait_can_be_is_none_or_as_good_as_one() {
        let asked = |text: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert("date", "Sat, 21 Nov 2026 19:04:00 GMT".parse().unwrap());
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers, || Timestamp::MIN)
        };
        let second = Duration::from_secs(1);
        assert_eq!(asked("0"), Some(Duration::ZERO));
        assert_eq!(asked("-5"), Some(Duration::ZERO));
        assert_eq!(asked("1.5"), Some(second * 3 / 2));
        assert_eq!(asked("99999999999999999999999"), Some(LONGEST));
        assert_eq!(asked("1e999"), Some(LONGEST));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:00 GMT"), Some(second));
        assert_eq!(asked("Fri, 31 Dec 9999 23:59:59 GMT"), Some(LONGEST));
        assert_eq!((asked("soon"), asked(""), asked("nan")), (None, None, None));
    }
}
