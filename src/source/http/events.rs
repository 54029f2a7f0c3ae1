//! Server-sent events, a document each; resumed with the id of the last one.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep_until};

use crate::decode::mapped::MAX_DOCUMENT;
use crate::source::framing::events::{self, Item};
use crate::source::link::failure::{Failure, content_type};
use crate::source::link::http::{self, Dated};
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
        match content_type(answer.headers()) {
            Some(kind) if kind == "text/event-stream" => {}
            Some(kind) if kind == "text/html" => return Err(Failure::Page),
            kind => {
                let found = kind.unwrap_or_else(|| "something without a type".into());
                return Err(Failure::ContentType { found, expected: "text/event-stream" });
            }
        }
        link.observe_date(Dated::of(answer.headers(), link.now()));
        link.connected(if resumes { Resume::Complete } else { Resume::Lost }).await?;
        let mut events = events::Events::new(MAX_DOCUMENT, self.last_id.believed());
        let mut rhythm = Rhythm::new();
        loop {
            link.flush().await?;
            let chunk = link.watch(rhythm.limit(link), answer.chunk()).await?;
            let chunk = chunk.map_err(|error| Failure::from_stream(&error))?;
            let Some(chunk) = chunk else { return Err(Failure::Closed(String::new())) };
            link.alive().await?;
            let mut result = Ok(());
            let mut is_heartbeat = false;
            events.push(&chunk, |item| {
                if result.is_err() {
                    return;
                }
                match item {
                    Item::Event { data, .. } => result = link.deliver(data.as_bytes()),
                    Item::TooLong => result = link.deliver_too_long(),
                    Item::Comment => is_heartbeat = true,
                    Item::Retry(wait) => self.wait = wait.min(LONGEST_WAIT),
                }
            });
            self.last_id.note(events.last_id());
            result?;
            rhythm.hear(link, is_heartbeat);
        }
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
