//! Bluesky's Jetstream: every public post of the network over a WebSocket, resumed where it broke.
//!
//! The stream has no filter for hashtags, so that all posts come, and are counted here. Both
//! generations of the protocol are spoken, known by the path of the endpoint: `/subscribe`
//! resumes by time (`cursor` in microseconds, portable between hosts), `/xrpc/…` by sequence, and by time
//! where no number is known: what is as large as a time is one.
//! After a break we ask for a little more than was missed: servers drop and reorder events when a
//! subscriber catches up. What comes twice is counted once by the tally.
//! A server that no longer has what we ask for says nothing (the first generation) or something
//! (the second); either way the time that is missing is reported as a gap.
//! Where a resumed stream begins is not for a single event to say: no event is newer than the network's
//! clock, and of the last numbers that in the middle is taken (`position`).
//! Source: the Jetstream README and its source, `internal/subscribe`.

mod catch_up;
mod kind;
mod position;

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use url::Url;

use crate::decode::networks::jetstream::mark::mark;
use crate::decode::{Decoder, Feed};
use crate::timestamp::Timestamp;

use super::SourceContext;
use super::link::failure::{Class, Failure, quoted};
use super::link::websocket::Socket;
use super::link::{self, Link, Resume, Session};
use catch_up::CatchUp;
use position::Position;

/// The keys of a `bluesky` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Tried in turn, at least one: `wss`, or `ws` on this machine, with the path of one of the two
    /// generations of the protocol ([`PATHS`]).
    pub endpoints: Vec<Url>,
}

/// The public ones, which need no account.
pub const ENDPOINTS: [&str; 4] = [
    "wss://jetstream1.us-east.bsky.network/subscribe",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
    "wss://jetstream2.us-west.bsky.network/subscribe",
];

/// The ends of the paths of the first and the second generation of the protocol.
pub const PATHS: [&str; 2] = ["/subscribe", "/xrpc/network.bsky.jetstream.subscribeEvents"];

/// More endpoints than this are a problem of the config.
pub const MAX_ENDPOINTS: usize = 16;

use crate::decode::networks::jetstream::POSTS;

/// The longest time between two pings of the server's own.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The time before the last event that is asked for again, since servers drop and reorder events
/// when a subscriber catches up.
const REWIND: Duration = Duration::from_secs(5);

/// The same before a show that has ended unexpectedly did: only that tells where its stream was.
const REWIND_OF_SHOW: Duration = Duration::from_mins(1);

/// Older events are not asked for: those of the whole network come, and the show needs the present.
const LONGEST_CATCH_UP: Duration = Duration::from_mins(30);

/// The time for which resumed connections may break without coming to where the last one was. After
/// that the cursor is held to be broken and given up, since the show needs the present.
const STUCK: Duration = Duration::from_secs(30);

/// A stream that begins further from the present than this, by the date of the handshake, has a
/// clock of its own: it is a recording that is played back.
const OTHER_CLOCK: Duration = Duration::from_hours(24);

/// Reads the stream until the show is over.
pub(super) async fn run(settings: Settings, context: SourceContext) {
    let decoder = Decoder::new(&context.questions, Some(Feed::Jetstream), context.hasher.clone());
    let link = Link::new(context, decoder);
    link::run(Jetstream::new(settings.endpoints), link).await;
}

struct Jetstream {
    endpoints: Vec<Url>,
    /// Which of them is tried.
    current: usize,
    /// The last attempt brought nothing.
    barren: bool,
    /// Where the stream stands.
    position: Position,
    /// Since when resumed connections break before they have come to where the last one was.
    stuck: Option<Instant>,
    /// The cursor is of no use: the next connection starts with the present.
    give_up: bool,
}

impl Session for Jetstream {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        if std::mem::replace(&mut self.barren, true) {
            self.current = (self.current + 1) % self.endpoints.len();
        }
        let is_stuck = self.stuck.is_some_and(|since| since.elapsed() > STUCK);
        let cursor = self.cursor(link).filter(|_| !is_stuck && !self.give_up);
        let resumed = cursor.is_some();
        let url = self.url(cursor);
        let socket = Socket::open(link, &url, &HeaderMap::new(), HEARTBEAT).await;
        let mut socket = match socket {
            Err(Failure::Status { status: 400, said, retry_after }) if resumed => {
                // It no longer has what we ask for, and will not have it again.
                self.give_up = true;
                self.barren = false;
                return Err(Failure::Status { status: 400, said, retry_after });
            }
            socket => socket?,
        };
        self.give_up = false;
        // Who answers has said what time it is there.
        let expected = self.expected(link).filter(|_| resumed);
        if resumed {
            self.stuck.get_or_insert_with(Instant::now);
            link.connected(Resume::Complete).await?;
        } else {
            self.stuck = None;
            link.connected(Resume::Lost).await?;
        }
        self.read(link, &mut socket, cursor, expected).await
    }
}

impl Jetstream {
    fn new(endpoints: Vec<Url>) -> Jetstream {
        Jetstream {
            endpoints,
            current: 0,
            barren: false,
            position: Position::default(),
            stuck: None,
            give_up: false,
        }
    }

    async fn read(
        &mut self,
        link: &mut Link,
        socket: &mut Socket,
        cursor: Option<i64>,
        mut expected: Option<Expected>,
    ) -> Result<Infallible, Failure> {
        let is_by_clock = self.position.time(Timestamp::MAX).is_none();
        let from = cursor.filter(|_| is_by_clock).and_then(Timestamp::from_micros);
        let mut catch_up = from.map(|from| CatchUp::new(from..link.network_now()));
        // Without a cursor a stream begins with the present.
        let mut begins = cursor.is_none();
        loop {
            let received = socket.next(link).await?;
            let mark = mark(received.bytes());
            if let Some(error) = mark.error {
                return Err(ended(&error));
            }
            if let Some(info) = mark.info {
                if link.may_log() {
                    tracing::warn!("the server remarks: {}", quoted(&info));
                }
                continue;
            }
            self.barren = false;
            if let Some(at) = mark.at {
                if std::mem::take(&mut begins) {
                    let present = link.network_now();
                    let apart = present.saturating_since(at).max(at.saturating_since(present));
                    if apart > OTHER_CLOCK {
                        link.trust_stamps();
                    }
                }
                let is_missed = catch_up.as_mut().is_some_and(|it| it.has(at, Instant::now()));
                let network_now =
                    if is_missed { link.network_now() } else { link.observe_time(at) };
                if self.position.note_time(at, mark.time_us, network_now) {
                    self.stuck = None;
                }
                if let Some(expected) = expected.take().filter(|expected| at > expected.latest) {
                    let (from, to) = (link.place(expected.known), link.place(at));
                    link.report_gap(from, to).await?;
                }
            }
            if let Some(seq) = mark.seq {
                self.position.note_seq(self.current, seq);
            }
            link.deliver(received.bytes())?;
        }
    }

    fn endpoint(&self) -> &Url {
        &self.endpoints[self.current]
    }

    fn is_second_generation(&self) -> bool {
        is_second_generation(self.endpoint())
    }

    /// Where to go on; `None`: with the present.
    fn cursor(&self, link: &Link) -> Option<i64> {
        if self.is_second_generation()
            && let Some(seq) = self.position.seq(self.current)
        {
            return Some(seq);
        }
        let begin = if let Some(newest_us) = self.position.time_us(link.network_now()) {
            newest_us.saturating_sub(micros(REWIND))
        } else {
            // Only the show before says where to go on.
            let (began, until) = link.began_before().zip(link.since())?;
            let rewound = until.checked_sub(REWIND_OF_SHOW).unwrap_or(until);
            link.network_at(rewound.max(began)).millis() * 1000
        };
        Some(begin.max(horizon(link)))
    }

    /// How the first event after a resume tells whether something is missing.
    fn expected(&self, link: &Link) -> Option<Expected> {
        let Some(newest) = self.position.time(link.network_now()) else {
            let known = link.network_at(link.since()?);
            // Not all of the network is silent for so long.
            return Some(Expected { known, latest: known.saturating_add(REWIND) });
        };
        let exactly = |known| Expected { known, latest: known };
        let horizon = Timestamp::from_micros(horizon(link)).unwrap_or(newest);
        if self.is_second_generation() || horizon <= newest {
            return Some(exactly(newest));
        }
        // A quiet stream: nothing came after the newest event as long as the connection stood. What
        // is asked for begins later than that event, so it will not come again.
        let stood_until = link.network_at(link.last_alive());
        (horizon > stood_until).then(|| exactly(newest.max(stood_until)))
    }

    fn url(&self, cursor: Option<i64>) -> Url {
        let mut url = subscription(self.endpoint());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", &cursor.to_string());
        }
        url
    }
}

/// What is known of the events before a resumed stream, on the network's clock.
#[derive(Clone, Copy)]
struct Expected {
    /// All up to here have come.
    known: Timestamp,
    /// The first event is not later than this, or those after `known` are missing.
    latest: Timestamp,
}

/// Asks an endpoint for the posts of all, from now on. Each generation of the protocol has a word of
/// its own for them.
fn subscription(endpoint: &Url) -> Url {
    let mut url = endpoint.clone();
    let mut query = url.query_pairs_mut();
    if is_second_generation(endpoint) {
        query.append_pair("kinds", "commit").append_pair("collections", POSTS);
    } else {
        query.append_pair("wantedCollections", POSTS);
    }
    drop(query);
    url
}

/// The server has said why it hangs up.
fn ended(error: &str) -> Failure {
    Failure::Said {
        message: format!("the server ends the stream: {}", quoted(error)),
        class: Class::Broken,
        hint: None,
    }
}

fn is_second_generation(endpoint: &Url) -> bool {
    endpoint.path().ends_with(PATHS[1])
}

/// What is older would not count any more, or is too much to ask for, in microseconds of the network's
/// clock.
fn horizon(link: &Link) -> i64 {
    let reach = link.reach().min(LONGEST_CATCH_UP) + REWIND;
    (link.network_now().millis() * 1000).saturating_sub(micros(reach))
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
