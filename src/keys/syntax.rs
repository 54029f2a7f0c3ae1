//! What the TOML parser complains about, in the words of this program.
//!
//! The parser goes on after an error, and what it then finds may be real or a consequence.
//! Here the consequences are dropped: later errors on one line, and everything after a bracket or
//! a multi-line text that never ends.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problem::{Problem, is_secret, printable, secret};
use super::value::Value;

/// A file as far as it could be parsed.
pub(crate) struct Parsed<'t> {
    pub(crate) root: Spanned<DeTable<'t>>,
    pub(crate) problems: Vec<Problem>,
    lines: Lines,
    /// From this byte on nothing can be trusted.
    end: usize,
}

/// An error of the parser: where, and in its words.
type Complaint = (Range<usize>, String);

/// Parses as much as possible.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text);
    let mut errors: Vec<Complaint> = errors.iter().map(|error| place(text, error)).collect();
    errors.sort_by_key(|(span, _)| span.start);
    let unclosed = cut(&mut errors, text, root.get_ref());
    drop_consequences(&mut errors, text, &lines);
    let mut problems: Vec<Problem> =
        errors.into_iter().map(|(span, message)| explain(text, span, message)).collect();
    let end = unclosed.as_ref().map_or(usize::MAX, |problem| problem.span.start);
    problems.extend(unclosed);
    Parsed { root, problems, lines, end }
}

impl Parsed<'_> {
    /// Adds the problems of reading to those of parsing, as far as these leave them any sense:
    /// something missing may stand in a part that could not be parsed, and the value on a line
    /// with an error is a guess.
    pub(crate) fn join(mut self, mut others: Vec<Problem>) -> Vec<Problem> {
        if !self.problems.is_empty() {
            let broken: Vec<usize> =
                self.problems.iter().map(|problem| self.lines.at(problem.span.start)).collect();
            others.retain(|problem| {
                let lines = self.lines.at(problem.span.start)..=self.lines.at(problem.span.end);
                let next = broken.partition_point(|line| line < lines.start());
                problem.missing.is_none()
                    && problem.span.start < self.end
                    && broken.get(next).is_none_or(|line| !lines.contains(line))
            });
        }
        self.problems.append(&mut others);
        self.problems
    }
}

/// Where the lines of a file begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        let starts = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Lines(std::iter::once(0).chain(starts).collect())
    }

    /// The number of the line that holds this byte; the first is 1.
    fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|&start| start <= byte)
    }
}

fn place(text: &str, error: &Error) -> Complaint {
    let span = error.span().unwrap_or(text.len()..text.len());
    let message = error.message();
    (span, message.strip_suffix(", expected nothing").unwrap_or(message).to_owned())
}

/// Cuts the errors where something begins that never ends, and says so.
///
/// The parser notices at the end of the file, after taking all that follows for parts of a list.
fn cut(errors: &mut Vec<Complaint>, text: &str, root: &DeTable<'_>) -> Option<Problem> {
    let never_ends = |message: &str| message.contains("unclosed") || message.contains("multi-line");
    let (span, message) = errors.iter().find(|(_, message)| never_ends(message))?.clone();
    let problem = match root.values().find_map(|value| opening(value, span.start, text)) {
        Some((start, (open, close))) => {
            let end = start + open.len();
            let problem =
                Problem::new(start..end, format!("this `{open}` is never closed by `{close}`"));
            if text[end..].trim_start().starts_with('#') {
                problem.hint("`#` begins a comment; hashtags and colours stand in quotes")
            } else {
                problem
            }
        }
        None => explain(text, span, message),
    };
    errors.retain(|(span, _)| span.start < problem.span.start);
    Some(problem)
}

/// Where the list, table or long text begins that goes on until `end`, and with what.
fn opening(
    value: &Value<'_>,
    end: usize,
    text: &str,
) -> Option<(usize, (&'static str, &'static str))> {
    const BRACKETS: [(&str, &str); 4] =
        [("\"\"\"", "\"\"\""), ("'''", "'''"), ("[", "]"), ("{", "}")];
    let span = value.span();
    let given = text.get(span.clone()).unwrap_or_default();
    let bracket = BRACKETS.into_iter().find(|(open, _)| given.starts_with(open));
    if let Some((open, close)) = bracket
        && (span.end == end || !given.ends_with(close))
    {
        return Some((span.start, (open, close)));
    }
    match value.get_ref() {
        DeValue::Array(array) => array.iter().find_map(|value| opening(value, end, text)),
        DeValue::Table(table) => table.values().find_map(|value| opening(value, end, text)),
        _ => None,
    }
}

/// Leaves one error a line, and of a section given twice the header and not each of its keys.
fn drop_consequences(errors: &mut Vec<Complaint>, text: &str, lines: &Lines) {
    let mut last_line = 0;
    let mut repeated_until = 0;
    errors.retain(|(span, message)| {
        let line = lines.at(span.start);
        let duplicate = message == "duplicate key";
        if line == last_line || (duplicate && span.start < repeated_until) {
            return false;
        }
        last_line = line;
        if duplicate && text[lines.0[line - 1]..].trim_start().starts_with('[') {
            repeated_until =
                text[span.end..].find("\n[").map_or(text.len(), |next| span.end + next);
        }
        true
    });
}

/// Says it in our words where the parser's are about its grammar, and adds what to do.
fn explain(text: &str, span: Range<usize>, message: String) -> Problem {
    let (before, after) = text.split_at(span.start);
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.lines().next().unwrap_or_default();
    let problem = |message: &str| Problem::new(span.clone(), message);
    if let Some((key, value)) = before.split_once('=')
        && is_secret(key.trim())
    {
        // Neither the message nor the hint may quote it.
        let start = span.start - value.len() - 1 - key.trim_start().len();
        return secret(start..start + key.trim().len(), key.trim());
    }
    let given = printable(text.get(span.clone()).unwrap_or_default());
    match message.split(", expected").next().unwrap_or_default() {
        "string values must be quoted" | "invalid boolean" | "invalid float" => {
            unquoted(text, before, after, span)
        }
        "invalid basic string" if message.ends_with("expected `\"`") => {
            problem("the text has no closing quote").hint("add `\"` at its end")
        }
        "invalid literal string" if message.ends_with("expected `'`") => {
            problem("the text has no closing quote").hint("add `'` at its end")
        }
        "duplicate key" if before.trim_start().starts_with('[') => {
            let problem = problem(&format!("the section `{given}` is there already"));
            problem.hint(match &*given {
                "team" => "write `[[team]]` with double brackets, each time",
                "source" => "write `[[source]]` with double brackets, each time",
                "output" => "write `[[output]]` with double brackets, each time",
                _ => "put all its keys below one header",
            })
        }
        "duplicate key" => problem(&format!("`{given}` is set twice")),
        "key with no value" | "invalid unquoted key" if after.starts_with(':') => {
            problem("a key without `=` and a value").hint("write `=` instead of `:`")
        }
        "key with no value" => problem("a key without `=` and a value"),
        "unclosed table" => problem("the header of this section has no closing `]`"),
        "unclosed array table" => problem("the header of this section has no closing `]]`"),
        "invalid mantissa" | "invalid fraction" => {
            problem("a number has digits on both sides of its decimal point")
        }
        "missing comma between array elements" => problem("a comma is missing here"),
        "unexpected key or value" if after.starts_with(',') => {
            problem("something follows the value").hint("decimals are written with a point: `1.5`")
        }
        "unexpected key or value" => problem("something follows the value"),
        "missing escaped value" | "too few unicode value digits" => {
            problem("`\\` is special in double quotes")
                .hint("put a path in single quotes, `'C:\\posts'`, or write `\\\\`")
        }
        _ => Problem::new(span, message),
    }
}

/// A value that is no number and has no quotes, or no value at all.
fn unquoted(text: &str, before: &str, after: &str, span: Range<usize>) -> Problem {
    // The parser may have taken the first digits of it for a number.
    let head =
        before.rfind([' ', '\t', '=', '[', ',', '{']).map_or(before, |end| &before[end + 1..]);
    let span = span.start - head.len()..span.end;
    let given = text.get(span.clone()).unwrap_or_default();
    let value = printable(given);
    if given.is_empty() {
        let key = before.split('=').next().unwrap_or_default().trim();
        let problem = Problem::new(span, format!("`{}` has no value", printable(key)));
        if !after.starts_with('#') {
            return problem;
        }
        let colour = printable(after.split_whitespace().next().unwrap_or_default());
        return problem
            .hint(format!("`#` begins a comment; a colour stands in quotes: `\"{colour}\"`"));
    }
    let problem = Problem::new(span, format!("`{value}` is neither a number nor text in quotes"));
    match given.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => problem.hint("write `true`"),
        "false" | "no" | "off" => problem.hint("write `false`"),
        _ if given.contains(['“', '”', '„', '‘', '’', '«', '»']) => {
            problem.hint("the quotes must be straight ones: `\"`")
        }
        _ => problem.hint(format!("put quotes around it: `\"{value}\"`")),
    }
}
