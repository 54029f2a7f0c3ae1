//! The origin that a WebSocket is opened from: some services let only their own web pages in, and know
//! them by this header of the handshake.

use reqwest::header::{HeaderMap, ORIGIN};
use url::Url;

use crate::keys::form::Form;
use crate::keys::problem::{Problem, printable};
use crate::keys::table::Table;
use crate::keys::value::string;

use super::http::Header;
use super::link::failure::{Class, Failure};

const EXAMPLE: &str = "for example `origin = \"https://chat.example\"`";

/// The key `origin`, which is a header of the handshake.
pub(super) fn read(table: &Table<'_>, headers: &mut Vec<Header>) {
    let origin = table.read_as("origin", Form::Text, |value| {
        let text = string("origin", value, Some("https://chat.example"))?;
        let problem = |message: String| Problem::new(value.span(), message).hint(EXAMPLE);
        let not_one = || {
            if text.contains('@') {
                // It may hold a password.
                return problem("`origin` is not the origin of a web page".to_owned()).conceal();
            }
            problem(format!("`{}` is not the origin of a web page", printable(text)))
        };
        let url = Url::parse(text).map_err(|_| not_one())?;
        if !matches!(url.scheme(), "https" | "http") || text.contains('@') {
            return Err(not_one());
        }
        // A browser sends neither a path nor the slash before it.
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(problem("`origin` is a page's server, without a path".to_owned()));
        }
        Ok(url.origin().ascii_serialization())
    });
    let Some(origin) = origin else { return };
    if headers.iter().any(|header| header.name.eq_ignore_ascii_case("origin")) {
        let message = "`origin` stands in `headers` as well";
        table.report(Problem::new(table.place("origin"), message).hint("leave one of them out"));
        return;
    }
    let value = origin.parse().expect("an origin names no variable");
    headers.push(Header { name: "Origin".to_owned(), value });
}

/// Says of a handshake that was refused what may be missing.
pub(super) fn explain(failure: Failure, headers: &HeaderMap) -> Failure {
    if !matches!(failure, Failure::Status { status: 403, .. }) || headers.contains_key(ORIGIN) {
        return failure;
    }
    Failure::Said {
        message: failure.to_string(),
        class: Class::Refused,
        hint: Some(
            "it may let only its own web pages in: name one with `origin`, for example \
             `origin = \"https://chat.example\"`; or the token may not read this: check its rights",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hint;

    #[test]
    fn a_handshake_that_is_forbidden_may_want_an_origin() {
        let refused = |status| Failure::Status { status, said: String::new(), retry_after: None };
        let mut headers = HeaderMap::new();
        let explained = explain(refused(403), &headers);
        assert!(explained.hint().is_some_and(|hint| hint.contains("`origin`")));
        assert_eq!(explained.to_string(), "the server answers 403");
        assert!(!explain(refused(401), &headers).hint().unwrap().contains("`origin`"));
        headers.insert(ORIGIN, "https://chat.example".parse().unwrap());
        assert!(!explain(refused(403), &headers).hint().unwrap().contains("`origin`"));
    }
}
