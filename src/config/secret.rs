//! Where secrets are: keys that name an environment variable, and texts with `${NAME}` in them.

use toml::de::DeValue;

use crate::keys::problem::{Problem, is_secret, printable};
use crate::keys::table::Table;
use crate::keys::value::{Value, describe, string, wrong_type};
use crate::source::http::{Header, MAX_HEADERS};
use crate::source::secret::{Template, Variable};

/// A longer value of a header, or a longer text to send, is refused.
const MAX_TEXT: usize = 8000;

/// These are the business of the protocol.
const RESERVED: [&str; 9] = [
    "host",
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "last-event-id",
    "if-none-match",
    "if-modified-since",
];

/// The environment variable that `key` names. If it names none, what stands there may be the secret
/// itself, and is not shown.
pub(super) fn variable(table: &Table<'_>, key: &'static str) -> Option<Variable> {
    table.read(key, |value| {
        let text = string(key, value, Some("MY_TOKEN"))?;
        text.parse().map_err(|error| {
            let problem = Problem::new(value.span(), format!("`{key}` is {error}"));
            problem.conceal().hint(format!(
                "put the secret into an environment variable, and its name here: `{key} = \"MY_TOKEN\"`"
            ))
        })
    })
}

/// The `headers` of a request.
pub(super) fn headers(table: &Table<'_>) -> Vec<Header> {
    let headers = table.read("headers", |value| {
        let DeValue::Table(entries) = value.get_ref() else {
            return Err(wrong_type("headers", "a table", value).hint(EXAMPLE));
        };
        if entries.len() > MAX_HEADERS {
            let message =
                format!("`headers` are {}, and {MAX_HEADERS} are the most", entries.len());
            return Err(Problem::new(value.span(), message));
        }
        let mut headers = Vec::new();
        for (name, value) in entries {
            match header(name.get_ref(), value) {
                Ok(header) => headers.push(header),
                Err((message, hint)) => {
                    let span = if value.get_ref().is_str() { value.span() } else { name.span() };
                    let problem = Problem::new(span, message).conceal();
                    table.report(match hint {
                        Some(hint) => problem.hint(hint),
                        None => problem,
                    });
                }
            }
        }
        Ok(headers)
    });
    headers.unwrap_or_default()
}

const EXAMPLE: &str = "for example `headers = { Authorization = \"Bearer ${MY_TOKEN}\" }`";

type Refusal = (String, Option<String>);

fn header(name: &str, value: &Value<'_>) -> Result<Header, Refusal> {
    let shown = printable(name);
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err((format!("`{shown}` cannot be the name of a header"), None));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&&*lower) || lower.starts_with("sec-websocket-") {
        return Err((format!("the header `{shown}` is set by hashtug itself"), None));
    }
    let DeValue::String(text) = value.get_ref() else {
        let message = format!(
            "the header `{shown}` must be text in quotes, not {}",
            describe(value.get_ref())
        );
        return Err((message, Some(EXAMPLE.to_owned())));
    };
    let is_value = |c: char| matches!(c, ' '..='~' | '\t');
    if !text.chars().all(is_value) || text.len() > MAX_TEXT {
        let message = format!("the header `{shown}` holds what no header can");
        return Err((message, Some("ASCII characters on one line, at most 8000".to_owned())));
    }
    let template: Template =
        text.parse().map_err(|error| (format!("the header `{shown}`: {error}"), None))?;
    if (is_secret(name) || lower == "cookie") && template.variables().next().is_none() {
        let message =
            format!("the header `{shown}` is a secret, and secrets never stand in this file");
        let hint = if lower == "authorization" {
            format!("name an environment variable: `{shown} = \"Bearer ${{MY_TOKEN}}\"`")
        } else {
            format!("name an environment variable: `{shown} = \"${{MY_TOKEN}}\"`")
        };
        return Err((message, Some(hint)));
    }
    Ok(Header { name: name.to_owned(), value: template })
}

/// One text at `key`, or a list of up to `most`, with `${NAME}` in them.
pub(super) fn templates(table: &Table<'_>, key: &'static str, most: usize) -> Vec<Template> {
    let templates = table.read(key, |value| {
        let values: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::String(_) => vec![value],
            DeValue::Array(array) => array.iter().collect(),
            _ => return Err(wrong_type(key, "text in quotes, or a list of texts", value)),
        };
        if values.len() > most {
            let message = format!("`{key}` has {} texts, and {most} are the most", values.len());
            return Err(Problem::new(value.span(), message));
        }
        let mut templates = Vec::new();
        for value in values {
            let template = string(key, value, None).and_then(|text| {
                let problem = |message: String| Problem::new(value.span(), message).conceal();
                if text.is_empty() || text.len() > MAX_TEXT {
                    return Err(problem(format!("`{key}` must have 1 to {MAX_TEXT} bytes")));
                }
                text.parse().map_err(|error| problem(format!("`{key}`: {error}")))
            });
            match template {
                Ok(template) => templates.push(template),
                Err(problem) => table.report(problem),
            }
        }
        Ok(templates)
    });
    templates.unwrap_or_default()
}
