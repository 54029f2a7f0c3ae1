//! The arguments of a command: the keys of a JSON object, read by type.

use std::fmt;

use serde_json::{Map, Value};

use crate::display_text;
use crate::hint::Hint;

/// The longest name or title that a command can bring, in characters.
const LONGEST_TEXT: usize = 200;

/// Why a text or an object is no command: in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(pub(super) String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl Hint for Mistake {
    /// The words say what to mend.
    fn hint(&self) -> Option<&'static str> {
        None
    }
}

/// The keys of an object, read by type.
pub(super) struct Arguments<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// What is there; null is nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Mistake> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(key, "a text", other)),
        }
    }

    pub(super) fn truth(&self, key: &str) -> Result<Option<bool>, Mistake> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(other) => Err(wrong(key, "true or false", other)),
        }
    }

    /// A whole number from 1.
    pub(super) fn number(&self, key: &str) -> Result<Option<u32>, Mistake> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|&number| number > 0) {
            None => Err(wrong(key, "a whole number from 1", value)),
            number => Ok(number),
        }
    }

    pub(super) fn needed<T>(&self, key: &str, value: Option<T>) -> Result<T, Mistake> {
        value.ok_or_else(|| {
            let command = self.0.get("command").and_then(Value::as_str).unwrap_or_default();
            Mistake(match key {
                "command" => "there is no `command` in it".to_owned(),
                _ => format!("`{command}` needs `{key}`"),
            })
        })
    }

    /// A text that people will read, or that names something.
    pub(super) fn needed_text(&self, key: &str) -> Result<String, Mistake> {
        readable(key, self.needed(key, self.text(key)?)?)
    }
}

/// A text as it may be shown.
pub(super) fn readable(key: &str, text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    if text.is_empty() {
        Err(Mistake(format!("`{key}` is empty")))
    } else if text.chars().count() > LONGEST_TEXT {
        Err(Mistake(format!("`{key}` is longer than {LONGEST_TEXT} characters")))
    } else if display_text::misleading(text).is_some() {
        Err(Mistake(format!("`{key}` holds a character that cannot be shown")))
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn wrong(key: &str, expected: &str, value: &Value) -> Mistake {
    let given = match value {
        Value::Number(number) => number.to_string(),
        value => kind(value).to_owned(),
    };
    Mistake(format!("`{key}` must be {expected}, not {given}"))
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `a`, `b` and `c`.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}
