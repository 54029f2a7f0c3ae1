//! Posts of any service over HTTP: a stream of lines, an event stream, or a document that is asked
//! for again and again.
//!
//! The settings and what the three have in common; each stands in a file of its own.

mod events;
mod poll;
mod stream;

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use url::Url;

use crate::decode::Shape;
use crate::decode::documents::Documents;

use super::SourceContext;
use super::link::failure::Failure;
use super::link::http::Http;
use super::link::{self, Decoding, Link};
use super::secret::{Secret, Template, Variable};

/// The keys of an `http` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where: `https`, or `http` on this machine. Without a user, a password or a fragment.
    pub url: Url,
    /// Sent with each request; their values may come from the environment.
    pub headers: Vec<Header>,
    /// How the service answers.
    pub mode: Mode,
    /// What its documents hold.
    pub shape: Shape,
}

/// How the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With an answer that never ends, a document a line.
    Stream,
    /// With server-sent events, a document each.
    Sse,
    /// With one document, which is asked for again after this long.
    Poll(Duration),
}

/// One header of a request or a handshake. The name is one that HTTP allows; a value may turn out
/// not to be when its variables are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// As written.
    pub name: String,
    /// What follows the colon.
    pub value: Template,
}

/// Between two requests, unless the config says otherwise.
pub const EVERY: Duration = Duration::from_secs(5);

/// More often than this no service is asked.
pub const MIN_EVERY: Duration = Duration::from_secs(1);

/// More rarely than this it would not be live.
pub const MAX_EVERY: Duration = Duration::from_hours(1);

/// More headers than this are a problem of the config.
pub const MAX_HEADERS: usize = 32;

/// Reads until the show is over.
pub(super) async fn run(name: &str, settings: Settings, context: SourceContext) {
    let documents = documents(name, &settings.shape, &context);
    let link = Link::decoding(context, documents);
    match settings.mode {
        Mode::Stream => link::run(stream::Lines::new(Service::new(settings)), link).await,
        Mode::Sse => link::run(events::Events::new(Service::new(settings)), link).await,
        Mode::Poll(every) => link::run(poll::Poll::new(Service::new(settings), every), link).await,
    }
}

/// How the documents of the source of that name are read.
pub(super) fn documents(name: &str, shape: &Shape, context: &SourceContext) -> Decoding {
    Decoding::Documents(Documents::new(&context.contest, shape, context.hasher.clone(), name))
}

/// A text with the values of its variables.
pub(super) fn filled(template: &Template) -> Result<Secret, Failure> {
    template.fill(Variable::read).map_err(|missing| Failure::Setup(missing.to_string()))
}

/// The headers with the values of their variables.
pub(super) fn filled_headers(headers: &[Header]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    for Header { name, value } in headers {
        let refuse = || Failure::Setup(format!("the header `{name}` cannot be sent as it is"));
        let mut value = HeaderValue::from_str(filled(value)?.reveal()).map_err(|_| refuse())?;
        value.set_sensitive(true);
        map.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, value);
    }
    Ok(map)
}

/// Refuses pages for people, where the service calls them by no name or a wrong one.
fn expect_json(bytes: &[u8]) -> Result<(), Failure> {
    if bytes.trim_ascii_start().starts_with(b"<") { Err(Failure::Page) } else { Ok(()) }
}

/// The service as all three modes ask it.
struct Service {
    settings: Settings,
    /// Made when it is first asked, so that what is wrong with TLS shows where failures do.
    http: Option<Http>,
}

impl Service {
    fn new(settings: Settings) -> Service {
        Service { settings, http: None }
    }

    fn url(&self) -> &Url {
        &self.settings.url
    }

    /// A request to the service, with the headers of the config.
    fn get(&mut self, url: &Url) -> Result<RequestBuilder, Failure> {
        let http = match &mut self.http {
            Some(http) => http,
            none => none.insert(Http::new(url)?),
        };
        Ok(http.get(url).headers(filled_headers(&self.settings.headers)?))
    }
}

/// The silence of a stream whose heartbeat nobody promises, learned from its signs of life.
struct Rhythm {
    /// The longest silence that a heartbeat has ended so far.
    longest: Duration,
    heartbeats: u32,
    last: Instant,
}

/// Heartbeats after which a stream is held to have them; one may be a greeting.
const ENOUGH: u32 = 4;

/// No heartbeat is slower than this.
const SLOWEST: Duration = Duration::from_mins(1);

/// How many times as long a stream without a heartbeat may be silent as one with it; the system
/// notices earlier that its host is gone.
const UNKNOWN: u32 = 30;

impl Rhythm {
    fn new() -> Rhythm {
        Rhythm { longest: Duration::ZERO, heartbeats: 0, last: Instant::now() }
    }

    /// Something came; a heartbeat says nothing but that the stream is alive.
    fn hear(&mut self, link: &mut Link, is_heartbeat: bool) {
        let silence = self.last.elapsed().min(SLOWEST);
        self.last = Instant::now();
        if is_heartbeat {
            self.longest = self.longest.max(silence);
            self.heartbeats += 1;
            if self.heartbeats >= ENOUGH {
                link.expect_silence_of(self.longest);
            }
        }
    }

    /// The silence after which the stream is dead.
    fn limit(&self, link: &Link) -> Duration {
        let silence = link.times().silence;
        if self.heartbeats < ENOUGH { silence * UNKNOWN } else { silence.max(self.longest * 2) }
    }
}
