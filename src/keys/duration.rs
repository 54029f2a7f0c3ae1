//! Lengths of time as people write them: `60s`, `1m30s`, `500ms`, `2h`.
//!
//! Written here and not taken from a crate: the parsers at hand accept far more than a show needs
//! (months, nanoseconds, spaces) and cannot say in one line how a length is to be written.

use std::time::Duration;

/// The units, longest first, with their length in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`")]
pub struct DurationError(String);

/// Reads a length of time: whole numbers, each with its unit (`d`, `h`, `m`, `s`, `ms`), the
/// longest unit first and none twice.
///
/// ```
/// use std::time::Duration;
/// use hashtug::config::duration;
///
/// assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
/// assert!(duration("90").is_err(), "a number alone could be seconds or minutes");
/// ```
///
/// # Errors
/// Says how to write one.
pub fn duration(text: &str) -> Result<Duration, DurationError> {
    milliseconds(text)
        .map(Duration::from_millis)
        .ok_or_else(|| DurationError(super::problem::printable(text)))
}

fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut total = 0_u64;
    loop {
        let (number, tail) = rest.split_at(run(rest, |b| b.is_ascii_digit()));
        let (unit, tail) = tail.split_at(run(tail, |b| b.is_ascii_alphabetic()));
        let place = units.iter().position(|(name, _)| *name == unit)?;
        let length = number.parse::<u64>().ok()?.checked_mul(units[place].1)?;
        total = total.checked_add(length)?;
        units = &units[place + 1..];
        rest = tail;
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// How many bytes at the start of `text` are all of one sort.
fn run(text: &str, sort: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| sort(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_add_up() {
        for (text, expected) in [
            ("60s", 60_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("2h", 7_200_000),
            ("1d1h1m1s1ms", 90_061_001),
            ("0s", 0),
            ("0h5s", 5000),
            ("007s", 7000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(expected)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "s",
            "60",
            "60 s",
            " 60s",
            "60s ",
            "-60s",
            "+60s",
            "1.5s",
            "1e3s",
            "60x",
            "60S",
            "30s1m",
            "1s1s",
            "1m30",
            "60s!",
            "½m",
            "1000000000000000h",
            "99999999999999999999s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_error_says_how_to_write_it() {
        assert_eq!(
            duration("60").expect_err("it has no unit").to_string(),
            "`60` is not a length of time; write it as `60s`, `1m30s`, `500ms` or `2h`"
        );
    }
}
