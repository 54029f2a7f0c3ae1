//! A point in time as posts carry it: whole milliseconds since the Unix epoch.
//!
//! Reads the forms in which networks write times, and writes RFC 3339. Never asks what time it is.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z, between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// 0001-01-01T00:00:00.000Z. A message dated earlier has no time.
    pub const MIN: Timestamp = Timestamp(-719_162 * DAY_MS);
    /// 9999-12-31T23:59:59.999Z. A message dated later has no time: RFC 3339 could not write it.
    pub const MAX: Timestamp = Timestamp(2_932_897 * DAY_MS - 1);

    /// A time from Unix milliseconds; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_millis(ms: i64) -> Option<Timestamp> {
        (Self::MIN.0..=Self::MAX.0).contains(&ms).then_some(Timestamp(ms))
    }

    /// A time from Unix seconds; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_secs(secs: i64) -> Option<Timestamp> {
        secs.checked_mul(1000).and_then(Self::from_millis)
    }

    /// A time from Unix microseconds, cut to milliseconds; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_micros(us: i64) -> Option<Timestamp> {
        Self::from_millis(us.div_euclid(1000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Later by `span`, but never later than [`Timestamp::MAX`].
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(millis(span)).min(Self::MAX.0))
    }

    /// Earlier by `span`; `None` before [`Timestamp::MIN`].
    #[must_use]
    pub fn checked_sub(self, span: Duration) -> Option<Timestamp> {
        Self::from_millis(self.0.checked_sub(millis(span))?)
    }

    /// How long after `earlier` this is; zero if it is before.
    #[must_use]
    pub fn saturating_since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The first multiple of `step` since the Unix epoch that is at or after this time.
    ///
    /// A step below a millisecond counts as a millisecond.
    #[must_use]
    pub fn round_up(self, step: Duration) -> Timestamp {
        let step = millis(step).max(1);
        let below = self.0.div_euclid(step) * step;
        Timestamp(if below == self.0 { below } else { below.saturating_add(step) })
    }

    /// Reads RFC 3339, as in `2026-11-21T19:04:05.123Z` or `2026-11-21T20:04:05+01:00`.
    ///
    /// Digits past the millisecond are cut off. A leap second is the first of the next minute.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T' | b't' | b' ', rest @ ..] =
            text.as_bytes()
        else {
            return None;
        };
        let year = two(*y0, *y1)? * 100 + two(*y2, *y3)?;
        let days = days_from_civil(year, two(*m0, *m1)?, two(*d0, *d1)?)?;
        let [h0, h1, b':', i0, i1, b':', s0, s1, rest @ ..] = rest else {
            return None;
        };
        let (hour, minute, second) = (two(*h0, *h1)?, two(*i0, *i1)?, two(*s0, *s1)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (fraction, rest) = match rest {
            [b'.', digits @ ..] => {
                let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
                let digit = |i: usize| digits[..len].get(i).map_or(0, |b| i64::from(b - b'0'));
                if len == 0 {
                    return None;
                }
                (digit(0) * 100 + digit(1) * 10 + digit(2), &digits[len..])
            }
            _ => (0, rest),
        };
        let offset = match rest {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
                let (hours, minutes) = (two(*h0, *h1)?, two(*m0, *m1)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let offset = hours * 60 + minutes;
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        Self::from_millis(
            days * DAY_MS + (hour * 60 + minute - offset) * 60_000 + second * 1000 + fraction,
        )
    }

    /// Reads the form of X's version 1.1, as in `Wed Aug 27 13:08:45 +0000 2008`.
    #[must_use]
    pub fn parse_x_v1(text: &str) -> Option<Timestamp> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let mut words = text.split_ascii_whitespace();
        let (_weekday, month, day) = (words.next()?, words.next()?, words.next()?);
        let (clock, offset, year) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || year.len() != 4 || day.len() > 2 {
            return None;
        }
        let month = MONTHS.iter().position(|&name| name == month)? + 1;
        // The parts are put into the other form, so that there is one set of range checks.
        let (hours, minutes) = (offset.get(..3)?, offset.get(3..)?);
        let written = format!("{year}-{month:02}-{day:0>2}T{clock}{hours}:{minutes}");
        Self::parse_rfc3339(&written)
    }
}

/// A span in whole milliseconds, cut off; past 292 million years it stays there.
fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days since the epoch of a date in the proleptic Gregorian calendar, counted in eras of 400
/// years that begin in March, so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The reverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_MS));
        let ms = self.0.rem_euclid(DAY_MS);
        let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
        let (second, milli) = (ms / 1000 % 60, ms % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, ms: Option<i64>) {
        let read = Timestamp::parse_rfc3339(text).map(Timestamp::millis);
        assert_eq!(read, ms, "{text}");
    }

    #[test]
    fn rfc_3339_is_read_in_all_its_forms() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-11-21T19:04:05.123Z", Some(1_795_287_845_123));
        check("2026-11-21T19:04:05.1239999Z", Some(1_795_287_845_123));
        check("2026-11-21T19:04:05.1Z", Some(1_795_287_845_100));
        check("2026-11-21t19:04:05z", Some(1_795_287_845_000));
        check("2026-11-21 19:04:05Z", Some(1_795_287_845_000));
        check("2026-11-21T20:04:05+01:00", Some(1_795_287_845_000));
        check("2026-11-21T13:34:05-05:30", Some(1_795_287_845_000));
        check("1969-12-31T23:59:59.999Z", Some(-1));
        check("2000-02-29T00:00:00Z", Some(951_782_400_000));
        check("2016-12-31T23:59:60Z", Some(1_483_228_800_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T19:04:05",
            "2026-11-21T19:04Z",
            "2026-13-21T19:04:05Z",
            "2026-02-29T19:04:05Z",
            "2026-11-21T24:04:05Z",
            "2026-11-21T19:60:05Z",
            "2026-11-21T19:04:61Z",
            "2026-11-21T19:04:05.Z",
            "2026-11-21T19:04:05+0100",
            "2026-11-21T19:04:05+24:00",
            "2026-11-21T19:04:05Zx",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "+026-11-21T19:04:05Z",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn the_form_of_x_version_1_1_is_read() {
        let read = |text| Timestamp::parse_x_v1(text).map(|at| at.to_string());
        assert_eq!(
            read("Wed Aug 27 13:08:45 +0000 2008").as_deref(),
            Some("2008-08-27T13:08:45.000Z")
        );
        assert_eq!(
            read("Sat Nov 21 20:04:05 +0100 2026").as_deref(),
            Some("2026-11-21T19:04:05.000Z")
        );
        for text in
            ["", "Wed Aug 27 13:08:45 2008", "Wed Foo 27 13:08:45 +0000 2008", "a b c d é f"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_up_keeps_multiples() {
        let at = |ms| Timestamp::from_millis(ms).unwrap();
        let step = Duration::from_secs(10);
        assert_eq!(at(10_000).round_up(step), at(10_000));
        assert_eq!(at(10_001).round_up(step), at(20_000));
        assert_eq!(at(-1).round_up(step), at(0));
        assert_eq!(at(-10_001).round_up(step), at(-10_000));
    }

    proptest! {
        #[test]
        fn every_time_reads_back_as_it_was_written(ms in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let at = Timestamp::from_millis(ms).unwrap();
            prop_assert_eq!(Timestamp::parse_rfc3339(&at.to_string()), Some(at));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = Timestamp::parse_rfc3339(&text);
            let _ = Timestamp::parse_x_v1(&text);
        }
    }
}
