//! What is wrong with a file, and how it is shown: place, words, the line with a caret, a hint.
//!
//! The file may hold anything, so nothing of it reaches the terminal raw: control characters are
//! escaped, long lines are clipped around the caret, and the value of a key that looks like a
//! secret is left out.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::display_text::{self, beginning, escaped_chars};

/// More problems than this are counted and not shown: past it the file is no config at all.
const MAX_SHOWN: usize = 100;

/// A line wider than this many columns is clipped around the caret.
const MAX_COLUMNS: usize = 90;

/// How much of a clipped line is shown before the caret.
const COLUMNS_BEFORE: usize = 40;

/// A text quoted in a message is cut after this many characters.
const MAX_QUOTED: usize = 60;

/// A message or a hint is cut after this many characters.
const MAX_WORDS: usize = 300;

/// Words that make the name of a key look like a secret.
const SECRET_WORDS: [&str; 12] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "api_key",
    "private_key",
    "access_key",
    "credential",
    "bearer",
    "authorization",
];

/// One thing that is wrong, at a range of bytes of the file.
#[derive(Debug)]
pub(crate) struct Problem {
    /// What the caret points at. It may lie past the end of the file, for what is missing there.
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Set when the problem is that something is not there: in which table, and which key.
    pub(crate) missing: Option<(usize, &'static str)>,
    /// Set when the line may hold a secret: it is not shown.
    pub(crate) concealed: bool,
}

impl Problem {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { span, message: message.into(), hint: None, missing: None, concealed: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the line out of the report.
    pub(crate) fn conceal(mut self) -> Problem {
        self.concealed = true;
        self
    }

    pub(crate) fn missing(mut self, table: usize, key: &'static str) -> Problem {
        self.missing = Some((table, key));
        self
    }
}

/// Everything that is wrong with one file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    origin: String,
    shown: Vec<Shown>,
    left_out: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    column: usize,
    message: String,
    hint: Option<String>,
    excerpt: Option<Excerpt>,
}

/// The part of a line around the caret, fit for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// Terminal columns before the caret, and under it.
    before: usize,
    under: usize,
}

impl Report {
    pub(crate) fn new(origin: &Path, text: &str, mut problems: Vec<Problem>) -> Report {
        problems.sort_by_key(|problem| problem.span.start);
        let left_out = problems.len().saturating_sub(MAX_SHOWN);
        problems.truncate(MAX_SHOWN);
        let shown = problems.into_iter().map(|problem| Shown::new(text, problem)).collect();
        Report { origin: display_text::path(origin), shown, left_out }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        for (index, Shown { line, column, message, hint, excerpt }) in self.shown.iter().enumerate()
        {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{origin}:{line}:{column}: {message}")?;
            if let Some(Excerpt { text, before, under }) = excerpt {
                let number = line.to_string();
                let margin = number.len();
                let (gap, caret) = (" ".repeat(*before), "^".repeat(*under));
                write!(f, "\n{:margin$} |\n{number} | {text}\n{:margin$} | {gap}{caret}", "", "")?;
            }
            if let Some(hint) = hint {
                write!(f, "\nhint: {hint}")?;
            }
        }
        match (self.shown.len(), self.left_out) {
            (0 | 1, _) => Ok(()),
            (shown, 0) => write!(f, "\n\n{shown} problems in {origin}"),
            (shown, more) => {
                write!(f, "\n\n{} problems in {origin}, the first {shown} shown", shown + more)
            }
        }
    }
}

impl Shown {
    fn new(text: &str, problem: Problem) -> Shown {
        let start = text.floor_char_boundary(problem.span.start);
        let end = text.floor_char_boundary(problem.span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let caret = (start - line_start).min(line.len())..(end - line_start).min(line.len());
        Shown {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            // Some of the words are those of other parts, which do not know about terminals.
            message: beginning(&problem.message, MAX_WORDS),
            hint: problem.hint.map(|hint| beginning(&hint, MAX_WORDS)),
            excerpt: (!problem.concealed && !line.trim().is_empty()).then(|| excerpt(line, caret)),
        }
    }
}

/// Renders `line` with the bytes `caret` in view.
fn excerpt(line: &str, caret: Range<usize>) -> Excerpt {
    let (line, rest) = match secret_value(line) {
        Some(start) => (&line[..start], " …"),
        None => (line, ""),
    };
    let caret = caret.start.min(line.len())..caret.end.min(line.len());
    let fits = line.len() <= 4 * MAX_COLUMNS
        && escaped_chars(line).map(|piece| Piece::new(piece).width).sum::<usize>() <= MAX_COLUMNS;
    let mut before = Vec::new();
    let mut width = 0;
    // What a character is shown as depends on those before it. More of them than are shown on either
    // side are not looked at: a line may be a megabyte.
    let view = |chars: &mut dyn Iterator<Item = (usize, char)>| chars.nth(2 * MAX_COLUMNS);
    let start = view(&mut line[..caret.start].char_indices().rev()).map_or(0, |(at, _)| at);
    let end = view(&mut line[caret.start..].char_indices()).map(|(at, _)| caret.start + at);
    let pieces = escaped_chars(&line[start..end.unwrap_or(line.len())]);
    let pieces: Vec<Piece> = pieces.map(|(at, text)| Piece::new((start + at, text))).collect();
    let mut clipped_left = start > 0;
    let after = pieces.partition_point(|piece| piece.at < caret.start);
    for piece in pieces[..after].iter().rev() {
        // Combining characters have no width of their own, so that their number has a bound too.
        if !fits && (width + piece.width > COLUMNS_BEFORE || before.len() == MAX_COLUMNS) {
            clipped_left = true;
            break;
        }
        width += piece.width;
        before.push(&*piece.text);
    }
    let mut excerpt = Excerpt { text: String::new(), before: width, under: 0 };
    if clipped_left {
        excerpt.text.push('…');
        excerpt.before += 1;
    }
    excerpt.text.extend(before.iter().rev().copied());
    let mut clipped_right = false;
    for (count, piece) in pieces[after..].iter().enumerate() {
        width += piece.width;
        if width > MAX_COLUMNS || (!fits && count == MAX_COLUMNS) {
            clipped_right = true;
            break;
        }
        excerpt.text.push_str(&piece.text);
        if piece.at < caret.end {
            excerpt.under += piece.width;
        }
    }
    excerpt.under = excerpt.under.max(1);
    excerpt.text.push_str(if clipped_right { "…" } else { rest });
    excerpt
}

/// One character of the file as the terminal may have it.
struct Piece {
    /// Where it begins in the line.
    at: usize,
    text: String,
    width: usize,
}

impl Piece {
    fn new((at, text): (usize, String)) -> Piece {
        let width = console::measure_text_width(&text);
        Piece { at, text, width }
    }
}

/// Where the value of a secret begins on this line, if there is one; the `=` may be missing.
fn secret_value(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    let first = line[indent..].find(|c| !is_key_char(c)).map(|end| indent + end);
    let separators = line.match_indices(['=', ':']).map(|(separator, _)| separator);
    first.into_iter().chain(separators).find_map(|end| {
        let before = line[..end].trim_end().trim_end_matches(['"', '\'']);
        let name = before.rfind(|c| !is_key_char(c)).map_or(before, |end| &before[end..]);
        let separator = line[end..].trim_start().strip_prefix(['=', ':']);
        is_secret(name).then_some(separator.map_or(end, |value| line.len() - value.len()))
    })
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Does this key look as if its value were a secret? A key that only names where the secret is
/// kept (`token_env`, `token_file`) does not.
pub(crate) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    !key.ends_with("_env")
        && !key.ends_with("_file")
        && SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// What to say about such a key, wherever it turns up.
pub(crate) fn secret(span: Range<usize>, key: &str) -> Problem {
    let shown = printable(key);
    let message = format!("`{shown}` looks like a secret, and secrets never stand in this file");
    Problem::new(span, message)
        .hint("keep it in an environment variable, or in a file that only you can read")
}

/// A text of the file for a message: escaped, and cut when long.
pub(crate) fn printable(text: &str) -> String {
    beginning(text, MAX_QUOTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line as shown, and below it the caret.
    fn show(line: &str, caret: Range<usize>) -> [String; 2] {
        let Excerpt { text, before, under } = excerpt(line, caret);
        [text, " ".repeat(before) + &"^".repeat(under)]
    }

    #[test]
    fn the_caret_stands_under_wide_and_escaped_characters() {
        assert_eq!(show("a = \"界\" x", 10..11), ["a = \"界\" x", "         ^"]);
        assert_eq!(show("\u{1b}[2J = 1", 7..8), ["\\u{1b}[2J = 1", "            ^"]);
        assert_eq!(show("\ta = 1", 1..2), [" a = 1", " ^"]);
        assert_eq!(show("a = \u{202e}x", 7..8), ["a = \\u{202e}x", "            ^"]);
    }

    #[test]
    fn the_caret_may_stand_past_the_end() {
        assert_eq!(show("a =", 3..3), ["a =", "   ^"]);
    }

    #[test]
    fn a_long_line_is_clipped_around_the_caret() {
        let line = "x".repeat(300) + "CARET" + &"y".repeat(300);
        let [text, caret] = show(&line, 300..305);
        assert_eq!(text, format!("…{}CARET{}…", "x".repeat(40), "y".repeat(45)));
        assert_eq!(caret, " ".repeat(41) + "^^^^^");
    }

    #[test]
    fn the_value_of_a_secret_is_not_shown() {
        for line in [
            "token = \"hunter2\"",
            "api-key='hunter2'",
            "\"my_password\" = \"hunter2\"",
            "headers = { Authorization = \"hunter2\" }",
            "a.secret.b = \"hunter2\"",
            "  token \"hunter2=hunter2\"",
            "token: hunter2",
        ] {
            let [text, _] = show(line, line.len()..line.len());
            assert!(text.ends_with('…') && !text.contains("hunter2"), "{text}");
        }
        let [text, _] = show("token_env = \"X_TOKEN\"", 0..9);
        assert_eq!(text, "token_env = \"X_TOKEN\"");
    }
}
