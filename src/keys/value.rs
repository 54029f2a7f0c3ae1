//! What a value of the file is, and what to say when it is something else.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::DeValue;

use super::problem::{Problem, printable};

/// A value and where it stands.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// A number within `range`, with or without a decimal point.
pub(crate) fn number(
    key: &str,
    value: &Value<'_>,
    range: &RangeInclusive<f64>,
) -> Result<f64, Problem> {
    let (written, number) = match value.get_ref() {
        // A number too big for its type is out of any range, and so is what replaces it here.
        DeValue::Integer(integer) if integer.radix() == 10 => {
            (integer.to_string(), integer.as_str().parse().unwrap_or(f64::INFINITY))
        }
        DeValue::Integer(integer) => {
            let number = u32::from_str_radix(integer.as_str(), integer.radix());
            (integer.to_string(), number.map_or(f64::INFINITY, f64::from))
        }
        DeValue::Float(float) => (float.to_string(), float.as_str().parse().unwrap_or(f64::NAN)),
        _ => return Err(wrong_type(key, "a number", value)),
    };
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(out_of_range(key, range, value, &written))
    }
}

/// A text in quotes; `example` is what one could be.
pub(crate) fn string<'v>(
    key: &str,
    value: &'v Value<'_>,
    example: Option<&str>,
) -> Result<&'v str, Problem> {
    match (value.get_ref(), example) {
        (DeValue::String(text), _) => Ok(text),
        (_, None) => Err(wrong_type(key, "text in quotes", value)),
        (_, Some(example)) => {
            let message =
                format!("`{key}` must be text in quotes, not {}", describe(value.get_ref()));
            Err(Problem::new(value.span(), message)
                .hint(format!("for example `{key} = \"{example}\"`")))
        }
    }
}

/// Where a part of a text stands in the file; all of the text if it is written with escapes.
pub(crate) fn part(value: &Value<'_>, text: &str, part: Range<usize>) -> Range<usize> {
    let span = value.span();
    // A quote on each side.
    if span.len() == text.len() + 2 {
        span.start + 1 + part.start..span.start + 1 + part.end
    } else {
        span
    }
}

/// Says that a value is of another type, and how to write it if that is a matter of quotes.
pub(crate) fn wrong_type(key: &str, expected: &str, value: &Value<'_>) -> Problem {
    let value_type = describe(value.get_ref());
    let problem =
        Problem::new(value.span(), format!("`{key}` must be {expected}, not {value_type}"));
    match value.get_ref() {
        DeValue::String(text)
            if text.parse::<f64>().is_ok() || matches!(&**text, "true" | "false") =>
        {
            problem.hint(format!("write it without quotes: `{key} = {}`", printable(text)))
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)
            if expected.contains("quotes") =>
        {
            problem.hint("put quotes around it")
        }
        _ => problem,
    }
}

/// Says that a number is too small, too big or none.
pub(crate) fn out_of_range<T: Display>(
    key: &str,
    range: &RangeInclusive<T>,
    value: &Value<'_>,
    written: &str,
) -> Problem {
    let (from, to) = (range.start(), range.end());
    let message = format!("`{key}` must be from {from} to {to}, not {}", printable(written));
    Problem::new(value.span(), message)
}

/// The type of a value in words.
pub(crate) fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a decimal point",
        DeValue::Boolean(true) => "`true`",
        DeValue::Boolean(false) => "`false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
