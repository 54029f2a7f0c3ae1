//! What the server says of itself. Pure: its documents come in as bytes.
//!
//! A nicety: it tells where the server streams, whether a request can name several hashtags, and who
//! may see what is posted with one. So a document is read leaf by leaf. What is not of its type is as
//! if it were absent, and a server that says nothing is taken to be as the others are.
//! Source: the Mastodon documentation, entities `Instance` and `V1::Instance`.

use url::{Host, Url};

use crate::decode::loose;

use super::super::link::failure::{Class, Failure, quoted};
use super::super::link::redirect::Meaning;
use super::api::{Api, with_scheme};

/// A server that was asked what it is.
pub(super) struct Server {
    pub(super) api: Api,
    /// Where it streams, if it says so and nothing speaks against it.
    pub(super) streaming: Option<Url>,
    /// The hashtags that a stream can bring.
    pub(super) streamed: Vec<String>,
    /// Those that it cannot.
    pub(super) unstreamed: Vec<String>,
}

impl Server {
    /// Where the server streams, by the protocol `plain`, or `tls` where it is private.
    pub(super) fn streaming_url(&self, plain: &str, tls: &str, path: &str) -> Url {
        let base = self.streaming.as_ref().unwrap_or(self.api.base());
        let mut url = with_scheme(base, plain, tls);
        url.set_path(path);
        url
    }

    /// A stream did not open. If the server has named another host for it, and that is not there or
    /// does not know streams, the host of the config is tried in its place: whether that is so.
    pub(super) fn take_other_address(&mut self, failure: &Failure) -> bool {
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        let base = place(self.api.base());
        let is_elsewhere = self.streaming.as_ref().is_some_and(|url| place(url) != base);
        let is_wrong = matches!(
            failure,
            Failure::Resolve { .. }
                | Failure::ConnectionRefused { .. }
                | Failure::NoAnswer { .. }
                | Failure::Tls(_)
                | Failure::Io(_)
                | Failure::Status { status: 400 | 404 | 405 | 410 | 501, .. }
                | Failure::Page
                | Failure::Redirect { .. }
                | Failure::Protocol(_)
                | Failure::Said { .. }
        );
        let is_other = is_elsewhere && is_wrong;
        if is_other {
            tracing::warn!("the server does not stream where it says so: {failure}");
            self.streaming = None;
        }
        is_other
    }
}

/// What the server says of itself, as far as it says anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// It has said something.
    pub(super) is_known: bool,
    /// The version of its software.
    pub(super) version: Option<String>,
    /// Where it streams.
    pub(super) streaming: Option<Url>,
    /// What it is, by its version.
    pub(super) software: Software,
    /// Who may see its own people's posts with a hashtag.
    local: Option<Access>,
    /// Who may see those of other servers.
    remote: Option<Access>,
    /// What was not as it should be, in words.
    pub(super) odd: Vec<String>,
}

/// What kind of server it is, which decides how timelines are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Software {
    /// It does not say, and its timelines will tell.
    #[default]
    Unknown,
    /// Mastodon itself or close to it: it knows timelines of several hashtags at once.
    Mastodon,
    /// Another one that has timelines.
    Other,
}

/// Who may see a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever has an account.
    Authenticated,
    /// Nobody.
    Disabled,
    /// Anybody, or so it seems.
    #[default]
    Public,
}

/// Where a document says where the server streams: in its second version, its first, and between.
const STREAMING: [&[&str]; 4] = [
    &["configuration", "urls", "streaming"],
    &["urls", "streaming_api"],
    &["urls", "streaming"],
    &["configuration", "urls", "streaming_api"],
];

const HASHTAG_FEEDS: [&str; 3] = ["configuration", "timelines_access", "hashtag_feeds"];

/// Members with a text or with members of their own, of which a server that says what it is has one.
const SIGNS: [&str; 6] = ["version", "domain", "uri", "title", "configuration", "urls"];

impl Facts {
    /// Adds what the document at `path` says, where nothing else has said it.
    pub(super) fn add(&mut self, path: &str, document: &[u8]) {
        if !loose::is_object(document) {
            let what = match document.trim_ascii_start().first() {
                None => "nothing",
                Some(b'<') => "a web page",
                Some(_) => "no JSON object",
            };
            return self.note(format!("`{path}` is {what}"));
        }
        let is_sign = |name: &&str| {
            let value = loose::find(document, &[*name]);
            value.is_some_and(|value| matches!(value.first(), Some(b'"' | b'{')))
        };
        if !SIGNS.iter().any(is_sign) {
            return self.note(format!("`{path}` is about something else"));
        }
        self.is_known = true;
        if self.version.is_none() {
            self.version = self.text(path, document, &["version"]);
            self.software = self.version.as_deref().map_or(Software::Unknown, Software::of_version);
        }
        for place in STREAMING {
            if self.streaming.is_some() {
                break;
            }
            let Some(text) = self.text(path, document, place) else { continue };
            self.streaming = streaming(&text);
            if self.streaming.is_none() {
                let place = place.join(".");
                let text = quoted(&text);
                self.note(format!("`{place}` of `{path}` is no address to stream from: `{text}`"));
            }
        }
        if self.local.is_none() {
            self.local = self.access(path, document, "local");
        }
        if self.remote.is_none() {
            self.remote = self.access(path, document, "remote");
        }
    }

    /// Something was not as it should be.
    pub(super) fn note(&mut self, what: String) {
        self.odd.push(what);
    }

    /// Who may see its own people's posts with a hashtag, and who those of other servers.
    pub(super) fn feeds(&self) -> (Access, Access) {
        (self.local.unwrap_or_default(), self.remote.unwrap_or_default())
    }

    /// Who may see one side of the hashtag feeds.
    fn access(&mut self, path: &str, document: &[u8], side: &str) -> Option<Access> {
        let place = [&HASHTAG_FEEDS[..], &[side]].concat();
        self.text(path, document, &place).map(|word| Access::of_word(&word))
    }

    /// The text at a place, noted if it is something else.
    fn text(&mut self, path: &str, document: &[u8], place: &[&str]) -> Option<String> {
        let text = loose::text(document, place);
        let is_there = loose::find(document, place).is_some_and(|value| value != b"null");
        if text.is_none() && is_there {
            self.note(format!("`{}` of `{path}` is no text", place.join(".")));
        }
        text
    }
}

impl Software {
    /// Others call themselves by a version of Mastodon, and say in brackets what they really are.
    fn of_version(version: &str) -> Software {
        let version = version.trim();
        if version.contains(['(', ' ']) {
            return Software::Other;
        }
        let digits = version.strip_prefix('v').unwrap_or(version);
        match digits.split(|c: char| !c.is_ascii_digit()).next().map(str::parse::<u32>) {
            Some(Ok(3..)) => Software::Mastodon,
            Some(Ok(_)) => Software::Other,
            _ => Software::Unknown,
        }
    }
}

impl Access {
    fn of_word(word: &str) -> Access {
        match word {
            "authenticated" => Access::Authenticated,
            "disabled" => Access::Disabled,
            _ => Access::Public,
        }
    }
}

/// A server that neither says what it is nor has timelines.
pub(super) fn no_mastodon() -> Failure {
    Failure::Said {
        message:
            "this is no Mastodon server: it neither says what it is at `/api/v2/instance` nor \
                  has timelines of hashtags"
                .to_owned(),
        class: Class::Refused,
        hint: Some("check `server` of the source"),
    }
}

/// A server that has moved, with what to write.
pub(super) fn explain_move(failure: Failure) -> Failure {
    let Failure::Redirect { meaning: Meaning::Moved { to }, .. } = &failure else { return failure };
    Failure::Said {
        message: format!("{failure}: it has moved, and is `server = \"{to}\"` in the config"),
        class: failure.class(false),
        hint: Some("write its new address into the config, and start again"),
    }
}

/// The host to stream from, without anything else that an address may have.
fn streaming(text: &str) -> Option<Url> {
    let mut url: Url = text.trim().parse().ok()?;
    if !is_private(&url) {
        return None;
    }
    url.set_username("").and_then(|()| url.set_password(None)).ok()?;
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
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

    fn facts(documents: &[&str]) -> Facts {
        let mut facts = Facts::default();
        for document in documents {
            facts.add("/doc", document.as_bytes());
        }
        facts
    }

    #[test]
    fn a_server_says_where_it_streams_and_what_it_shows() {
        let current = facts(&[r#"{"domain":"garden.example","version":"4.7.0","configuration":
            {"urls":{"streaming":"wss://stream.garden.example","status":null},
             "timelines_access":{"live_feeds":{"local":"public","remote":"disabled"},
              "hashtag_feeds":{"local":"authenticated","remote":"disabled"}}}}"#]);
        assert_eq!(current.streaming.as_ref().unwrap().as_str(), "wss://stream.garden.example/");
        assert_eq!(current.software, Software::Mastodon);
        assert_eq!(current.feeds(), (Access::Authenticated, Access::Disabled));
        assert!(current.odd.is_empty() && current.is_known);
        let old = facts(&[r#"{"version":"3.5.1","urls":{"streaming_api":"wss://old.example"}}"#]);
        assert_eq!(old.streaming.as_ref().unwrap().as_str(), "wss://old.example/");
        assert_eq!((old.feeds().0, old.software), (Access::Public, Software::Mastodon));
    }

    #[test]
    fn other_servers_are_told_apart() {
        for (version, software) in [
            ("4.3.0-rc1+glitch", Software::Mastodon),
            ("v4.5.0", Software::Mastodon),
            ("2.7.2 (compatible; Pleroma 2.9.0)", Software::Other),
            ("4.0.0 (not true; really snac/2.80)", Software::Other),
            ("0.17.3+git-abc", Software::Other),
            ("nightly", Software::Unknown),
            ("99999999999", Software::Unknown),
            ("", Software::Unknown),
        ] {
            let text = format!(r#"{{"version":"{version}"}}"#);
            assert_eq!(facts(&[&text]).software, software, "{version}");
        }
        let unknown = r#"{"version":"4.5.0","configuration":{"timelines_access":{"hashtag_feeds":{"local":"friends"}}}}"#;
        assert_eq!(facts(&[unknown]).feeds().0, Access::Public);
    }

    #[test]
    fn a_leaf_of_another_type_is_as_if_it_were_absent_and_spoils_no_other() {
        let streaming = r#""configuration":{"urls":{"streaming":"wss://s.example"}}"#;
        let deep = "[".repeat(5000) + &"]".repeat(5000);
        for version in ["null", "4", "{}", "[]", "true", "{\"major\":4}", "nul", &deep] {
            for members in [
                format!(r#""version":{version},{streaming}"#),
                format!(r#"{streaming},"version":{version}"#),
            ] {
                let facts = facts(&[&format!("{{{members}}}")]);
                assert_eq!(facts.streaming.unwrap().host_str(), Some("s.example"), "{members}");
                assert_eq!((facts.version, facts.software), (None, Software::Unknown));
                assert_eq!(facts.odd.len(), usize::from(version != "null"), "{members}");
            }
        }
        let feeds = |feeds: &str| {
            let access = format!(r#""timelines_access":{feeds},"urls":{{"streaming":7}}"#);
            facts(&[&format!(r#"{{"version":"4.5.0","configuration":{{{access}}}}}"#)])
        };
        for odd in ["null", "7", "[]", r#"{"hashtag_feeds":null}"#, r#"{"hashtag_feeds":[1]}"#] {
            let facts = feeds(odd);
            assert_eq!(facts.feeds(), (Access::Public, Access::Public), "{odd}");
            assert_eq!((facts.software, facts.streaming), (Software::Mastodon, None), "{odd}");
        }
        let half = feeds(r#"{"hashtag_feeds":{"local":{"a":1},"remote":"disabled"}}"#);
        assert_eq!(half.feeds(), (Access::Public, Access::Disabled));
    }

    #[test]
    fn what_one_document_lacks_the_other_has() {
        let second =
            r#"{"version":null,"configuration":{"urls":{"streaming":"wss://two.example"}}}"#;
        let first = r#"{"version":"4.1.0","urls":{"streaming_api":"wss://one.example"}}"#;
        let both = facts(&[second, first]);
        assert_eq!(both.streaming.unwrap().host_str(), Some("two.example"));
        assert_eq!(both.software, Software::Mastodon);
        for none in ["", "<html>", "7", "null", "[{}]", "{}", r#"{"error":"no"}"#, "\u{feff}"] {
            let facts = facts(&[none]);
            assert!(!facts.is_known && facts.odd.len() == 1, "{none}");
        }
        assert!(facts(&["\u{feff}{\"version\":\"4.1.0\""]).is_known);
    }

    #[test]
    fn an_address_that_is_none_to_stream_from_is_passed_over() {
        for (address, host) in [
            ("wss://s.example/path?token=1#x", Some("wss://s.example/")),
            ("https://me:secret@s.example:8443", Some("https://s.example:8443/")),
            ("ws://127.0.0.1:4000", Some("ws://127.0.0.1:4000/")),
            ("ws://s.example", None),
            ("s.example", None),
            ("ftp://localhost", None),
            ("wss://", None),
            ("", None),
        ] {
            let text = format!(r#"{{"version":"4.1.0","urls":{{"streaming_api":"{address}"}}}}"#);
            let facts = facts(&[&text]);
            assert_eq!(facts.streaming.as_ref().map(Url::as_str), host, "{address}");
            assert_eq!(facts.odd.is_empty(), host.is_some(), "{address}");
        }
    }
}
