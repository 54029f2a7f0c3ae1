//! Reads members that may be missing, `null` or not what they should be.

use std::borrow::Cow;

use crate::timestamp::Timestamp;

use super::json::{Invalid, Kind, Reader};

/// Reads a text field that may also be missing or `null`.
pub(super) fn optional_text<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Invalid> {
    if reader.null() { Ok(None) } else { reader.string().map(|text| Some(text.value())) }
}

/// Reads a time by its text; `None` if it cannot be read, which a recorder's own time makes up for.
pub(super) fn time(
    reader: &mut Reader<'_>,
    parse: impl Fn(&str) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Invalid> {
    if reader.peek()? != Kind::String {
        return reader.skip().map(|_| None);
    }
    Ok(parse(&reader.string()?.value()))
}

/// Reads a time by its number; `None` if it cannot be read.
pub(super) fn time_number(
    reader: &mut Reader<'_>,
    parse: impl Fn(i64) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Invalid> {
    let text = reader.skip()?;
    Ok(Reader::new(text).integer().ok().and_then(parse))
}
