//! The two streams, and what comes over them: a WebSocket for all hashtags, and server-sent events
//! with a connection for each.
//!
//! Neither repeats anything or acknowledges a subscription, so the timelines are looked at beside
//! them. The socket answers our pings, and so is known to be alive; event streams have a heartbeat,
//! and each of their connections is watched for itself.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::Either;
use futures_util::stream::{self, SelectAll, Stream, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Bytes;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue};
use url::Url;

use super::super::framing::events::{Events, Item};
use super::super::link::encoding::expect_plain;
use super::super::link::failure::{Class, Failure, quoted};
use super::super::link::http::{self, Dated};
use super::super::link::websocket::{MAX_MESSAGE, Socket};
use super::super::link::{Link, Resume};
use super::api::{self, Api, PATIENCE};
use super::client::Client;
use super::clocks::Clocks;
use super::ledger::Change;
use super::mark::{self, Mark};
use super::notes::Topic;
use super::server::Server;
use super::silence::Silence;
use super::timelines::Purpose;

/// The longest time between two pings of the server.
const PINGS: Duration = Duration::from_secs(30);

/// The longest time between two comments of an event stream.
const COMMENTS: Duration = Duration::from_secs(15);

/// More connections than this are not made to one server.
pub(super) const MAX_CONNECTIONS: usize = 16;

const PATH: &str = "/api/v1/streaming";

impl Client {
    /// Reads the WebSocket.
    pub(super) async fn by_socket(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let mut socket = self.server.open_socket(link).await?;
        for tag in &self.server.streamed {
            let subscribe =
                serde_json::json!({"type": "subscribe", "stream": "hashtag", "tag": tag});
            socket.send(link, subscribe.to_string()).await?;
        }
        self.opened(link).await?;
        loop {
            let answer = self.timelines.next(&self.server.api, Clocks::of(link));
            match socket.next_or(link, answer).await? {
                Either::Left(received) => self.take_message(link, received.bytes()).await?,
                Either::Right(document) => self.take_beside_stream(link, document).await?,
            }
        }
    }

    /// Reads server-sent events.
    pub(super) async fn by_events(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let mut connections = self.server.open_events(link).await?;
        link.expect_silence_of(COMMENTS);
        self.opened(link).await?;
        let limit = link.times().silence.max(COMMENTS * 2);
        let now = Instant::now();
        let mut alive_at = vec![now; connections.len()];
        let mut events: Vec<_> = alive_at.iter().map(|_| Events::new(MAX_MESSAGE, "")).collect();
        loop {
            link.flush().await?;
            let answer = self.timelines.next(&self.server.api, Clocks::of(link));
            let quietest = alive_at.iter().min().copied();
            let one_is_dead = async {
                match quietest {
                    Some(quietest) => sleep_until(quietest + limit).await,
                    // There is no hashtag that they bring.
                    None => std::future::pending().await,
                }
            };
            let (index, chunk) = tokio::select! {
                Some(chunk) = connections.next() => chunk,
                document = answer => {
                    self.take_beside_stream(link, document).await?;
                    continue;
                }
                silent = link.silence(limit), if quietest.is_some() => return Err(silent),
                () = one_is_dead => return Err(Failure::Silent(limit)),
            };
            let bytes = chunk?;
            alive_at[index] = Instant::now();
            link.alive().await?;
            let mut messages = Vec::new();
            events[index].push(&bytes, |item| match item {
                // Mastodon names its events: this is somebody else's.
                Item::Event { name: "message", data } => messages.push(data.to_owned()),
                Item::Event { name, data } => messages.push(mark::message(name, data)),
                // Counted as what it is: a message that cannot be read.
                Item::TooLong => messages.push("{".to_owned()),
                Item::Comment | Item::Retry(_) => {}
            });
            for message in messages {
                self.take_message(link, message.as_bytes()).await?;
            }
        }
    }

    /// A connection to a stream stands.
    async fn opened(&mut self, link: &mut Link) -> Result<(), Failure> {
        link.connected(Resume::Complete).await?;
        self.is_open = true;
        self.survey.account.has_streamed();
        self.note_survey();
        self.notes.show_again();
        self.silence = Silence::begin(link.now());
        self.notes.set(Topic::Silence, None);
        self.notes.set(Topic::Tags, None);
        self.timelines.restart(self.purpose(), None);
        self.show_notes(link).await
    }

    /// A message of a stream.
    async fn take_message(&mut self, link: &mut Link, message: &[u8]) -> Result<(), Failure> {
        let now = Instant::now();
        let mark = mark::mark(message);
        if mark != Mark::Other {
            // Not all of them are delivered.
            link.note_read();
        }
        match mark {
            Mark::Status { id, edited_at, is_edit } => {
                if !is_edit {
                    self.silence.count_post();
                    if self.notes.has(Topic::Silence) {
                        self.notes.set(Topic::Silence, None);
                        self.timelines.set_purpose(Purpose::BesideStream);
                    }
                }
                let server_now = link.network_now();
                let name = self.names.name(&id);
                if self.ledger.post(name, edited_at, (now, server_now)) != Change::None {
                    link.deliver(message)?;
                }
            }
            Mark::Delete(id) => {
                let name = self.names.name(&id);
                if !self.ledger.knows(name) {
                    self.silence.count_unknown_deletion();
                }
                if self.ledger.delete(name, now) {
                    link.deliver(message)?;
                }
                if self.silence.has_only_deletions() {
                    self.note_silence("only deletions have come over it");
                }
            }
            Mark::Error(said) => {
                self.notes.set(
                    Topic::Tags,
                    Some(format!(
                        "the server refuses to stream a hashtag ({}): the timelines are asked as \
                         well",
                        quoted(&said)
                    )),
                );
                self.timelines.set_purpose(Purpose::BesideSilence);
            }
            Mark::Other => link.deliver(message)?,
        }
        self.show_notes(link).await
    }
}

impl Server {
    /// Opens the WebSocket.
    pub(super) async fn open_socket(&self, link: &mut Link) -> Result<Socket, Failure> {
        let url = self.streaming_url("ws", "wss", PATH);
        let mut headers = HeaderMap::new();
        headers.extend(self.api.bearer().map(|bearer| (AUTHORIZATION, bearer)));
        Socket::open(link, &url, &headers, PINGS).await
    }

    /// Opens the event streams.
    pub(super) async fn open_events(
        &self,
        link: &mut Link,
    ) -> Result<SelectAll<Connection>, Failure> {
        let url = self.streaming_url("http", "https", &format!("{PATH}/hashtag"));
        connections(link, self, &url).await
    }
}

/// A connection for each hashtag.
async fn connections(
    link: &mut Link,
    server: &Server,
    url: &Url,
) -> Result<SelectAll<Connection>, Failure> {
    let tags = &server.streamed;
    if tags.len() > MAX_CONNECTIONS {
        return Err(Failure::Said {
            message: format!("an event stream for each of {} hashtags is too much", tags.len()),
            class: Class::Refused,
            hint: None,
        });
    }
    let api = Api::new(url, server.api.token().cloned())?;
    let mut connections = SelectAll::new();
    for (index, tag) in tags.iter().enumerate() {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("tag", tag);
        let answer = http::send(link, api.get(&url), PATIENCE).await?;
        api::expect(answer.headers(), "an event stream", |kind| kind == "text/event-stream")?;
        expect_plain(answer.headers())?;
        link.observe_date(Dated::of(answer.headers(), link.now()));
        let host = url.host_str().unwrap_or_default().to_owned();
        let chunks = answer
            .bytes_stream()
            .map(move |chunk| chunk.map_err(|error| Failure::from_error(&error, &host)))
            .chain(stream::once(async { Err(Failure::Closed(String::new())) }));
        connections.push(Box::pin(chunks.map(move |chunk| (index, chunk))) as Connection);
    }
    Ok(connections)
}

/// The bytes of the connection with that number, and in the end why there are no more.
pub(super) type Connection =
    std::pin::Pin<Box<dyn Stream<Item = (usize, Result<Bytes, Failure>)> + Send>>;

impl Api {
    /// The header with the token.
    fn bearer(&self) -> Option<HeaderValue> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", self.token()?.reveal())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}
