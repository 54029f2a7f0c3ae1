//! Where posts come from. A source touches the world, keeps its own errors to itself, and never
//! touches the count: it sends messages, and news of what it is doing.

pub mod framing;
pub mod http;
pub mod jetstream;
pub mod link;
pub mod mastodon;
pub mod nostr;
pub mod probe;
pub mod replay;
pub mod secret;
mod skew;
pub mod websocket;
pub mod x;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::contest::Contest;
use crate::event::{News, SourceId};
use crate::post::Hasher;
use crate::recorder::Recorder;
use crate::snapshot::SourceStatus;

use secret::Variable;

/// One `[[source]]` of the config.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the page calls it.
    pub name: String,
    /// What it is, with the keys of that kind.
    pub kind: Kind,
}

/// The kinds of source.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A recorded file, at its own pace or faster.
    Replay(replay::Settings),
    /// Bluesky, by its Jetstream.
    Bluesky(jetstream::Settings),
    /// A Mastodon server.
    Mastodon(mastodon::Settings),
    /// X, by its filtered stream.
    X(x::Settings),
    /// Nostr, by relays.
    Nostr(nostr::Settings),
    /// Any service over HTTP.
    Http(http::Settings),
    /// Any service over a WebSocket.
    Websocket(websocket::Settings),
}

impl Kind {
    /// As in the config and in snapshots.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Replay(_) => "replay",
            Kind::Bluesky(_) => "bluesky",
            Kind::Mastodon(_) => "mastodon",
            Kind::X(_) => "x",
            Kind::Nostr(_) => "nostr",
            Kind::Http(_) => "http",
            Kind::Websocket(_) => "websocket",
        }
    }

    /// The environment variables that must be set before it can run.
    #[must_use]
    pub fn variables(&self) -> Vec<&Variable> {
        fn of_headers(headers: &[http::Header]) -> Vec<&Variable> {
            headers.iter().flat_map(|header| header.value.variables()).collect()
        }
        match self {
            Kind::Replay(_) | Kind::Bluesky(_) | Kind::Nostr(_) => Vec::new(),
            Kind::Mastodon(mastodon) => mastodon.token.iter().collect(),
            Kind::X(x) => vec![&x.token],
            Kind::Http(http) => of_headers(&http.headers),
            Kind::Websocket(websocket) => {
                let mut variables = of_headers(&websocket.headers);
                variables.extend(websocket.send.iter().flat_map(secret::Template::variables));
                variables
            }
        }
    }
}

impl Kind {
    /// Whether its posts are of this moment, so that the show goes by a clock.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self, Kind::Replay(_))
    }
}

impl Settings {
    /// How the source stands before it was started.
    #[must_use]
    pub fn status(&self) -> SourceStatus {
        SourceStatus::new(self.name.clone(), self.kind.name())
    }
}

/// What every source gets.
pub struct SourceContext {
    /// Which source it is.
    pub id: SourceId,
    /// What is counted: the hashtags to look for.
    pub contest: Arc<Contest>,
    /// Names posts and authors, alike in all sources.
    pub hasher: Hasher,
    /// Where its news goes.
    pub news: mpsc::Sender<(SourceId, News)>,
    /// The show's clock, if the show is live: any of its sources is.
    pub clock: Option<Clock>,
    /// How patient a live source is.
    pub times: link::Times,
    /// Writes down what comes over the wire, if the show is recorded.
    pub recorder: Option<Recorder>,
    /// Ends the source.
    pub stop: CancellationToken,
}

/// The tally is gone, or the show is over: nobody takes news any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over;

impl SourceContext {
    /// Sends news, and waits for room in the queue: nothing of a recording is lost.
    pub(crate) async fn send(&self, news: News) -> Result<(), Over> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Over),
            sent = self.news.send((self.id, news)) => sent.map_err(|_| Over),
        }
    }
}

/// Runs a source until it ends or is stopped.
pub async fn run(settings: Settings, context: SourceContext) {
    match settings.kind {
        Kind::Replay(replay) => replay::run(replay, context).await,
        Kind::Bluesky(bluesky) => jetstream::run(bluesky, context).await,
        Kind::Http(http) => http::run(&settings.name, http, context).await,
        Kind::Websocket(websocket) => websocket::run(&settings.name, websocket, context).await,
        Kind::Mastodon(mastodon) => mastodon::run(mastodon, context).await,
        Kind::X(x) => x::run(x, context).await,
        Kind::Nostr(nostr) => nostr::run(nostr, context).await,
    }
}
