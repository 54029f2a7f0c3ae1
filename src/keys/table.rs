//! One table of the file, read key by key.
//!
//! Each `Table` method that takes a key notes that the key is known, checks what stands there and
//! returns it; `None` means that the key is absent or that a problem has been recorded. The caller
//! then goes on with the default, so that one run finds all problems. The first three open
//! tables and close them again, and closing is what finds the unknown keys.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use tracing::warn;

use crate::display_text;

use super::form::{Form, Notes};
use super::log::{Known, Log, Scope, Stranger, nearest};
use super::problem::{Problem, printable};
use super::value::{Value, describe, number, out_of_range, part, string, wrong_type};

/// A title or a name longer than this many characters is refused: no wall is that wide.
pub(crate) const MAX_TEXT: usize = 200;

/// How many sections of one name there can be.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    pub(crate) number: usize,
    /// What they are, in the plural.
    pub(crate) what: &'static str,
    /// Why no more than that: "can be told apart".
    pub(crate) that: &'static str,
}

/// A table being read.
pub(crate) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// As it is written in the file: `[contest]`, `[[team]]`; empty for the file as a whole.
    section: &'static str,
    /// Its header.
    span: Range<usize>,
    known: RefCell<Vec<Known>>,
    scope: Cell<Scope>,
    kind: Cell<Option<&'static str>>,
    log: &'t Log,
}

impl<'t> Table<'t> {
    /// Reads the file as a whole.
    pub(crate) fn root<T>(
        entries: &'t DeTable<'t>,
        log: &'t Log,
        read: impl FnOnce(&Table<'_>) -> T,
    ) -> T {
        Table::new(entries, "", 0..0, log).close_after(read)
    }

    /// Reads the table `key`, written `[key]`; an absent one is read as an empty one.
    pub(crate) fn section<T>(
        &self,
        key: &'static str,
        written: &'static str,
        read: impl FnOnce(&Table<'_>) -> T,
    ) -> T {
        let empty = DeTable::new();
        let value = self.get(key, written, Form::Section(written));
        let (span, entries) = match value.map(|value| (value.span(), value.get_ref())) {
            None => (0..0, &empty),
            Some((span, DeValue::Table(entries))) => (span, entries),
            Some((span, DeValue::Array(array))) => {
                let hint = format!("write `{written}`, and only once");
                self.log.push(Problem::new(span, format!("there is only one `{key}`")).hint(hint));
                match array.iter().next().map(|first| (first.span(), first.get_ref())) {
                    Some((span, DeValue::Table(entries))) => (span, entries),
                    _ => (0..0, &empty),
                }
            }
            Some((span, other)) => {
                let message = format!("`{key}` must be a section, not {}", describe(other));
                let hint = format!("write `{written}` on a line of its own, and its keys below");
                self.log.push(Problem::new(span, message).hint(hint));
                (0..0, &empty)
            }
        };
        Table::new(entries, written, span, self.log).close_after(read)
    }

    /// Reads each of the tables `key`, written `[[key]]`. `None`: there are more than `most`, which is
    /// recorded as a problem, and none of them was read.
    pub(crate) fn each<T>(
        &self,
        key: &'static str,
        written: &'static str,
        most: Most,
        mut read: impl FnMut(&Table<'_>) -> T,
    ) -> Option<Vec<T>> {
        let Some(value) = self.get(key, written, Form::Sections(written)) else {
            return Some(Vec::new());
        };
        let list = match value.get_ref() {
            DeValue::Array(array) if array.len() > most.number => {
                let Most { number, what, that } = most;
                let count = array.len();
                let message = format!("{count} {what} are more than the {number} that {that}");
                self.log.push(Problem::new(array[number].span(), message));
                return None;
            }
            DeValue::Array(array) => array.iter().collect(),
            DeValue::Table(_) => {
                let message = format!("`{key}` is a list, and this is a single section");
                let hint = format!("write `{written}` with double brackets, each time");
                self.log.push(Problem::new(value.span(), message).hint(hint));
                vec![value]
            }
            _ => vec![value],
        };
        let tables = list.into_iter().filter_map(|value| match value.get_ref() {
            DeValue::Table(entries) => {
                Some(Table::new(entries, written, value.span(), self.log).close_after(&mut read))
            }
            other => {
                let message = format!("`{key}` must be a section, not {}", describe(other));
                let hint = format!("write `{written}` on a line of its own, and its keys below");
                self.log.push(Problem::new(value.span(), message).hint(hint));
                self.log.excuse(self.span.start, key);
                None
            }
        });
        Some(tables.collect())
    }

    /// Reads the table that stands in one line, `key = { ... }`; `example` is what is between the
    /// braces.
    pub(crate) fn inline<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&Table<'_>) -> T,
    ) -> Option<T> {
        let value = self.get(key, key, Form::Section(key))?;
        let DeValue::Table(entries) = value.get_ref() else {
            let hint = format!("for example `{key} = {{ {example} }}`");
            self.log.push(wrong_type(key, "a table in braces", value).hint(hint));
            return None;
        };
        Some(Table::new(entries, key, value.span(), self.log).close_after(read))
    }

    /// Reads each of the tables of a list in one line, `key = [{ ... }, { ... }]`.
    pub(crate) fn inline_list<T>(
        &self,
        key: &'static str,
        example: &str,
        mut read: impl FnMut(&Table<'_>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.get(key, key, Form::Sections(key))?;
        let refuse = |value: &Value<'_>, expected| {
            let hint = format!("for example `{key} = [{{ {example} }}, {{ {example} }}]`");
            self.log.push(wrong_type(key, expected, value).hint(hint));
        };
        let DeValue::Array(array) = value.get_ref() else {
            refuse(value, "a list");
            return None;
        };
        let mut items = Vec::new();
        for value in array {
            let DeValue::Table(entries) = value.get_ref() else {
                refuse(value, "a list of tables");
                return None;
            };
            let table = Table::new(entries, key, value.span(), self.log);
            items.push(table.close_after(&mut read));
        }
        Some(items)
    }

    /// Reads `key` by `read`, and records the problem if that is what comes of it.
    pub(crate) fn read<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Value<'t>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.read_as(key, Form::Any, read)
    }

    /// The same, where `form` says what may stand there.
    pub(crate) fn read_as<T>(
        &self,
        key: &'static str,
        form: Form,
        read: impl FnOnce(&Value<'t>) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.get(key, key, form)?;
        read(value).map_err(|problem| self.log.push(problem)).ok()
    }

    /// A text as people read it: of one line, and without what misleads.
    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        self.read_as(key, Form::Text, |value| {
            let written = string(key, value, None)?;
            let mut text = Cow::Borrowed(written);
            if let Some(misleading) = display_text::misleading(written) {
                if misleading.is_control() {
                    let place = part(value, written, misleading.bytes());
                    let problem = Problem::new(place, format!("`{key}` holds {misleading}"));
                    return Err(problem.hint("take it out: names are shown as they stand here"));
                }
                warn!("`{key}` holds {misleading}; it is shown without what misleads");
                text = Cow::Owned(display_text::without_misleading(written));
            }
            if text.chars().count() > MAX_TEXT {
                let message = format!("`{key}` is longer than {MAX_TEXT} characters");
                return Err(Problem::new(value.span(), message));
            }
            Ok(text.into_owned())
        })
    }

    /// A text that must say something.
    pub(crate) fn name(&self, key: &'static str) -> Option<String> {
        let text = self.text(key)?;
        if text.trim().is_empty() {
            self.log.push(Problem::new(self.place(key), format!("`{key}` is empty")));
            return None;
        }
        Some(text)
    }

    /// The path of a file; a relative one is relative to the config file.
    pub(crate) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.read_as(key, Form::Text, |value| {
            let text = string(key, value, None)?;
            if text.is_empty() || text.contains('\0') {
                return Err(Problem::new(value.span(), format!("`{key}` does not name a file")));
            }
            Ok(self.log.folder().join(text))
        })
    }

    /// A text that `parse` understands; `example` is how one is written.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.read_as(key, Form::Text, |value| {
            let text = string(key, value, Some(example))?;
            parse(text).map_err(|error| Problem::new(value.span(), error.to_string()))
        })
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words = choices.iter().map(|(word, _)| (*word).to_owned()).collect();
        self.read_as(key, Form::Choice(words), |value| {
            let text = string(key, value, choices.first().map(|(word, _)| *word))?;
            choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice).ok_or_else(
                || {
                    let message = format!("`{key}` cannot be `{}`", printable(text));
                    let hint = match nearest(text, choices.iter().map(|(word, _)| (*word, *word))) {
                        Some(word) => format!("did you mean `{word}`?"),
                        None => {
                            format!("it is one of {}", list(choices.iter().map(|(word, _)| *word)))
                        }
                    };
                    Problem::new(value.span(), message).hint(hint)
                },
            )
        })
    }

    /// The `kind` of a source or an output: one of `kinds`. A word of `planned` is known to be
    /// none of them in this version. Without a kind the other keys of the table are not judged.
    pub(crate) fn kind<T: Copy>(
        &self,
        kinds: &[(&'static str, T)],
        planned: &[&'static str],
    ) -> Option<(&'static str, T)> {
        let there_is = || list(kinds.iter().map(|(kind, _)| *kind));
        if !self.entries.contains_key("kind") {
            let problem =
                Problem::new(self.span.clone(), format!("this `{}` needs a `kind`", self.section));
            let hint = format!("add `kind = \"{}\"`; this version has {}", kinds[0].0, there_is());
            self.log.push(problem.hint(hint).missing(self.span.start, "kind"));
        }
        let words = kinds.iter().map(|(kind, _)| (*kind).to_owned()).collect();
        let found = self.read_as("kind", Form::Choice(words), |value| {
            let text = string("kind", value, Some(kinds[0].0))?;
            if let Some(found) = kinds.iter().find(|(kind, _)| *kind == text) {
                return Ok(*found);
            }
            let shown = printable(text);
            let problem = |message: String| Problem::new(value.span(), message);
            if planned.contains(&text) {
                let message =
                    format!("kind `{shown}` is not in this version; it has {}", there_is());
                return Err(problem(message));
            }
            let unknown = problem(format!("unknown kind `{shown}`"));
            if let Some(kind) = nearest(text, kinds.iter().map(|(kind, _)| (*kind, *kind))) {
                return Err(unknown.hint(format!("did you mean `{kind}`?")));
            }
            Err(unknown.hint(match nearest(text, planned.iter().map(|kind| (*kind, *kind))) {
                Some(kind) => format!("`{kind}` is not in this version; it has {}", there_is()),
                None => format!("this version has {}", there_is()),
            }))
        });
        match found {
            Some((kind, _)) => self.kind.set(Some(kind)),
            None => self.scope.set(Scope::Open),
        }
        found
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &'static str) -> Option<bool> {
        self.read_as(key, Form::Flag, |value| match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(wrong_type(key, "`true` or `false`", value)),
        })
    }

    /// A number within `range`, with or without a decimal point.
    pub(crate) fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.read_as(key, Form::Number(*range.start(), *range.end()), |value| {
            number(key, value, &range)
        })
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.read_as(key, Form::Whole(*range.start(), *range.end()), |value| {
            let integer = match value.get_ref() {
                DeValue::Integer(integer) => integer,
                DeValue::Float(float) => {
                    let message = format!(
                        "`{key}` must be a whole number, not {}",
                        printable(float.as_str())
                    );
                    return Err(Problem::new(value.span(), message));
                }
                _ => return Err(wrong_type(key, "a whole number", value)),
            };
            let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
            number
                .filter(|number| range.contains(number))
                .ok_or_else(|| out_of_range(key, &range, value, &integer.to_string()))
        })
    }

    /// Makes a key known that another table of this sort is for, and that has no meaning here.
    pub(crate) fn mention(&self, key: &'static str) {
        let present = self.has(key);
        let form = Form::Elsewhere;
        self.known.borrow_mut().push(Known { key, written: key.to_owned(), present, form });
    }

    /// Where to point for `key`: its value, or the header of the table where it is absent.
    pub(crate) fn place(&self, key: &str) -> Range<usize> {
        self.entries.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Is there such a key, whatever it holds?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The header of the table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Records a problem.
    pub(crate) fn report(&self, problem: Problem) {
        self.log.push(problem);
    }

    /// Records that a key must be there and is not.
    pub(crate) fn report_missing(&self, key: &'static str, hint: String) {
        let message = format!("this `{}` needs a `{key}`", self.section);
        self.log.push(Problem::new(self.span(), message).hint(hint).missing(self.span.start, key));
    }

    fn new(
        entries: &'t DeTable<'t>,
        section: &'static str,
        span: Range<usize>,
        log: &'t Log,
    ) -> Table<'t> {
        Table {
            entries,
            section,
            span,
            known: RefCell::default(),
            scope: Cell::new(Scope::Closed),
            kind: Cell::new(None),
            log,
        }
    }

    fn get(&self, key: &'static str, written: &str, form: Form) -> Option<&'t Value<'t>> {
        let value = self.entries.get(key);
        let present = value.is_some();
        self.known.borrow_mut().push(Known { key, written: written.to_owned(), present, form });
        self.log.ask(self.section, key, present);
        value
    }

    fn close_after<T>(self, read: impl FnOnce(&Table<'_>) -> T) -> T {
        let result = read(&self);
        let known: Rc<[Known]> = self.known.into_inner().into();
        self.log.note(Notes {
            section: self.section,
            start: self.span.start,
            kind: self.kind.get().map(str::to_owned),
            keys: known.iter().map(|known| (known.key, known.form.clone())).collect(),
        });
        for (key, value) in self.entries {
            let name: &str = key.get_ref();
            if !known.iter().any(|known| known.key == name) {
                self.log.stranger(Stranger {
                    key: name.to_owned(),
                    span: key.span(),
                    table: self.span.start,
                    section: self.section,
                    is_section: value.get_ref().is_table() || value.get_ref().is_array(),
                    known: Rc::clone(&known),
                    scope: self.scope.get(),
                });
            }
        }
        result
    }
}

/// Words as a list for a message.
fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
