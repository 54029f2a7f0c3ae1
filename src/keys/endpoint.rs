//! URLs of services, and what people write instead of one.
//!
//! Whatever may hold a password is neither quoted nor shown.

use toml::de::DeValue;
use url::{Host, Url};

use super::form::Form;
use super::problem::{Problem, is_secret, printable};
use super::table::Table;
use super::value::{Value, string, wrong_type};

/// The protocol of a URL: how it is written with TLS and without.
#[derive(Clone, Copy)]
pub(crate) struct Scheme {
    tls: &'static str,
    plain: &'static str,
}

pub(crate) const HTTP: Scheme = Scheme { tls: "https", plain: "http" };
pub(crate) const WEBSOCKET: Scheme = Scheme { tls: "wss", plain: "ws" };

/// A longer URL is none.
const MAX_URL: usize = 2000;

/// The URL at `key`.
pub(crate) fn one(table: &Table<'_>, key: &'static str, scheme: Scheme) -> Option<Url> {
    table.read_as(key, Form::Text, |value| read(key, value, scheme))
}

/// The URL of a server as a whole, without a path, at `key`.
pub(crate) fn server(table: &Table<'_>, key: &'static str, scheme: Scheme) -> Option<Url> {
    table.read_as(key, Form::Text, |value| {
        let handle = string(key, value, None).ok().and_then(server_of_handle);
        if let Some(host) = handle {
            let message = format!("`{key}` names a person, and it is a server");
            let hint = format!("write `{key} = \"{}://{}\"`", scheme.tls, printable(&host));
            return Err(Problem::new(value.span(), message).conceal().hint(hint));
        }
        let url = read(key, value, scheme)?;
        if url.path() != "/" || url.query().is_some() {
            let origin = url.origin().ascii_serialization();
            return Err(Problem::new(value.span(), format!("`{key}` is a server, without a path"))
                .hint(format!("write `{key} = \"{}\"`", printable(&origin))));
        }
        Ok(url)
    })
}

/// The host in what people know of a person on a server: `@me@host`, `https://@me@host`, `host/@me`.
/// `None` if the text is something else, and if it has a password.
fn server_of_handle(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let schemes = ["https://", "http://", "acct:", "mailto:"];
    let scheme = schemes.into_iter().find(|scheme| lower.starts_with(scheme));
    let rest = &text[scheme.map_or(0, str::len)..];
    let rest = rest.trim_end_matches('/');
    // A page of a person with its scheme is a URL with a path.
    let host = match rest.split_once("/@") {
        Some((host, _)) if scheme.is_none() => host,
        _ => {
            let (person, host) = rest.rsplit_once('@')?;
            let person = person.strip_prefix('@').unwrap_or(person);
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
            if person.is_empty() || !person.chars().all(is_name) {
                return None;
            }
            host
        }
    };
    let url = Url::parse(&format!("https://{host}")).ok()?;
    let is_host = url.path() == "/" && url.username().is_empty() && url.query().is_none();
    let has_name = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
    (is_host && has_name).then(|| host.to_lowercase())
}

/// One URL at `key`, or a list of up to `most` different ones; problems are recorded one by one, and
/// an empty list is one.
pub(crate) fn several(
    table: &Table<'_>,
    key: &'static str,
    scheme: Scheme,
    most: usize,
    check: impl Fn(&Url) -> Result<(), (String, String)>,
) -> Option<Vec<Url>> {
    table.read_as(key, Form::Texts, |value| {
        let values: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::String(_) => vec![value],
            DeValue::Array(array) => array.iter().collect(),
            _ => return Err(wrong_type(key, "a URL in quotes, or a list of them", value)),
        };
        if values.is_empty() {
            let hint = format!("for example `{key} = [\"{}://example.org\"]`", scheme.tls);
            return Err(Problem::new(value.span(), format!("`{key}` is empty")).hint(hint));
        }
        if values.len() > most {
            let message = format!("`{key}` has {} URLs, and {most} are the most", values.len());
            return Err(Problem::new(value.span(), message));
        }
        let mut urls: Vec<Url> = Vec::new();
        for value in values {
            let url = read(key, value, scheme).and_then(|url| {
                let problem = |message: String| Problem::new(value.span(), message);
                check(&url).map_err(|(message, hint)| problem(message).hint(hint))?;
                if urls.contains(&url) {
                    return Err(problem(format!(
                        "`{key}` has `{}` twice",
                        printable(url.as_str())
                    )));
                }
                Ok(url)
            });
            match url {
                Ok(url) => urls.push(url),
                Err(problem) => table.report(problem),
            }
        }
        Ok(urls)
    })
}

fn read(key: &str, value: &Value<'_>, scheme: Scheme) -> Result<Url, Problem> {
    let Scheme { tls, plain } = scheme;
    let text = string(key, value, Some(&format!("{tls}://example.org")))?;
    let problem = |message: String| Problem::new(value.span(), message);
    if text.len() > MAX_URL {
        return Err(problem(format!("`{key}` is longer than {MAX_URL} bytes")).conceal());
    }
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        // The text may hold a password, wherever that was meant to stand.
        Err(_) if text.contains('@') => {
            return Err(problem(format!("`{key}` is not a URL")).conceal().hint(SECRETS));
        }
        Err(error) => {
            let bare = !text.contains("://") && text.contains(['.', ':']) || text == "localhost";
            let problem = problem(format!("`{key}` is not a URL: {error}"));
            return Err(problem.hint(if bare {
                format!("write `{key} = \"{tls}://{}\"`", printable(text))
            } else {
                format!("for example `{key} = \"{tls}://example.org\"`")
            }));
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        let message =
            format!("`{key}` holds a user or a password, and secrets never stand in this file");
        return Err(problem(message).conceal().hint(SECRETS));
    }
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| is_secret(name)) {
        let message = format!(
            "`{}` in `{key}` looks like a secret, and secrets never stand in this file",
            printable(&name)
        );
        return Err(problem(message).conceal().hint(SECRETS));
    }
    if url.scheme() != tls && url.scheme() != plain {
        let bare = url.host().is_none() && !text.contains("://");
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let message = if bare {
            format!("`{key}` has no scheme")
        } else {
            format!("`{key}` must begin with `{tls}://`, not `{}:`", printable(url.scheme()))
        };
        return Err(
            problem(message).hint(format!("write `{key} = \"{tls}://{}\"`", printable(rest)))
        );
    }
    if url.scheme() == plain && !is_loopback(&url) {
        let rest = &url.as_str()[plain.len()..];
        let message = format!(
            "`{plain}://` is for this machine only: anybody on the way could change the count"
        );
        return Err(problem(message).hint(format!("write `{key} = \"{tls}{}\"`", printable(rest))));
    }
    url.set_fragment(None);
    Ok(url)
}

const SECRETS: &str = "keep it in an environment variable, and name that in `headers` as `${NAME}`";

/// Whether a URL cannot leave this machine. `localhost` is known by heart, other names are not
/// looked up.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_from_a_server() {
        for text in [
            "@me@garden.example",
            "me@garden.example",
            " @Me_2@Garden.example/ ",
            "https://@me@garden.example",
            "https://me@garden.example",
            "acct:me@garden.example",
            "garden.example/@me",
            "garden.example/@me/117655983922104250",
            "garden.example/@me@other.example",
        ] {
            assert_eq!(server_of_handle(text).as_deref(), Some("garden.example"), "{text}");
        }
        assert_eq!(server_of_handle("@me@a.example:8443").as_deref(), Some("a.example:8443"));
        for text in [
            "garden.example",
            "https://garden.example",
            // These have a path, which is said.
            "https://garden.example/@me",
            "https://garden.example/@me@other.example",
            "https://me:hunter2@garden.example",
            "me:hunter2@garden.example",
            "@me",
            "@me@",
            "@@garden.example",
            "@me@garden",
            "a b@garden.example",
            "",
        ] {
            assert_eq!(server_of_handle(text), None, "{text}");
        }
    }
}
