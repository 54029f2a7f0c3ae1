//! What it is that came and cannot be read: by its first bytes, its shape, and the networks whose
//! messages are known.
//!
//! Pure: bytes in, a name out, with words for people. Does not decide whether something can be read
//! (that is [`crate::decode::verdict`]), nor when to say so (`super::reading`). Nothing of what came is
//! quoted: it may be what somebody wrote, and the words are shown on screens.

mod cbor;
mod over_lines;

use std::fmt;

use crate::decode::Feed;
use crate::decode::verdict::{Place, Unread};
use crate::keys::problem::printable;

use super::super::framing::text::{bare, utf16};

pub(in crate::source) use over_lines::OverLines;

/// What came instead of messages.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) enum What {
    /// Nothing.
    Empty,
    /// Compressed, as the bytes show.
    Compressed(&'static str),
    /// Compressed, as the headers say.
    Encoded(String),
    /// Compressed, and not whole.
    BrokenArchive,
    /// Text in UTF-16.
    Utf16,
    /// Text in another character set that is not named.
    NoUtf8,
    /// CBOR.
    Cbor,
    /// A file of a kind that is known.
    File(&'static str),
    /// Other bytes that are no text.
    Binary,
    /// A page for people.
    Page,
    /// XML, as RSS and Atom are.
    Xml,
    /// Server-sent events.
    Events,
    /// A document a line, where one document should be.
    Lines,
    /// One document over many lines, where each line should be one.
    OverLines,
    /// An answer that has no end.
    Endless,
    /// JSON that breaks off.
    Cut,
    /// A call of a function, with JSON in it.
    Script,
    /// A text that has JSON in it, as JSON.
    Quoted,
    /// Values between commas, a line each.
    Csv,
    /// Messages of a protocol that is not one of a network.
    Protocol(&'static str),
    /// Other text.
    Words,
    /// Longer than any message.
    TooLong,
    /// Messages of another network.
    Of(Feed),
    /// JSON that this network does not send.
    Stranger(Feed),
    /// Something in each message is wrong.
    Broken(&'static str),
    /// A pointer of the map finds nothing.
    Lacking(Place),
}

/// The beginnings of files, and what they are.
const FILES: [(&[u8], &str); 9] = [
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an archive (ZIP)"),
    (b"-----BEGIN ", "a certificate or a key (PEM)"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"OggS", "sound (Ogg)"),
    (b"ID3", "sound (MP3)"),
];

/// The beginnings of what is compressed, and how.
const COMPRESSIONS: [(&[u8], &str); 8] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x78\x01", "deflate"),
    (b"\x78\x5e", "deflate"),
    (b"\x78\x9c", "deflate"),
    (b"\x78\xda", "deflate"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
];

/// Bytes that are looked at where all would take too long.
const SAMPLE: usize = 16 << 10;

impl What {
    /// What a message is that cannot be read for the reason that is known of it.
    pub(in crate::source) fn of(unread: Unread, message: &[u8]) -> What {
        match unread {
            Unread::NoJson => What::sniff(message),
            Unread::Of(feed) => What::Of(feed),
            Unread::Stranger(_) | Unread::Lacking(_) | Unread::Broken(_) if is_quoted(message) => {
                What::Quoted
            }
            Unread::Stranger(feed) => What::Stranger(feed),
            Unread::Broken(why) => What::Broken(why),
            Unread::Lacking(place) => What::Lacking(place),
        }
    }

    /// How bytes are compressed, if they are.
    pub(in crate::source) fn compression(bytes: &[u8]) -> Option<&'static str> {
        let (_, name) = COMPRESSIONS.iter().find(|(magic, _)| bytes.starts_with(magic))?;
        // What reads as text is text.
        let is_text = bytes.starts_with(b"BZh") && std::str::from_utf8(bytes).is_ok();
        (!is_text).then_some(*name)
    }

    /// What bytes are that are not JSON in UTF-8.
    pub(in crate::source) fn sniff(bytes: &[u8]) -> What {
        if let Some(name) = What::compression(bytes) {
            return What::Compressed(name);
        }
        if let Some((_, name)) = FILES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return What::File(name);
        }
        if utf16(bytes).is_some() {
            return What::Utf16;
        }
        let sample = &bytes[..bytes.len().min(SAMPLE)];
        let is_bare = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
        let Some(text) = text(bytes) else {
            return match sample {
                _ if cbor::begins_with_map(bytes) => What::Cbor,
                // Text has few of those, and bytes of all kinds have one in ten.
                _ if sample.iter().filter(|byte| is_bare(byte)).count() * 50 > sample.len() => {
                    What::Binary
                }
                _ => What::NoUtf8,
            };
        };
        let text = text.trim();
        if text.is_empty() {
            return What::Empty;
        }
        of_text(text)
            .unwrap_or_else(|| if sample.iter().any(is_bare) { What::Binary } else { What::Words })
    }

    /// What the bytes of an event stream are in which no event has come so far.
    pub(in crate::source) fn instead_of_events(bytes: &[u8]) -> Option<What> {
        const FIELDS: [&[u8]; 5] = [b":", b"data", b"event", b"id", b"retry"];
        let line = bare(bytes).trim_ascii_start();
        let is_event = FIELDS.iter().any(|field| {
            // A field may have come in part.
            line.starts_with(field) || field.starts_with(line)
        });
        if is_event {
            return None;
        }
        Some(match (line.first(), What::sniff(line)) {
            (Some(b'{'), What::Words | What::Cut | What::Lines) => What::Lines,
            (Some(b'['), What::Words | What::Cut) => What::OverLines,
            (_, what) => what,
        })
    }

    /// Whether one message tells that those to come cannot be read either. Others may be a greeting.
    pub(in crate::source) fn is_certain(&self) -> bool {
        !matches!(
            self,
            What::Empty
                | What::Cut
                | What::Words
                | What::Quoted
                | What::TooLong
                | What::Stranger(_)
                | What::Broken(_)
                | What::Lacking(_)
        )
    }

    /// Whether it is not even JSON.
    pub(in crate::source) fn is_no_json(&self) -> bool {
        !matches!(
            self,
            What::Empty
                | What::Quoted
                | What::Of(_)
                | What::Stranger(_)
                | What::Broken(_)
                | What::Lacking(_)
        )
    }

    /// What can be done about it.
    pub(in crate::source) fn hint(&self) -> &'static str {
        match self {
            What::Compressed(_) | What::Encoded(_) | What::BrokenArchive => {
                "hashtug asks for no compression: switch it off in the service, or in what stands \
                 before it"
            }
            What::Utf16 | What::NoUtf8 => {
                "JSON is text in UTF-8: have the service send that, or say \
                 `charset=iso-8859-1` in its `Content-Type` if it is that"
            }
            What::Page => {
                "a captive portal may be in between: open a web page on this machine and log in; \
                 or the address in the config is that of a page"
            }
            What::Cbor | What::Xml => {
                "hashtug reads JSON: look for an address of the service that sends it"
            }
            What::Events => "`mode = \"sse\"` reads that",
            What::Lines | What::Endless => "`mode = \"stream\"` reads a document a line",
            What::OverLines => "`mode = \"poll\"` reads one document",
            What::Of(_) => "check `kind` and the address of the source",
            What::Stranger(_) => "check the address of the source",
            What::Broken(_) | What::Lacking(_) => {
                "check `[source.map]` and the address against what the service sends"
            }
            _ => {
                "hashtug reads JSON: check the address of the source, and its `mode` if it has one"
            }
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::Empty => "it is empty",
            What::Compressed(how) => return write!(f, "it is compressed (`{how}`)"),
            What::Encoded(how) => {
                return write!(f, "it is compressed (`{how}`), though not asked for");
            }
            What::BrokenArchive => "it is compressed, and breaks off or is damaged",
            What::Utf16 => "it is text in UTF-16, not in UTF-8",
            What::NoUtf8 => "it is text, and not in UTF-8",
            What::Cbor => "it is CBOR, not JSON",
            What::File(name) => return write!(f, "it is {name}"),
            What::Binary => "it is binary data, not JSON",
            What::Page => "it is a web page",
            What::Xml => "it is XML, as RSS and Atom are, not JSON",
            What::Events => "it is server-sent events, not JSON",
            What::Lines => "it is a document a line (NDJSON)",
            What::OverLines => {
                "it is one document over several lines, such as an array, not one a line"
            }
            What::Endless => "it has no end, and is no single document",
            What::Cut => "it is JSON that breaks off",
            What::Script => "it is a script (JSONP), not JSON",
            What::Quoted => "it is JSON inside of a text",
            What::Csv => "it is CSV, not JSON",
            What::Protocol(name) => return write!(f, "these are messages of {name}"),
            What::Words => "it is plain words, not JSON",
            What::TooLong => "it is longer than any message",
            What::Of(feed) => {
                write!(f, "these are messages of {}", feed.title())?;
                let Some(kind) = feed.source() else { return Ok(()) };
                return write!(f, ", which `kind = \"{kind}\"` reads");
            }
            What::Stranger(feed) => {
                return write!(f, "it is JSON, and no message of {}", feed.title());
            }
            What::Broken(why) => return write!(f, "each message has something wrong: {why}"),
            What::Lacking(Place { key, pointer }) => {
                let pointer = printable(pointer);
                return write!(f, "nothing is at `{pointer}`, where `[source.map]` has `{key}`");
            }
        })
    }
}

/// Bytes as text; what is cut in the middle of a character is text too.
fn text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// What a text is, if it is anything.
fn of_text(text: &str) -> Option<What> {
    let lower: String = text.chars().take(200).collect::<String>().to_ascii_lowercase();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    if lower.starts_with('<') {
        let is_page = lower.contains("<html") || lower.starts_with("<!doctype html");
        let is_xml = ["<?xml", "<rss", "<feed", "<rdf", "<soap"];
        let is_xml = !is_page && is_xml.iter().any(|begin| lower.starts_with(begin));
        return Some(if is_xml { What::Xml } else { What::Page });
    }
    if ["data:", "event:", "id:", "retry:"].iter().any(|field| text.starts_with(field)) {
        return Some(What::Events);
    }
    if let Some(protocol) = protocol(text) {
        return Some(What::Protocol(protocol));
    }
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text);
    let is_line = |line: &str| line.starts_with(['{', '[']) && is_json(line).is_ok();
    if lines().nth(1).is_some() && lines().take(2).all(is_line) {
        return Some(What::Lines);
    }
    if text.starts_with(['{', '[']) && is_json(text).is_err_and(|error| error.is_eof()) {
        return Some(What::Cut);
    }
    // callback({…}); with an identifier, perhaps after an empty comment.
    let call = text.trim_start_matches("/**/").trim_end_matches([';', ' ']);
    if let Some((name, rest)) = call.split_once('(')
        && rest.ends_with(')')
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_$.".contains(c))
        && rest.trim_start().starts_with(['{', '['])
    {
        return Some(What::Script);
    }
    let commas = |line: &str| line.matches([',', ';', '\t']).count();
    let first = lines().next().map(commas).filter(|&commas| commas > 0)?;
    let is_csv = lines().nth(1).is_some() && lines().take(4).all(|line| commas(line) == first);
    (is_csv && !text.starts_with(['{', '[', '"'])).then_some(What::Csv)
}

/// The protocol of a text that is one of its messages.
fn protocol(text: &str) -> Option<&'static str> {
    let after_digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = after_digits.len() < text.len() && text.len() - after_digits.len() < 4;
    if is_numbered && (after_digits.starts_with('{') || after_digits.starts_with("[\"")) {
        return Some("Socket.IO");
    }
    if text.starts_with("a[\"") {
        return Some("SockJS");
    }
    let stomp = ["CONNECTED\n", "MESSAGE\n", "RECEIPT\n", "CONNECTED\r\n", "MESSAGE\r\n"];
    if stomp.iter().any(|frame| text.starts_with(frame)) {
        return Some("STOMP");
    }
    let words: Vec<&str> = text.split(' ').take(3).collect();
    let is_irc = match words[..] {
        ["PING", rest] => rest.starts_with(':'),
        [prefix, command, ..] if prefix.starts_with([':', '@']) && prefix.len() > 1 => {
            !command.is_empty()
                && (command.chars().all(|c| c.is_ascii_digit())
                    || ["PRIVMSG", "NOTICE", "JOIN", "CAP"].contains(&command)
                    || command.starts_with(':'))
        }
        _ => false,
    };
    is_irc.then_some("IRC")
}

/// Whether a message is a text that holds JSON.
fn is_quoted(message: &[u8]) -> bool {
    let inner = serde_json::from_slice::<String>(message);
    inner.is_ok_and(|inner| inner.trim_start().starts_with(['{', '[']))
}

#[cfg(test)]
mod tests;
