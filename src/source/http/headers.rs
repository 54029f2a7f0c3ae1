//! The headers of a request or a handshake: their keys in the config, and their values when they are
//! sent.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use toml::de::DeValue;

use crate::keys::problem::{Problem, is_secret, printable};
use crate::keys::table::Table;
use crate::keys::value::{Value, describe, wrong_type};
use crate::source::link::failure::Failure;
use crate::source::secret::{MAX_TEXT, Secret, Template, Variable};
use crate::source::token;

/// One header of a request or a handshake. The name is one that HTTP allows; a value may turn out
/// not to be when its variables are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// As written.
    pub name: String,
    /// What follows the colon.
    pub value: Template,
}

/// More headers than this are a problem of the config.
const MAX_HEADERS: usize = 32;

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

const EXAMPLE: &str = "for example `headers = { Authorization = \"Bearer ${MY_TOKEN}\" }`";

type Refusal = (String, Option<String>);

/// The `headers` of a request.
pub(in crate::source) fn read(table: &Table<'_>) -> Vec<Header> {
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

/// The environment variables in the values.
pub(in crate::source) fn variables(headers: &[Header]) -> impl Iterator<Item = &Variable> {
    headers.iter().flat_map(|header| header.value.variables())
}

/// The headers with the values of their variables.
pub(in crate::source) fn filled(headers: &[Header]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    for Header { name, value } in headers {
        let refuse = || Failure::Setup(format!("the header `{name}` cannot be sent as it is"));
        let text = filled_text(value)?;
        let text = if name.eq_ignore_ascii_case("authorization") {
            token::authorization(text.reveal())
        } else {
            text.reveal().into()
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| refuse())?;
        value.set_sensitive(true);
        map.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, value);
    }
    Ok(map)
}

/// A text with the values of its variables.
pub(in crate::source) fn filled_text(template: &Template) -> Result<Secret, Failure> {
    template.fill(Variable::read).map_err(|missing| Failure::Setup(missing.to_string()))
}
