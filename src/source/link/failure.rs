//! Why a source is not live: each reason in words of its own, and what to mend.
//!
//! The class of a failure decides how soon the next attempt is made; nothing here ends a source
//! but a server that says there is no more.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use serde_json::error::Category;
use tokio_rustls::rustls;
use tokio_tungstenite::tungstenite::{self, http};

use url::Url;

use crate::display_text;
use crate::hint::Hint;
use crate::timestamp::Timestamp;

use super::headers::{content_type, retry_after};
use super::redirect::{self, Meaning};
use super::what_came::What;

/// Why a connection was not made, or is no more.
#[derive(Debug, thiserror::Error)]
pub(in crate::source) enum Failure {
    /// The show is over; nothing is wrong.
    #[error("the show is over")]
    Over,
    /// The server said that there is no more and never will be.
    #[error("the server says there is no more")]
    Ended,
    /// No more is to be read, though there is.
    #[error("{0}")]
    Enough(String),
    /// The name of the host means nothing.
    #[error("cannot find the host `{host}`")]
    Resolve { host: String },
    /// Nobody listens there.
    #[error("`{host}` refuses the connection")]
    ConnectionRefused { host: String },
    /// No answer.
    #[error("`{host}` does not answer")]
    NoAnswer { host: String },
    /// Another failure of the connection.
    #[error("the connection failed: {0}")]
    Io(io::Error),
    /// The certificate, or the way it was presented.
    #[error("{0}")]
    Tls(Tls),
    /// An answer that is not the one asked for.
    #[error("the server answers {status}{}", after_colon(.said))]
    Status { status: u16, said: String, retry_after: Option<Duration> },
    /// An answer that sends us to another host.
    #[error("the server sends us to `{location}`")]
    Redirect { status: u16, location: String, meaning: Meaning },
    /// A page for people.
    #[error("there is a web page where posts should be")]
    Page,
    /// Something else that cannot be read.
    #[error("what came cannot be read: {0}")]
    Unreadable(What),
    /// An answer of a kind that cannot be posts.
    #[error("the server sends `{found}`, not {expected}")]
    ContentType { found: String, expected: &'static str },
    /// The connection ended.
    #[error("the server closed the connection{}", after_colon(.0))]
    Closed(String),
    /// Nothing was heard for too long.
    #[error("nothing was heard for {} s", .0.as_secs())]
    Silent(Duration),
    /// A message that is longer than any.
    #[error("a message is longer than {0} bytes")]
    TooLong(usize),
    /// The peer does not speak the protocol.
    #[error("the server does not speak the protocol: {0}")]
    Protocol(String),
    /// The network itself says what is wrong.
    #[error("{message}")]
    Said { message: String, class: Class, hint: Option<&'static str> },
    /// Something that the user has to mend here.
    #[error("{0}")]
    Setup(String),
}

/// What is wrong with TLS.
#[derive(Debug, thiserror::Error)]
pub(in crate::source) enum Tls {
    #[error("the certificate of the server has expired")]
    Expired,
    #[error("the certificate of the server is not valid yet")]
    NotYetValid,
    #[error("the certificate of the server is for another name")]
    WrongName,
    #[error("the certificate of the server is signed by nobody known here")]
    UnknownIssuer,
    #[error("this machine has no list of trusted certificates")]
    NoRoots,
    #[error("no secure connection: {0}")]
    Other(String),
}

/// How soon an attempt makes sense again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It worked until now.
    Broken,
    /// It cannot be reached.
    Network,
    /// The server has a problem, and may say when it is over.
    Server(Option<Duration>),
    /// Too many requests, and perhaps when there may be more.
    RateLimit(Option<Duration>),
    /// The server does not want us: somebody has to mend that first.
    Refused,
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// More of what a server says is not shown.
const MAX_SAID: usize = 200;

/// What a server says, on one line, without what would mislead, and not too long.
pub(in crate::source) fn quoted(text: &str) -> String {
    display_text::one_line(text, MAX_SAID)
}

impl Failure {
    /// A document that is not JSON.
    pub(in crate::source) fn no_json(body: &[u8]) -> Failure {
        match What::sniff(body) {
            What::Page => Failure::Page,
            what => Failure::Unreadable(what),
        }
    }

    /// An answer with a status that was not asked for.
    pub(in crate::source) fn status(
        status: u16,
        headers: &http::HeaderMap,
        body: &[u8],
        now: impl FnOnce() -> Timestamp,
    ) -> Failure {
        if (300..400).contains(&status) && status != 304 {
            let location = headers.get(http::header::LOCATION).map(http::HeaderValue::as_bytes);
            let location = quoted(&String::from_utf8_lossy(location.unwrap_or(b"nowhere")));
            return Failure::Redirect { status, location, meaning: Meaning::Unknown };
        }
        let is_page = content_type(headers).is_some_and(|kind| kind == "text/html");
        if is_page && (200..300).contains(&status) {
            return Failure::Page;
        }
        let said = headers
            .get("x-error-message")
            .map(|said| String::from_utf8_lossy(said.as_bytes()).into_owned())
            .or_else(|| said_in(body).filter(|_| !is_page))
            .unwrap_or_default();
        // Servers say with every answer when there will be more requests: that is a reason to wait
        // only if there were too many.
        let asks = status == 429 || headers.contains_key(http::header::RETRY_AFTER);
        let retry_after = if asks { retry_after(headers, now) } else { None };
        Failure::Status { status, said: quoted(&said), retry_after }
    }

    /// The same, of a request to `url`, which tells what a redirect means.
    pub(in crate::source) fn asked(self, url: &Url) -> Failure {
        let Failure::Redirect { status, location, .. } = self else { return self };
        let meaning = redirect::meaning(status, url, &location);
        Failure::Redirect { status, location, meaning }
    }

    /// What a library made of it, found again in its causes.
    pub(in crate::source) fn from_error(error: &(dyn StdError + 'static), host: &str) -> Failure {
        let mut cause = Some(error);
        let mut last = String::new();
        while let Some(error) = cause {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Failure::Tls(Tls::from(tls));
            }
            if let Some(failure) = error.downcast_ref::<Unresolved>() {
                return Failure::Resolve { host: failure.0.clone() };
            }
            if let Some(io) = error.downcast_ref::<io::Error>() {
                // An error of TLS travels inside of one of I/O.
                if let Some(inner) = io.get_ref() {
                    let inner: &(dyn StdError + 'static) = inner;
                    if inner.is::<rustls::Error>() || inner.is::<Unresolved>() {
                        cause = Some(inner);
                        continue;
                    }
                }
                return Failure::from_io(io, host);
            }
            last = error.to_string();
            cause = error.source();
        }
        if last.contains("closed before message completed") {
            return Failure::Closed(String::new());
        }
        Failure::Io(io::Error::other(last))
    }

    /// A stream that was being read broke: however the library calls it, the connection is gone,
    /// unless the system says why.
    pub(in crate::source) fn from_stream(error: &reqwest::Error) -> Failure {
        match Failure::from_error(error, "") {
            Failure::Io(_) => Failure::Closed(String::new()),
            failure => failure,
        }
    }

    pub(in crate::source) fn from_io(error: &io::Error, host: &str) -> Failure {
        let host = || host.to_owned();
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Failure::Tls(Tls::from(tls));
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::ConnectionRefused { host: host() },
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Failure::NoAnswer { host: host() },
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Failure::Closed(String::new()),
            kind => Failure::Io(io::Error::new(kind, quoted(&error.to_string()))),
        }
    }

    pub(in crate::source) fn from_websocket(
        error: tungstenite::Error,
        host: &str,
        now: impl FnOnce() -> Timestamp,
    ) -> Failure {
        use tungstenite::Error;
        use tungstenite::error::{CapacityError, ProtocolError};
        match error {
            Error::Http(answer) => {
                let body = answer.body().as_deref().unwrap_or_default();
                if answer.status().is_success()
                    && content_type(answer.headers()).is_none_or(|kind| kind != "text/html")
                {
                    return Failure::Said {
                        message: format!(
                            "there is no WebSocket: the server answers {}",
                            answer.status().as_u16()
                        ),
                        class: Class::Server(None),
                        hint: Some("check the path of the address"),
                    };
                }
                Failure::status(answer.status().as_u16(), answer.headers(), body, now)
            }
            Error::Io(error) => Failure::from_io(&error, host),
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(
                ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete,
            ) => Failure::Closed(String::new()),
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
                Failure::TooLong(max_size)
            }
            error => Failure::Protocol(quoted(&error.to_string())),
        }
    }

    /// How soon to try again. `worked`: a message had come through the connection.
    pub(in crate::source) fn class(&self, worked: bool) -> Class {
        match self {
            Failure::Status { status: 401 | 402 | 403 | 404 | 410, .. }
            | Failure::Setup(_)
            | Failure::Over
            | Failure::Ended
            | Failure::Enough(_) => Class::Refused,
            Failure::Status { status: 429, retry_after, .. } => Class::RateLimit(*retry_after),
            Failure::Status { retry_after, .. } => Class::Server(*retry_after),
            Failure::Said { class, .. } => *class,
            Failure::Page
            | Failure::Unreadable(_)
            | Failure::Redirect { .. }
            | Failure::ContentType { .. } => Class::Server(None),
            Failure::Closed(_) | Failure::Silent(_) | Failure::Io(_) if worked => Class::Broken,
            _ => Class::Network,
        }
    }
}

impl Hint for Failure {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Failure::Resolve { .. } => {
                "check the spelling of the host, and whether this machine is on the network"
            }
            Failure::ConnectionRefused { .. } => {
                "the machine is there and no server listens on that port: check host and port"
            }
            Failure::NoAnswer { .. } => "check the network, and whether a firewall is in between",
            Failure::Tls(Tls::Expired) => {
                "check the clock of this machine; if it is right, the server's owner must renew it"
            }
            Failure::Tls(Tls::NotYetValid) => {
                "the clock of this machine is behind: set it, or wait until it is set by the network"
            }
            Failure::Tls(Tls::WrongName | Tls::UnknownIssuer) => {
                "a captive portal or a filter may be in between: open a web page on this machine \
                 and log in, or use another network"
            }
            Failure::Tls(Tls::NoRoots) => "install the package ca-certificates",
            Failure::Redirect { meaning, .. } => meaning.hint(),
            Failure::Page => Meaning::Page.hint(),
            Failure::Unreadable(what) => what.hint(),
            Failure::ContentType { .. } => {
                "check the address of the source, and its `mode` if it has one"
            }
            Failure::Status { status: 401, .. } => {
                "the token is missing, wrong or expired: make a new one, set it, and start again"
            }
            Failure::Status { status: 402, .. } => "the account has no credit left",
            Failure::Status { status: 403, .. } => {
                "without a token, one may be wanted: put it into an environment variable, and name \
                 that with `token_env` or in `headers`; with one, check its rights and the plan of \
                 its account"
            }
            Failure::Status { status: 404 | 410, .. } => "check the address of the source",
            Failure::Status { status: 429, .. } => {
                "too many requests: is another program using the same account or address?"
            }
            Failure::Status { status: 500.., .. } => {
                "the server is in trouble; it is tried again by itself"
            }
            Failure::TooLong(_) => "this is no feed of posts: check the address of the source",
            Failure::Said { hint, .. } => return *hint,
            _ => return None,
        })
    }
}

/// The error of the resolver, to be found again among the causes of others.
#[derive(Debug, thiserror::Error)]
#[error("cannot find the host `{0}`")]
pub(in crate::source) struct Unresolved(pub(in crate::source) String);

impl From<&rustls::Error> for Tls {
    fn from(error: &rustls::Error) -> Tls {
        use rustls::CertificateError as Bad;
        match error {
            rustls::Error::InvalidCertificate(bad) => match bad {
                Bad::Expired | Bad::ExpiredContext { .. } => Tls::Expired,
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => Tls::NotYetValid,
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Tls::WrongName,
                // Signed in the name of somebody known, but not by them.
                Bad::UnknownIssuer | Bad::BadSignature => Tls::UnknownIssuer,
                bad => Tls::Other(quoted(&bad.to_string())),
            },
            error => Tls::Other(quoted(&error.to_string())),
        }
    }
}

/// Checks that an answer says it is JSON, if it says what it is.
pub(in crate::source) fn expect_json(headers: &http::HeaderMap) -> Result<(), Failure> {
    match content_type(headers) {
        Some(kind) if kind == "text/html" => Err(Failure::Page),
        Some(kind) if !kind.ends_with("json") => {
            Err(Failure::ContentType { found: quoted(&kind), expected: "JSON" })
        }
        _ => Ok(()),
    }
}

/// What a document holds, or what it is instead.
pub(in crate::source) fn json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Failure::Protocol(quoted(&error.to_string())),
        _ => Failure::no_json(body),
    })
}

/// What an error in JSON says, by the names that services use for it.
fn said_in(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    ["error_description", "error", "detail", "message", "title"].into_iter().find_map(|name| {
        let said = value.get(name)?;
        said.as_str().or_else(|| said.get("message")?.as_str()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_there_are_more_requests_matters_only_if_there_were_too_many() {
        let mut headers = http::HeaderMap::new();
        headers.insert("date", "Sat, 21 Nov 2026 19:04:00 GMT".parse().unwrap());
        headers.insert("x-ratelimit-reset", "2026-11-21T19:09:00.000Z".parse().unwrap());
        let class = |status, headers: &http::HeaderMap| {
            Failure::status(status, headers, b"", || Timestamp::MIN).class(false)
        };
        let five_minutes = Some(Duration::from_mins(5));
        assert_eq!(class(429, &headers), Class::RateLimit(five_minutes));
        assert_eq!(class(503, &headers), Class::Server(None));
        headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(class(503, &headers), Class::Server(Some(Duration::from_secs(7))));
    }
}
