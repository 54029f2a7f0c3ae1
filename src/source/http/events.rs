//! Server-sent events, a document each; resumed with the id of the last one.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep_until};

use crate::decode::mapped::MAX_DOCUMENT;
use crate::source::framing::events::{self, Item};
use crate::source::link::encoding::{charset, expect_plain};
use crate::source::link::failure::Failure;
use crate::source::link::headers::content_type;
use crate::source::link::http::{self, Dated};
use crate::source::link::what_came::What;
use crate::source::link::{Link, Resume, Session};

use super::last_id::LastId;
use super::{Rhythm, Service};

/// The longest wait before the next connection that a service may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Reads one stream after the other.
pub(super) struct Events {
    service: Service,
    last_id: LastId,
    /// What the service wishes us to wait, and until when that is.
    wait: Duration,
    not_before: Option<Instant>,
}

impl Events {
    pub(super) fn new(service: Service) -> Events {
        Events { service, last_id: LastId::default(), wait: Duration::ZERO, not_before: None }
    }

    async fn read(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let url = self.service.url().clone();
        let mut headers = headers();
        // An id that no header can hold is as good as none.
        let last_id = HeaderValue::from_bytes(self.last_id.believed().as_bytes());
        let resumes = !self.last_id.believed().is_empty() && last_id.is_ok();
        if let Some(last_id) = last_id.ok().filter(|_| resumes) {
            headers.insert("last-event-id", last_id);
        }
        let request = self.service.get(&url)?.headers(headers);
        let mut answer = http::send(link, request, link.times().silence).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Err(Failure::Ended);
        }
        let mut events = Stream::new(answer.headers(), self.last_id.believed())?;
        link.observe_date(Dated::of(answer.headers(), link.now()));
        link.connected(if resumes { Resume::Complete } else { Resume::Lost }).await?;
        let mut rhythm = Rhythm::new();
        loop {
            link.flush().await?;
            let chunk = link.watch(rhythm.limit(link), answer.chunk()).await?;
            let chunk = chunk.map_err(|error| Failure::from_stream(&error))?;
            let Some(chunk) = chunk else { return Err(Failure::Closed(String::new())) };
            link.alive().await?;
            let pushed = events.push(link, &chunk);
            if let Some(wait) = events.wait.take() {
                self.wait = wait.min(LONGEST_WAIT);
            }
            self.last_id.note(events.events.last_id());
            rhythm.hear(link, pushed?);
        }
    }
}

/// One answer, whose events are delivered.
pub(super) struct Stream {
    events: events::Events,
    /// What the service wishes us to wait before the next request, if it has said so.
    wait: Option<Duration>,
    /// The beginning of an answer in which no event has come so far.
    begin: Option<Vec<u8>>,
}

/// Bytes at the beginning of an answer that tell whether events follow.
const SAMPLE: usize = 4 << 10;

impl Stream {
    /// Reads the head of the answer.
    pub(super) fn new(headers: &HeaderMap, last_id: &str) -> Result<Stream, Failure> {
        match content_type(headers) {
            Some(kind) if kind == "text/event-stream" => {}
            Some(kind) if kind == "text/html" => return Err(Failure::Page),
            kind => {
                let found = kind.unwrap_or_else(|| "something without a type".into());
                return Err(Failure::ContentType { found, expected: "text/event-stream" });
            }
        }
        expect_plain(headers)?;
        let events = events::Events::new(MAX_DOCUMENT, last_id).in_charset(charset(headers));
        Ok(Stream { events, wait: None, begin: Some(Vec::new()) })
    }

    /// Takes the next bytes, and says whether a heartbeat is among them.
    pub(super) fn push(&mut self, link: &mut Link, bytes: &[u8]) -> Result<bool, Failure> {
        let Stream { events, wait, begin } = self;
        let mut result = Ok(());
        let mut is_heartbeat = false;
        let mut is_one = false;
        events.push(bytes, |item| {
            is_one = true;
            match item {
                _ if result.is_err() => {}
                Item::Event { data, .. } => result = link.deliver(data.as_bytes()),
                Item::TooLong => result = link.deliver_too_long(),
                Item::Comment => is_heartbeat = true,
                Item::Retry(asked) => *wait = Some(asked),
            }
        });
        if is_one {
            *begin = None;
        }
        if let Some(begin) = begin {
            let room = SAMPLE - begin.len();
            begin.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if let Some(what) = What::instead_of_events(begin) {
                link.note_unread(what);
            }
        }
        result.map(|()| is_heartbeat)
    }
}

/// What asks for an event stream.
pub(super) fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Compressing proxies hold events back until there are enough of them.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

impl Session for Events {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        if let Some(not_before) = self.not_before.take() {
            sleep_until(not_before).await;
        }
        let result = self.read(link).await;
        self.not_before = Some(Instant::now() + self.wait);
        result
    }
}
