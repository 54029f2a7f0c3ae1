//! The server: requests to it, and what it says of itself.
//!
//! What matters before the show is where it streams, and whether it shows anybody what is posted
//! with a hashtag: a server whose hashtag feeds are switched off lets us in and says nothing.
//! Source: the Mastodon documentation, entities `Instance` and `V1::Instance`.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use url::{Host, Url};

use crate::timestamp::Timestamp;

use super::super::link::Link;
use super::super::link::failure::{Class, Failure, content_type, server_date};
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

/// What the server says of itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// It says nothing, and may be anything.
    pub(super) is_unknown: bool,
    /// Where it streams, if it says so.
    pub(super) streaming: Option<Url>,
    /// It is Mastodon itself or close to it: it knows timelines of several hashtags at once.
    pub(super) is_mastodon: bool,
    /// Who may see its own people's posts with a hashtag.
    pub(super) local: Access,
    /// Who may see those of other servers.
    pub(super) remote: Access,
}

/// Who may see a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Access {
    /// Whoever has an account.
    Authenticated,
    /// Nobody.
    Disabled,
    /// Anybody, or so it seems.
    #[default]
    #[serde(other)]
    Public,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Instance {
    version: String,
    configuration: Configuration,
    /// Of the first version of the document.
    urls: Urls,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration {
    urls: Urls,
    timelines_access: TimelinesAccess,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls {
    #[serde(alias = "streaming_api")]
    streaming: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TimelinesAccess {
    hashtag_feeds: Feeds,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Feeds {
    local: Access,
    remote: Access,
}

impl Api {
    pub(super) fn new(base: &Url, token: Option<Secret>) -> Result<Api, Failure> {
        Ok(Api { http: Http::new(base)?, base: base.clone(), token })
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

    /// What the server says of itself. One that does not tell strangers is taken to be as the others.
    pub(super) async fn facts(&self, link: &mut Link) -> Result<Facts, Failure> {
        for version in ["v2", "v1"] {
            let url = self.url(&format!("/api/{version}/instance"));
            match ask(link, self.get(&url)).await {
                Ok(body) => return facts(&body),
                Err(Failure::Status { status: 404 | 410, .. }) => {}
                Err(Failure::Status { status: 401 | 403, .. }) => return Ok(Facts::default()),
                Err(failure) => return Err(failure),
            }
        }
        Ok(Facts { is_unknown: true, ..Facts::default() })
    }
}

/// A server that neither says what it is nor has timelines.
pub(super) fn no_mastodon() -> Failure {
    Failure::Said {
        message: "this is no Mastodon server: it does not know `/api/v2/instance`".to_owned(),
        class: Class::Refused,
        hint: Some("check `server` of the source"),
    }
}

/// Asks for a document in JSON and waits for it.
pub(super) async fn ask(link: &mut Link, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
    let document = document(request, MAX_BODY, PATIENCE, link.now()).await;
    if let Some(date) = server_date(&document.headers) {
        link.observe_time(date);
    }
    json(document)
}

/// Asks for a document in JSON beside something else.
pub(super) async fn ask_apart(request: RequestBuilder, now: Timestamp) -> Document {
    document(request, MAX_BODY, PATIENCE, now).await
}

/// A document, if it says that it is JSON.
pub(super) fn json(document: Document) -> Result<Vec<u8>, Failure> {
    let body = document.body?;
    expect(&document.headers, "JSON", |kind| kind.ends_with("json"))?;
    Ok(body)
}

/// Checks the kind of an answer, and tells pages for people apart from what else is wrong.
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

fn facts(body: &[u8]) -> Result<Facts, Failure> {
    let instance: Instance = serde_json::from_slice(body).map_err(|error| {
        Failure::Protocol(format!("what it says of itself cannot be read: {error}"))
    })?;
    let Instance { version, configuration: Configuration { urls, timelines_access }, .. } =
        instance;
    let major: u32 = version
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default()
        .parse()
        .unwrap_or(0);
    let streaming = urls.streaming.or(instance.urls.streaming);
    Ok(Facts {
        is_unknown: false,
        streaming: streaming.and_then(|url| url.parse().ok()).filter(is_private),
        is_mastodon: major >= 3 && !version.contains("compatible"),
        local: timelines_access.hashtag_feeds.local,
        remote: timelines_access.hashtag_feeds.remote,
    })
}

/// The token is sent where nobody on the way can read it, and nowhere else.
fn is_private(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("wss" | "https", Some(_)) => true,
        ("ws" | "http", Some(Host::Domain(name))) => name == "localhost",
        ("ws" | "http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("ws" | "http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
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
    fn a_server_says_where_it_streams_and_what_it_shows() {
        let current = br#"{"domain":"garden.example","version":"4.7.0","configuration":
            {"urls":{"streaming":"wss://stream.garden.example","status":null},
             "timelines_access":{"live_feeds":{"local":"public","remote":"disabled"},
              "hashtag_feeds":{"local":"authenticated","remote":"disabled"}}}}"#;
        let facts_ = facts(current).unwrap();
        assert_eq!(facts_.streaming.unwrap().as_str(), "wss://stream.garden.example/");
        assert!(facts_.is_mastodon);
        assert_eq!((facts_.local, facts_.remote), (Access::Authenticated, Access::Disabled));
        let old = br#"{"version":"3.5.1","urls":{"streaming_api":"wss://old.example"}}"#;
        let old = facts(old).unwrap();
        assert_eq!(old.streaming.unwrap().as_str(), "wss://old.example/");
        assert_eq!((old.local, old.is_mastodon), (Access::Public, true));
    }

    #[test]
    fn other_servers_are_told_apart() {
        for version in ["2.7.2 (compatible; Pleroma 2.9.0)", "0.17.3+git-abc", ""] {
            let text = format!(r#"{{"version":"{version}"}}"#);
            assert!(!facts(text.as_bytes()).unwrap().is_mastodon, "{version}");
        }
        assert!(facts(b"7").is_err());
        let unknown =
            br#"{"configuration":{"timelines_access":{"hashtag_feeds":{"local":"friends"}}}}"#;
        assert_eq!(facts(unknown).unwrap().local, Access::Public);
    }

    #[test]
    fn the_token_is_sent_over_tls_only() {
        let is_private = |url: &str| super::is_private(&url.parse().unwrap());
        assert!(is_private("wss://a.example") && is_private("ws://127.0.0.1:4000"));
        assert!(!is_private("ws://a.example") && !is_private("ftp://localhost"));
        let url = |url: &str| url.parse::<Url>().unwrap();
        let secure = with_scheme(&url("wss://a.example:8/x"), "http", "https");
        assert_eq!(secure.as_str(), "https://a.example:8/x");
        assert_eq!(with_scheme(&url("http://localhost/"), "ws", "wss").as_str(), "ws://localhost/");
    }
}
