//! Server-sent events, by the rules of the WHATWG (HTML, 9.2.6).
//!
//! A line ends with a carriage return, a line feed, or both; an empty one ends an event. A byte order
//! mark at the beginning is passed over, what is not UTF-8 is replaced, unless the stream is said to be in
//! another character set, and an event without its end
//! when the connection ends is none.

use std::time::Duration;

use super::text::Charset;

/// What came of the bytes, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An event; its data may be empty.
    Event {
        /// Its type: `message` if the stream names none.
        name: &'a str,
        /// Its lines of data, with a line feed between two of them.
        data: &'a str,
    },
    /// An event whose lines, or data as a whole, were longer than allowed.
    TooLong,
    /// A comment, which keeps the connection open and says nothing.
    Comment,
    /// How long to wait before the next connection, as the service wishes.
    Retry(Duration),
}

/// Splits the bytes of one connection into events.
#[derive(Debug)]
pub struct Events {
    max: usize,
    charset: Charset,
    /// How many bytes of a byte order mark have come, and nothing else; `None` after that.
    mark: Option<usize>,
    /// The last line ended with a carriage return: a line feed belongs to it.
    after_return: bool,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The rest of the line is passed over.
    line_too_long: bool,
    data: String,
    name: String,
    /// The id of the event at hand, and that of the last one that ended.
    id: String,
    last_id: String,
    /// The event at hand is passed over.
    too_long: bool,
}

const MARK: &[u8] = b"\xef\xbb\xbf";

impl Events {
    /// For a new connection. An event is too long if one of its lines, or its data, has more than
    /// `max` bytes. `last_id` is that of the connection before, or empty.
    #[must_use]
    pub fn new(max: usize, last_id: &str) -> Events {
        Events {
            max,
            charset: Charset::default(),
            mark: Some(0),
            after_return: false,
            line: Vec::new(),
            line_too_long: false,
            data: String::new(),
            name: String::new(),
            id: last_id.to_owned(),
            last_id: last_id.to_owned(),
            too_long: false,
        }
    }

    /// The same for a stream that says which character set it is in.
    #[must_use]
    pub fn in_charset(mut self, charset: Charset) -> Events {
        self.charset = charset;
        self
    }

    /// The id of the last event that ended, to go on from; empty if there is none.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// Takes the next bytes of the connection and reports what ends in them.
    pub fn push(&mut self, bytes: &[u8], mut report: impl FnMut(Item<'_>)) {
        let mut bytes = self.after_mark(bytes);
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return)
                && let Some(rest) = bytes.strip_prefix(b"\n")
            {
                bytes = rest;
                continue;
            }
            let Some(end) = memchr::memchr2(b'\r', b'\n', bytes) else {
                return self.hold(bytes);
            };
            self.after_return = bytes[end] == b'\r';
            if self.line.is_empty() && !self.line_too_long && end <= self.max {
                self.line(&bytes[..end], &mut report);
            } else {
                self.hold(&bytes[..end]);
                self.held_line(&mut report);
            }
            bytes = &bytes[end + 1..];
        }
    }

    /// The bytes without a byte order mark at the beginning of the stream, which may come in pieces.
    fn after_mark<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(come) = self.mark else { return bytes };
        let rest = &MARK[come..];
        let same = bytes.iter().zip(rest).take_while(|(byte, mark)| byte == mark).count();
        if same == bytes.len() && same < rest.len() {
            self.mark = Some(come + same);
            return &[];
        }
        self.mark = None;
        if same == rest.len() {
            return &bytes[same..];
        }
        // What looked like a mark was none.
        self.hold(&MARK[..come]);
        bytes
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.line_too_long || self.line.len() + bytes.len() > self.max {
            // Its first byte marks a comment, which is not part of any event.
            self.line.extend(bytes.first().filter(|_| self.line.is_empty()));
            self.line.truncate(1);
            self.line_too_long = true;
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn held_line(&mut self, report: &mut impl FnMut(Item<'_>)) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::take(&mut self.line_too_long) {
            self.line(&line, report);
        } else if line.first() == Some(&b':') {
            report(Item::Comment);
        } else {
            self.too_long = true;
        }
        // Its room serves the next one.
        self.line = line;
        self.line.clear();
    }

    fn line(&mut self, line: &[u8], report: &mut impl FnMut(Item<'_>)) {
        if line.is_empty() {
            return self.dispatch(report);
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(0) => return report(Item::Comment),
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = self.charset.decode_line(value.strip_prefix(b" ").unwrap_or(value));
        let value = String::from_utf8_lossy(&value);
        match field {
            b"data" => self.data(&value),
            b"event" => value.as_ref().clone_into(&mut self.name),
            b"id" if !value.contains('\0') => value.as_ref().clone_into(&mut self.id),
            b"retry" => {
                if let Some(wait) = milliseconds(&value) {
                    report(Item::Retry(wait));
                }
            }
            _ => {}
        }
    }

    fn data(&mut self, value: &str) {
        // The line feed after the last line is taken away again, and does not count.
        if self.too_long || self.data.len() + value.len() > self.max {
            self.too_long = true;
            self.data.clear();
        } else {
            self.data.push_str(value);
            self.data.push('\n');
        }
    }

    fn dispatch(&mut self, report: &mut impl FnMut(Item<'_>)) {
        self.last_id.clone_from(&self.id);
        if std::mem::take(&mut self.too_long) {
            report(Item::TooLong);
        } else if let Some(data) = self.data.strip_suffix('\n') {
            let name = if self.name.is_empty() { "message" } else { &self.name };
            report(Item::Event { name, data });
        }
        self.data.clear();
        self.name.clear();
    }
}

/// A number of digits alone; one too big for any wait is the longest.
fn milliseconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_millis(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunks::{cut, pieces};
    use super::*;

    /// What comes of a stream, a line each, and the last id.
    fn items<'a>(max: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, String) {
        let mut items = Vec::new();
        let mut events = Events::new(max, "before");
        for piece in pieces {
            events.push(piece, |item| {
                items.push(match item {
                    Item::Event { name, data } => format!("{name}: {data}"),
                    other => format!("{other:?}"),
                });
            });
            assert!(events.line.len() <= max.max(1));
            assert!(events.data.len() <= max + 1);
        }
        (items, events.last_id().to_owned())
    }

    #[track_caller]
    fn check(stream: &str, expected: &[&str]) {
        assert_eq!(items(100, [stream.as_bytes()]).0, expected, "{stream:?}");
    }

    #[test]
    fn an_event_ends_with_an_empty_line() {
        check("data: a\n\ndata: b\n\n", &["message: a", "message: b"]);
        check("data: a\n", &[]);
        check("data: a\n\ndata: lost", &["message: a"]);
    }

    #[test]
    fn lines_end_in_three_ways() {
        check("data: a\r\rdata: b\r\n\r\ndata: c\n\n", &["message: a", "message: b", "message: c"]);
        check("data: a\r\ndata: b\n\r", &["message: a\nb"]);
        check("data: a\n\r\n", &["message: a"]);
    }

    #[test]
    fn data_of_several_lines_is_joined() {
        check("data: a\ndata\ndata:  b\ndata:c\n\n", &["message: a\n\n b\nc"]);
        check("data\n\n", &["message: "]);
        check("data:\ndata:\n\n", &["message: \n"]);
    }

    #[test]
    fn an_event_without_data_is_none() {
        check("event: delete\n\ndata: a\n\n", &["message: a"]);
        check("\n\n\r\n", &[]);
    }

    #[test]
    fn fields_are_what_the_standard_knows() {
        check("event: update\ndata: a\nother: x\nDATA: y\n data: z\n\n", &["update: a"]);
        check("event: a\nevent\ndata: b\n\n", &["message: b"]);
    }

    #[test]
    fn comments_are_signs_of_life() {
        check(":)\n:thump\n\n: data: x\n\n", &["Comment", "Comment", "Comment"]);
    }

    #[test]
    fn a_wish_to_wait_is_a_number_of_digits() {
        check("retry: 1500\n", &["Retry(1.5s)"]);
        check("retry: +1\nretry: 1.5\nretry:\nretry: １\nretry:  1\n", &[]);
        check(
            "retry: 99999999999999999999999\n",
            &[&format!("{:?}", Item::Retry(Duration::from_millis(u64::MAX)))],
        );
    }

    #[test]
    fn an_id_counts_once_its_event_has_ended() {
        let last = |stream: &str| items(100, [stream.as_bytes()]).1;
        assert_eq!(last("data: a\n\n"), "before");
        assert_eq!(last("id: 1\ndata: a\n\nid: 2\ndata: b\n"), "1");
        assert_eq!(last("id: 1\n\n"), "1");
        assert_eq!(last("id: 1\ndata: a\n\nid\ndata: b\n\n"), "");
        assert_eq!(last("id: 1\0\ndata: a\n\n"), "before");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_once() {
        check("\u{feff}data: a\n\n", &["message: a"]);
        check("\u{feff}\u{feff}data: a\n\n", &[]);
        check("data: a\n\n\u{feff}data: b\n\n", &["message: a"]);
        let broken = [&MARK[..1], &MARK[1..2], b"x\n", b"data: a\n\n"];
        assert_eq!(items(100, broken).0, ["message: a"]);
    }

    #[test]
    fn what_is_not_utf_8_is_replaced() {
        let stream: &[u8] = b"data: a\xff\xe2\x82\nid: \xc3\n\n";
        assert_eq!(items(100, [stream]), (vec!["message: a��".to_owned()], "�".to_owned()));
    }

    #[test]
    fn a_stream_in_latin_1_is_read_as_such() {
        let mut data = Vec::new();
        let mut events = Events::new(100, "").in_charset(Charset::Latin);
        for piece in [&b"data: caf\xe9\n"[..], "data: café\n\n".as_bytes()] {
            events.push(piece, |item| {
                if let Item::Event { data: text, .. } = item {
                    data.push(text.to_owned());
                }
            });
        }
        assert_eq!(data, ["café\ncafé"]);
    }

    #[test]
    fn an_event_that_is_too_long_is_passed_over_to_its_end() {
        let check = |stream: &str, expected: &[&str]| {
            assert_eq!(items(12, [stream.as_bytes()]).0, expected, "{stream:?}");
        };
        check(
            "data: 123456\n\ndata: 1234567\n\ndata: b\n\n",
            &["message: 123456", "TooLong", "message: b"],
        );
        check("data: 1234\ndata: 12345\ndata: 1\n\n", &["message: 1234\n12345\n1"]);
        check("data: 1234\ndata: 1234\ndata: 123\n\ndata: b\n\n", &["TooLong", "message: b"]);
        check(": a comment of any length\ndata: b\n\n", &["Comment", "message: b"]);
        assert_eq!(items(12, [&b"id: 7\ndata: 1234567\n\n"[..]]).1, "7");
    }

    #[test]
    fn an_event_that_comes_byte_by_byte_takes_no_longer_for_it() {
        let mut stream = b"data: ".to_vec();
        stream.resize(2_000_000, b'x');
        stream.extend_from_slice(b"\n\n");
        let (items, _) = items(stream.len(), stream.chunks(1));
        assert_eq!(items[0].len(), 2_000_000 - "data: ".len() + "message: ".len());
    }

    /// The same by the letter of the standard, of the stream as a whole.
    fn naive(stream: &[u8]) -> (Vec<String>, String) {
        let text = String::from_utf8_lossy(stream);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let (mut items, mut last) = (Vec::new(), "before".to_owned());
        let (mut data, mut name, mut id) = (String::new(), String::new(), last.clone());
        for line in whole.split('\n').take(if text.contains('\n') { usize::MAX } else { 0 }) {
            if line.is_empty() {
                last = id.clone();
                if !data.is_empty() {
                    data.pop();
                    items.push(format!(
                        "{}: {data}",
                        if name.is_empty() { "message" } else { &name }
                    ));
                }
                data.clear();
                name.clear();
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.starts_with(':') => items.push("Comment".to_owned()),
                "data" => data = data + value + "\n",
                "event" => name = value.to_owned(),
                "id" if !value.contains('\0') => id = value.to_owned(),
                "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                    let wait = Duration::from_millis(value.parse().unwrap_or(u64::MAX));
                    items.push(format!("{:?}", Item::Retry(wait)));
                }
                _ => {}
            }
        }
        (items, last)
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let words: Vec<&[u8]> = vec![
            b"data",
            b"event",
            b"id",
            b"retry",
            b":",
            b": ",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"x",
            b"12",
            b"\xef\xbb\xbf",
            b"\xef",
            b"\xbb",
            b"\xff",
            b"\0",
            b" ",
        ];
        prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn cuts_change_nothing((bytes, cuts) in cut(stream())) {
            prop_assert_eq!(items(10_000, pieces(&bytes, &cuts)), naive(&bytes));
        }

        #[test]
        fn cuts_change_nothing_of_what_is_too_long((bytes, cuts) in cut(stream()), max in 0..12usize) {
            let whole = items(max, [&bytes[..]]);
            prop_assert_eq!(items(max, pieces(&bytes, &cuts)), whole);
        }
    }
}
