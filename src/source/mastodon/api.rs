//! Requests to one server, with the token or without, and checked answers.
//!
//! Does not know what is asked for; what the server says of itself is `server`, its timelines are
//! `pages`.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use url::Url;

use crate::timestamp::Timestamp;

use super::super::link::Link;
use super::super::link::failure::Failure;
use super::super::link::headers::content_type;
use super::super::link::http::{Document, Http, document};
use super::super::secret::Secret;

/// For the answer to a request, and for all of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// An answer longer than this is none: a page of forty statuses has a tenth of it.
const MAX_BODY: usize = 4 << 20;

/// Asks one server.
pub(super) struct Api {
    http: Http,
    base: Url,
    token: Option<Secret>,
}

impl Api {
    pub(super) fn new(base: &Url, token: Option<Secret>) -> Result<Api, Failure> {
        Ok(Api { http: Http::new(base)?, base: base.clone(), token })
    }

    /// Where the server is, as the config has it.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// Where `path` is.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// A request for `url`, with the token if there is one.
    pub(super) fn get(&self, url: &Url) -> RequestBuilder {
        let request = self.http.get(url);
        match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    /// A request for `url` in nobody's name.
    pub(super) fn get_anonymously(&self, url: &Url) -> RequestBuilder {
        self.http.get(url)
    }
}

/// Asks for a document and waits for it.
pub(super) async fn ask(link: &Link, request: RequestBuilder) -> Document {
    ask_apart(request, link.now()).await
}

/// Asks for a document beside something else.
pub(super) async fn ask_apart(request: RequestBuilder, now: Timestamp) -> Document {
    document(request, MAX_BODY, PATIENCE, now).await
}

/// Checks the kind of an answer; a page for people is a failure of its own.
pub(super) fn expect(
    headers: &HeaderMap,
    expected: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    match content_type(headers) {
        Some(kind) if fits(&kind) => Ok(()),
        Some(kind) if kind == "text/html" => Err(Failure::Page),
        found => Err(Failure::ContentType { found: found.unwrap_or_default(), expected }),
    }
}

/// The same place by another protocol: `ws` for `http` or the other way round, with TLS where it was.
pub(super) fn with_scheme(url: &Url, plain: &str, tls: &str) -> Url {
    let is_plain = matches!(url.scheme(), "ws" | "http");
    let (_, rest) = url.as_str().split_once(':').unwrap_or_default();
    let scheme = if is_plain { plain } else { tls };
    format!("{scheme}:{rest}").parse().expect("the URL was one with another scheme")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_by_another_protocol() {
        let url = |url: &str| url.parse::<Url>().unwrap();
        let secure = with_scheme(&url("wss://a.example:8/x"), "http", "https");
        assert_eq!(secure.as_str(), "https://a.example:8/x");
        assert_eq!(with_scheme(&url("http://localhost/"), "ws", "wss").as_str(), "ws://localhost/");
    }
}
