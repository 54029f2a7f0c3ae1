//! A message a line.
//!
//! Lines end with a line feed, or with a carriage return and a line feed; what is left when the
//! connection ends is a line too. Lines of white space alone are none: they keep a connection open.

/// What came of the bytes, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// One message, without the end of its line. It is not empty.
    Message(&'a [u8]),
    /// A line that was longer than allowed: it was passed over to its end.
    TooLong,
}

/// Splits the bytes of one connection into lines.
#[derive(Debug)]
pub struct Lines {
    /// The beginning of a line whose end has not come.
    held: Vec<u8>,
    /// The rest of the line is passed over.
    too_long: bool,
    max: usize,
}

impl Lines {
    /// For a new connection. A line of more than `max` bytes, up to its line feed, is too long.
    #[must_use]
    pub fn new(max: usize) -> Lines {
        Lines { held: Vec::new(), too_long: false, max }
    }

    /// Takes the next bytes of the connection and reports the lines that end in them.
    pub fn push(&mut self, mut bytes: &[u8], mut report: impl FnMut(Line<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.held.is_empty() && !self.too_long {
                self.emit(line, &mut report);
            } else {
                self.hold(line);
                self.end(&mut report);
            }
            bytes = rest;
        }
        self.hold(bytes);
    }

    /// Reports the line that has no end, when the connection has one.
    pub fn end(&mut self, mut report: impl FnMut(Line<'_>)) {
        if std::mem::take(&mut self.too_long) {
            report(Line::TooLong);
        }
        let held = std::mem::take(&mut self.held);
        self.emit(&held, &mut report);
        // Its room serves the next one.
        self.held = held;
        self.held.clear();
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.too_long || self.held.len() + bytes.len() > self.max {
            self.too_long = true;
            self.held.clear();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    fn emit(&self, line: &[u8], report: &mut impl FnMut(Line<'_>)) {
        if line.len() > self.max {
            report(Line::TooLong);
        } else if !line.trim_ascii().is_empty() {
            report(Line::Message(line.strip_suffix(b"\r").unwrap_or(line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunks::{cut, pieces};
    use super::*;

    /// The lines of a connection; `None` for one that is too long.
    fn lines<'a>(max: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
        let mut reported = Vec::new();
        let mut report = |line: Line<'_>| {
            reported.push(match line {
                Line::Message(message) => Some(message.to_owned()),
                Line::TooLong => None,
            });
        };
        let mut lines = Lines::new(max);
        for piece in pieces {
            lines.push(piece, &mut report);
            assert!(lines.held.len() <= max);
        }
        lines.end(&mut report);
        reported
    }

    #[track_caller]
    fn check(bytes: &str, expected: &[Option<&str>]) {
        let expected: Vec<_> =
            expected.iter().map(|line| line.map(|line| line.as_bytes().to_owned())).collect();
        assert_eq!(lines(8, [bytes.as_bytes()]), expected, "{bytes:?}");
    }

    #[test]
    fn lines_end_in_either_way_and_at_the_end() {
        check("a\nb\r\nc", &[Some("a"), Some("b"), Some("c")]);
        check("a\r\n", &[Some("a")]);
        check("a\rb\r", &[Some("a\rb")]);
        check("", &[]);
    }

    #[test]
    fn blank_lines_are_none() {
        check("\n\r\n  \n\ta\n \t", &[Some("\ta")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_to_its_end() {
        check("12345678\n123456789\nb", &[Some("12345678"), None, Some("b")]);
        check("a\n123456789", &[Some("a"), None]);
        check("1234567\r\n12345678\r\n", &[Some("1234567"), None]);
    }

    #[test]
    fn a_message_that_comes_byte_by_byte_takes_no_longer_for_it() {
        let message = vec![b'x'; 2_000_000];
        let reported = lines(message.len(), message.chunks(1));
        assert!(reported == [Some(message)]);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing((bytes, cuts) in cut(prop::collection::vec(
            prop::sample::select(b"ab \t\r\n".to_vec()), 0..60,
        )), max in 0..12usize) {
            let naive: Vec<_> = bytes
                .split(|&byte| byte == b'\n')
                .filter(|line| line.len() > max || !line.trim_ascii().is_empty())
                .map(|line| (line.len() <= max)
                    .then(|| line.strip_suffix(b"\r").unwrap_or(line).to_owned()))
                .collect();
            prop_assert_eq!(lines(max, pieces(&bytes, &cuts)), naive);
        }
    }
}
