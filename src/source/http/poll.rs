//! A document that is asked for again and again, and its further pages where it has some.
//!
//! An answer that has not changed is not sent again where the service knows how (`ETag`,
//! `Last-Modified`). What stood in the last answer is no message again. A page in which everything
//! is new names the next one (`Link: <…>; rel="next"`): that is read too, so that nothing is missed
//! when more was posted than one page holds. What a page holds that cannot be found, or is on another
//! host, is reported as a gap.
//! After a crash everything is new, and the pages are read up to a post that the show before must have had.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::header::{
    DATE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::decode::mapped::MAX_DOCUMENT;
use crate::decode::verdict::is_one;
use crate::source::framing::lines::{Line, Lines};
use crate::source::link::failure::Failure;
use crate::source::link::headers::content_type;
use crate::source::link::http::{self, Dated};
use crate::source::link::next_page::{NextPage, next_page};
use crate::source::link::what_came::What;
use crate::source::link::{Link, Resume, Session, net};

use super::{MIN_EVERY, Service};

/// More pages than this are not read at one time.
const MAX_PAGES: usize = 10;

/// What is shown of a document whose next page cannot be found.
const UNREADABLE: &str = "the document has a next page, and its `Link` header cannot be read: posts \
                          are lost when more come between two requests than one page holds";

/// Asks again and again.
pub(super) struct Poll {
    service: Service,
    every: Duration,
    /// What the last answer said of itself, for the next request.
    known: HeaderMap,
    /// A page was read already: what is new from now on came since then.
    began: bool,
    /// A further page failed: those after it may hold what is new, though the first is known.
    is_half_read: bool,
    /// The last document that was read has a next page, and does not say where in words that can be
    /// read.
    is_next_unreadable: bool,
    next: Option<Instant>,
}

impl Poll {
    pub(super) fn new(service: Service, every: Duration) -> Poll {
        Poll {
            service,
            every,
            known: HeaderMap::new(),
            began: false,
            is_half_read: false,
            is_next_unreadable: false,
            next: None,
        }
    }

    /// Asks once. What fails leaves all as it was.
    async fn poll(&mut self, link: &mut Link) -> Result<(), Failure> {
        let url = self.service.url().clone();
        let limit = link.times().silence;
        let request = self.service.get(&url)?.headers(self.known.clone());
        let answer = http::send(link, request, limit).await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return link.alive().await;
        }
        let known = validators(answer.headers());
        let mut next = next_page(&url, answer.headers());
        // The first time everything is new; what was there before is no news, unless a show goes on.
        let since = link.since();
        let goes_on = since.filter(|_| !self.began);
        let before = since.unwrap_or_else(|| link.last_alive());
        link.begin_poll();
        read(link, answer, limit).await?;
        let mut pages = 1;
        let catches_up = self.is_half_read;
        self.is_next_unreadable = false;
        loop {
            let oldest = link.oldest_polled();
            let is_reached = goes_on.is_some_and(|since| oldest.is_some_and(|at| at <= since));
            let is_wanted =
                (self.began || goes_on.is_some()) && !is_reached && (catches_up || all_new(link));
            let page = match next {
                NextPage::None => break,
                NextPage::At(page) => Some(page),
                NextPage::Elsewhere(page) => {
                    if is_wanted && link.may_log() {
                        warn!(host = net::host(&page), "the next page is on another host");
                    }
                    None
                }
                NextPage::Unreadable => {
                    self.is_next_unreadable = true;
                    None
                }
            };
            if !is_wanted {
                break;
            }
            let Some(page) = page else {
                link.report_gap(before, link.now()).await?;
                break;
            };
            if pages == MAX_PAGES {
                if all_new(link) {
                    // There was more than we read.
                    let reached = oldest.filter(|_| goes_on.is_some());
                    link.report_gap(before, reached.unwrap_or_else(|| link.now())).await?;
                }
                break;
            }
            self.is_half_read = true;
            let answer = http::send(link, self.service.get(&page)?, limit).await?;
            next = next_page(&page, answer.headers());
            read(link, answer, limit).await?;
            pages += 1;
        }
        self.began = true;
        self.is_half_read = false;
        // What could not be read is asked for again, though it may not change.
        self.known = if link.unread_document().is_none() { known } else { HeaderMap::new() };
        Ok(())
    }
}

impl Session for Poll {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        link.expect_silence_of(self.every);
        let mut connected = false;
        let mut is_unreadable_shown = false;
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
        loop {
            // Not all programs that started at the same moment ask at the same moment.
            self.next = Some(Instant::now() + self.every.mul_f64(0.95 + 0.1 * fastrand::f64()));
            if let Err(failure) = self.poll(link).await {
                // How soon to ask again is for the link to say, however rarely we ask otherwise.
                self.next = self.next.map(|next| next.min(Instant::now() + MIN_EVERY));
                return Err(failure);
            }
            if !std::mem::replace(&mut connected, true) {
                // What was posted meanwhile stands in the document; by how much sums grew while no show
                // was there does not.
                let is_lost = link.reads_numbers() && link.began_before().is_some();
                let resume = if is_lost { Resume::Lost } else { Resume::Complete };
                link.connected(resume).await?;
            }
            link.alive().await?;
            if is_unreadable_shown != self.is_next_unreadable {
                is_unreadable_shown = self.is_next_unreadable;
                link.report_problem(Some(UNREADABLE).filter(|_| is_unreadable_shown)).await?;
            }
            link.flush().await?;
            let silence = link.times().silence + self.every;
            if let Some(next) = self.next {
                link.watch(silence, sleep_until(next)).await?;
            }
        }
    }
}

/// Reads a page: one document, or one a line where its type says so. What is no JSON at all is counted,
/// and a failure.
pub(super) async fn read(
    link: &mut Link,
    answer: Response,
    limit: Duration,
) -> Result<(), Failure> {
    link.begin_document();
    if answer.status() == StatusCode::NO_CONTENT {
        link.note_read();
        return Ok(());
    }
    let dated = Dated::of(answer.headers(), link.now());
    let kind = content_type(answer.headers()).unwrap_or_default();
    if kind == "text/html" {
        return Err(Failure::Page);
    }
    let body = http::body(answer, MAX_DOCUMENT, limit).await?;
    let is_lines = ["ndjson", "jsonl", "json-seq", "jsonlines"].iter().any(|it| kind.contains(it));
    // Posts are placed by the date of an answer that can have some.
    if is_one(&body) || is_lines && !body.trim_ascii_start().starts_with(b"<") {
        link.observe_date(dated);
    }
    if !is_lines {
        link.deliver(&body)?;
        if body.trim_ascii().is_empty() {
            link.note_unread(What::Empty);
        }
        return match link.unread_document() {
            Some(What::Page) => Err(Failure::Page),
            Some(what) if what.is_no_json() => Err(Failure::Unreadable(what.clone())),
            _ => Ok(()),
        };
    }
    let mut lines = Lines::new(MAX_DOCUMENT);
    let mut result = Ok(());
    let mut report = |line: Line<'_>| {
        if result.is_ok() {
            result = match line {
                Line::Message(message) => link.deliver(message),
                Line::TooLong => link.deliver_too_long(),
            };
        }
    };
    lines.push(&body, &mut report);
    lines.end(&mut report);
    result
}

/// Whether nothing of this poll was there before, so that more that is new may follow.
fn all_new(link: &Link) -> bool {
    let (new, again) = link.polled();
    new > 0 && again == 0
}

/// The headers by which the service knows what we have. A change that is dated after the answer that
/// tells of it would hide every later one.
fn validators(headers: &HeaderMap) -> HeaderMap {
    let time = |value: &HeaderValue| httpdate::parse_http_date(value.to_str().ok()?).ok();
    let date = headers.get(DATE).and_then(time);
    let is_future = |value: &HeaderValue| date.is_some_and(|date| time(value) > Some(date));
    let mut known = HeaderMap::new();
    if let Some(tag) = headers.get(ETAG) {
        known.insert(IF_NONE_MATCH, tag.clone());
    }
    if let Some(modified) = headers.get(LAST_MODIFIED).filter(|modified| !is_future(modified)) {
        known.insert(IF_MODIFIED_SINCE, modified.clone());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_future_is_no_reason_to_be_told_of_none_before_it() {
        let known = |modified: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Sat, 21 Nov 2026 19:04:00 GMT".parse().unwrap());
            headers.insert(LAST_MODIFIED, modified.parse().unwrap());
            headers.insert(ETAG, "\"7\"".parse().unwrap());
            let known = validators(&headers);
            assert!(known.contains_key(IF_NONE_MATCH));
            known.contains_key(IF_MODIFIED_SINCE)
        };
        assert!(known("Sat, 21 Nov 2026 19:04:00 GMT") && known("the other day"));
        assert!(!known("Sat, 21 Nov 2026 19:04:01 GMT"));
    }
}
