//! A WebSocket that is known to be alive.
//!
//! Half-open connections never fail: a socket whose peer has vanished waits for ever. So we ping,
//! and a peer that answers pings is known to be dead soon after it stops. One that never answers
//! is judged by the heartbeat of its network.
//! Messages have a limit before they are read, and compression is never offered.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::pending;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::Either;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Bytes, Message, Utf8Bytes, http};
use url::Url;

use super::super::framing::text::{Charset, bare};
use super::encoding::unpacked;
use super::failure::{Class, Failure, quoted};
use super::http::Dated;
use super::net::{self, CONNECT_TIME};
use super::what_came::What;
use super::{Link, Times};

/// A message longer than this ends the connection: no post is.
pub(in crate::source) const MAX_MESSAGE: usize = 1 << 20;

/// What is read from the network at a time.
const READ_BUFFER: usize = 64 << 10;

/// What we may have to say that the peer has not taken: pongs and requests.
const WRITE_BUFFER: usize = 128 << 10;

/// What the peer sent.
pub(in crate::source) enum Received {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
}

impl Received {
    /// The message as bytes, without what stands in front of its JSON; the text ones are UTF-8.
    pub(in crate::source) fn bytes(&self) -> &[u8] {
        match self {
            Received::Text(text) => bare(text.as_bytes()),
            Received::Binary(bytes) => bare(bytes),
        }
    }
}

/// An open WebSocket.
pub(in crate::source) struct Socket {
    stream: WebSocketStream<Box<dyn net::Bytes>>,
    host: String,
    /// The longest time between two messages that the network promises. A peer that answers no pings
    /// is dead after twice that.
    heartbeat: Duration,
    next_ping: Instant,
    /// The peer has answered a ping.
    answers: bool,
}

impl Socket {
    /// Opens a WebSocket. `heartbeat` is how often the network says something by itself at least,
    /// for a peer that does not answer pings.
    pub(in crate::source) async fn open(
        link: &mut Link,
        url: &Url,
        headers: &http::HeaderMap,
        heartbeat: Duration,
    ) -> Result<Socket, Failure> {
        let host = net::host(url);
        let mut request = url
            .as_str()
            .into_client_request()
            .map_err(|error| Failure::Setup(quoted(&error.to_string())))?;
        request.headers_mut().extend(headers.clone());
        request.headers_mut().entry(http::header::USER_AGENT).or_insert(super::USER_AGENT);
        let stream = net::connect(url).await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let handshake = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
        let (stream, answer) = timeout(CONNECT_TIME, handshake)
            .await
            .map_err(|_| Failure::NoAnswer { host: host.clone() })?
            .map_err(|error| Failure::from_websocket(error, &host, || link.now()).asked(url))?;
        // Who answers the handshake speaks the protocol, and is no page in between.
        link.observe_date(Dated::of(answer.headers(), link.now()));
        let next_ping = Instant::now();
        Ok(Socket { stream, host, heartbeat, next_ping, answers: false })
    }

    /// Sends a text.
    pub(in crate::source) async fn send(
        &mut self,
        link: &Link,
        text: String,
    ) -> Result<(), Failure> {
        self.write(link, Message::text(text)).await
    }

    /// The next message. Notes every sign of life, and fails if there was none for too long.
    pub(in crate::source) async fn next(&mut self, link: &mut Link) -> Result<Received, Failure> {
        match self.next_or(link, pending::<Infallible>()).await? {
            Either::Left(received) => Ok(received),
            Either::Right(never) => match never {},
        }
    }

    /// The same, or `None` if there is no message by `deadline`.
    pub(in crate::source) async fn next_before(
        &mut self,
        link: &mut Link,
        deadline: Option<Instant>,
    ) -> Result<Option<Received>, Failure> {
        let Some(deadline) = deadline else { return self.next(link).await.map(Some) };
        match self.next_or(link, sleep_until(deadline)).await? {
            Either::Left(received) => Ok(Some(received)),
            Either::Right(()) => Ok(None),
        }
    }

    /// The next message, or what comes of `other` if that is sooner. What is not taken of `other` is
    /// dropped with it: it must be cancel-safe, which this is not.
    pub(in crate::source) async fn next_or<T>(
        &mut self,
        link: &mut Link,
        other: impl Future<Output = T>,
    ) -> Result<Either<Received, T>, Failure> {
        tokio::pin!(other);
        loop {
            // What has arrived already is taken before anything is looked up or sent on.
            let ready = futures_util::poll!(self.stream.next());
            let received = if let Poll::Ready(received) = ready {
                received
            } else {
                link.flush().await?;
                let Times { ping, silence, .. } = link.times();
                let limit = if self.answers { silence } else { silence.max(self.heartbeat * 2) };
                tokio::select! {
                    received = self.stream.next() => received,
                    other = &mut other => return Ok(Either::Right(other)),
                    silent = link.silence(limit) => return Err(silent),
                    () = sleep_until(self.next_ping) => {
                        self.next_ping = Instant::now() + ping;
                        self.write(link, Message::Ping(Bytes::new())).await?;
                        continue;
                    }
                }
            };
            let message = match received {
                None => return Err(Failure::Closed(String::new())),
                Some(Err(tungstenite::Error::Utf8(_))) => {
                    // The protocol asks for an end then, and the library hangs up.
                    link.deliver_unread(What::NoUtf8, "not UTF-8")?;
                    return Err(Failure::Said {
                        message: Failure::Unreadable(What::NoUtf8).to_string(),
                        class: Class::Broken,
                        hint: Some(What::NoUtf8.hint()),
                    });
                }
                Some(Err(error)) => {
                    let failure = Failure::from_websocket(error, &self.host, || link.now());
                    if matches!(failure, Failure::TooLong(_)) {
                        link.deliver_too_long()?;
                    }
                    return Err(failure);
                }
                Some(Ok(message)) => message,
            };
            link.alive().await?;
            match message {
                Message::Text(text) => return Ok(Either::Left(Received::Text(text))),
                Message::Binary(bytes) => {
                    return Ok(Either::Left(Received::Binary(plain(bytes))));
                }
                Message::Pong(_) => self.answers = true,
                Message::Ping(_) | Message::Frame(_) => {}
                Message::Close(frame) => {
                    let said = frame
                        .map(|frame| format!("{} {}", u16::from(frame.code), frame.reason))
                        .unwrap_or_default();
                    return Err(Failure::Closed(quoted(&said)));
                }
            }
        }
    }

    async fn write(&mut self, link: &Link, message: Message) -> Result<(), Failure> {
        match timeout(link.times().silence, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::from_websocket(error, &self.host, || link.now())),
            Err(_) => Err(Failure::Silent(link.times().silence)),
        }
    }
}

/// What is in a binary message, where that is text: some services send it compressed, or in UTF-16. A
/// message that unpacks to more than any is left as it is, and cannot be read.
fn plain(bytes: Bytes) -> Bytes {
    let bytes = match unpacked(&bytes, MAX_MESSAGE) {
        Some(Ok(unpacked)) => unpacked.into(),
        Some(Err(_)) | None => bytes,
    };
    match Charset::default().decode(&bytes) {
        Cow::Owned(text) => text.into(),
        Cow::Borrowed(_) => bytes,
    }
}
