//! Whether the first lines of an answer are one document of JSON, where each should be one.
//!
//! A line that breaks off is no such document: what follows it is whole. So it takes two lines that
//! go on where those before them stop, and the last of them must not be a document for itself.

use serde::de::IgnoredAny;

/// Bytes that are looked at; a document that is one line for so long is told otherwise.
const SAMPLE: usize = 16 << 10;

/// More lines are not looked at: the third one of an array, whose comma stands first, tells it.
const MAX_LINES: u32 = 4;

/// The beginning of an answer.
#[derive(Debug, Default)]
pub(in crate::source) struct OverLines {
    begin: String,
    lines: u32,
    /// It is one document, or it cannot be any more.
    is_one: Option<bool>,
}

impl OverLines {
    /// Takes the next line, and says whether the answer is one document over many lines.
    pub(in crate::source) fn take(&mut self, line: &[u8]) -> bool {
        if self.is_one.is_none() {
            self.is_one = self.judge(line);
            if self.is_one.is_some() {
                self.begin = String::new();
            }
        }
        self.is_one == Some(true)
    }

    fn judge(&mut self, line: &[u8]) -> Option<bool> {
        let Ok(line) = std::str::from_utf8(line) else { return Some(false) };
        self.lines += 1;
        self.begin.push_str(line);
        self.begin.push('\n');
        let all = serde_json::from_str::<IgnoredAny>(&self.begin);
        let goes_on = all.as_ref().map_or_else(serde_json::Error::is_eof, |_| self.lines > 1);
        if !goes_on || self.begin.len() > SAMPLE || self.lines > MAX_LINES {
            return Some(false);
        }
        let is_whole = serde_json::from_str::<IgnoredAny>(line).is_ok();
        (self.lines > 1 && !is_whole).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let mut answer = OverLines::default();
        let told = text.lines().map(|line| answer.take(line.as_bytes())).last();
        assert_eq!(told, Some(expected), "{text}");
    }

    #[test]
    fn an_array_over_lines_is_one_document() {
        check("[\n{\"a\":1},\n{\"b\":2}\n]", true);
        check("[{\"a\":1},\n {\"b\":2}]", true);
        check("[\n{\"a\":1}\n,{\"b\":2}\n]", true);
        check("{\n  \"a\": 1,\n  \"b\": 2\n}", true);
        check("{\"list\":[\n{\"a\":1},", true);
    }

    #[test]
    fn a_document_a_line_is_not() {
        check("{\"a\":1}\n{\"b\":2}\n{\"c\":3}", false);
        check("[{\"a\":1}]\n[{\"a\":1}]", false);
        check("{\"a\":1}", false);
        check("[", false);
    }

    #[test]
    fn a_line_that_breaks_off_is_not() {
        for cut in ["[", "{", "{\"a\":", "{\"a\":[1,", "{\"a\":{\"b", "{\"a\":1"] {
            check(&format!("{cut}\n{{\"a\":1}}\n{{\"b\":2}}"), false);
        }
        check("hello\n{\"a\":1},\n{\"b\":2}", false);
    }
}
