//! What the server says of itself.
//!
//! What matters before the show is where it streams, and whether it shows anybody what is posted
//! with a hashtag: a server whose hashtag feeds are switched off lets us in and says nothing.
//! Source: the Mastodon documentation, entities `Instance` and `V1::Instance`.

use serde::Deserialize;
use url::{Host, Url};

use super::super::link::Link;
use super::super::link::failure::{Class, Failure};
use super::api::{Api, ask, with_scheme};

/// A server that was asked what it is.
pub(super) struct Server {
    pub(super) api: Api,
    pub(super) facts: Facts,
    /// The hashtags that a stream can bring.
    pub(super) streamed: Vec<String>,
    /// Those that it cannot.
    pub(super) unstreamed: Vec<String>,
}

impl Server {
    /// Where the server streams, by the protocol `plain`, or `tls` where it is private.
    pub(super) fn streaming_url(&self, plain: &str, tls: &str, path: &str) -> Url {
        let base = self.facts.streaming.as_ref().unwrap_or(self.api.base());
        let mut url = with_scheme(base, plain, tls);
        url.set_path(path);
        url
    }
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

impl Facts {
    /// What the server says of itself. One that does not answer strangers is
    /// taken to be as the others.
    pub(super) async fn ask(api: &Api, link: &mut Link) -> Result<Facts, Failure> {
        for version in ["v2", "v1"] {
            let url = api.url(&format!("/api/{version}/instance"));
            match ask(link, api.get(&url)).await {
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

/// Reads what a server says of itself, in either version of the document.
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
    }
}
