//! From the bytes of a message or a document to UTF-8: character sets, and what services put in front
//! of JSON.
//!
//! JSON is UTF-8 by its standard, so that a character set is believed only where the bytes are not:
//! servers that say `iso-8859-1` and send UTF-8 are common. Sets that are not listed here are read as
//! UTF-8. Knows nothing of compression, which is undone before.

use std::borrow::Cow;

/// A mark at the beginning of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Before each record of a JSON text sequence (RFC 7464).
const RECORD: &[u8] = b"\x1e";

/// What keeps a document of JSON from being run as a script; a comma may follow.
const GUARDS: [&[u8]; 3] = [b")]}'", b"while(1);", b"for(;;);"];

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// As JSON should be.
    #[default]
    Utf8,
    /// One byte each: Windows-1252, which ISO 8859-1 is read as everywhere.
    Latin,
    /// Two bytes each, the lower one first.
    Utf16Le,
    /// Two bytes each, the higher one first.
    Utf16Be,
}

impl Charset {
    /// The character set that a `Content-Type` names.
    #[must_use]
    pub fn of_content_type(value: &str) -> Charset {
        let parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
        let charset = parameters
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .map(|(_, charset)| charset.trim().trim_matches('"').to_ascii_lowercase())
            .next();
        match charset.as_deref() {
            Some(
                "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" | "l1"
                | "windows-1252" | "cp1252" | "x-cp1252",
            ) => Charset::Latin,
            // Without a mark of the order of bytes it is that of Windows, whatever the standard says.
            Some("utf-16" | "utf16" | "utf-16le" | "ucs-2" | "unicode") => Charset::Utf16Le,
            Some("utf-16be") => Charset::Utf16Be,
            _ => Charset::Utf8,
        }
    }

    /// Whether a line feed is more than one byte, so that lines cannot be told apart.
    #[must_use]
    pub fn is_wide(self) -> bool {
        matches!(self, Charset::Utf16Le | Charset::Utf16Be)
    }

    /// A whole message or document in UTF-8, as far as it can be brought there.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let is_utf8 = || memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok();
        match utf16(bytes).or(Some(self).filter(|it| it.is_wide())) {
            Some(wide) if !is_utf8() => Cow::Owned(wide.units(bytes).into_bytes()),
            _ => self.decode_line(bytes),
        }
    }

    /// The same of a line, which UTF-16 cannot be cut into.
    #[must_use]
    pub fn decode_line(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if self == Charset::Latin && std::str::from_utf8(bytes).is_err() {
            let text: String = bytes.iter().map(|&byte| latin(byte)).collect();
            return Cow::Owned(text.into_bytes());
        }
        Cow::Borrowed(bytes)
    }

    fn units(self, bytes: &[u8]) -> String {
        let units = bytes.chunks_exact(2).map(|pair| match self {
            Charset::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        });
        let text = char::decode_utf16(units);
        text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }
}

/// A message without what stands in front of its JSON: a mark, a guard, the sign of a record.
#[must_use]
pub fn bare(message: &[u8]) -> &[u8] {
    if let Some(b'{' | b'[') | None = message.first() {
        return message;
    }
    let message = message.strip_prefix(MARK).unwrap_or(message);
    let message = message.strip_prefix(RECORD).unwrap_or(message);
    let text = message.trim_ascii_start();
    match GUARDS.iter().find_map(|guard| text.strip_prefix(*guard)) {
        Some(rest) => rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start(),
        None => message,
    }
}

/// Whether a text begins as a document or a list of JSON does.
#[must_use]
pub fn is_bracketed(text: &[u8]) -> bool {
    matches!(bare(text).trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Which UTF-16 a text is in: by its mark, or by the zeros of its first two characters, which are ASCII
/// in all JSON.
#[must_use]
pub fn utf16(bytes: &[u8]) -> Option<Charset> {
    match bytes {
        [0xff, 0xfe, ..] | [1..=255, 0, 1..=255, 0, ..] => Some(Charset::Utf16Le),
        [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255, ..] => Some(Charset::Utf16Be),
        _ => None,
    }
}

/// What a byte is in Windows-1252.
fn latin(byte: u8) -> char {
    /// 0x80 to 0x9f; what has no character there is a control character, as in ISO 8859-1.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn a_content_type_names_its_character_set_in_many_ways() {
        for (value, expected) in [
            ("application/json", Charset::Utf8),
            ("application/json; charset=utf-8", Charset::Utf8),
            ("text/plain;charset=ISO-8859-1", Charset::Latin),
            ("text/plain; boundary=x; Charset = \"windows-1252\"", Charset::Latin),
            ("application/json; charset=UTF-16", Charset::Utf16Le),
            ("application/json; charset=utf-16be", Charset::Utf16Be),
            ("application/json; charset=koi8-r", Charset::Utf8),
            ("application/json; charset", Charset::Utf8),
            ("", Charset::Utf8),
        ] {
            assert_eq!(Charset::of_content_type(value), expected, "{value}");
        }
    }

    #[test]
    fn each_character_set_comes_out_as_the_same_text() {
        let text = "{\"text\":\"#café – 5 €\"}";
        let latin: Vec<u8> = b"{\"text\":\"#caf\xe9 \x96 5 \x80\"}".to_vec();
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        let (le, be) = (utf16_of(text, u16::to_le_bytes), utf16_of(text, u16::to_be_bytes));
        for (charset, bytes) in [
            (Charset::Utf8, text.as_bytes().to_vec()),
            (Charset::Latin, latin),
            // Said to be what it is not.
            (Charset::Latin, text.as_bytes().to_vec()),
            (Charset::Utf16Le, text.as_bytes().to_vec()),
            (Charset::Utf16Be, be.clone()),
            (Charset::Utf16Le, le.clone()),
            // What says nothing of itself is known by its zeros, and otherwise by its mark.
            (Charset::Utf8, le.clone()),
            (Charset::Utf8, be.clone()),
            (Charset::Utf16Le, marked(b"\xfe\xff", be)),
            (Charset::Utf8, marked(b"\xff\xfe", le)),
        ] {
            let decoded = charset.decode(&bytes);
            let bare = bare(&decoded);
            assert_eq!(std::str::from_utf8(bare), Ok(text), "{charset:?} {bytes:?}");
        }
    }

    #[test]
    fn text_with_a_zero_is_no_utf_16() {
        for bytes in [&b"{\0"[..], b"a\0", b"\0", b"", b"{\"a\0b\":1}", b"\0\0\0\0", b"a\0\0b"] {
            assert_eq!(utf16(bytes), None, "{bytes:?}");
            assert_eq!(&*Charset::Utf8.decode(bytes), bytes);
        }
    }

    #[test]
    fn an_odd_byte_at_the_end_of_utf_16_is_left_out() {
        let mut bytes = utf16_of("[1]", u16::to_le_bytes);
        bytes.push(b'x');
        assert_eq!(&*Charset::Utf8.decode(&bytes), b"[1]");
    }

    #[test]
    fn what_stands_in_front_of_json_is_passed_over() {
        for message in [
            "[1]",
            "\u{feff}[1]",
            "\u{1e}[1]",
            ")]}'[1]",
            ")]}',\n[1]",
            ")]}'\n\n[1]",
            "\u{feff} )]}'\n[1]",
            "while(1);[1]",
            "for(;;);[1]",
        ] {
            assert_eq!(bare(message.as_bytes()), b"[1]", "{message:?}");
        }
        for message in ["", " [1]", ")]}", "x)]}'[1]", "\"\u{feff}\""] {
            assert_eq!(bare(message.as_bytes()), message.as_bytes(), "{message:?}");
        }
    }
}
