//! Reads JSON without building anything: a strict, borrowing pull reader.
//!
//! The caller walks the members it wants and skips the rest, which is checked all the same: what
//! this reader accepts is exactly JSON (RFC 8259) in UTF-8, nested at most [`MAX_DEPTH`] deep.
//! Two leniences that keep votes alive: a lone surrogate in an escape reads as U+FFFD, since cut
//! emoji occur in real posts, and of two members with one name the caller sees both, so the last
//! one wins.
//! Not a general parser: numbers are only what the networks send.
//! Long because all of it is one grammar: reading and skipping a value go through the same places.

use std::borrow::Cow;

/// Nesting past this is refused, so that a hostile message cannot exhaust the stack.
pub const MAX_DEPTH: usize = 128;

/// Why a text is not the JSON that was asked for. Says what was expected, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

/// The kind of the value that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// `-` or a digit
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// A string as it stands in the text: between its quotes, escapes unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Str<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Str<'a> {
    /// The string's value; copied only if it has escapes.
    #[must_use]
    pub fn value(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether the value is `text`.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        if self.escaped { self.value() == text } else { self.raw == text }
    }
}

/// A place in a JSON text.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Starts before the first value of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0, depth: 0 }
    }

    /// The kind of the next value.
    ///
    /// # Errors
    /// If no value can begin here.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, Invalid> {
        self.skip_space();
        match self.byte() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(Invalid("expected a value")),
        }
    }

    /// Reads an object; `member` is called with each name and has to read the value.
    ///
    /// # Errors
    /// If the next value is not an object, is broken, or `member` says so.
    #[inline]
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Reader<'a>, Str<'a>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        self.open(b'{', "expected an object")?;
        if self.close(b'}') {
            return Ok(());
        }
        loop {
            self.skip_space();
            let name = self.string().map_err(|_| Invalid("expected a member name"))?;
            self.skip_space();
            if self.byte() != Some(b':') {
                return Err(Invalid("expected `:`"));
            }
            self.at += 1;
            member(self, name)?;
            if self.close(b'}') {
                return Ok(());
            }
            self.comma()?;
        }
    }

    /// Reads an array; `item` is called at each item and has to read it.
    ///
    /// # Errors
    /// If the next value is not an array, is broken, or `item` says so.
    #[inline]
    pub fn array(
        &mut self,
        mut item: impl FnMut(&mut Reader<'a>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        self.open(b'[', "expected an array")?;
        if self.close(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.close(b']') {
                return Ok(());
            }
            self.comma()?;
        }
    }

    /// Reads a string.
    ///
    /// # Errors
    /// If the next value is not a string, or broken.
    #[inline]
    pub fn string(&mut self) -> Result<Str<'a>, Invalid> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(Invalid("expected a string"));
        }
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        let mut end = start;
        loop {
            end = next_special(bytes, end);
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += escape_len(&bytes[end..])?;
                }
                Some(_) => return Err(Invalid("control character in a string")),
                None => return Err(Invalid("unterminated string")),
            }
        }
        self.at = end + 1;
        Ok(Str { raw: &self.text[start..end], escaped })
    }

    /// Reads a whole number that fits 64 bits. A fraction or an exponent is cut to whole.
    ///
    /// # Errors
    /// If the next value is not a number, is broken, or does not fit.
    pub fn integer(&mut self) -> Result<i64, Invalid> {
        let text = self.number()?;
        if let Ok(value) = text.parse() {
            return Ok(value);
        }
        let value: f64 = text.parse().map_err(|_| Invalid("expected a number"))?;
        // Doubles are exact below 2^53, which is the year 287396 in milliseconds.
        if value.abs() < 9_007_199_254_740_992.0 && text.contains(['.', 'e', 'E']) {
            #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
            return Ok(value as i64);
        }
        Err(Invalid("number out of range"))
    }

    /// Reads a number as its text.
    ///
    /// # Errors
    /// If the next value is not a number, or broken.
    pub fn number(&mut self) -> Result<&'a str, Invalid> {
        self.skip_space();
        let bytes = &self.text.as_bytes()[self.at..];
        let len = number_len(bytes).ok_or(Invalid("expected a number"))?;
        let text = &self.text[self.at..self.at + len];
        self.at += len;
        Ok(text)
    }

    /// Reads past `null` if that comes next, and says whether it did.
    pub fn null(&mut self) -> bool {
        self.skip_space();
        let found = self.text.as_bytes()[self.at..].starts_with(b"null");
        if found {
            self.at += 4;
        }
        found
    }

    /// Reads past the next value, whatever it is, and gives its text.
    ///
    /// # Errors
    /// If it is broken.
    pub fn skip(&mut self) -> Result<&'a str, Invalid> {
        self.skip_space();
        let start = self.at;
        let outer = self.depth;
        // One bit a level: set for an object. 128 levels fit the word.
        let mut objects: u128 = 0;
        loop {
            // At a value.
            self.skip_space();
            match self.byte() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{') => {
                    self.open(b'{', "")?;
                    if !self.close(b'}') {
                        objects = objects << 1 | 1;
                        self.name()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(b'[', "")?;
                    if !self.close(b']') {
                        objects <<= 1;
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => {
                    let bytes = &self.text.as_bytes()[self.at..];
                    self.at += number_len(bytes).ok_or(Invalid("broken number"))?;
                }
                _ => self.word()?,
            }
            // After a value: close what ends here.
            loop {
                if self.depth == outer {
                    return Ok(&self.text[start..self.at]);
                }
                if objects & 1 == 1 {
                    if !self.close(b'}') {
                        self.comma()?;
                        self.name()?;
                        break;
                    }
                } else if !self.close(b']') {
                    self.comma()?;
                    break;
                }
                objects >>= 1;
            }
        }
    }

    /// Nothing but white space may follow.
    ///
    /// # Errors
    /// If something does.
    pub fn end(&mut self) -> Result<(), Invalid> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err(Invalid("text after the message")) }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    fn name(&mut self) -> Result<(), Invalid> {
        self.string().map_err(|_| Invalid("expected a member name"))?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(Invalid("expected `:`"));
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn open(&mut self, bracket: u8, expected: &'static str) -> Result<(), Invalid> {
        self.skip_space();
        if self.byte() != Some(bracket) {
            return Err(Invalid(expected));
        }
        if self.depth == MAX_DEPTH {
            return Err(Invalid("nested too deeply"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self, bracket: u8) -> bool {
        self.skip_space();
        let found = self.byte() == Some(bracket);
        if found {
            self.at += 1;
            self.depth -= 1;
        }
        found
    }

    #[inline]
    fn comma(&mut self) -> Result<(), Invalid> {
        if self.byte() != Some(b',') {
            return Err(Invalid("expected `,` or the end of an object or array"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), Invalid> {
        let rest = &self.text.as_bytes()[self.at..];
        for word in [&b"true"[..], b"false", b"null"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(());
            }
        }
        Err(Invalid("expected a value"))
    }
}

/// The first quote, backslash or control character at or after `at`, eight bytes at a time.
#[inline]
fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        // A byte is zero, or below 0x20, where subtracting borrows from a clear high bit. Bytes
        // above the first such one may be flagged wrongly; only the lowest is used.
        let found = (quote.wrapping_sub(ONES) & !quote
            | backslash.wrapping_sub(ONES) & !backslash
            | word.wrapping_sub(ONES * 0x20) & !word)
            & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

fn escape_len(bytes: &[u8]) -> Result<usize, Invalid> {
    match bytes.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if hex4(&bytes[2..]).is_some() => Ok(6),
        _ => Err(Invalid("broken escape in a string")),
    }
}

/// The value of four hexadecimal digits.
pub(crate) fn hex4(bytes: &[u8]) -> Option<u32> {
    bytes
        .first_chunk::<4>()?
        .iter()
        .try_fold(0, |value, &byte| Some(value << 4 | char::from(byte).to_digit(16)?))
}

fn number_len(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut len = usize::from(bytes.first() == Some(&b'-'));
    len += match bytes.get(len)? {
        b'0' => 1,
        b'1'..=b'9' => digits(len),
        _ => return None,
    };
    if bytes.get(len) == Some(&b'.') {
        let fraction = digits(len + 1);
        if fraction == 0 {
            return None;
        }
        len += 1 + fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(len) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits((len + 1 + sign).min(bytes.len()));
        if exponent == 0 {
            return None;
        }
        len += 1 + sign + exponent;
    }
    Some(len)
}

/// The value of a string's raw text. What is not an escape is kept as it stands, so that this reads
/// broken texts too.
pub(crate) fn unescape(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        value.push_str(&rest[..at]);
        let bytes = &rest.as_bytes()[at..];
        let (c, len) = match bytes.get(1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => (char::from(byte), 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => unescape_unit(bytes).unwrap_or(('\\', 1)),
            _ => ('\\', 1),
        };
        value.push(c);
        rest = &rest[at + len..];
    }
    value.push_str(rest);
    value
}

/// Reads `\uXXXX`, or two of them that make one character; with the length of what was read.
pub(crate) fn unescape_unit(bytes: &[u8]) -> Option<(char, usize)> {
    let first = hex4(bytes.get(2..)?)?;
    if (0xd800..0xdc00).contains(&first)
        && bytes.get(6..8) == Some(b"\\u")
        && let Some(second @ 0xdc00..0xe000) = hex4(&bytes[8..])
    {
        let value = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skip(text: &str) -> Result<(), Invalid> {
        let mut reader = Reader::new(text);
        reader.skip()?;
        reader.end()
    }

    #[test]
    fn members_are_read_and_the_rest_is_skipped() {
        let mut reader = Reader::new(r#" {"a" : [1, {"b":null}], "tëxt":"x\ny", "n":-12e2 } "#);
        let (mut text, mut number) = (None, None);
        reader
            .object(|reader, name| {
                if name.is("tëxt") {
                    text = Some(reader.string()?.value().into_owned());
                } else if name.is("n") {
                    number = Some(reader.integer()?);
                } else {
                    reader.skip()?;
                }
                Ok(())
            })
            .unwrap();
        reader.end().unwrap();
        assert_eq!(text.as_deref(), Some("x\ny"));
        assert_eq!(number, Some(-1200));
    }

    #[test]
    fn names_may_be_escaped() {
        let mut reader = Reader::new(r#"{"t\u0065xt":1}"#);
        reader
            .object(|reader, name| {
                assert!(name.is("text"));
                reader.skip().map(drop)
            })
            .unwrap();
    }

    #[test]
    fn surrogates_pair_up_and_lone_ones_are_replaced() {
        assert_eq!(unescape(r"\ud83d\ude00!"), "😀!");
        assert_eq!(unescape(r"\ud83d!"), "\u{fffd}!");
        assert_eq!(unescape(r"\ude00\ud83d"), "\u{fffd}\u{fffd}");
        assert_eq!(unescape(r"\ud83d\u0041"), "\u{fffd}A");
        assert_eq!(unescape(r"\q \u12 \"), r"\q \u12 \");
    }

    #[test]
    fn deep_nesting_is_refused_without_using_the_stack() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(skip(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(skip(&nested(MAX_DEPTH + 1)), Err(Invalid("nested too deeply")));
        assert_eq!(skip(&nested(100_000)), Err(Invalid("nested too deeply")));
        let objects = "{\"a\":".repeat(MAX_DEPTH) + "0" + &"}".repeat(MAX_DEPTH);
        assert_eq!(skip(&objects), Ok(()));
    }

    #[test]
    fn broken_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "-",
            "+1",
            "tru",
            "truex",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\u{1}\"",
            "1 2",
            "[1}",
            "{\"a\":1]",
            "NaN",
        ] {
            assert!(skip(text).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_stay_in_range() {
        let read = |text| Reader::new(text).integer();
        assert_eq!(read("1795287845123"), Ok(1_795_287_845_123));
        assert_eq!(read("1795287845123.9"), Ok(1_795_287_845_123));
        assert_eq!(read("1.5e3"), Ok(1500));
        assert!(read("1e300").is_err());
        assert!(read("9223372036854775808").is_err());
        assert!(read("\"1\"").is_err());
    }

    /// Texts that are JSON, or nearly.
    fn json_like() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?",
            "\"([a-z é😀]|\\\\[\"\\\\/bfnrtux]|\\\\u[0-9a-cA-C]{4}){0,12}\"",
            "[\\[\\]{}:,\" ]{1,2}",
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(inner, 0..5).prop_map(|items| {
                    let members: Vec<String> =
                        items.iter().enumerate().map(|(i, v)| format!("\"k{i}\": {v}")).collect();
                    format!("{{{}}}", members.join(" ,"))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn accepts_exactly_what_serde_json_accepts(text in json_like()) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            prop_assert_eq!(skip(&text).is_ok(), theirs.is_ok(), "{}", text);
        }

        #[test]
        fn strings_have_the_value_that_serde_json_gives(text in "\\PC*") {
            let written = serde_json::to_string(&text).unwrap();
            let mut reader = Reader::new(&written);
            prop_assert_eq!(reader.string().unwrap().value(), text);
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = skip(&text);
            let _ = unescape(&text);
        }

        #[test]
        fn special_bytes_are_found_wherever_they_stand(
            mut bytes in prop::collection::vec(0x20u8..=255, 0..40),
            special in prop::collection::vec((0usize..40, prop::sample::select(&b"\"\\\x00\x1f"[..])), 0..4),
        ) {
            for (at, byte) in special {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            let naive = bytes.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
            prop_assert_eq!(next_special(&bytes, 0), naive.unwrap_or(bytes.len()));
        }
    }
}
