//! Where posts come from. A source touches the world, keeps its own errors to itself, and never
//! touches the count: it sends messages, and news of what it is doing.
//!
//! A kind of source is a file or folder here, and a line in the table of kinds below.

mod documents;
pub mod framing;
pub mod http;
pub mod jetstream;
mod kind;
mod legacy;
pub mod link;
pub mod mastodon;
pub mod nostr;
mod origin;
pub mod probe;
pub mod replay;
pub mod secret;
mod skew;
mod token;
pub mod websocket;
pub mod x;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::decode::Feed;
use crate::event::{News, SourceId};
use crate::finding::Finding;
use crate::hint::Hint;
use crate::keys::names::Names;
use crate::keys::table::{Most, Table};
use crate::post::Hasher;
use crate::questions::Questions;
use crate::recorder::Recorder;
use crate::recording;
use crate::round;
use crate::snapshot::SourceStatus;

use kind::{Source, kinds};
pub use legacy::{Before, Legacy};
use probe::ProbeContext;
use secret::Missing;

/// One `[[source]]` of the config.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the page calls it.
    pub name: String,
    /// What it is, with the keys of that kind.
    pub kind: Kind,
}

kinds! {
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

/// Kinds that people will look for, and that this version does not have.
const PLANNED: [&str; 2] = ["webhook", "audience"];

/// The kinds of this version by name.
#[cfg(test)]
pub(crate) fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

/// More sources than this are refused: each is a task with connections of its own.
pub const MAX_SOURCES: usize = 64;

/// Reads the `[[source]]` tables. One that no source can be made of is left out, and recorded as a
/// problem.
pub(crate) fn read(root: &Table<'_>, questions: Option<&Questions>) -> Vec<Settings> {
    let mut names = Names::new("sources");
    let most = Most { number: MAX_SOURCES, what: "sources", that: "a show can have" };
    let sources = root.each("source", "[[source]]", most, |table| {
        let kind = table.kind(KINDS, &PLANNED);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        let kind = kind.and_then(|(_, read)| read(table, questions))?;
        Some(Settings { name, kind })
    });
    sources.into_iter().flatten().flatten().collect()
}

/// The source that takes longest from one look at its network to the next, and how long.
#[must_use]
pub fn slowest<'s>(
    sources: &'s [Settings],
    questions: &Questions,
) -> Option<(&'s Settings, Duration)> {
    let cycles = sources.iter().map(|source| (source, source.kind.cycle(questions)));
    cycles.rev().max_by_key(|&(_, cycle)| cycle)
}

/// How long after the bell posts made before it may still arrive, if the config does not say: until
/// the slowest source has asked for all of them.
#[must_use]
pub fn grace(sources: &[Settings], questions: &Questions) -> Duration {
    round::default_grace(slowest(sources, questions).map_or(Duration::ZERO, |(_, cycle)| cycle))
}

/// How far back posts count: all of a round does, however long that is.
#[must_use]
pub fn reach(questions: &Questions, rounds: Option<&round::Rules>) -> Duration {
    rounds.map_or_else(|| questions.window(), |_| *round::LENGTHS.end())
}

impl Settings {
    /// How the source stands before it was started.
    #[must_use]
    pub fn status(&self) -> SourceStatus {
        SourceStatus::new(self.name.clone(), self.kind.name())
    }
}

/// What every source gets.
#[derive(Clone)]
pub struct SourceContext {
    /// Which source it is.
    pub id: SourceId,
    /// What is counted: the hashtags to look for.
    pub questions: Arc<Questions>,
    /// Names posts and authors, alike in all sources.
    pub hasher: Hasher,
    /// Where its news goes.
    pub news: mpsc::Sender<(SourceId, News)>,
    /// The show's clock, if the show is live: any of its sources is.
    pub clock: Option<Clock>,
    /// How patient a live source is.
    pub times: link::Times,
    /// How far back posts count: what was missed before is not fetched.
    pub reach: Duration,
    /// Writes down what comes over the wire, if the show is recorded.
    pub recorder: Option<Recorder>,
    /// Ends the source.
    pub stop: CancellationToken,
    /// What a life of the source leaves to the next.
    pub legacy: Legacy,
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
    settings.kind.run(&settings.name, context).await;
}

/// Tries what a source needs, step by step, and says what to mend.
pub async fn probe(settings: &Settings, context: &ProbeContext) -> Vec<Finding> {
    let missing = settings.kind.missing().into_iter();
    let missing: Vec<Finding> = missing
        .map(|missing| Finding::fail("environment", missing.to_string(), missing.hint()))
        .collect();
    if missing.is_empty() { settings.kind.probe(context).await } else { missing }
}
