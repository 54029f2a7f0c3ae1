//! Posts of any service over HTTP: a stream of lines, an event stream, or a document that is asked
//! for again and again.
//!
//! The settings and what the three have in common; each stands in a file of its own.

mod events;
pub(super) mod headers;
mod kind;
mod last_id;
mod poll;
mod stream;

use std::time::Duration;

use reqwest::RequestBuilder;
use tokio::time::Instant;
use url::Url;

use crate::decode::Shape;

use super::link::failure::Failure;
use super::link::http::Http;
use super::link::{self, Link};
use super::{SourceContext, documents};

pub use headers::Header;

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

/// Between two requests, unless the config says otherwise.
const EVERY: Duration = Duration::from_secs(5);

/// More often than this no service is asked.
const MIN_EVERY: Duration = Duration::from_secs(1);

/// More rarely than this it would not be live.
const MAX_EVERY: Duration = Duration::from_hours(1);

/// Reads until the show is over.
async fn run(name: &str, settings: Settings, context: SourceContext) {
    let decoding = documents::decoding(name, &settings.shape, &context);
    let link = Link::decoding(context, decoding);
    match settings.mode {
        Mode::Stream => link::run(stream::Lines::new(Service::new(settings)), link).await,
        Mode::Sse => link::run(events::Events::new(Service::new(settings)), link).await,
        Mode::Poll(every) => link::run(poll::Poll::new(Service::new(settings), every), link).await,
    }
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
        Ok(http.get(url).headers(headers::filled(&self.settings.headers)?))
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
